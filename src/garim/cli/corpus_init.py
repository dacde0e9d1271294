"""`garim corpus init`: a new, empty corpus."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from garim.cli.corpus_open import Folder, Json, Ledger, MasterCommand, MasterFile, master_of
from garim.cli.told import say
from garim.core.errors import Misuse


def init(
    folder: Folder,
    *,
    controller: Annotated[str, typer.Option(metavar="NAME", help="Who answers for it, as the consents name them.")],
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    test: Annotated[bool, typer.Option("--test", help="For tests: it takes TEST consents, and says so.")] = False,
    as_json: Json = False,
) -> int:
    """Begin a corpus in a new folder, which answers to one ledger and opens with one master key.

    The master key's file is made where it is not there yet. Without it no photo can be read again, and with it and the
    folder every photo can: keep it elsewhere, and a copy of it elsewhere again.
    """
    from garim.corpus import masterkey
    from garim.corpus.made import make
    from garim.ledger import opened

    if master is not None and master.resolve().is_relative_to(folder.resolve()):
        raise Misuse(f"{master}: would lie in the corpus, so that whoever takes the folder has all of it; name another")
    made_key = master is not None and not master.exists()
    where = masterkey.made(master) if master is not None and made_key else master_of(master, master_command)
    with opened(ledger) as log:
        now = datetime.now(UTC).replace(microsecond=0)
        made = make(folder, where, log, controller=controller, at=now, test=test)
    if as_json:
        facts = {"corpus": made.id, "folder": str(folder), "controller": made.controller, "ledger": made.origin}
        print(json.dumps(facts | {"test": made.test, "master_made": made_key}))
        return 0
    tell = say()
    if test:
        tell("[bold red]TEST[/bold red]: it takes consents made for tests")
    tell(f"{folder}: corpus {made.id}, of {made.controller}; it answers to the ledger {made.origin}", markup=False)
    if made_key:
        tell(f"{master} is the master key: without it no photo can be read again. Keep it elsewhere", markup=False)
    return 0
