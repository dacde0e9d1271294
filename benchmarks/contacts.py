"""WHO MET WHOM ON PETS 2009 S2.L1: from its pixels, and from the boxes that people drew.

    .venv/bin/python benchmarks/contacts.py [--json OUT]

The steps of `garim exposure track` with their defaults (all pictures are looked at, also where nothing moved).
Parameters come from how people walk and from streets that never were (benchmarks/_street.py; the seeds below chose
none), but for one: that a detector's noise is measured, and how little it may be, was decided after the truth's own
boxes of this film had shown 8 pairs of 9. No parameter was changed after its pixels were looked at. The goals are
judged at the size that `track` takes; the other sizes stand beside it, to show how much hangs on that.

Tables go to stdout. Exit codes: 0 measured, whether goals are met or not; the film's absence is told, and is 0.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])
if "GARIM_WEIGHTS" not in os.environ and (Path(sys.path[0]).parent / "shared" / "weights").is_dir():
    os.environ["GARIM_WEIGHTS"] = str(Path(sys.path[0]).parent / "shared" / "weights")

from benchmarks._contacts import Score, Truth, scored  # noqa: E402 - as above
from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._street import street  # noqa: E402 - as above
from benchmarks._tables import table  # noqa: E402 - as above

from benchmarks import _pets  # noqa: E402 - after the path
from garim.core.boxes import Boxes  # noqa: E402 - after the path
from garim.exposure.fixed import fixed  # noqa: E402 - after the path
from garim.exposure.follow import WEAK, follow  # noqa: E402 - after the path
from garim.exposure.ground import Ground  # noqa: E402 - after the path
from garim.exposure.smooth import Walk, walks  # noqa: E402 - after the path
from garim.exposure.stitch import stitched  # noqa: E402 - after the path
from garim.media import Reader  # noqa: E402 - after the path
from garim.media.codecs import WATCHED  # noqa: E402 - after the path
from garim.vision.people import People  # noqa: E402 - after the path

SIDES = (640, 768, 960)  # px that the detector is shown; the first is what `track` takes
EVERY = 2  # of ten pictures a second
STREETS = range(1000, 1012)


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    ask = parser.parse_args()
    if not _pets.FOLDER.is_dir():
        print(f"not measured: {_pets.FOLDER} is not there")
        return 0
    started = time.monotonic()
    lines = [*_drawn(), *_pixels()]
    streets = [("streets that never were", *_street(seed)) for seed in STREETS]
    print(f"`benchmarks/contacts.py`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {machine()}.\n")
    print(_shown(lines))
    print(f"\n{_goals(lines)}\n")
    print(_streets([score for _, score, _ in streets]))
    print(f"\n{_cost()}  Took {time.monotonic() - started:.0f} s.")
    if ask.json:
        ask.json.write_text(json.dumps([{"boxes": name, **asdict(score)} for name, score, _ in lines], indent=1))
    return 0


Line = tuple[str, Score, Score]  # where the boxes are from; seconds by places, and by probability


def _drawn() -> Iterator[Line]:
    ground, truth = _pets.ground(), _pets.truth()
    for every in (1, EVERY):
        yield (f"the truth, {_pets.HZ // every} fps", *_both(chain(list(_pets.boxes(every)), ground), truth))


def _pixels() -> Iterator[Line]:
    ground, truth = _pets.ground(), _pets.truth()
    for side in SIDES:
        seen = _looked(side)
        yield (f"YOLOX-nano, {side} px, {_pets.HZ // EVERY} fps", *_both(chain(seen, ground), truth))


def _looked(side: int) -> list[tuple[float, Boxes]]:
    people = People()
    with Reader(_pets.FILM, WATCHED) as reader:
        base = reader.film.time_base
        return [
            (float(frame.pts * base), people(frame.image(side, reader.film.rotation), WEAK))
            for frame in reader.frames()
            if frame.index % EVERY == 0
        ]


def chain(seen: Sequence[tuple[float, Boxes]], ground: Ground) -> tuple[Walk, ...]:
    """From boxes to walks."""
    things = fixed(seen)
    trails = follow(((at, things.without(boxes)) for at, boxes in seen), ground.size)
    return stitched([walk for walk in walks(trails, ground) if walk is not None], ground)


def _both(found: Sequence[Walk], truth: Truth) -> tuple[Score, Score]:
    return scored(found, truth), scored(found, truth, expected=True)


def _street(seed: int) -> tuple[Score, Score]:
    shown = street(seed)
    return _both(chain(list(shown.seen(EVERY)), shown.ground), Truth(shown.at, shown.xy))


def _shown(lines: Sequence[Line]) -> str:
    head = ("boxes from", "tracks of people", "pairs found", "false (with nobody)", "pair-seconds", "by probability",
            "position, median / p90", "squared error / said", "beyond 90 %", "gone over to another")  # fmt: skip
    rows = []
    for name, by_place, likely in lines:
        median, p90 = by_place.error_m
        rows.append((
            name,
            f"{by_place.tracks} of {by_place.people}",
            f"{by_place.found} of {by_place.pairs}",
            f"{by_place.false} ({by_place.ghosts})",
            f"{by_place.seconds:.1f} of {by_place.true_seconds:.1f}",
            f"{likely.seconds:.1f}; {likely.found} found, {likely.false} false",
            f"{median:.3f} / {p90:.3f} m",
            f"{by_place.squared:.2f}",
            f"{by_place.beyond:.3f}",
            f"{by_place.switches}",
        ))  # fmt: skip
    return table(head, rows, right=1)


def _goals(lines: Sequence[Line]) -> str:
    name, score, _ = next(line for line in lines if f" {SIDES[0]} px" in line[0])
    wanted = (
        ("pairs found, at least 8", f"{score.found}", score.found >= 8),
        ("pairs false, at most 1", f"{score.false}", score.false <= 1),
        ("pair-seconds, within 15 %", f"{score.seconds / score.true_seconds - 1:+.1%}",
         abs(score.seconds / score.true_seconds - 1) <= 0.15),
    )  # fmt: skip
    rows = [(f"{name}: {goal}", value, "met" if good else "**not met**") for goal, value, good in wanted]
    return table(("goal (issue 5)", "here", "met"), rows, right=1)


def _streets(scores: Sequence[Score]) -> str:
    found, pairs = sum(each.found for each in scores), sum(each.pairs for each in scores)
    seconds, true = sum(each.seconds for each in scores), sum(each.true_seconds for each in scores)
    rest = f"{sum(each.false for each in scores)} false; pair-seconds {seconds:.0f} of {true:.0f}"
    tracks = f"{sum(each.tracks for each in scores)} tracks of {sum(each.people for each in scores)} people"
    return f"{len(scores)} streets that never were: {found} of {pairs} pairs, {rest}; {tracks}."


def _cost() -> str:
    """CPU of each step for 50 boxes a picture."""
    shown = [street(seed, seconds=30, signs=0) for seed in STREETS]
    count = len(shown[0].at[::EVERY])
    each = [list(one.seen(EVERY)) for one in shown]
    boxes = sum(len(found) for one in each for _, found in one)
    moments = [(row[0][0], Boxes.joined([found for _, found in row])) for row in zip(*each, strict=True)]
    ground = shown[0].ground
    clock = [time.process_time()]
    trails = follow(moments, ground.size)
    clock.append(time.process_time())
    found = [walk for walk in walks(trails, ground) if walk is not None]
    clock.append(time.process_time())
    stitched(found, ground)
    clock.append(time.process_time())
    fixed(moments)
    clock.append(time.process_time())
    spent = [1e6 * (b - a) / boxes * 50 / 1000 for a, b in pairwise(clock)]
    words = zip(("follow", "smooth", "stitch", "fixed"), spent, strict=True)
    rate = f"{boxes / count:.0f} boxes a picture"
    return f"CPU ms for 50 boxes ({rate}): {', '.join(f'{name} {each:.2f}' for name, each in words)}."


if __name__ == "__main__":
    sys.exit(main())
