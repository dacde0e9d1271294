"""Logs in memory: heads and proofs by RFC 6962's own recursion, written apart from what they test."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from garim.core.vkey import Kind
from garim.ledger import checkpoint, keys
from garim.ledger.checkpoint import Checkpoint
from garim.ledger.keys import Signer
from garim.ledger.note import Note

AT = 1_700_000_000


def root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    left = _left(len(entries))
    return hashlib.sha256(b"\1" + root(entries[:left]) + root(entries[left:])).digest()


def consistency(old: int, entries: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """PROOF and SUBPROOF of RFC 6962, 2.1.2."""
    if old == len(entries):
        return [] if whole else [root(entries)]
    left = _left(len(entries))
    if old <= left:
        return [*consistency(old, entries[:left], whole=whole), root(entries[left:])]
    return [*consistency(old - left, entries[left:], whole=False), root(entries[:left])]


def _left(size: int) -> int:
    left = 1
    while left * 2 < size:
        left *= 2
    return left


def signer(name: str, kind: Kind = Kind.ED25519) -> Signer:
    """A new key."""
    return keys.new(name, kind)


@dataclass(frozen=True)
class Tree:
    """What a log holds, and who signs its heads."""

    signers: tuple[Signer, ...]
    entries: tuple[bytes, ...]

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.signers[0].vkey.name

    def head(self, size: int | None = None) -> Note:
        """The signed checkpoint of its first `size` entries, or of all."""
        entries = self.entries[:size]
        return checkpoint.signed(Checkpoint(self.origin, len(entries), root(entries)), self.signers, AT)

    def proof(self, old: int, size: int) -> list[bytes]:
        """That the first `size` entries begin with the first `old`."""
        return consistency(old, self.entries[:size])


def tree(signers: Signer | Sequence[Signer], size: int, word: str = "entry") -> Tree:
    """A log of `size` entries, named by `word`."""
    its = (signers,) if isinstance(signers, Signer) else tuple(signers)
    return Tree(its, tuple(f"{word} {i}".encode() for i in range(size)))


def body(old: int, proof: Sequence[bytes], head: Note) -> bytes:
    """A request to a witness."""
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", ""]
    return "\n".join(lines).encode() + bytes(head)
