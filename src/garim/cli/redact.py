"""`garim redact`: a film or still in, the same without faces out."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.progress import bar
from garim.core.errors import Misuse

if TYPE_CHECKING:
    from garim.redact import Redaction

_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")


def redact(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A film (mp4, mov) or a still (jpg, png).")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write. [default: INPUT.redacted.* beside it]")
    ] = None,
    style: Annotated[str, typer.Option(help="How a face is destroyed: fill.")] = "fill",
    check: Annotated[
        str,
        typer.Option(help="Look at the result again: all of it, key frames and track ends (keys), or off."),
    ] = "all",
    mute: Annotated[bool, typer.Option("--mute", help="Leave the sound out: voices identify people.")] = False,
    encoder_preset: Annotated[
        str, typer.Option(help="x264's preset, ultrafast to veryslow: slower makes smaller files.")
    ] = "veryfast",
    quality: Annotated[float, typer.Option(help="x264's constant rate factor, 0 to 51: lower is better.")] = 20.0,
    accept_residual: Annotated[
        bool, typer.Option("--accept-residual", help="Publish even if the check still sees faces; it is said.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
) -> int:
    """Destroy every face in a film or still, and look at the result again before it leaves.

    The input is only read; the output appears whole or not at all. Sound is kept; metadata is not.

    Exit codes: 0 done and clean; 1 done, with residuals accepted; 2 misuse; 3 not finished, nothing published.
    """
    if encoder_preset not in _PRESETS:
        raise Misuse(f"--encoder-preset {encoder_preset}: is one of {', '.join(_PRESETS)}; nothing was written")
    if not 0 <= quality <= 51:
        raise Misuse(f"--quality {quality:g}: lies between 0 (best) and 51; nothing was written")
    from garim import redact as room

    with bar(source.name) as progress:
        done = room.redact(
            source,
            output,
            style=_chosen(room.Style, "--style", style),
            check=_chosen(room.Check, "--check", check),
            mute=mute,
            encoding=room.Encoding(encoder_preset, quality),
            accept_residual=accept_residual,
            force=force,
            progress=progress,
        )
    if as_json:
        print(json.dumps(_plain(done)))
    else:
        _told(done)
    return 1 if done.residual else 0


def _chosen(choices: Any, option: str, word: str) -> Any:
    try:
        return choices(word)
    except ValueError:
        raise Misuse(f"{option} {word}: is one of {', '.join(choices)}; nothing was written") from None


def _plain(done: Redaction) -> dict[str, Any]:
    facts: dict[str, Any] = {field.name: getattr(done, field.name) for field in fields(done) if field.name != "plan"}
    # where residuals are is not for whoever gets the film
    facts |= {"residual": len(done.residual), "unchecked": done.check == "off", "encoding": asdict(done.encoding)}
    return facts | {"source": str(done.source), "output": str(done.output)}


def _told(done: Redaction) -> None:
    from rich.console import Console

    say = Console(file=sys.stderr, highlight=False).print
    say(f"[bold]{done.output}[/bold]")
    lanes = f"{done.tracks} region{'s' * (done.tracks != 1)} destroyed, {done.masked:.1%} of the picture"
    say(f"  {done.frames} frame{'s' * (done.frames != 1)}; {lanes}; written {_times(done.rounds)}")
    if done.check == "off":
        say("  [bold red]UNCHECKED[/bold red]: nobody has looked at the result. Look before it leaves")
    elif done.residual:
        say(f"  [bold red]{len(done.residual)} places still look like a face[/bold red]; accepted as asked")
    else:
        say(f"  looked at again ({done.check}): no face seen")
    if done.sound:
        say(f"  sound kept ({len(done.sound)} track{'s' * (len(done.sound) != 1)}): voices identify; --mute drops it")
    say("  not covered: voices, bodies, clothes, gait, number plates, text")


def _times(rounds: int) -> str:
    return "once" if rounds == 1 else f"{rounds} times, since the check saw more"
