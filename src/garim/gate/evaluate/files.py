"""An evaluation as files: report.json, index.html, det and scores as PNG and SVG, receipt.json. All, or none."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from garim.files import refuse_clash, unwritable, whole
from garim.gate.evaluate.page import page
from garim.gate.evaluate.run import Evaluated

NAMES = ("report.json", "index.html", "det.png", "det.svg", "scores.png", "scores.svg", "receipt.json")


def refuse(folder: Path, *, force: bool) -> None:
    """Raise `Misuse` where `folder` holds one of the files already, unless `force`."""
    if folder.exists() and not folder.is_dir():
        refuse_clash(folder, [], force=False)
    for name in NAMES:
        refuse_clash(folder / name, [], force=force)


def write(done: Evaluated, folder: Path, *, force: bool = False) -> None:
    """Write the files into `folder`, which is made. The receipt is its keeper's alone (0600). Raises `Unwritable`."""
    refuse(folder, force=force)
    made = _made(done)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    with contextlib.ExitStack() as every:
        for name, octets in made.items():
            mode = 0o600 if name == "receipt.json" else 0o644
            every.enter_context(whole(folder / name, force=force, mode=mode)).write_bytes(octets)


def _made(done: Evaluated) -> Mapping[str, bytes]:
    from garim.gate.evaluate import plots  # matplotlib takes a second to load, and a log's report needs none

    det, scores = plots.det(done.evaluation), plots.scores(done.evaluation)
    receipt = json.dumps({"receipt": done.receipt.plain()}, indent=1) + "\n"
    return {
        "report.json": done.report,
        "index.html": page(done.evaluation, done.receipt.proof.index, det=det.svg, scores=scores.svg).encode(),
        "det.png": det.png,
        "det.svg": det.svg,
        "scores.png": scores.png,
        "scores.svg": scores.svg,
        "receipt.json": receipt.encode(),
    }
