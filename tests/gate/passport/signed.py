"""CMS AROUND A CONTENT, each field open to lies: the SOD of a document, and a master list.

A `Cms` is what to write; `der()` writes it. An attack is `replace(cms, ...)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from tests.gate.passport.asn import context, implicit, integer, octets, oid, printable, seq, set_of, time, tlv
from tests.gate.passport.certificates import Holder
from tests.gate.passport.suites import Suite, algorithm, digest_algorithm, signature

SIGNED_DATA, ID_DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
LDS_OBJECT, MASTER_LIST = "2.23.136.1.1.1", "2.23.136.1.1.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{number}" for number in (3, 4, 5))


def attribute(dotted: str, *values: bytes) -> bytes:
    return seq(oid(dotted), set_of(values))


@dataclass(frozen=True, slots=True)
class Cms:
    """A SignedData to be: who signs which content, and what it says about that."""

    content: bytes
    signer: Holder
    content_type: str = LDS_OBJECT
    signed_at: datetime | None = None
    by_ski: bool = False  # the signer is named by its SubjectKeyIdentifier
    attributes: bool = True  # signed attributes
    extra: tuple[bytes, ...] = ()  # more of them
    attribute_type: str = ""  # contentType's, where it is not the content's
    message_digest: bytes | None = None  # where it is not the content's
    certificates: tuple[bytes, ...] | None = None  # where it is not the signer's alone
    infos: int = 1
    suite: Suite | None = None  # what the SignerInfo says, where it is not how the signer signs
    outer: bytes = b""  # the AlgorithmIdentifier of the signature, where it is another
    signature: bytes | None = None
    unsigned: bytes = b""  # unsigned attributes
    written: bytes = b""  # the whole SignerInfo, where it was written elsewhere

    @property
    def how(self) -> Suite:
        return self.suite or self.signer.suite

    def der(self) -> bytes:
        """ContentInfo."""
        held = (self.signer.certificate,) if self.certificates is None else self.certificates
        digests = set_of([digest_algorithm(self.how.digest)])
        body = seq(
            integer(3),
            digests,
            seq(oid(self.content_type), context(0, octets(self.content))),
            context(0, *sorted(held)) if held else b"",
            tlv(0x31, *[self.written or self.info()] * self.infos),
        )
        return seq(oid(SIGNED_DATA), context(0, body))

    def info(self) -> bytes:
        """SignerInfo."""
        said = self.said() if self.attributes else b""
        message = tlv(0x31, said) if self.attributes else self.content
        signed = signature(self.how, self.signer.key, message) if self.signature is None else self.signature
        return seq(
            integer(3 if self.by_ski else 1),
            self.name(),
            digest_algorithm(self.how.digest),
            context(0, said) if self.attributes else b"",
            self.outer or algorithm(self.how),
            octets(signed),
            context(1, self.unsigned) if self.unsigned else b"",
        )

    def name(self) -> bytes:
        if self.by_ski:
            return implicit(0, self.signer.key.identifier)
        return seq(self.signer.ask.issuer, integer(self.signer.ask.serial))

    def said(self) -> bytes:
        """The signed attributes, one after the other in DER's order."""
        digest = hashlib.new(self.how.digest, self.content).digest()
        listed = [
            attribute(CONTENT_TYPE, oid(self.attribute_type or self.content_type)),
            attribute(MESSAGE_DIGEST, octets(digest if self.message_digest is None else self.message_digest)),
            *([attribute(SIGNING_TIME, time(self.signed_at))] if self.signed_at else []),
            *self.extra,
        ]
        return b"".join(sorted(listed))


def lds_object(hashes: Iterable[tuple[int, bytes]], digest: str, *, lds: str = "1.7") -> bytes:
    """LDSSecurityObject: version 0, or for LDS 1.8 version 1 with what it says of itself."""
    entries = [seq(integer(number), octets(value)) for number, value in hashes]
    version = seq(printable("0108"), printable("040000")) if lds == "1.8" else b""
    return seq(integer(1 if lds == "1.8" else 0), digest_algorithm(digest), seq(*entries), version)


def sod(cms: Cms) -> bytes:
    """EF.SOD."""
    return tlv(0x77, cms.der())


def master_list(
    certificates: Iterable[bytes], signer: Holder, *, signed_at: datetime | None, roots: Iterable[bytes]
) -> bytes:
    """A CscaMasterList in its CMS, with the signer's certificate and those above it."""
    content = seq(integer(0), set_of(certificates))
    cms = Cms(content, signer, MASTER_LIST, signed_at, certificates=(signer.certificate, *roots))
    return cms.der()


def with_entries(cms: Cms, content: bytes) -> Cms:
    """The same signature over the old content, around `content`: what a forger without a key can do."""
    old = hashlib.new(cms.how.digest, cms.content).digest()
    signed = signature(cms.how, cms.signer.key, tlv(0x31, replace(cms, message_digest=old).said()))
    return replace(cms, content=content, message_digest=old, signature=signed)
