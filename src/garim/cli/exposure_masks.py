"""`garim exposure masks`: of faces in pictures, boxed in a list, whether masks are worn; to measure the model with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.progress import bar

if TYPE_CHECKING:
    from garim.exposure.listed import Listed
    from garim.vision.masks import Said

BoxesFile = Annotated[
    Path,
    typer.Option(
        "--boxes",
        metavar="FILE.csv",
        help="CSV image,x1,y1,x2,y2: a line a face, in px of the upright picture. Further columns are ignored.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object a line and face, in the list's order.")]

SIZES_PX = ((0, 16, "< 16"), (16, 24, "16-24"), (24, 48, "24-48"), (48, float("inf"), ">= 48"))


def masks(*, boxes: BoxesFile, as_json: Json = False) -> int:
    """Say of each face in a list of boxes whether a mask is worn: worn, absent, incorrect, or unknown.

    Unknown is a face of which the model is less than 0.5 sure. An image is looked for beside the list, then where the
    command runs. Nothing is said before all lines were understood.

    Exit codes: 0 done; 2 misuse, or a line that cannot be understood; 3 not finished.
    """
    from garim.exposure.listed import read, states
    from garim.vision.masks import Masks

    listed = read(boxes)
    model = Masks()
    with bar(boxes.name, unit="pictures") as progress:
        found = states(boxes, listed, model, progress)
    if as_json:
        for box, each in zip(listed, found, strict=True):
            print(json.dumps(_plain(box, each)))
    else:
        _print_table(_counts(listed, found))
    return 0


def _plain(box: Listed, each: Said) -> dict[str, Any]:
    """The stable JSON of one face."""
    px = dict(zip(("x1", "y1", "x2", "y2"), map(_shortest, box.xyxy), strict=True))
    return {"image": box.image} | px | {"state": each.state.value, "confidence": round(each.confidence, 4)}


def _shortest(px: float) -> float:
    return int(px) if px.is_integer() else px


def _counts(listed: Sequence[Listed], found: Sequence[Said]) -> list[tuple[str, ...]]:
    """A row a size of face, and one of all."""
    from garim.vision.masks import State

    every = [(box.height_px, each.state) for box, each in zip(listed, found, strict=True)]
    rows = []
    for low, high, name in (*SIZES_PX, (0, float("inf"), "all")):
        states = [state for px, state in every if low <= px < high]
        unknown = f"{states.count(State.UNKNOWN) / len(states):.0%}" if states else ""
        rows.append((name, *(str(states.count(state)) for state in State), str(len(states)), unknown))
    return rows


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("height px", "worn", "absent", "incorrect", "unknown", "faces", "unknown %"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
