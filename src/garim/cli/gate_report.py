"""`garim gate report`: a gate, from its log alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.told_gate import written
from garim.core.errors import Misuse
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.gate.report import Report

Ledger = Annotated[Path | None, typer.Option(metavar="DIR", help="The gate's ledger. If not given, your own.")]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="Only from this day on, as 2026-11-01, in UTC.")]
PageOut = Annotated[Path | None, typer.Option("--page", metavar="OUT.html", help="Write a page to be read.")]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace OUT.html where it exists.")]


def report(
    *, ledger: Ledger = None, since: Since = None, page: PageOut = None, as_json: Json = False, force: Force = False
) -> int:
    """Say what a gate's log says: how many went to a person and why, checks by outcome, decisions by day, error rates.

    Every entry is hashed to the root that was signed. Whose key signed it, `garim ledger verify` proves.

    Exit codes: 0 done; 1 the ledger is damaged; 2 misuse; 3 it could not be read.
    """
    from garim.gate.report import facts
    from garim.gate.report import report as reported

    if page:
        refuse_clash(page, [], force=force)
    done = reported(ledger, since=_day(since))
    if page:
        from garim.gate.report_page import page as paged

        with whole(page, force=force) as path:
            path.write_text(paged(done, at=datetime.now(UTC)), "utf-8")
        written(page, what="the page; it names nobody")
    if as_json:
        typer.echo(json.dumps(facts(done)))
    else:
        _told(done)
    return 0


def _told(done: Report) -> None:
    from garim.gate.evaluate.words import times

    typer.echo(f"{done.sessions:,} sessions" + (f"; to a person {times(done.manual)}" if done.sessions else ""))
    typer.echo(f"{done.issued:,} issued, of which {done.unused:,} were never used, or not yet")
    _counts("TEST, counted apart", done.tests)
    _counts("decisions", done.decisions)
    _counts("reasons", done.reasons)
    for code, counts in done.checks.items():
        _counts(f"check {code}", counts)
    for part, counts in done.parts.items():
        _counts(part, counts)
    for day, counts in done.days.items():
        _counts(day, counts)
    for each in done.measured:
        typer.echo(f"measured {each.at:%Y-%m-%d}{' TEST' if each.test else ''}: {each.matcher} at {each.threshold:.3f}")
        typer.echo(f"  FMR {times(each.false_matches)}")
        typer.echo(f"  FNMR {times(each.false_non_matches)}")
        typer.echo(f"  FTA {times(each.acquire)}")


def _counts(name: str, counts: Mapping[str, int]) -> None:
    if counts:
        said = ", ".join(f"{word} {count:,}" for word, count in counts.items())
        typer.echo(f"  {name:<26}{said}")


def _day(word: str | None) -> datetime | None:
    if word is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(word), time(), UTC)
    except ValueError:
        raise Misuse(f"--since {word}: is a day, as 2026-11-01; nothing was read") from None
