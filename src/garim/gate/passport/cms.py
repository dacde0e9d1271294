"""SIGNED CONTENT (CMS SignedData, RFC 5652), as security objects and master lists are: one signer, whose words bind.

Laws: exactly one SignerInfo; its signed attributes stand in DER, each once with one value, and among them the content's
type and digest, both equal to what is there; the signature is over these attributes as they stand. Content without
signed attributes is refused: else attributes could be passed off as content (draft-ietf-lamps-cms-euf-cma-signeddata).

Nobody signed the versions, the digest algorithms in front, the order and number of certificates, revocation lists,
unsigned attributes, or the words that name the signer: the form of these is checked, and nothing is concluded from
them. So the bytes of the whole identify nothing; the SHA-256 of its content does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from garim.gate.passport import der, distinguished, signatures
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.der import Fields, Item
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (f"1.2.840.113549.1.9.{number}" for number in (3, 4, 5))
MOST_CERTIFICATES = 16


@dataclass(frozen=True, slots=True)
class SignerId:
    """Whom a SignerInfo names: a key's identifier, or an issuer's name in DER and a serial number."""

    ski: bytes | None
    issuer_der: bytes
    serial: int

    def names(self, signer: Certificate) -> bool:
        """Whether it means this certificate. Only a hint: nobody signed it."""
        if self.ski is not None:
            return signer.extensions.ski == self.ski
        return signer.serial == self.serial and distinguished.same(signer.issuer_der, self.issuer_der)


@dataclass(frozen=True, slots=True)
class Signed:
    """Content and what its one signer says of it, the digest already compared; `attributes` are what was signed.

    `digest` names the hash that the signer took of the content. Not proved until `verified_by` returns.
    """

    content_type: str
    content: bytes
    certificates: tuple[bytes, ...]
    signer_id: SignerId
    digest: str
    signing_time: datetime | None
    attributes: bytes
    algorithm: bytes
    signature: bytes

    def signer(self) -> Certificate:
        """The certificate that the signer names, out of those that came along. Raises `Refused`."""
        read = [certificate(each) for each in dict.fromkeys(self.certificates)]
        found = [each for each in read if self.signer_id.names(each)]
        if len(found) != 1:
            said = f"{len(found)} of the {len(read)} certificates that came along are the signer's"
            raise _refused(Reason.NO_SIGNER_CERTIFICATE, said)
        return found[0]

    def verified_by(self, signer: Certificate) -> Made:
        """Proves that the key of `signer` signed the content: not that `signer` is to be believed. Raises `Refused`."""
        if not self.signer_id.names(signer):
            raise _refused(Reason.NO_SIGNER_CERTIFICATE, "a certificate is not that of the signer who is named")
        return signatures.verify(signer.key(), self.algorithm, self.signature, self.attributes, digest=self.digest)

    def __repr__(self) -> str:
        return f"Signed({self.content_type}, {len(self.content)} bytes)"


def opened(data: bytes, *, content_types: Collection[str], most_certificates: int = MOST_CERTIFICATES) -> Signed:
    """What `data`, a ContentInfo in DER, holds and who says so; its content is of one of `content_types`.

    Raises `Refused`: SIGNER_COUNT, NO_SIGNED_ATTRIBUTES, CONTENT_TYPE, MESSAGE_DIGEST, DUPLICATE_ENTRY, TOO_LARGE,
    UNKNOWN_ALGORITHM, NOT_DER, or another reason of its form. The signature is not looked at yet.
    """
    fields = _signed_data(data)
    der.integer(fields.take())
    fields.take(der.SET)
    content_type, content = _content(fields.take(der.SEQUENCE), content_types)
    found = fields.maybe(0xA0)
    certificates = () if found is None else found.items()
    fields.maybe(0xA1)
    signers = fields.take(der.SET).items()
    fields.end()
    if len(certificates) > most_certificates:
        raise _refused(Reason.TOO_LARGE, f"{len(certificates)} certificates came along")
    if any(each.tag != der.SEQUENCE for each in certificates):
        raise _refused(Reason.CERTIFICATE_FORM, "a certificate of another kind than X.509 came along")
    if len(signers) != 1:
        raise _refused(Reason.SIGNER_COUNT, f"{len(signers)} signers stand where one belongs")
    return _signer(signers[0], content_type, content, tuple(each.whole for each in certificates))


def _signed_data(data: bytes) -> Fields:
    """The fields of SignedData, inside ContentInfo."""
    outer = Fields(der.read(data))
    if der.oid(outer.take()) != _SIGNED_DATA:
        raise _refused(Reason.CONTENT_TYPE, "this is no signed data")
    inner = Fields(outer.take(0xA0), tag=0xA0)
    outer.end()
    fields = Fields(inner.take(der.SEQUENCE))
    inner.end()
    return fields


def _content(encapsulated: Item, content_types: Collection[str]) -> tuple[str, bytes]:
    fields = Fields(encapsulated)
    content_type, tagged = der.oid(fields.take()), fields.maybe(0xA0)
    fields.end()
    if content_type not in content_types:
        raise _refused(Reason.CONTENT_TYPE, f"signed content is of the type {content_type}, which does not belong here")
    if tagged is None:
        raise _refused(Reason.CONTENT_TYPE, "the signed content is not there")
    inner = Fields(tagged, tag=0xA0)
    content = der.octets(inner.take())
    inner.end()
    return content_type, content


def _signer(info: Item, content_type: str, content: bytes, certificates: tuple[bytes, ...]) -> Signed:
    fields = Fields(info)
    der.integer(fields.take())
    signer_id = _signer_id(fields.take(der.SEQUENCE, 0x80))
    digest = signatures.hash_name(fields.take(der.SEQUENCE))
    tagged = fields.maybe(0xA0)
    algorithm, signature = fields.take(der.SEQUENCE), der.octets(fields.take())
    fields.maybe(0xA1)
    fields.end()
    if tagged is None:
        raise _refused(Reason.NO_SIGNED_ATTRIBUTES, "the signer signed no attributes")
    attributes = _attributes(tagged)
    if _CONTENT_TYPE not in attributes or der.oid(attributes[_CONTENT_TYPE]) != content_type:
        raise _refused(Reason.CONTENT_TYPE, "the signer signed another type of content, or none")
    if _MESSAGE_DIGEST not in attributes:
        raise _refused(Reason.MESSAGE_DIGEST, "the signer signed no digest of the content")
    if der.octets(attributes[_MESSAGE_DIGEST]) != signatures.hashed(digest, content):
        raise _refused(Reason.MESSAGE_DIGEST, "the content is not what the signer signed")
    moment = attributes.get(_SIGNING_TIME)
    return Signed(
        content_type,
        content,
        certificates,
        signer_id,
        digest,
        None if moment is None else der.time(moment),
        bytes([der.SET]) + tagged.whole[1:],  # RFC 5652, 5.4: hashed as a SET OF, not under its context tag
        algorithm.whole,
        signature,
    )


def _signer_id(item: Item) -> SignerId:
    if item.tag != der.SEQUENCE:
        return SignerId(item.content, b"", 0)
    fields = Fields(item)
    issuer, serial = fields.take(der.SEQUENCE), der.integer(fields.take())
    fields.end()
    return SignerId(None, issuer.whole, serial)


def _attributes(tagged: Item) -> dict[str, Item]:
    """Each attribute's one value by its type; their order is DER's, as the signer hashed them."""
    items = tagged.items()
    if [each.whole for each in items] != sorted(each.whole for each in items):
        raise _refused(Reason.NOT_DER, "the signed attributes are not in the order in which they are signed")
    found: dict[str, Item] = {}
    for item in items:
        fields = Fields(item)
        kind, values = der.oid(fields.take()), fields.take(der.SET).items()
        fields.end()
        if kind in found or len(values) != 1:
            raise _refused(Reason.DUPLICATE_ENTRY, f"the signed attribute {kind} has not one value")
        found[kind] = values[0]
    return found


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"{what}; nothing of it was believed. Have a person look at it")
