"""`garim exposure publish`: counts for everybody, once an hour's, with the noise and the claim that belong to them."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.told import say
from garim.core.errors import Misuse
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.exposure.noise import Claim
    from garim.exposure.publish import Row
    from garim.ledger.receipt import Receipt

StoreOption = Annotated[Path, typer.Option("--store", metavar="DIR", help="The store that garim exposure track fills.")]
Epsilon = Annotated[
    float, typer.Option(metavar="E", help="How much one track in one hour may show: 1 is usual, smaller hides more.")
]
Day = Annotated[
    str | None, typer.Option(metavar="DATE", help="A day in UTC, as 2026-11-20. If not given, all days in the store.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where the counts go, as CSV.")]
Picture = Annotated[Path | None, typer.Option("--picture", help="Draw them, too: an SVG.")]
Again = Annotated[
    bool, typer.Option("--again", help="Give hours that were published before, with the same counts: no new noise.")
]
Ledger = Annotated[Path | None, typer.Option(metavar="DIR", help="The ledger to log to. If not given, your own.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def publish(
    *,
    store: StoreOption,
    epsilon: Epsilon,
    output: Output,
    day: Day = None,
    picture: Picture = None,
    again: Again = False,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Publish how many tracks each camera saw in each hour, with noise in which a single one is hidden.

    An hour is published once: noise drawn twice could be averaged away. What is claimed is printed with the counts.

    Exit codes: 0 done; 1 done, and a file of the store is damaged: its hour has no count; 2 misuse; 3 not finished.
    """
    from garim.exposure import publish as room
    from garim.exposure.noise import Claim
    from garim.ledger import opened

    try:
        claim = Claim(epsilon)
    except ValueError as error:
        raise Misuse(f"--epsilon: {error}; nothing was published") from None
    outputs = [path for path in (output, picture) if path]
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise Misuse(f"{output}: is named twice; nothing was published")
    for path in outputs:
        refuse_clash(path, [], force=force)
    days = [_day(day)] if day else room.held(store)
    with opened(ledger) as log:
        rows, receipt = room.publish(store, days, claim, log, at=datetime.now(UTC), again=again)
    _write(rows, claim, output, picture, force=force)
    return _told(rows, claim, outputs, receipt, as_json=as_json)


def _write(rows: Sequence[Row], claim: Claim, output: Path, picture: Path | None, *, force: bool) -> None:
    from garim.exposure.publish import written
    from garim.exposure.publish_chart import chart

    with contextlib.ExitStack() as both:  # the counts are not there without their picture
        both.enter_context(whole(output, force=force)).write_text(written(rows, claim), "utf-8")
        if picture:
            both.enter_context(whole(picture, force=force)).write_text(chart(rows, claim), "utf-8")


def _told(rows: Sequence[Row], claim: Claim, outputs: Sequence[Path], receipt: Receipt, *, as_json: bool) -> int:
    from garim.exposure.publish import HourState, plain

    damaged = [row.why for row in rows if row.state is HourState.DAMAGED]
    if as_json:
        facts = {"outputs": [str(path) for path in outputs], "epsilon": claim.epsilon, "claim": claim.lines()}
        facts |= {"expected_error": claim.error, "off_by_at_most_in_95_of_100": claim.band}
        rest = {"rows": [plain(row) for row in rows], "damaged": damaged, "receipt": receipt.plain()}
        print(json.dumps(facts | rest))
        return 1 if damaged else 0
    tell = say()
    for path in outputs:
        tell(str(path), markup=False)
    found = Counter(row.state for row in rows)
    tell("  " + ", ".join(f"{count} hours {state.value}" for state, count in sorted(found.items())), markup=False)
    for line in (*claim.lines(), f"On the ledger as entry {receipt.proof.index}."):
        tell(f"  {line}", markup=False)
    for why in damaged:
        tell(f"[bold red]damaged[/bold red] {why}")
    return 1 if damaged else 0


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise Misuse(f"--day {word}: is a day, as 2026-11-20; nothing was published") from None
