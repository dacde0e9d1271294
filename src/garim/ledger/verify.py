"""THE INSPECTOR'S VIEW: what a log's files prove to somebody who trusts a public key and nothing else.

Laws: read only; nothing of the keeper's is asked for; each step is said once it holds, in order, and the first
that does not hold ends the proof; what cannot be proved from files is said too, every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind, VerifierKey
from garim.ledger import cosignature, merkle, note, tiles
from garim.ledger.checkpoint import Checkpoint, opened
from garim.ledger.edge import Edge
from garim.ledger.entry import kind_of
from garim.ledger.folder import CHECKPOINT, WITNESSED
from garim.ledger.policy import NONE, Policy, shown
from garim.ledger.proof import Proof
from garim.ledger.receipt import Receipt
from garim.ledger.tiles import WIDTH, Name, Read

Progress = Callable[[str, int, int | None], None]

_COMMITTED = "what a commitment stands for: only whoever holds its key can show that"
UNPROVED = (
    "that whatever was done was logged: a log shows what stands on it, not what was kept off it",
    "the times in the entries: the log's keeper wrote them",
    _COMMITTED,
)
"""What no log of this kind can prove."""

_FILE = "Its {fact} is the one with the SHA-256 {value}: compare it with the file that you have."
_OPENED = {
    ("gate.session", "capture"): "It is about the stills whose hashes, in their order, have the SHA-256 {value}: "
    "whoever has the stills can compare; nobody needs to.",
    ("gate.session", "content"): "It is about the document whose signed content has the SHA-256 {value}: "
    "`garim gate inspect` says that of the passport's files.",
    ("gate.session", "session"): "The session was a file with the SHA-256 {value}, which was erased when it was used: "
    "there is nothing to compare.",
}
"""What an opened value is, by kind and fact, where it is not the hash of a file that somebody has."""

_KINDS = {Kind.ED25519: "Ed25519", Kind.COSIGN_ED25519: "Ed25519", Kind.COSIGN_ML_DSA_44: "ML-DSA-44"}
_YEAR_9999 = 253_370_764_800  # s since the Epoch

UNWITNESSED = "that others were shown the same log: no policy names witnesses whose cosignatures would tell"
UNCOMPARED = "that nothing was rewritten before today: no checkpoint from an earlier visit was given"


@dataclass(frozen=True, slots=True)
class Trust:
    """What the inspector brings: the log's public `keys`, or a `policy` with them; the `kept` signed checkpoint."""

    keys: tuple[VerifierKey, ...]
    policy: Policy | None = None
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """What was proved, in order, and what was not; `checkpoint` is to be kept for the next visit."""

    head: Checkpoint
    checkpoint: bytes
    proved: tuple[str, ...]
    unproved: tuple[str, ...]
    kinds: dict[str, int]
    witnessed: int | None
    """How many of the first entries a quorum saw; None where no quorum was asked for."""


def verify(read: Read, trust: Trust, *, said: Callable[[str], None], progress: Progress) -> Audit:
    """Prove the log behind `read`; each proved step goes to `said` as it is reached.

    Raises `Disproved` at the first that does not hold.
    """
    proved: list[str] = []

    def holds(step: str) -> None:
        proved.append(step)
        said(step)

    try:
        written = read(CHECKPOINT)
    except FileNotFoundError:
        raise Malformed("there is no checkpoint: this is no log, or the wrong folder") from None
    signed = note.parse(written)
    head = _opened(signed, trust, holds)
    seen = _witnessed(read, signed, head, trust)
    kept = _kept(trust, head)
    walk = _Walk(read, head.size, [known.size for known in (kept, seen and seen.tree) if known], progress)
    walk.go()
    kinds = "; ".join(f"{count} {kind}" for kind, count in sorted(walk.kinds.items())) or "none"
    holds(
        f"Every entry is there, {head.size} in all, of a known kind with no other field than that kind has ({kinds})."
    )
    holds(f"Every tile, {walk.tiles} in all, is what the entries hash to, recomputed.")
    if walk.edge.root != head.root:
        raise Disproved("the entries do not hash to the root that the checkpoint signs")
    holds(f"The entries hash to the root that is signed ({head.root.hex()[:16]}...).")
    if seen:
        _refuse_other(walk, seen.tree, "those that the witnesses saw")
        holds(f"Enough of the witnesses that you trust saw {seen.whole_of(head)}: {seen.names}.")
    if kept:
        _refuse_other(walk, kept, "those that you saw last time")
        holds(f"It begins with the {_many(kept.size)} that you saw last time: nothing was rewritten or taken away.")
    unproved = (*UNPROVED, *_unwitnessed(trust, seen, head), *(() if kept else (UNCOMPARED,)))
    witnessed = seen.tree.size if seen else None
    return Audit(head, written, tuple(proved), unproved, dict(walk.kinds), witnessed)


def verify_proof(proof: Proof, trust: Trust, *, said: Callable[[str], None]) -> tuple[str, ...]:
    """Prove that one entry is on the log that `trust` knows; what that does not prove. Raises `Disproved`."""
    signed = note.parse(proof.checkpoint)
    head = _opened(signed, trust, said)
    if _asks(trust):
        said(f"Enough of the witnesses that you trust saw {_many(head.size)}: {_quorum(signed, head, trust).names}.")
    proof.proven(trust.keys)
    said(f"The entry stands there, at index {proof.index}: its hash leads to the root that is signed.")
    said(f"It is of kind {kind_of(proof.entry)}, with no other field than that kind has.")
    others = f"the other {_many(head.size - 1)}: verify the log itself"
    return (*UNPROVED, *(() if _asks(trust) else (UNWITNESSED,)), *((others,) if head.size > 1 else ()))


def verify_receipt(receipt: Receipt, trust: Trust, *, said: Callable[[str], None]) -> tuple[str, ...]:
    """Prove the entry that `receipt` is for, and what it is about; what that does not prove. Raises `Disproved`."""
    unproved = verify_proof(receipt.proof, trust, said=said)
    receipt.refuse_false()
    for fact, value in receipt.opened.items():
        said(_OPENED.get((kind_of(receipt.proof.entry), fact), _FILE).format(fact=fact, value=value))
    return tuple(step for step in unproved if step != _COMMITTED)


def _opened(signed: note.Note, trust: Trust, said: Callable[[str], None]) -> Checkpoint:
    """The checkpoint, once its form and the log's signatures are proved."""
    head = opened(signed, trust.keys)
    said(f"The checkpoint says that {head.origin} holds {_many(head.size)}, and has the form that c2sp.org demands.")
    signers = note.verified(signed, [key for key in trust.keys if key.name == head.origin])
    names = ", ".join(f"{_KINDS[key.kind]} {key.id.hex()}" for key in signers)
    said(f"It is signed with the key that you trust: {names}.")
    return head


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a quorum of witnesses cosigned, and who they are, each with the time."""

    tree: Checkpoint
    names: str

    def whole_of(self, head: Checkpoint) -> str:
        """How much of the log that is, in words."""
        return "this very log" if self.tree.size == head.size else f"its first {_many(self.tree.size)}"


def _asks(trust: Trust) -> bool:
    return trust.policy is not None and trust.policy.quorum != NONE


def _witnessed(read: Read, signed: note.Note, head: Checkpoint, trust: Trust) -> _Seen | None:
    """What a quorum saw: this checkpoint, or the last one that was cosigned. Raises `Disproved` where neither was."""
    if not _asks(trust):
        return None
    try:
        return _quorum(signed, head, trust)
    except Disproved as none:
        try:
            before = note.parse(read(WITNESSED))
        except FileNotFoundError:
            raise none from None
    tree = opened(before, trust.keys)
    if tree.origin != head.origin or tree.size > head.size:
        raise Disproved(f"witnesses saw {_many(tree.size)} of {tree.origin}, and this holds {head.size}")
    return _quorum(before, tree, trust)


def _quorum(signed: note.Note, tree: Checkpoint, trust: Trust) -> _Seen:
    assert trust.policy is not None
    present = trust.policy.satisfied_by(note.signers(signed, [witness.vkey for witness in trust.policy.witnesses]))
    return _Seen(tree, ", ".join(f"{shown(seen.name)} on {_cosigned_at(signed, seen.vkey)}" for seen in present))


def _cosigned_at(signed: note.Note, key: VerifierKey) -> str:
    line = next(line for line in signed.signatures if (line.name, line.id) == (key.name, key.id))
    seconds, _ = cosignature.split(line.value)
    # a year beyond 9999 is a witness's own nonsense, and told as it stands
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC" if seconds < _YEAR_9999 else f"second {seconds}"


def _unwitnessed(trust: Trust, seen: _Seen | None, head: Checkpoint) -> tuple[str, ...]:
    if seen is None:
        return (UNWITNESSED,)
    later = head.size - seen.tree.size
    return (f"that others were shown the last {_many(later)}: no quorum has cosigned them yet",) if later else ()


def _refuse_other(walk: _Walk, tree: Checkpoint, those: str) -> None:
    if walk.roots[tree.size] != tree.root:
        raise Disproved(f"history was rewritten: the first {tree.size} entries are not {those}")


class _Walk:
    """One pass over all entries: counts them by kind, recomputes every tile, notes the roots at the sizes `at`."""

    def __init__(self, read: Read, size: int, at: Sequence[int], progress: Progress) -> None:
        self.edge = Edge()
        self.kinds: Counter[str] = Counter()
        self.tiles = 0
        self.roots = {0: merkle.EMPTY}
        self._read, self._size, self._at, self._progress = read, size, at, progress

    def go(self) -> None:
        """Walk. Raises `Disproved`."""
        for name in tiles.bundles(self._size):
            self._take(tiles.unbundled(tiles.fetch(self._read, name)), name)
            self._progress("verify", self.edge.size, self._size)
        for name in tiles.names(self._size):  # of these only the last ones of each level are partial
            if name.width < WIDTH:
                self._compare(name, b"".join(self.edge.levels[name.level or 0]))

    def _take(self, entries: Sequence[bytes], bundle: Name) -> None:
        for place, entry in enumerate(entries):
            try:
                self.kinds[kind_of(entry)] += 1
            except Malformed as error:
                raise Malformed(f"entry {bundle.number * WIDTH + place}: {error}") from None
        leaves = merkle.leaves(entries)
        for size in self._at:
            if 0 < size - self.edge.size <= len(leaves):
                self.roots[size] = self.edge.grown(leaves[: size - self.edge.size])[0].root
        self.edge, grown = self.edge.grown(leaves)
        for name, tile in grown:
            if name.width == WIDTH:
                self._compare(name, tile)

    def _compare(self, name: Name, tile: bytes) -> None:
        self.tiles += 1
        if tiles.fetch(self._read, name) != tile:
            raise Disproved(f"{name} is not what the entries hash to")


def _kept(trust: Trust, head: Checkpoint) -> Checkpoint | None:
    if trust.kept is None:
        return None
    kept = opened(note.parse(trust.kept), trust.keys)
    if kept.origin != head.origin:
        raise Disproved(f"the checkpoint that you kept is of {kept.origin}, and this log is {head.origin}")
    if kept.size > head.size:
        raise Disproved(
            f"history was taken back: the log holds {_many(head.size)}, and when you saw it last it held {kept.size}"
        )
    return kept


def _many(entries: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'}"
