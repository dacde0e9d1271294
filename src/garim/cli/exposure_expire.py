"""`garim exposure expire`: what time asks of a store is done."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.progress import bar

if TYPE_CHECKING:
    from garim.exposure.expire import Expired

StoreFolder = Annotated[Path, typer.Option("--store", metavar="DIR", help="The store.")]
KeepDays = Annotated[int, typer.Option(min=1, max=14, metavar="N", help="Days after which nothing is left, 1 to 14.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def expire(store: StoreFolder, keep_days: KeepDays = 14, as_json: Json = False) -> int:
    """Make positions coarse after a day (5 m, a minute), and destroy them with their keys when their days are over.

    What cases asked of those days, and what they were answered, is forgotten with them.

    Let a timer run it every hour: nothing expires by itself. Stopped at any moment, the next run goes on.

    Exit codes: 0 done; 1 done, and files were damaged or hours lie ahead of the clock; 2 misuse; 3 the rest was done,
    and something that is due could not be: it is named, and is kept too long.
    """
    from garim.exposure.expire import expire as expired
    from garim.exposure.store import Store

    with bar("expire", unit="hours") as progress:
        done = expired(Store.existing(store), now=datetime.now(UTC), keep_days=keep_days, progress=progress)
    if as_json:
        typer.echo(json.dumps(plain(done)))
    else:
        for line in told(done):
            typer.echo(line)
    return 3 if done.undone else 1 if done.damaged or done.ahead else 0


def plain(done: Expired) -> dict[str, Any]:
    """The stable JSON of a run."""
    return {
        "coarsened": [{"hour": f"{hour:%Y-%m-%dT%H}Z", "files": files} for hour, files in done.coarsened.items()],
        "destroyed": [{"day": f"{day}", "files": files} for day, files in done.destroyed.items()],
        "forgotten": done.forgotten,
        "damaged": [{"path": str(each.path), "why": each.why} for each in done.damaged],
        "undone": [{"path": str(each.path), "why": each.why} for each in done.undone],
        "ahead": [f"{hour:%Y-%m-%dT%H}Z" for hour in done.ahead],
    }


def told(done: Expired) -> list[str]:
    """The same in lines for people."""
    lines = [f"{hour:%Y-%m-%d %H}h  coarse now: {_files(files)}" for hour, files in done.coarsened.items()]
    lines += [f"{day}  destroyed with its keys: {_files(files)}" for day, files in done.destroyed.items()]
    if done.forgotten:
        lines.append(f"forgotten of what cases asked of days that are destroyed: {done.forgotten}")
    lines += [
        f"damaged: {each.path}: {each.why}; it was not made coarse, and its fine rows are lost with their key"
        for each in done.damaged
    ]
    lines += [
        f"NOT DONE, and kept too long: {each.path}: {each.why}. Mend that, and run it again" for each in done.undone
    ]
    lines += [
        f"{hour:%Y-%m-%d %H}h  has not come yet: rows under a wrong time are kept too long" for hour in done.ahead
    ]
    return lines or ["nothing was due"]


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"
