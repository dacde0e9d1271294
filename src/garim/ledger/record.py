"""WHAT GARIM'S OWN COMMANDS LOG, and where: the ledger that a caller names, or the user's own.

Law: what was to be logged is on the log, durably, or an error says that it is not.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from garim.core.errors import Disproved, Misuse, Unreadable
from garim.ledger import keys, merkle, note, tiles
from garim.ledger.checkpoint import Checkpoint
from garim.ledger.checkpoint import opened as opened_checkpoint
from garim.ledger.checkpoint import read as read_checkpoint
from garim.ledger.edge import Edge
from garim.ledger.entry import Entry, written
from garim.ledger.folder import CHECKPOINT, Folder
from garim.ledger.log import Log, OldCopy, private
from garim.ledger.newest import refuse_old_copy
from garim.ledger.proof import Proof, prove
from garim.ledger.state import State


def default() -> Path:
    """The user's own ledger, under XDG_STATE_HOME."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "garim" / "ledger"


def opened(path: Path | None) -> Log:
    """The ledger at `path`, or the user's own, which is made where it is not there yet.

    Where it remembers a policy, its witnesses are asked first whether this is the newest copy. Raises `Uncosigned`
    where too few of them answer, `Rewound` where one has seen more; then nothing was begun.
    """
    with contextlib.ExitStack() as undo:
        log = undo.enter_context(Log(path) if path is not None else _own())
        refuse_old_copy(log)
        undo.pop_all()
    return log


def _own() -> Log:
    if private(default()).exists():
        return Log(default())
    try:  # a name that says nothing about whose it is
        return Log.create(default(), f"garim.local/{secrets.token_hex(8)}")
    except Misuse:  # another process was first; or it is half gone, which this says
        return Log(default())


def record(log: Log, entry: Entry) -> Proof:
    """Append `entry`; its proof, once it is durable."""
    at = log.append([written(entry)])
    return prove(log.tree, at[0], log.note)


def is_withdrawn(path: Path | None, commitment: bytes) -> bool:
    """Whether the ledger at `path`, or the user's own, says that the consent with this `commitment` was withdrawn.

    A commitment has 32 bytes. Raises as `standing` does.
    """
    end = f'"record":"hmac-sha256:{commitment.hex()}"}},"kind":"consent.withdrawn"}}'.encode()
    return any(entry.endswith(end) for entry in standing(path, "consent.withdrawn"))


def standing(path: Path | None, kind: str) -> tuple[bytes, ...]:
    """The entries of `kind` on the ledger at `path`, or on the user's own, as they are written there.

    Every entry is read, and hashed to the root that is signed. Raises `Misuse` where there is no ledger at `path`,
    `Disproved` where it is damaged, `Unreadable` where the user's own is half gone; a user who never logged anything
    has none, and it says nothing.
    """
    folder = Folder(path or default())
    keeper = private(folder.path)
    try:
        signed = note.parse(folder.read(CHECKPOINT))
    except FileNotFoundError:
        if path is not None:
            raise Misuse(f"{path}: is no ledger: there is no checkpoint in it") from None
        if keeper.exists() or folder.path.exists():
            raise Unreadable(
                f"{folder.path}: your ledger is half gone, and may have held an entry of {kind}. Restore it"
            ) from None
        return ()
    if not keeper.is_dir():
        return _of(folder, read_checkpoint(signed.text), kind)
    signers = keys.load(keeper / "keys")
    with contextlib.closing(State(keeper / "state.sqlite")) as state:
        if state.head().size > (head := opened_checkpoint(signed, [signer.vkey for signer in signers])).size:
            raise OldCopy(
                f"{folder.path}: is older than what was signed, and may lack an entry of {kind}. Restore the newer"
            )
        return _of(folder, head, kind)


def _of(folder: Folder, head: Checkpoint, kind: str) -> tuple[bytes, ...]:
    end = f'"kind":"{kind}"}}'.encode()
    edge, found = Edge(), list[bytes]()
    for name in tiles.bundles(head.size):
        entries = tiles.unbundled(tiles.fetch(folder.read, name))
        found += (entry for entry in entries if entry.endswith(end))
        edge, _ = edge.grown(merkle.leaves(entries))
    if edge.root != head.root:
        raise Disproved(f"{folder.path}: the entries are not those that were signed; those of {kind} are not known")
    return tuple(found)
