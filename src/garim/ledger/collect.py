"""COSIGNATURES FETCHED: each witness of a policy is asked to cosign a checkpoint.

Laws: a checkpoint without its quorum is an error that names each witness and its answer; a witness that has seen
more than this ledger holds, or another beginning of it, stops everything: the ledger is an older copy, or was
rewritten. Only http and https are spoken, and no redirect is followed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from garim.core.errors import Disproved, Malformed, Misuse, Unfinished
from garim.ledger import cosignature
from garim.ledger import note as notes
from garim.ledger.checkpoint import opened
from garim.ledger.checkpoint_text import Checkpoint, decimal
from garim.ledger.checkpoint_text import read as read_checkpoint
from garim.ledger.merkle import check_consistency
from garim.ledger.note import Note, Signature
from garim.ledger.policy import Policy, Witness, shown
from garim.ledger.web import exchanged
from garim.ledger.witness_state import origin_hash

Proof = Callable[[int, int], Sequence[bytes]]
"""The consistency proof from a tree of the first size to one of the second."""

_TRIES = 4  # a witness may move on between two requests, but not forever
_SHOWN = 200  # characters of a witness's words


class Uncosigned(Unfinished):
    """There are not enough cosignatures; the checkpoint must not be published."""


class Rewound(Disproved):
    """A witness has seen more of this log than there is, or something else: an older copy, or rewritten history."""


def cosigned(note: Note, policy: Policy, proof: Proof, *, timeout: float = 10.0) -> Note:
    """`note`, a checkpoint, with a cosignature by each witness of `policy` that has a URL and gave one now.

    What a witness gave before counts only where it has no URL to be asked at: silence is no consent. `timeout` is in
    s, for each exchange. Raises `Rewound`, or `Uncosigned` where they are no quorum.
    """
    asked = _Asked(note, read_checkpoint(note.text), policy, proof, timeout)
    given: list[Signature] = []
    answers = []
    for witness in policy.witnesses:
        if witness.url is None:
            continue
        try:
            given.append(_cosignature(witness, asked))
        except Rewound:
            raise
        except (Unfinished, Misuse, Disproved) as error:
            answers.append(f"{shown(witness.name)}: {error}")
        else:
            answers.append(f"{shown(witness.name)}: cosigned")
    _refuse_too_few(asked, given, answers)
    lines = {(line.name, line.id): line for line in (*note.signatures, *given)}
    return Note(note.text, tuple(lines.values()))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the witnesses are asked about: the signed `note`, whose checkpoint is `tree`, and by which rules."""

    note: Note
    tree: Checkpoint
    policy: Policy
    proof: Proof
    timeout: float


def _refuse_too_few(asked: _Asked, given: Sequence[Signature], answers: Sequence[str]) -> None:
    silent = {(witness.vkey.name, witness.vkey.id) for witness in asked.policy.witnesses if witness.url is None}
    before = [line for line in asked.note.signatures if (line.name, line.id) in silent]
    keys = [witness.vkey for witness in asked.policy.witnesses]
    lines = (*given, *before)
    try:
        asked.policy.satisfied_by(notes.signers(Note(asked.note.text, lines), keys) if lines else ())
    except Disproved as error:
        told = "; ".join(answers) or "none has a URL"
        raise Uncosigned(f"{error}. Asked: {told}. Try again") from None


def _cosignature(witness: Witness, asked: _Asked) -> Signature:
    """The line that `witness` gives. Raises `Rewound`, `Uncosigned`, or `Disproved` where its line is false."""
    url, old, tree = f"{_prefix(witness)}/add-checkpoint", 0, asked.tree
    for _ in range(_TRIES):
        proof = asked.proof(old, tree.size) if 0 < old < tree.size else ()
        status, body = exchanged(url, _request(old, proof, asked.note), timeout=asked.timeout, most=notes.MOST_BYTES)
        match status:
            case 200:
                return _line(witness, asked.note, body)
            case 409:
                seen = _size(body)
                if seen > tree.size:
                    raise _rewound(witness, asked)
                if seen == old:
                    raise Uncosigned(f"refused the old size {old} and named the same")
                old = seen
            case 422 if old:
                raise _rewound(witness, asked)
            case _:
                words = body.decode("utf-8", "replace").strip()[:_SHOWN]
                raise Uncosigned(f"answered {status}, {words!a}")
    raise Uncosigned(f"named another size {_TRIES} times")


def _rewound(witness: Witness, asked: _Asked) -> Rewound:
    """The error to raise, once the witness shows what this log did sign. Raises `Uncosigned` where it shows nothing.

    A size in an answer is anybody's word; a checkpoint under the log's own key is proof.
    """
    tree = asked.tree
    url = f"{_prefix(witness)}/{origin_hash(tree.origin)}/checkpoint"
    status, body = exchanged(url, None, timeout=asked.timeout, most=notes.MOST_BYTES)
    if status != HTTPStatus.OK:
        raise Uncosigned("says that it saw more of this log, or another one, and shows no checkpoint of it")
    seen = opened(notes.parse(body), [log.vkey for log in asked.policy.logs])
    if seen.size > tree.size:
        return Rewound(
            f"{tree.origin}: {shown(witness.name)} has cosigned {seen.size} entries, and this ledger has {tree.size}: "
            f"it is an older copy. Append nothing to it; go on with the newest copy. What the witness saw: {url}"
        )
    try:
        steps = asked.proof(seen.size, tree.size) if 0 < seen.size < tree.size else ()
        check_consistency(seen.size, seen.root, tree.size, tree.root, steps)
    except Disproved:
        return Rewound(
            f"{tree.origin}: the first {seen.size} entries are not those that {shown(witness.name)} has cosigned: "
            "history was rewritten, or an older copy of the ledger was continued. Append nothing to it; find the copy "
            f"that the witness saw: {url}"
        )
    raise Uncosigned("says that this log was rewritten, and what it shows is this log")


def _line(witness: Witness, note: Note, body: bytes) -> Signature:
    """The cosignature in `body`, verified. Lines of other keys are ignored."""
    given = notes.parse(note.text.encode() + b"\n" + body)
    notes.verified(given, [witness.vkey])
    key = (witness.vkey.name, witness.vkey.id)
    line = next(line for line in given.signatures if (line.name, line.id) == key)
    if cosignature.split(line.value)[0] == 0:
        raise Uncosigned("gave a cosignature without a time, which does not say that this tree is the latest")
    return line


def _prefix(witness: Witness) -> str:
    return (witness.url or "").rstrip("/")


def _request(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    steps = b"".join(base64.b64encode(step) + b"\n" for step in proof)
    return b"old %d\n%s\n%s" % (old, steps, bytes(note))


def _size(body: bytes) -> int:
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.endswith("\n"):
        raise Malformed("answered 409 without a size")
    return decimal(text.removesuffix("\n"))
