"""What `garim redact` says: results on stdout where JSON is asked for, else words for people on stderr."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from garim.ledger.receipt import Receipt
    from garim.redact import Redaction
    from garim.redact.batch import Outcome


def written(path: Path, *, as_json: bool) -> int:
    """Say that one file was written."""
    if as_json:
        print(json.dumps({"output": str(path)}))
    else:
        say()(f"[bold]{path}[/bold]")
        if "UNREDACTED" in path.name:
            say()("  [bold red]it shows faces[/bold red]: open it in a browser, correct the plan, do not hand it out")
    return 0


def done(redaction: Redaction, reports: Sequence[Path], receipt: Receipt | None, *, as_json: bool) -> int:
    """Say what became of one input; the exit code."""
    if as_json:
        rest = {"reports": [str(path) for path in reports], "receipt": receipt.plain() if receipt else None}
        print(json.dumps(plain(redaction) | rest))
    else:
        _told(redaction, reports)
        if receipt:
            say()(f"  on the ledger as entry {receipt.proof.index}")
    return 1 if redaction.residual else 0


def batch(outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    """Say what became of each of many inputs; the exit code of the worst."""
    if as_json:
        rows = [_row(outcome) for outcome in outcomes]
        print(json.dumps({"files": rows, "counts": Counter(outcome.state for outcome in outcomes)}))
    else:
        _table(outcomes)
    return max(outcome.exit_code for outcome in outcomes)


def plain(redaction: Redaction) -> dict[str, Any]:
    """The stable JSON of one result: no regions, and of residuals only how many: it may be handed out."""
    facts = {field.name: getattr(redaction, field.name) for field in fields(redaction) if field.name != "plan"}
    return facts | {
        "source": str(redaction.source),
        "output": str(redaction.output),
        "residual": len(redaction.residual),
        "unchecked": redaction.check == "off",
        "encoding": asdict(redaction.encoding),
        "weights": [weight.name for weight in redaction.weights],
        "regions": redaction.regions,
        "kept": [asdict(keep) for keep in redaction.people],
        "exempt": [{"reason": keep.reason} for keep in redaction.exempt],
        "warning": redaction.style.warning,
    }


def say() -> Callable[..., None]:
    """A printer for people."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False, soft_wrap=True).print


def _row(outcome: Outcome) -> dict[str, Any]:
    row = {"source": str(outcome.task.source), "output": str(outcome.task.output), "state": outcome.state}
    if outcome.message:
        row |= {"error": outcome.message}
    return row | ({"result": plain(outcome.done)} if outcome.done else {}) | {"exit_code": outcome.exit_code}


def _told(redaction: Redaction, reports: Sequence[Path]) -> None:
    from rich.markup import escape

    tell = say()
    tell(f"[bold]{escape(str(redaction.output))}[/bold]")
    regions = f"{_many(redaction.regions, 'region')} destroyed, {redaction.masked:.1%} of the picture"
    tell(f"  {_many(redaction.frames, 'frame')}; {regions}; written {_times(redaction.rounds)}")
    if redaction.copied:
        tell(f"  {_many(redaction.copied, 'frame')} copied bit for bit: no region lies near them")
    if redaction.check == "off":
        tell("  [bold red]UNCHECKED[/bold red]: nobody has looked at the result. Look before it leaves")
    elif redaction.residual:
        places = f"{_many(len(redaction.residual), 'place')} may still show a {redaction.cover.shows}"
        tell(f"  [bold red]{places}[/bold red]; accepted as asked")
    else:
        tell(f"  looked at again ({redaction.check}): no {redaction.cover.shows} seen")
    for lane in redaction.plan.lanes:
        if lane.keep and lane.keep.pseudonym is not None:
            who = escape(f"{lane.keep.pseudonym}: {lane.keep.reason}")
            tell(f"  [bold]track {lane.track} left visible[/bold], with a consent ({who})")
        elif lane.keep:
            why = escape(lane.keep.reason)
            tell(f"  [bold red]track {lane.track} left visible[/bold red]: the plan says that it is no face ({why})")
    if redaction.style.warning:
        tell(f"  [bold red]warning[/bold red]: {redaction.style.warning}")
    if redaction.sound:
        tell(f"  sound kept ({_many(len(redaction.sound), 'track')}): voices identify; --mute drops it")
    tell("  not covered: voices, bodies, clothes, gait, number plates, text")
    for path in reports:
        tell(f"  report: {escape(str(path))}")


def _table(outcomes: Sequence[Outcome]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("input", overflow="fold")
    table.add_column()
    table.add_column("regions", justify="right")
    table.add_column("picture", justify="right")
    colour = {"done": "green", "skipped": "dim", "logged": "green", "residual": "red", "failed": "bold red"}
    for outcome in outcomes:
        result = outcome.done
        numbers = (str(result.regions), f"{result.masked:.1%}") if result else ("", "")
        table.add_row(escape(outcome.task.name), f"[{colour[outcome.state]}]{outcome.state}[/]", *numbers)
    tell = say()
    tell(table)
    counts = Counter(str(outcome.state) for outcome in outcomes)
    tell(f"{', '.join(f'{number} {state}' for state, number in counts.items())}; under {outcomes[0].task.root}")
    for outcome in outcomes:
        if outcome.message:
            tell(f"[bold red]failed[/] {escape(outcome.message)}")
    if counts["failed"]:
        tell("nothing of these was published. Run the same command again when they are mended: the rest is skipped")
    tell("not covered: voices, bodies, clothes, gait, number plates, text")


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


def _times(rounds: int) -> str:
    return "once" if rounds == 1 else f"{rounds} times, since the check saw more"
