"""What `garim gate evaluate` says: rates with their intervals, in lines; or the report as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from garim.cli.plain import plain
from garim.cli.told import say

if TYPE_CHECKING:
    from garim.gate.evaluate import Evaluated, Evaluation
    from garim.gate.evaluate.intervals import Rate
    from garim.gate.evaluate.results import Errors

_LABEL = 34  # columns before a rate


def evaluated(done: Evaluated, out: Path, *, as_json: bool) -> None:
    """Say what an evaluation came to."""
    told = done.evaluation
    say()(plain(f"{told.matcher}: {told.caution}"), markup=False)
    if told.test:
        say()("[bold red]TEST[/bold red]: consents in this set were made for tests; these figures are no finding")
    if as_json:
        typer.echo(done.report.decode(), nl=False)
    else:
        _told(told)
    say()(
        f"{plain(str(out / 'index.html'))}: the page; on the ledger as entry {done.receipt.proof.index}", markup=False
    )


def _told(done: Evaluation) -> None:
    from garim.gate.evaluate.words import LEFT_OUT, few, times

    typer.echo(
        f"{done.matcher}: {done.compared:,} people, {done.mated:,} mated and {done.non_mated:,} non-mated comparisons"
    )
    for why, count in done.left_out.items():
        typer.echo(f"left out: {few(count)} {LEFT_OUT.get(why, why)}")
    typer.echo(f"{'failure to enrol':<{_LABEL}}{times(done.enrol)}")
    typer.echo(f"{'failure to acquire':<{_LABEL}}{times(done.acquire)}")
    typer.echo(f"{'failure to acquire, probes':<{_LABEL}}{times(done.acquire_probes)}")
    _errors(f"at the gate's threshold {done.in_use.threshold:.3f}", done.in_use, done)
    for target in done.targets:
        if target.errors is None or target.low is None or target.high is None:
            typer.echo(f"\nfor FMR {target.target:g}: {target.said}")
            continue
        typer.echo(
            f"\nfor FMR {target.target:g}: threshold {target.errors.threshold:.3f} "
            f"({target.low:.3f} to {target.high:.3f}); {target.said}"
        )
        _errors(f"at {target.errors.threshold:.3f}", target.errors, done)
    for name in done.withheld:
        typer.echo(f"\nnot told by {name}: fewer than two groups of 5, or fewer than 5 people would follow from others")


def _errors(title: str, errors: Errors, done: Evaluation) -> None:
    typer.echo(f"\n{title}")
    _rate("FMR", errors.false_matches)
    if errors.similar is not None:
        _rate("FMR, alike in all groups", errors.similar)
    _rate("FNMR", errors.false_non_matches)
    _bare("FAR, one photo an attempt", done.accepted(errors))
    _bare("FRR, one photo an attempt", done.rejected(errors))
    for grouping, way in zip(done.groupings, errors.ways, strict=True):
        typer.echo(f"  by {grouping.name}")
        for number, group in enumerate(grouping.groups):
            typer.echo(plain(f"    {group.name}: {group.subjects} people"))
            _rate("  FMR among them", way.false_matches[number][number])
            _rate("  FNMR", way.false_non_matches[number])
            _rate("  FTA", group.acquire)


def _bare(name: str, share: float | None) -> None:
    from garim.gate.evaluate.words import bare

    typer.echo(f"    {name:<{_LABEL - 4}}{bare(share)}")


def _rate(name: str, rate: Rate) -> None:
    from garim.gate.evaluate.words import resampled, times

    drawn = f"; by people {resampled(rate)}" if rate.resampled else ""
    typer.echo(f"    {name:<{_LABEL - 4}}{times(rate)}{drawn}")
