"""AN ATTACKER TELLS REDACTED FACES APART, or cannot: what each way of redaction leaves of a face.

    .venv/bin/python benchmarks/attack.py [--quick | --people N] [--json OUT]

Two photos each of the people of the London set, neutral and smiling, are redacted by each tool as its user calls it.
An attacker with dlib then compares one photo of each with the other photo of everybody (_attack_embeds.py says how).
The attacker is a process in an environment of its own; this one and Garim's never compare faces, and what comes back
is sums. It wants the London set in ../shared, the weights, and 18 s of CPU a person.
Tables go to stdout, progress to stderr. Exit codes: 0 measured, whether the goal is met or not; 1 a side failed; 4 the
set is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._attack_sums import Told  # noqa: E402 - as above
from benchmarks._attack_tables import Row, attacks, goal  # noqa: E402 - as above
from benchmarks._attack_tools import FILL, Redaction, attacker, redacted, redactions  # noqa: E402 - as above
from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._tools import Uninstalled  # noqa: E402 - as above

STARTED = time.monotonic()
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
LONDON, WEIGHTS = SHARED / "data" / "faces_london", SHARED / "weights"
KINDS = ("neutral", "smiling")
QUICK = 16  # people: less than five minutes


def main() -> int:
    ask = _asked()
    if not LONDON.is_dir():
        print(f"{LONDON}: not there; nothing measured", file=sys.stderr)
        return 4
    if "GARIM_WEIGHTS" not in os.environ and WEIGHTS.is_dir():
        os.environ["GARIM_WEIGHTS"] = str(WEIGHTS)
    try:
        python, models = attacker()
    except Uninstalled as error:
        sys.exit(str(error))
    ways, missing = redactions()
    with tempfile.TemporaryDirectory(prefix="garim-bench-") as name:
        photos = _photos(Path(name) / "photos", ask.people)
        made = [_redacted(way, photos, Path(name) / f"{number}") for number, way in enumerate(ways)]
        rows = list(_attacked(python, models, photos, ways, made))
    header = _header(len(photos) // len(KINDS), missing)
    fill = next(row for row in rows if (row.tool, row.way) == (FILL.tool, FILL.way))
    print("\n\n".join([header, attacks(rows), goal(fill)]))
    if ask.json:
        ask.json.write_text(json.dumps({"header": header, "rows": [asdict(row) for row in rows]}, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, metavar="N", help="the first N of them only [all]")
    parser.add_argument("--quick", action="store_const", dest="people", const=QUICK, help=f"the first {QUICK} only")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    return parser.parse_args()


def _photos(folder: Path, most: int | None) -> list[Path]:
    """PNGs without a name, person by person, KINDS in turn."""
    folder.mkdir()
    people = sorted(path.name.removesuffix("_neutral.jpg") for path in LONDON.glob("*_neutral.jpg"))[:most]
    photos = []
    for number, source in enumerate(LONDON / f"{person}_{kind}.jpg" for person in people for kind in KINDS):
        photos.append(folder / f"{number:04}.png")
        Image.open(source).convert("RGB").save(photos[-1])
    return photos


def _redacted(way: Redaction, photos: Sequence[Path], folder: Path) -> list[Path | None]:
    made = redacted(way, photos, folder)
    _progress(f"{way.tool}, {way.way}: {sum(one is not None for one in made)} of {len(photos)} photos published")
    return made


def _attacked(
    python: Path, models: Path, photos: Sequence[Path], ways: Sequence[Redaction], made: Sequence[list[Path | None]]
) -> Iterator[Row]:
    """A row a way, as the attacker comes to it."""
    job = {
        "models": str(models),
        "photos": [str(photo) for photo in photos],
        "pairs": [(number, number + 1) for number in range(0, len(photos), len(KINDS))],
        "rows": [[one and str(one) for one in row] for row in made],
    }
    words: list[str | Path] = [python, "-m", "benchmarks._attack_embeds"]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None and child.stdout is not None
        json.dump(job, child.stdin)
        child.stdin.close()
        for way, line in zip(ways, child.stdout, strict=False):
            said = json.loads(line)
            told = {name: Told(**figures) for name, figures in said["attacks"].items()}
            _progress(f"{way.tool}, {way.way}: attacked")
            yield Row(way.tool, way.way, told, said["leaked"], said["published"], len(photos))
    if child.returncode:
        sys.exit(f"the attacker: exit {child.returncode}; its words are above")


def _progress(words: str) -> None:
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{time.monotonic() - STARTED:6.0f} s  {words}, {load}", file=sys.stderr, flush=True)


def _header(people: int, missing: Sequence[str]) -> str:
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/attack.py", *sys.argv[1:]])
    first = f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {machine()}."
    second = (
        f"{people} people, two photos each. AUC (95 % interval over people): 1 tells everybody apart, 0.5 is a coin."
    )
    return "\n".join([first, second, *missing])


if __name__ == "__main__":
    sys.exit(main())
