"""WHOM A CERTIFICATE MAY CHAIN TO: the trusted country certificates (CSCAs), found by name or by key identifier.

Laws: whoever makes a `Trust` answers for it: each certificate that it gives is trusted to sign for its own country. A
candidate proves nothing; only its key's signature does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from garim.gate.passport import distinguished
from garim.gate.passport.certificate import Certificate
from garim.gate.passport.outcomes import Reason


class Trust(Protocol):
    """Trusted country certificates."""

    @property
    def countries(self) -> frozenset[str]:
        """The countries that any of them signs for: alpha-2 codes in capitals."""

    def candidates(self, issuer_der: bytes, aki: bytes | None) -> Sequence[Certificate]:
        """Those that may have signed what names this issuer and, where it names one, this key of it."""

    def flags(self, certificate: Certificate) -> tuple[Reason, ...]:
        """What a person has to weigh about how this candidate came to be trusted: a list that rests on SHA-1."""


class Anchors:
    """Trusted certificates in memory. `flags`: by fingerprint, what a person has to weigh about one of them."""

    def __init__(
        self, certificates: Iterable[Certificate], flags: Mapping[str, tuple[Reason, ...]] = MappingProxyType({})
    ) -> None:
        self._flags = flags
        self._by_name: dict[bytes, list[Certificate]] = {}
        self._by_key: dict[bytes, list[Certificate]] = {}
        countries = set()
        for one in {one.sha256: one for one in certificates}.values():
            self._by_name.setdefault(distinguished.key(one.subject_der), []).append(one)
            if one.extensions.ski is not None:
                self._by_key.setdefault(one.extensions.ski, []).append(one)
            countries.add(one.country)
        self.countries = frozenset(countries - {""})

    def candidates(self, issuer_der: bytes, aki: bytes | None) -> Sequence[Certificate]:
        """Those with the issuer's name, or with the key."""
        named = self._by_name.get(distinguished.key(issuer_der), [])
        keyed = self._by_key.get(aki, []) if aki is not None else []
        return list({one.sha256: one for one in (*named, *keyed)}.values())

    def flags(self, certificate: Certificate) -> tuple[Reason, ...]:
        """What was said of it."""
        return self._flags.get(certificate.sha256, ())
