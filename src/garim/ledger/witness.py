"""WHAT A WITNESS ANSWERS: C2SP tlog-witness, add-checkpoint. Pure: it opens nothing and knows no clock.

Law: a cosignature is given only where every rule of the table holds, and the first that does not names the status.

    400  the body is not a request                              (raised by `read`)
    404  the origin is unknown
    403  no key of the origin signed it, or one's line is false
    400  the tree would shrink against the request's own old size
    409  the old size is not that of the latest tree cosigned   (the answer is that size)
    422  the tree does not begin with the latest one cosigned
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from garim.core.errors import Disproved, Malformed, Misuse
from garim.core.vkey import Kind, VerifierKey, unbase64
from garim.ledger import note as notes
from garim.ledger.checkpoint_text import ROOT_BYTES, Checkpoint, decimal
from garim.ledger.checkpoint_text import read as read_checkpoint
from garim.ledger.keys import Signer
from garim.ledger.merkle import EMPTY, check_consistency
from garim.ledger.note import Note, Signature

MOST_PROOF_LINES = 63
MOST_BYTES = notes.MOST_BYTES + (1 << 12)  # of a body: a note, and proof lines of 45 bytes
SIZE_TYPE = "text/x.tlog.size"
_TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a witness signs, and the keys of the logs that it knows by their names. Raises `Misuse`."""

    signers: tuple[Signer, ...]
    logs: tuple[VerifierKey, ...]

    def __post_init__(self) -> None:
        if not self.signers or any(signer.vkey.kind is Kind.ED25519 for signer in self.signers):
            raise Misuse("a witness signs with one cosigner's key at least, and with no other kind of key")
        if any(signer.vkey.kind is Kind.COSIGN_ML_DSA_44 for signer in self.signers):
            for log in self.logs:
                if len(log.name.encode()) > 255:
                    raise Misuse(f"{log.name[:40]}...: ML-DSA cosignatures take an origin of at most 255 bytes")


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint to cosign, and the `proof` that it continues the tree of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Seen:
    """The latest tree of a log that a witness cosigned, and when (s since the Epoch)."""

    size: int
    root: bytes
    at: int


NEVER = Seen(0, EMPTY, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to who asked."""

    status: HTTPStatus
    body: str
    type: str = _TEXT_TYPE


def read(body: bytes) -> Request:
    """The request that `body` writes. Raises `Malformed`."""
    head, blank, rest = body.partition(b"\n\n")
    if not blank or not head.isascii():
        raise Malformed("a request is an old size, proof lines, an empty line and a checkpoint")
    first, *lines = head.decode().split("\n")
    if not first.startswith("old ") or len(lines) > MOST_PROOF_LINES:
        raise Malformed(f"a request begins with its old size, and has at most {MOST_PROOF_LINES} proof lines")
    proof = tuple(unbase64(line) for line in lines)
    if any(len(step) != ROOT_BYTES for step in proof):
        raise Malformed(f"a proof line holds {ROOT_BYTES} bytes")
    note = notes.parse(rest)
    return Request(decimal(first.removeprefix("old ")), proof, note, read_checkpoint(note.text))


def answer(request: Request, logs: Sequence[VerifierKey], seen: Seen) -> Answer:
    """The refusal of `request` by the first rule that it breaks, or 200 with nothing in it yet.

    `logs` are the keys of all known logs, `seen` the latest tree cosigned for this one.
    """
    its = [key for key in logs if key.name == request.checkpoint.origin]
    for status, rule in _RULES:
        try:
            rule(request, its, seen)
        except Disproved as error:
            if status is HTTPStatus.CONFLICT:
                return Answer(status, f"{seen.size}\n", SIZE_TYPE)
            return Answer(status, f"{error}\n")
    return Answer(HTTPStatus.OK, "")


def cosigned(request: Request, identity: Identity, at: int) -> tuple[Note, str]:
    """The checkpoint as a witness shows it, with the log's own lines and its cosignatures, and the latter alone."""
    known = {(key.name, key.id) for key in identity.logs if key.name == request.checkpoint.origin}
    # one line a key: repeated ones would only push the cosignatures over the limit
    lines: dict[tuple[str, bytes], Signature] = {}
    for line in request.note.signatures:
        if (line.name, line.id) in known:
            lines[line.name, line.id] = line
    cosignatures = [notes.signature(signer, request.note.text, at) for signer in identity.signers]
    return Note(request.note.text, (*lines.values(), *cosignatures)), "".join(map(str, cosignatures))


def _is_known(request: Request, its: Sequence[VerifierKey], _seen: Seen) -> None:
    if not its:
        raise Disproved(f"{request.checkpoint.origin}: this witness does not know that log")


def _is_signed(request: Request, its: Sequence[VerifierKey], _seen: Seen) -> None:
    notes.verified(request.note, its)


def _does_not_shrink(request: Request, _its: Sequence[VerifierKey], _seen: Seen) -> None:
    if request.old > request.checkpoint.size:
        raise Disproved(f"the old size, {request.old}, is above the checkpoint's, {request.checkpoint.size}")


def _starts_at_the_latest(request: Request, _its: Sequence[VerifierKey], seen: Seen) -> None:
    if request.old != seen.size:
        raise Disproved(f"the latest tree cosigned has {seen.size} entries")


def _continues_it(request: Request, _its: Sequence[VerifierKey], seen: Seen) -> None:
    tree = request.checkpoint
    if tree.size == 0 and tree.root != EMPTY:
        raise Disproved("a tree without entries has one root, the hash of nothing")
    check_consistency(seen.size, seen.root, tree.size, tree.root, request.proof)


_RULES: tuple[tuple[HTTPStatus, Callable[[Request, Sequence[VerifierKey], Seen], None]], ...] = (
    (HTTPStatus.NOT_FOUND, _is_known),
    (HTTPStatus.FORBIDDEN, _is_signed),
    (HTTPStatus.BAD_REQUEST, _does_not_shrink),
    (HTTPStatus.CONFLICT, _starts_at_the_latest),
    (HTTPStatus.UNPROCESSABLE_ENTITY, _continues_it),
)
