"""WHAT THE KEEPER HANDS OUT FOR ONE ENTRY: its proof, and the key that opens its commitments.

Law: whoever has the receipt can show what the entry is about; once all copies of it are destroyed, nobody can.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from garim.core.errors import Disproved, Malformed
from garim.ledger.entry import commitment, read
from garim.ledger.proof import Proof

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """`opened` are values (SHA-256, hex) by the facts that commit to them under `key`, of 32 bytes."""

    proof: Proof
    key: bytes
    opened: Mapping[str, str]

    def refuse_false(self) -> None:
        """Raise `Disproved` unless each opened value is what the entry commits to."""
        facts = read(self.proof.entry).facts
        for fact, value in self.opened.items():
            if facts.get(fact) != commitment(self.key, fact, value.encode()):
                raise Disproved(f"the entry's {fact} is not the one that the receipt names")

    def plain(self) -> dict[str, Any]:
        """The receipt for JSON."""
        entry = read(self.proof.entry)
        return {
            "index": self.proof.index,
            "kind": entry.kind,
            "proof": str(self.proof),
            "key": self.key.hex(),
            "opened": dict(self.opened),
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The receipt that `plain` made. Raises `Malformed`."""
        try:
            proof, key, opened = Proof.parse(plain["proof"]), bytes.fromhex(plain["key"]), dict(plain["opened"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Malformed("there is no receipt of a ledger in it") from None
        if not opened or not all(isinstance(value, str) and _SHA256.fullmatch(value) for value in opened.values()):
            raise Malformed("the receipt opens nothing, or not to the SHA-256 of files")
        return cls(proof, key, opened)
