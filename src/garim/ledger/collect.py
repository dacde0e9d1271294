"""COSIGNATURES FETCHED: each witness of a policy is asked to cosign a checkpoint.

Laws: a checkpoint without its quorum is an error that names each witness and its answer; a witness that has seen
more than this ledger holds, or another beginning of it, stops everything: the ledger is an older copy, or was
rewritten. Only http and https are spoken, and no redirect is followed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from garim.core.errors import Disproved, Malformed, Unfinished
from garim.ledger import cosignature
from garim.ledger import note as notes
from garim.ledger.checkpoint_text import Checkpoint, decimal
from garim.ledger.checkpoint_text import read as read_checkpoint
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
    """`note`, a checkpoint, with a cosignature by each witness of `policy` that has a URL and gave one.

    `timeout` is in s, for each request. Raises `Rewound`, or `Uncosigned` where they are no quorum.
    """
    tree = read_checkpoint(note.text)
    lines = {(line.name, line.id): line for line in note.signatures}
    answers = []
    for witness in policy.witnesses:
        if witness.url is None:
            continue
        try:
            line = _cosignature(witness, note, tree, proof, timeout)
        except Rewound:
            raise
        except (Unfinished, Disproved) as error:
            answers.append(f"{shown(witness.name)}: {error}")
        else:
            lines[line.name, line.id] = line
            answers.append(f"{shown(witness.name)}: cosigned")
    gathered = Note(note.text, tuple(lines.values()))
    try:
        policy.satisfied_by(notes.signers(gathered, [witness.vkey for witness in policy.witnesses]))
    except Disproved as error:
        told = "; ".join(answers) or "none has a URL"
        raise Uncosigned(f"{error}. Asked: {told}. Nothing was published; try again") from None
    return gathered


def _cosignature(witness: Witness, note: Note, tree: Checkpoint, proof: Proof, timeout: float) -> Signature:
    """The line that `witness` gives. Raises `Rewound`, `Uncosigned`, or `Disproved` where its line is false."""
    url, old = f"{_prefix(witness)}/add-checkpoint", 0
    for _ in range(_TRIES):
        asked = _request(old, proof(old, tree.size) if 0 < old < tree.size else (), note)
        status, body = exchanged(url, asked, timeout=timeout, most=notes.MOST_BYTES)
        match status:
            case 200:
                return _line(witness, note, body)
            case 409:
                seen = _size(body)
                if seen > tree.size:
                    raise _older(witness, tree, seen)
                if seen == old:
                    raise Uncosigned(f"refused the old size {old} and named the same")
                old = seen
            case 422 if old:
                raise _rewritten(witness, tree, old)
            case _:
                words = body.decode("utf-8", "replace").strip()[:_SHOWN]
                raise Uncosigned(f"answered {status}, {words!a}")
    raise Uncosigned(f"named another size {_TRIES} times")


def _line(witness: Witness, note: Note, body: bytes) -> Signature:
    """The cosignature in `body`, verified. Lines of other keys are ignored."""
    given = notes.parse(note.text.encode() + b"\n" + body)
    notes.verified(given, [witness.vkey])
    key = (witness.vkey.name, witness.vkey.id)
    line = next(line for line in given.signatures if (line.name, line.id) == key)
    if cosignature.split(line.value)[0] == 0:
        raise Uncosigned("gave a cosignature without a time, which does not say that this tree is the latest")
    return line


def _older(witness: Witness, tree: Checkpoint, seen: int) -> Rewound:
    return Rewound(
        f"{tree.origin}: {shown(witness.name)} has cosigned {seen} entries, and this ledger has {tree.size}: it is an "
        "older copy. Nothing was published. Append nothing to it; go on with the newest copy. "
        f"{_proof_of(witness, tree)}"
    )


def _rewritten(witness: Witness, tree: Checkpoint, old: int) -> Rewound:
    return Rewound(
        f"{tree.origin}: the first {old} entries are not those that {shown(witness.name)} has cosigned: history was "
        "rewritten, or an older copy of the ledger was continued. Nothing was published. Append nothing to it; find "
        f"the copy that the witness saw. {_proof_of(witness, tree)}"
    )


def _proof_of(witness: Witness, tree: Checkpoint) -> str:
    return f"What it saw: {_prefix(witness)}/{origin_hash(tree.origin)}/checkpoint"


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
