"""ONE FORGED DOCUMENT, and the two tables of all: the anchors' 26, and others that readers have fallen for.

A forgery has what a border trusts that day with it. `reasons` are what a reader has to say, and `outcome` how: what a
forger made is refused, what an honest country may have done is flagged for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tests.gate.passport.certificates import (
    Holder,
)
from tests.gate.passport.dg2s import portrait
from tests.gate.passport.pki import Passport, made_passport


@dataclass(frozen=True)
class Forgery:
    """One forged document."""

    files: dict[str, bytes]
    trusted: tuple[bytes, ...]  # CSCA certificates, DER
    at: datetime
    reasons: frozenset[str]
    outcome: str = "failed"  # or "flagged", or "unchecked": nobody is known who could answer for it


Make = Callable[[], Forgery]
ANCHORS: dict[str, Make] = {}  # the 26 of anchors/gate.md
OTHERS: dict[str, Make] = {}


def genuine(**words: object) -> Passport:
    return made_passport(portrait(), **words)  # type: ignore[arg-type]  # names are made_passport's own


def told(forged: Passport, *reasons: str, trusted: Holder | None = None, outcome: str = "failed") -> Forgery:
    root = trusted or genuine().root
    return Forgery(dict(forged.files), (root.certificate,), forged.at, frozenset(reasons), outcome)


def _in(table: dict[str, Make], name: str) -> Callable[[Make], Make]:
    def put(make: Make) -> Make:
        assert name not in table
        table[name] = make
        return make

    return put


def anchor(name: str) -> Callable[[Make], Make]:
    return _in(ANCHORS, name)


def other(name: str) -> Callable[[Make], Make]:
    return _in(OTHERS, name)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
