"""TREE HEADS THAT KEYS STAND BEHIND: a checkpoint signed, and a signed one opened.

Laws: a log signs its own origin only; what is opened was signed by a key that has its origin for a name, and holds
nothing that an ML-DSA signature leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence

from garim.core.errors import Disproved, Malformed, Misuse
from garim.core.vkey import VerifierKey
from garim.ledger import note as notes
from garim.ledger.checkpoint_text import Checkpoint as Checkpoint
from garim.ledger.checkpoint_text import read as read
from garim.ledger.keys import Signer
from garim.ledger.note import Note


def signed(checkpoint: Checkpoint, signers: Sequence[Signer], at: int) -> Note:
    """`checkpoint` under the log's keys, at `at` (s since the Epoch). Raises `Misuse` where a key is not the log's."""
    for signer in signers:
        if signer.vkey.name != checkpoint.origin:
            raise Misuse(f"{signer.vkey.name}: is not the key of {checkpoint.origin}; nothing was signed")
    if checkpoint.extensions:
        raise Misuse(f"{checkpoint.origin}: our checkpoints have no extension lines; nothing was signed")
    return notes.signed(checkpoint.text, signers, at)


def opened(note: Note, keys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint in `note`, signed by one at least of `keys` whose name is its origin.

    Raises `Disproved` where it is not, where one of these keys has a false line, or where there are extension lines;
    `Malformed` where the text is no checkpoint.
    """
    checkpoint = read(note.text)
    its = [key for key in keys if key.name == checkpoint.origin]
    if not its:
        known = ", ".join(sorted({key.name for key in keys})) or "none"
        raise Disproved(f"{checkpoint.origin}: is not a log that is known here; known: {known}")
    notes.verified(note, its)
    if checkpoint.extensions:
        raise Malformed(f"{checkpoint.origin}: this checkpoint has extension lines, which its signatures may not cover")
    return checkpoint
