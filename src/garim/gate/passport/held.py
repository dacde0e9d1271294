"""What the store of trust holds, and what a change did to it: values alone.

Law: what a person has to weigh about a thing stays with it as long as it is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from garim.gate.passport.links import LeftOut
from garim.gate.passport.outcomes import Reason


class Kind(StrEnum):
    """What is held."""

    LIST = "master list"
    CERTIFICATE = "certificate"
    CRL = "revocation list"
    MISSING = (
        "missing revocation list"  # one was held and removed: until another comes, its issuer's say is out of date
    )


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that is held. `id` is what `remove` takes: SHA-256, in hex, of what is signed; a certificate's whole.

    `country`: who vouches for it; `issued`: when it was signed, or valid from; `until`: when its signer expires, or the
    next one is due. `read` and `trusted` count its certificates; of a revocation list, `read` counts what it revokes.
    A master list that does not say when it was signed is not `dated`: `issued` is when its signer first could have.
    `flags`: what a person has to weigh about how it was signed (SHA-1), which is said again of all that rests on it;
    `weak`: how many of the trusted chain by nothing better than a weak signature.
    """

    id: str
    kind: Kind
    country: str
    subject: str
    issued: datetime
    until: datetime | None
    added: datetime
    read: int
    trusted: int = 0
    left_out: tuple[LeftOut, ...] = ()
    dated: bool = True
    flags: tuple[Reason, ...] = ()
    weak: int = 0

    @property
    def of_day(self) -> str:
        """When it was signed, for people."""
        return f"of {self.issued:%Y-%m-%d}" if self.dated else f"undated (not before {self.issued:%Y-%m-%d})"


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a new list took the place of: its id, and the serial numbers that it revoked and the new one does not."""

    id: str
    dropped: tuple[int, ...] = ()
