"""Signed lists for tests of what a list says: on no ledger, as nobody could have one from garim."""

from __future__ import annotations

from garim.exposure.notice import Notice, written
from garim.ledger import note
from garim.ledger.keys import Signer


def signed(notice: Notice, signer: Signer) -> str:
    """The notice as a signed note."""
    return bytes(note.signed(written(notice), [signer], 0)).decode()
