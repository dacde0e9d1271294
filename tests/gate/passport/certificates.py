"""CERTIFICATES AND CRLs, written field by field, so that each field can be wrong on purpose.

The defaults are Doc 9303-12's profiles: a CSCA signs itself, a document signer is no CA.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tests.gate.passport.asn import (
    bits,
    boolean,
    context,
    implicit,
    integer,
    named_bits,
    octets,
    oid,
    printable,
    seq,
    set_of,
    time,
    utf8,
)
from tests.gate.passport.suites import Key, Suite, algorithm, key, signature

DIGITAL_SIGNATURE, CERT_SIGN, CRL_SIGN = 0, 5, 6  # bits of KeyUsage
MASTER_LIST_SIGNER = "2.23.136.1.1.3"  # extended key usage


def day(year: int, month: int = 1, date: int = 1) -> datetime:
    return datetime(year, month, date, tzinfo=UTC)


def name(country: str, common: str, *, organisation: str = "Made for tests", printed: bool = False) -> bytes:
    """C, O, CN; the country as PrintableString, the others as UTF8String or, where `printed`, PrintableString too."""
    text = printable if printed else utf8
    parts = (("2.5.4.6", printable(country)), ("2.5.4.10", text(organisation)), ("2.5.4.3", text(common)))
    return seq(*(set_of([seq(oid(dotted), value)]) for dotted, value in parts))


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return seq(oid(dotted), boolean(True) if critical else b"", octets(value))


def subject_key(identifier: bytes) -> bytes:
    return extension("2.5.29.14", octets(identifier))


def authority_key(identifier: bytes) -> bytes:
    return extension("2.5.29.35", seq(implicit(0, identifier)))


def key_usage(*numbers: int) -> bytes:
    return extension("2.5.29.15", named_bits(*numbers), critical=True)


def basic(*, ca: bool, paths: int | None = None) -> bytes:
    inner = seq(boolean(True) if ca else b"", integer(paths) if paths is not None else b"")
    return extension("2.5.29.19", inner, critical=True)


def extended(*dotted: str) -> bytes:
    return extension("2.5.29.37", seq(*map(oid, dotted)), critical=True)


def private_key_period(first: datetime, last: datetime) -> bytes:
    words = [each.strftime("%Y%m%d%H%M%SZ").encode() for each in (first, last)]
    return extension("2.5.29.16", seq(implicit(0, words[0]), implicit(1, words[1])))


@dataclass(frozen=True, slots=True)
class Ask:
    """What a certificate is to say. `suite` is the issuer's; `der(key)` signs it with the issuer's key."""

    subject: bytes
    issuer: bytes
    spki: bytes
    suite: Suite
    serial: int
    first: datetime
    last: datetime
    extensions: tuple[bytes, ...]
    outer: bytes = b""  # the AlgorithmIdentifier outside, where it differs from that inside

    def der(self, issuers: Key) -> bytes:
        inside = algorithm(replace(self.suite, bare=False))
        tbs = seq(
            context(0, integer(2)),
            integer(self.serial),
            inside,
            self.issuer,
            seq(time(self.first), time(self.last)),
            self.subject,
            self.spki,
            context(3, seq(*self.extensions)) if self.extensions else b"",
        )
        return seq(tbs, self.outer or inside, bits(signature(self.suite, issuers, tbs)))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a key, and a certificate for it: a CSCA, a document signer, a signer of master lists."""

    key: Key
    suite: Suite  # how this key signs
    ask: Ask
    certificate: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.certificate).hexdigest()

    def again(self, issuer: Holder | None = None, **changes: object) -> Holder:
        """The same key, its certificate with `changes`, signed by `issuer` or by itself."""
        ask = replace(self.ask, **changes)  # type: ignore[arg-type]  # names are Ask's own
        return replace(self, ask=ask, certificate=ask.der((issuer or self).key))


def csca(
    country: str, suite: Suite, *, label: str = "1", first: datetime | None = None, last: datetime | None = None
) -> Holder:
    """A country's root, which signs itself. Another `label`: another key, the same name."""
    made = key(suite, f"CSCA {country} {label}")
    subject = name(country, f"CSCA {country}")
    marks = (
        subject_key(made.identifier),
        authority_key(made.identifier),
        basic(ca=True, paths=0),
        key_usage(CERT_SIGN, CRL_SIGN),
    )
    serial = int.from_bytes(hashlib.sha256(label.encode()).digest()[:7], "big")
    ask = Ask(subject, subject, made.spki, suite, serial, first or day(2020), last or day(2040), marks)
    return Holder(made, suite, ask, ask.der(made))


def link(new: Holder, old: Holder) -> Holder:
    """The new root's key under the old root's signature."""
    marks = (
        subject_key(new.key.identifier),
        authority_key(old.key.identifier),
        basic(ca=True, paths=0),
        key_usage(CERT_SIGN, CRL_SIGN),
    )
    ask = replace(new.ask, issuer=old.ask.subject, suite=old.suite, extensions=marks, serial=new.ask.serial + 1)
    return replace(new, ask=ask, certificate=ask.der(old.key))


def document_signer(
    root: Holder,
    suite: Suite,
    country: str,
    *,
    label: str = "1",
    serial: int = 0x5EED,
    first: datetime | None = None,
    last: datetime | None = None,
    extensions: Sequence[bytes] | None = None,
) -> Holder:
    """A signer of documents under `root`."""
    made = key(suite, f"DS {country} {label}")
    marks = (subject_key(made.identifier), authority_key(root.key.identifier), key_usage(DIGITAL_SIGNATURE))
    ask = Ask(
        name(country, f"Document signer {label}"),
        root.ask.subject,
        made.spki,
        root.suite,
        serial,
        first or day(2024),
        last or day(2035),
        marks if extensions is None else tuple(extensions),
    )
    return Holder(made, suite, ask, ask.der(root.key))


def revocation_list(
    root: Holder, serials: Sequence[int], *, issued: datetime, next_update: datetime, number: int = 1
) -> bytes:
    """A CRL of `root` that names `serials`."""
    entries = [seq(integer(serial), time(issued)) for serial in serials]
    marks = (authority_key(root.key.identifier), extension("2.5.29.20", integer(number)))
    tbs = seq(
        integer(1),
        algorithm(root.suite),
        root.ask.subject,
        time(issued),
        time(next_update),
        seq(*entries) if entries else b"",
        context(0, seq(*marks)),
    )
    return seq(tbs, algorithm(root.suite), bits(signature(root.suite, root.key, tbs)))
