"""What every `garim corpus` command takes: the corpus, the master key, the ledger; and how it is opened."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.told import say
from garim.core.errors import Misuse

if TYPE_CHECKING:
    from garim.corpus.corpus import Corpus
    from garim.corpus.masterkey import Master

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The corpus's folder.")]


def _unless_command(context: typer.Context, file: Path | None) -> Path | None:
    """What was typed is meant: a command, rather than the file that the environment names for all days."""
    source = context.get_parameter_source("master")
    of_all_days = source is not None and source.name == "ENVIRONMENT"
    return None if of_all_days and context.params.get("master_command") else file


MasterFile = Annotated[
    Path | None,
    typer.Option(
        "--master",
        metavar="FILE",
        envvar="GARIM_MASTER",
        callback=_unless_command,
        help="The file of the master key; keep it elsewhere.",
    ),
]
MasterCommand = Annotated[
    str | None,
    typer.Option(metavar="COMMAND", help="Instead of a file: a command whose stdout is the key's 32 bytes."),
]
Ledger = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The ledger that the corpus answers to. If not given, your own.")
]
KnownFile = Annotated[
    Path | None,
    typer.Option("--known", metavar="FILE", help="Whose signatures on consents count. If not given, your own list."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]
Consent = Annotated[
    Path | None, typer.Option(metavar="RECORD", help="The person's own consent record: who holds it is that person.")
]
Subject = Annotated[str | None, typer.Option(metavar="PSEUDONYM", help="The person's pseudonym, as P-01.")]
Where = Annotated[
    list[str],
    typer.Option(
        "--where",
        metavar="COLUMN=VALUES",
        help="Only some: nationality=KOR,JPN sex=female age=18-30 birth_year=1980-1999 captured=2020-01-01..2020-12-31 "
        "provenance=study-volunteer; repeatable, all hold.",
    ),
]


def master_of(file: Path | None, command: str | None) -> Master:
    """Where the master key is. Raises `Misuse` unless one place is named."""
    from garim.corpus import masterkey

    if (file is None) == (command is None):
        raise Misuse("--master FILE or --master-command COMMAND: one of the two; nothing was opened")
    if file is not None:
        return masterkey.MasterFile(file)
    try:
        return masterkey.command(shlex.split(command or ""))
    except ValueError:
        raise Misuse("--master-command: a quotation mark is missing; nothing was opened") from None


@contextlib.contextmanager
def opened(folder: Path, file: Path | None, command: str | None, ledger: Path | None) -> Iterator[Corpus]:
    """The corpus at `folder`, with its ledger; a TEST one is told of loudly."""
    from garim.corpus.opening import opened as corpus_opened
    from garim.ledger import opened as ledger_opened

    master = master_of(file, command)
    tell = partial(say(), markup=False)
    with ledger_opened(ledger) as log, corpus_opened(folder, master, log, waiting=tell) as corpus:
        if corpus.made.test:
            say()("[bold red]TEST[/bold red]: this corpus takes consents made for tests; nobody agreed to anything")
        yield corpus
