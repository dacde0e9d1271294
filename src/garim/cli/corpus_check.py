"""`garim corpus check`: is everything what was put there?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from garim.cli.corpus_open import Folder, Json, Ledger, MasterCommand, MasterFile, opened
from garim.cli.plain import plain
from garim.cli.told import say

_TOLD = 20


def check(
    folder: Folder,
    *,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Decrypt N photos drawn by chance instead of all.")
    ] = None,
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    as_json: Json = False,
) -> int:
    """Look at every byte: record, parts, keys, lists and photos; nothing is changed.

    Exit codes: 0 all is as it was put there; 1 something is not, or the ledger has what an older backup lost, and each
    line says what; 2 misuse; 3 not finished.
    """
    from garim.corpus.check import check as checked

    with opened(folder, master, master_command, ledger) as corpus:
        done = checked(corpus, sample=sample)
    if as_json:
        facts = {"photos": done.photos, "of_photos": done.of_photos, "keys": done.keys, "parts": done.parts}
        print(json.dumps(facts | {"found": list(done.found), "lost": list(done.lost)}))
        return 1 if done.found or done.lost else 0
    tell = say()
    for line in done.lost[:_TOLD]:
        tell(f"  {plain(line)}", markup=False)
    for line in done.found[:_TOLD]:
        tell(f"  {plain(line)}", markup=False)
    looked = f"{done.photos:,} of {done.of_photos:,} photos, {done.keys:,} keys, {done.parts:,} parts"
    if done.found:
        tell(f"{folder}: {len(done.found):,} things are not what was put there; looked at: {looked}", markup=False)
        return 1
    tell(f"{folder}: all as it was put there; looked at: {looked}", markup=False)
    return 1 if done.lost else 0
