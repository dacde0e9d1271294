"""WHO REDACTS, as its user calls it on a folder of PNGs: each writes without loss, so what differs is what it did."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._tools import GARIM, Uninstalled, blurry, deface, installed

Words = Callable[[Path, Path], list[str | Path]]
NEVER_READ = "shape_predictor_68_face_landmarks.dat"  # trained on photos under terms that forbid this


@dataclass(frozen=True, slots=True)
class Redaction:
    """A tool and its way, with the words that take a folder of photos to an empty one."""

    tool: str
    way: str
    words: Words | None = None
    beside: bool = False
    """It writes beside its input, and nowhere else."""


UNTOUCHED = Redaction("none", "photos as taken")
FILL = Redaction("Garim", "fill (default)", lambda photos, out: _garim(photos, out, "fill"))


def redactions() -> tuple[list[Redaction], list[str]]:
    """All that can be had, in the order of the table, and what cannot, with the reason."""
    found = [
        UNTOUCHED,
        FILL,
        Redaction(
            "Garim", "fill, --cover heads", lambda photos, out: [*_garim(photos, out, "fill"), "--cover", "heads"]
        ),
        Redaction("Garim", "mosaic", lambda photos, out: _garim(photos, out, "mosaic")),
        Redaction("Garim", "blur", lambda photos, out: _garim(photos, out, "blur")),
    ]
    missing = []
    for theirs in (_deface, _blurry):
        try:
            found += theirs()
        except Uninstalled as error:
            missing.append(str(error))
    return found, missing


def attacker() -> tuple[Path, Path]:
    """The attacker's Python, and the folder of dlib's models. Raises `Uninstalled`."""
    home = installed("attacker", [["dlib-bin>=20.0", "numpy>=2.0"], ["--no-deps", "face_recognition_models==0.3.0"]])
    models = next(home.glob("lib/python*/site-packages/face_recognition_models/models"))
    (models / NEVER_READ).unlink(missing_ok=True)
    return home / "bin" / "python", models


def redacted(by: Redaction, photos: Sequence[Path], folder: Path) -> list[Path | None]:
    """What `by` makes of each of `photos`, PNGs of one folder; None where it published nothing."""
    if by.words is None:
        return list(photos)
    out = folder / "out"
    out.mkdir(parents=True)
    given = photos[0].parent
    if by.beside:
        given = Path(shutil.copytree(given, folder / "in"))
    done = subprocess.run(by.words(given, out), capture_output=True, text=True, check=False)
    made = [_made(given if by.beside else out, photo) for photo in photos]
    if not any(made):
        said = (done.stderr or done.stdout).strip().splitlines()
        sys.exit(f"{by.tool}, {by.way}: exit {done.returncode}, and no picture: {said[-1] if said else 'no word'}")
    return made


def _made(folder: Path, photo: Path) -> Path | None:
    """The picture that a tool named after `photo`: 7.redacted.png, 7_anonymized.png, 7.blurry.png."""
    named = [path for mark in "._" for path in folder.glob(f"{photo.stem}{mark}*.png")]
    return named[0] if named else None


def _garim(photos: Path, out: Path, style: str) -> list[str | Path]:
    return [GARIM, "redact", photos, "-o", out, "--style", style]


def _deface() -> list[Redaction]:
    tool = deface()
    program = Path(tool.words(Path(), Path(), tool.settings[0])[0])
    return [
        Redaction(tool.name, "blur (default)", lambda photos, _: [program, photos], beside=True),
        Redaction(tool.name, "mosaic", lambda photos, _: [program, photos, "--replacewith", "mosaic"], beside=True),
    ]


def _blurry() -> list[Redaction]:
    tool = blurry()
    program = Path(tool.words(Path(), Path(), tool.settings[0])[0])

    def words(photos: Path, out: Path, mode: str) -> list[str | Path]:
        return [program, *sorted(photos.glob("*.png")), "-o", out, "--mode", mode]

    return [
        Redaction(tool.name, "solid (default)", lambda photos, out: words(photos, out, "solid")),
        Redaction(tool.name, "pixel", lambda photos, out: words(photos, out, "pixel")),
    ]
