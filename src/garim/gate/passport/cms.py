"""SIGNED CONTENT (CMS SignedData, RFC 5652), as security objects and master lists are: one signer, whose words bind.

Laws: exactly one SignerInfo; its signed attributes stand each once with one value, and among them the content's type
and digest, both equal to what is there; the signature is over these attributes as they stand, or in DER's order where
they stand in another: that, and a time that DER would write otherwise, is a deviation. Content without signed
attributes is refused: else attributes could be passed off as content (draft-ietf-lamps-cms-euf-cma-signeddata).

Nobody signed the versions, the digest algorithms in front, the order and number of certificates, revocation lists,
unsigned attributes, or the words that name the signer: the form of these is checked, and nothing is concluded from
them. Where the words name none, and one certificate alone came along, whose key made the signature, it is the
signer's, and that is a deviation; so is another certificate that cannot be read. So the bytes of the whole identify
nothing; the SHA-256 of its content does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
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
    as_der: bool = True  # whether order, times and numbers of the SignerInfo are written as DER has them

    def signer(self) -> Certificate:
        """The certificate that the signer names, out of those that came along; or the only one, for `verified_by`.

        Raises `Refused`.
        """
        read, unread = self._came_along()
        found = [each for each in read if self.signer_id.names(each)]
        if len(found) == 1:
            return found[0]
        if not found and unread:
            raise unread[0]
        if len(read) == 1:
            return read[0]
        said = f"{len(found)} of the {len(read)} certificates that came along are the signer's"
        raise _refused(Reason.NO_SIGNER_CERTIFICATE, said)

    def verified_by(self, signer: Certificate) -> Made:
        """Proves that the key of `signer` signed the content: not that `signer` is to be believed. Raises `Refused`.

        Deviations are among what is `weak`: NOT_DER, CERTIFICATE_FORM (the signer's name, another certificate).
        """
        named = self.signer_id.names(signer)
        if not named and set(self.certificates) != {signer.der}:
            raise _refused(Reason.NO_SIGNER_CERTIFICATE, "a certificate is not that of the signer who is named")
        try:
            made = self._verified(signer)
        except Refused as refused:
            if named or refused.reason is not Reason.BAD_SIGNATURE:
                raise
            said = "the certificate that came along is neither named as the signer's, nor did its key sign"
            raise _refused(Reason.NO_SIGNER_CERTIFICATE, said) from None
        deviates = {Reason.NOT_DER: not self.as_der, Reason.CERTIFICATE_FORM: not named or bool(self._came_along()[1])}
        return replace(made, weak=(*made.weak, *(reason for reason, is_so in deviates.items() if is_so)))

    def _verified(self, signer: Certificate) -> Made:
        """The signature over the attributes as they stand; where that fails, over them in DER's order."""
        means, key = (self.algorithm, self.signature), signer.key()
        try:
            return signatures.verify(key, *means, self.attributes, digest=self.digest)
        except Refused as refused:
            in_order = _in_order(self.attributes)
            if refused.reason is not Reason.BAD_SIGNATURE or in_order == self.attributes:
                raise
        return signatures.verify(key, *means, in_order, digest=self.digest)

    def _came_along(self) -> tuple[list[Certificate], list[Refused]]:
        """The certificates that came along, each once, and why others of them cannot be read."""
        read: list[Certificate] = []
        unread: list[Refused] = []
        for each in dict.fromkeys(self.certificates):
            try:
                read.append(certificate(each))
            except Refused as refused:
                unread.append(refused)
        return read, unread

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
    signer_id, id_as_der = _signer_id(fields.take(der.SEQUENCE, 0x80))
    digest = signatures.hash_name(fields.take(der.SEQUENCE))
    tagged = fields.maybe(0xA0)
    algorithm, signature = fields.take(der.SEQUENCE), der.octets(fields.take())
    fields.maybe(0xA1)
    fields.end()
    if tagged is None:
        raise _refused(Reason.NO_SIGNED_ATTRIBUTES, "the signer signed no attributes")
    attributes, in_order = _attributes(tagged)
    if _CONTENT_TYPE not in attributes or der.oid(attributes[_CONTENT_TYPE]) != content_type:
        raise _refused(Reason.CONTENT_TYPE, "the signer signed another type of content, or none")
    if _MESSAGE_DIGEST not in attributes:
        raise _refused(Reason.MESSAGE_DIGEST, "the signer signed no digest of the content")
    if der.octets(attributes[_MESSAGE_DIGEST]) != signatures.hashed(digest, content):
        raise _refused(Reason.MESSAGE_DIGEST, "the content is not what the signer signed")
    moment = attributes.get(_SIGNING_TIME)
    signing_time, time_as_der = (None, True) if moment is None else der.any_time(moment)
    return Signed(
        content_type,
        content,
        certificates,
        signer_id,
        digest,
        signing_time,
        bytes([der.SET]) + tagged.whole[1:],  # RFC 5652, 5.4: hashed as a SET OF, not under its context tag
        algorithm.whole,
        signature,
        in_order and time_as_der and id_as_der,
    )


def _signer_id(item: Item) -> tuple[SignerId, bool]:
    if item.tag != der.SEQUENCE:
        return SignerId(item.content, b"", 0), True
    fields = Fields(item)
    issuer, (serial, as_der) = fields.take(der.SEQUENCE), der.any_integer(fields.take())
    fields.end()
    return SignerId(None, issuer.whole, serial), as_der


def _attributes(tagged: Item) -> tuple[dict[str, Item], bool]:
    """Each attribute's one value by its type, and whether they stand in DER's order."""
    items = tagged.items()
    in_order = [each.whole for each in items] == sorted(each.whole for each in items)
    found: dict[str, Item] = {}
    for item in items:
        fields = Fields(item)
        kind, values = der.oid(fields.take()), fields.take(der.SET).items()
        fields.end()
        if kind in found or len(values) != 1:
            raise _refused(Reason.DUPLICATE_ENTRY, f"the signed attribute {kind} has not one value")
        found[kind] = values[0]
    return found, in_order


def _in_order(attributes: bytes) -> bytes:
    """A SET's bytes with what stands in it in DER's order: of the same length, so under the same head."""
    held = b"".join(sorted(each.whole for each in der.read(attributes, der.SET).items()))
    return attributes[: len(attributes) - len(held)] + held


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"{what}; nothing of it was believed. Have a person look at it")
