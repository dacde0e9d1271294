"""WHAT GARIM'S OWN COMMANDS LOG, and where: the ledger that a caller names, or the user's own.

Law: what was to be logged is on the log, durably, or an error says that it is not.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from garim.core.errors import Misuse
from garim.ledger import note, tiles
from garim.ledger.checkpoint import read as read_checkpoint
from garim.ledger.entry import Entry, written
from garim.ledger.folder import CHECKPOINT, Folder
from garim.ledger.log import Log, private
from garim.ledger.proof import Proof, prove


def default() -> Path:
    """The user's own ledger, under XDG_STATE_HOME."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "garim" / "ledger"


def opened(path: Path | None) -> Log:
    """The ledger at `path`, or the user's own, which is made where it is not there yet."""
    if path is not None:
        return Log(path)
    # a name that says nothing about whose it is
    return Log(default()) if default().exists() else Log.create(default(), f"garim.local/{secrets.token_hex(8)}")


def record(log: Log, entry: Entry) -> Proof:
    """Append `entry`; its proof, once it is durable."""
    at = log.append([written(entry)])
    return prove(log.tree, at[0], log.note)


def is_withdrawn(path: Path | None, commitment: bytes) -> bool:
    """Whether the ledger at `path`, or the user's own, says that the consent with this `commitment` was withdrawn.

    A commitment has 32 bytes. Raises `Misuse` where there is no ledger at `path`, `OldCopy` where the keeper's half is
    there and shows this one to be old; a user who never logged anything has none, and it says nothing.
    """
    folder = Folder(path or default())
    if private(folder.path).is_dir():
        Log(folder.path).close()
    try:
        head = read_checkpoint(note.parse(folder.read(CHECKPOINT)).text)
    except FileNotFoundError:
        if path is None:
            return False
        raise Misuse(f"{path}: is no ledger: there is no checkpoint in it") from None
    end = f'"record":"hmac-sha256:{commitment.hex()}"}},"kind":"consent.withdrawn"}}'.encode()
    return any(end in tiles.fetch(folder.read, name) for name in tiles.bundles(head.size))
