"""`python -m demo`: makes a film of faces, redacts it with the real command, and measures what is left.

Exit codes: 0 no face leaked; 1 one did, or the times differ; else what `garim redact` left with.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from demo import clip, faces, film, measure, scene, sheet
from garim.core.errors import GarimError
from garim.files import whole

OUT = Path("out")
CLIP = OUT / "demo.mp4"
REDACTED = OUT / "demo.redacted.mp4"
SHEET = OUT / "UNREDACTED-contact-sheet.png"

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that each step took."""

    film: float
    redact: float
    measure: float


def main() -> int:
    """Run the demo; replaces what an earlier run left in out/."""
    OUT.mkdir(exist_ok=True)
    for old in (REDACTED, SHEET):  # what a run that fails must not leave standing as its own
        old.unlink(missing_ok=True)
    started = time.monotonic()
    faces.pull()
    truth = made()
    filmed = time.monotonic()
    code = redacted()
    if code:
        return code
    done = time.monotonic()
    measured = measure.coverage(truth, film.planes(CLIP), film.planes(REDACTED))
    in_time = film.times(CLIP) == film.times(REDACTED)
    write_sheet(truth, measured)
    summary(measured, in_time, Spent(filmed - started, done - filmed, time.monotonic() - done))
    return int(bool(measured.leaked.any()) or not in_time)


def made() -> list[clip.Truth]:
    """Write the film; its truth, frame by frame."""
    shown = scene.demo(*faces.sprites())
    truth: list[clip.Truth] = []

    def pictures() -> Iterator[clip.RGB]:
        for picture, seen in clip.frames(shown):
            truth.append(seen)
            yield picture

    total = sum(shot.frames for shot in shown.shots)
    watched = track(pictures(), f"{CLIP.name}: filming", total, console=Console(stderr=True), transient=True)
    film.write(CLIP, watched, rate=shown.rate, force=True)
    return truth


def redacted() -> int:
    """Take the faces out with the command that users have; its exit code."""
    command = [str(Path(sys.executable).with_name("garim")), "redact", str(CLIP), "-o", str(REDACTED), "--force"]
    console.print(f"[bold]$ garim {' '.join(command[1:])}[/]", soft_wrap=True)
    sys.stdout.flush()  # before the command's own words
    return subprocess.run(command, check=False).returncode


def write_sheet(truth: Sequence[clip.Truth], measured: measure.Coverage) -> None:
    """Write the contact sheet; it shows the faces, so it is named and guarded so."""
    counts = [int((seen.visible >= measure.VISIBLE).sum()) for seen in truth]
    notes = sheet.chosen(counts)
    times, before, after = film.times(CLIP), film.stills(CLIP, notes), film.stills(REDACTED, notes)
    moments = [sheet.Moment(times[index], before[index], after[index], note) for index, note in notes.items()]
    about = (
        "Above: a film made from two public-domain portraits. Below: what garim redact wrote. "
        f"{int(measured.leaked.sum())} of {len(measured)} face-frames leaked."
    )
    picture = sheet.sheet(moments, "Garim: before and after", about)
    with whole(SHEET, force=True, mode=0o600) as unfinished:
        picture.save(unfinished, "PNG")


def summary(measured: measure.Coverage, in_time: bool, spent: Spent) -> None:
    """Say what came out, for people."""
    console.print()
    console.print(_table(measured))
    console.print()
    console.print(_verdict(measured))
    if not in_time:
        console.print("[bold red]The redacted film's times differ from the input's.[/]")
    people, leaked = set(measured.person.tolist()), set(measured.person[measured.leaked].tolist())
    console.print(f"People with a leaked frame: {len(leaked)} of {len(people)}.")
    console.print(f"Destroyed of the picture: {measured.masked.mean():.1%} on average.")
    console.print(f"Took {spent.film:.0f} s to film, {spent.redact:.0f} s to redact, {spent.measure:.0f} s to measure.")
    console.print()
    places = Table.grid(padding=(0, 2))
    places.add_row(f"[bold]{REDACTED}[/]", "the result: play it; a blip marks each second of sound")
    places.add_row(f"[bold]{SHEET}[/]", "before and after at a glance; [red]it shows faces[/]")
    places.add_row(f"[bold]{CLIP}[/]", "the input; [red]it shows faces[/]")
    console.print(places)


def _table(measured: measure.Coverage) -> Table:
    table = Table("face", "face-frames", "leaked", "destroyed, mean", box=None, header_style="dim", padding=(0, 2))
    for column in table.columns[1:]:
        column.justify = "right"
    for name, part in [*measured.by_size(), ("all", measured)]:
        leaked = int(part.leaked.sum())
        colour = "red" if leaked else "green"
        table.add_row(name, f"{len(part)}", f"[{colour}]{leaked}[/]", f"{part.share.mean():.1%}")
    return table


def _verdict(measured: measure.Coverage) -> str:
    leaked = int(measured.leaked.sum())
    if not leaked:
        return f"[bold green]No face leaked[/] in {len(measured)} face-frames."
    first = int(measured.index[measured.leaked][0])
    return f"[bold red]{leaked} of {len(measured)} face-frames leaked[/], the first in frame {first}."


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GarimError as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
