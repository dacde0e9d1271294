"""Run by a Python that has PedPy: who of its neighbours came within 0.3 m of whom, for how many frames, as CSV.

Neighbours are those of Voronoi cells: at this distance nobody stands between two, so each pair is one.
What it prints of PedPy's demonstration trajectory (MIT, Copyright (c) 2022-2025 Forschungszentrum Jülich GmbH, IAS-7)
is committed as tests/reference/pedpy_neighbours.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

NEAR_M = 0.3
COLUMNS = ("id_a", "id_b", "frames", "closest_mm")


def table(path: Path) -> list[tuple[int, int, int, int]]:
    """A row a pair, of the trajectories at `path`."""
    import pedpy  # type: ignore[import-not-found]  # in an environment of its own

    walks = pedpy.load_trajectory_from_txt(trajectory_file=path, default_unit=pedpy.TrajectoryUnit.METER)
    area = pedpy.WalkableArea([(-6, -6), (6, -6), (6, 12), (-6, 12)])
    cells = pedpy.compute_individual_voronoi_polygons(traj_data=walks, walkable_area=area)
    near = pedpy.compute_neighbor_distance(
        traj_data=walks, neighborhood=pedpy.compute_neighbors(cells, as_list=False)
    ).query(f"distance < {NEAR_M} and id < neighbor_id")
    pairs = near.groupby(["id", "neighbor_id"]).distance.agg(["count", "min"]).reset_index()
    return [(int(a), int(b), int(frames), round(closest * 1000)) for a, b, frames, closest in pairs.to_numpy()]


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(table(Path(sys.argv[1])))
