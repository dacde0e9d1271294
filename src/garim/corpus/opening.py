"""OPENING A CORPUS: with the right master key, against the right ledger, and nothing is read before both agree."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from garim.core.errors import Misuse
from garim.corpus import erase, made
from garim.corpus.claims import Claims
from garim.corpus.corpus import Corpus
from garim.corpus.keys import Keys
from garim.corpus.masterkey import Master
from garim.corpus.settle import turn
from garim.corpus.state import NAME, State
from garim.corpus.vault import Vault
from garim.ledger import Log


@contextlib.contextmanager
def opened(
    folder: Path, master: Master, log: Log, *, waiting: Callable[[str], None] = lambda told: None
) -> Iterator[Corpus]:
    """The corpus at `folder`, once what its ledger `log` says of it holds here; `waiting` is told whom it waits for.

    Raises `Misuse` where there is none or `log` is not its ledger, `WrongMaster`, `OldLedger`, `Disproved` where it was
    changed, `Unreadable`.
    """
    about, keys = made.read(folder, master)
    if log.origin != about.origin:
        raise Misuse(f"{folder}: answers to the ledger {about.origin}, and not to {log.origin}; nothing was opened")
    with contextlib.closing(State(folder / NAME, keys.seal)) as state:
        corpus = Corpus(
            folder,
            about,
            log,
            state,
            Keys(folder / "keys", keys.wrap, about.octets),
            Vault(folder / "vault"),
            Claims(keys.ledger),
            keys,
            waiting,
        )
        with turn(corpus):
            erase.finish(corpus)
        yield corpus
