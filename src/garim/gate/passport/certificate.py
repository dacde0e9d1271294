"""A CERTIFICATE OF A STATE, READ AS IT STANDS (X.509; Doc 9303-12 says what a CSCA's and a signer's hold).

Laws: what is read is what the signature is over (`signed_part`); the algorithm inside that part is the one outside it,
or the certificate is refused, since only the inner one is signed; an extension stands once; nothing here says that a
certificate is believed: it says what it claims, and `signed_by` proves one signature of one key. What is not
written as it should be, and has one reading, is taken and is one of its `deviations`.

588 of these are read in a tenth of a second: keys are made when a signature is to be checked, and then kept.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from garim.gate.passport import der, distinguished, keys, signatures
from garim.gate.passport.der import Fields, Item
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

MOST_BYTES = 1 << 16  # the largest known has 2.4 kB
MOST_WORDS = 200  # letters of a name that are shown; the longest in the German list of 2026-05-28 has 163
DOCUMENT_TYPES = "2.23.136.1.1.6.2"
_MOST_EXTENSIONS = 64
_KIND = re.compile("[A-Z][A-Z0-9]?")
_WORDS = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_USES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a certificate's extensions say; None and empty where one does not stand. OIDs as numbers with dots."""

    ski: bytes | None = None
    aki: bytes | None = None
    is_ca: bool | None = None  # None: no basicConstraints
    path_len: int | None = None
    key_usage: frozenset[str] | None = None  # RFC 5280's words
    extended_usage: frozenset[str] = frozenset()
    key_used_from: datetime | None = None  # privateKeyUsagePeriod
    key_used_until: datetime | None = None
    critical: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    document_types: frozenset[str] | None = None  # of an MRZ ("P", "ID"); None: does not say, or not in a form read


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. `der` is the whole of it, `signed_part` what its issuer signed, names are in DER."""

    der: bytes
    signed_part: bytes
    serial: int
    issuer_der: bytes
    subject_der: bytes
    not_before: datetime
    not_after: datetime
    spki: bytes
    algorithm: bytes
    signature: bytes
    extensions: Extensions
    deviations: tuple[Reason, ...] = ()  # NOT_DER (its serial number, its dates), CERTIFICATE_FORM (its extensions)

    @property
    def sha256(self) -> str:
        """The fingerprint of all its bytes, in hex.

        From an ECDSA certificate anybody makes another with the same signed part: believe by key, name by fingerprint.
        """
        return hashlib.sha256(self.der).hexdigest()

    @property
    def subject(self) -> str:
        """Whom it is for, readable, and cut after `MOST_WORDS` letters: "C=DE, O=bund, CN=csca-germany"."""
        return _readable(self.subject_der)

    @property
    def issuer(self) -> str:
        """Who signed it, readable, and cut as `subject` is."""
        return _readable(self.issuer_der)

    @property
    def country(self) -> str:
        """The one country of the subject, in upper case; "" where it names none, or several."""
        return distinguished.country(self.subject_der)

    @property
    def issuer_country(self) -> str:
        """The one country of the issuer, in upper case; "" where it names none, or several."""
        return distinguished.country(self.issuer_der)

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same bytes."""
        return self.subject_der == self.issuer_der

    def key(self) -> keys.Key:
        """Its public key. Raises `Refused`."""
        return keys.public_key(self.spki)

    def __repr__(self) -> str:
        return f"Certificate({self.subject!r}, {self.serial})"


def certificate(data: bytes) -> Certificate:
    """The certificate that `data` is, in DER. Raises `Refused` (CERTIFICATE_FORM, or a reason of its form)."""
    if len(data) > MOST_BYTES:
        raise _form(f"a certificate has {len(data)} bytes")
    whole = Fields(der.read(data))
    signed_part, algorithm, signature = whole.take(der.SEQUENCE), whole.take(der.SEQUENCE), whole.take()
    whole.end()
    fields = Fields(signed_part)
    version = _version(fields.maybe(0xA0))
    (serial, serial_as_der), inner = der.any_integer(fields.take()), fields.take(der.SEQUENCE)
    issuer, validity, subject, spki = (fields.take(der.SEQUENCE) for _ in range(4))
    fields.maybe(0x81), fields.maybe(0x82)  # unique identifiers, which nothing reads
    extensions = fields.maybe(0xA3)
    fields.end()
    if inner.whole != algorithm.whole:
        raise _form("a certificate names one algorithm where it is signed, and another beside its signature")
    if extensions is not None and version != 3:
        raise _form(f"a certificate of version {version} has extensions")
    _names(issuer.whole), _names(subject.whole)  # now, so that nothing is left to raise later
    span = Fields(validity)
    (not_before, first_as_der), (not_after, last_as_der) = der.any_time(span.take()), der.any_time(span.take())
    span.end()
    says = Extensions() if extensions is None else _extensions(extensions)
    deviates = {
        Reason.NOT_DER: not (serial_as_der and first_as_der and last_as_der),
        Reason.CERTIFICATE_FORM: DOCUMENT_TYPES in says.all and says.document_types is None,
    }
    return Certificate(
        data,
        signed_part.whole,
        serial,
        issuer.whole,
        subject.whole,
        not_before,
        not_after,
        spki.whole,
        algorithm.whole,
        der.bits(signature),
        says,
        tuple(reason for reason, is_so in deviates.items() if is_so),
    )


def signed_by(child: Certificate, issuer: Certificate) -> Made:
    """Proves that `issuer`'s key signed `child`: that alone, not that names, dates and uses fit. Raises `Refused`."""
    return signatures.verify(issuer.key(), child.algorithm, child.signature, child.signed_part)


def _names(name: bytes) -> tuple[tuple[tuple[str, str], ...], ...]:
    """A name's parts, each a few (OID, text), in their order."""
    return tuple(tuple(_attribute(each) for each in _set(part)) for part in der.read(name).items())


def _set(part: Item) -> tuple[Item, ...]:
    if part.tag != der.SET:
        raise _form("a name has a part of another kind")
    return part.items()


def _attribute(item: Item) -> tuple[str, str]:
    fields = Fields(item)
    oid, value = der.oid(fields.take()), fields.take()
    fields.end()
    return oid, der.text(value)


def _readable(name: bytes) -> str:
    text = ", ".join("+".join(f"{_WORDS.get(oid, oid)}={text}" for oid, text in part) for part in _names(name))
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 3]}..."


def _version(tagged: Item | None) -> int:
    if tagged is None:
        return 1
    fields = Fields(tagged, tag=0xA0)
    version = der.integer(fields.take())
    fields.end()
    if version not in (0, 1, 2):
        raise _form("a certificate is of an unknown version")
    return version + 1


def _extensions(tagged: Item) -> Extensions:
    outer = Fields(tagged, tag=0xA3)
    each = outer.take(der.SEQUENCE).items()
    outer.end()
    if len(each) > _MOST_EXTENSIONS:
        raise _form(f"a certificate has {len(each)} extensions")
    values: dict[str, bytes] = {}
    critical = set()
    for item in each:
        fields = Fields(item)
        oid, flag, value = der.oid(fields.take()), fields.maybe(der.BOOLEAN), der.octets(fields.take())
        fields.end()
        if oid in values:
            raise _form(f"a certificate has the extension {oid} twice")
        values[oid] = value
        if flag is not None and der.boolean(flag):
            critical.add(oid)
    is_ca, path_len = _basic(values.get("2.5.29.19"))
    used_from, used_until = _period(values.get("2.5.29.16"))
    return Extensions(
        _ski(values.get("2.5.29.14")),
        _aki(values.get("2.5.29.35")),
        is_ca,
        path_len,
        _uses(values.get("2.5.29.15")),
        _extended(values.get("2.5.29.37")),
        used_from,
        used_until,
        frozenset(critical),
        frozenset(values),
        _document_types(values.get(DOCUMENT_TYPES)),
    )


def _ski(value: bytes | None) -> bytes | None:
    return None if value is None else der.octets(der.read(value, der.OCTETS))


def _aki(value: bytes | None) -> bytes | None:
    """The key's identifier alone: an issuer and serial number beside it are Doc 9303-12's to ignore."""
    identifier = None if value is None else Fields(der.read(value)).maybe(0x80)
    return None if identifier is None else identifier.content


def _basic(value: bytes | None) -> tuple[bool | None, int | None]:
    if value is None:
        return None, None
    fields = Fields(der.read(value))
    flag, length = fields.maybe(der.BOOLEAN), fields.maybe(der.INTEGER)
    fields.end()
    path_len = None if length is None else der.integer(length)
    if path_len is not None and path_len < 0:
        raise _form("a certificate allows fewer than no certificates below it")
    return flag is not None and der.boolean(flag), path_len


def _uses(value: bytes | None) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset(_USES[bit] for bit in der.named_bits(der.read(value, der.BITS)) if bit < len(_USES))


def _extended(value: bytes | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset(map(der.oid, der.read(value).items()))


def _document_types(value: bytes | None) -> frozenset[str] | None:
    """DocumentTypeList ::= SEQUENCE { version 0, SET OF PrintableString } (Doc 9303-12, 7.1); None in another form."""
    if value is None:
        return None
    try:
        fields = Fields(der.read(value))
        version, listed = der.integer(fields.take()), fields.take(der.SET).items()
        fields.end()
    except Refused:
        return None
    kinds = frozenset(der.text(each).rstrip("< ") for each in listed if not each.tag & 0x20)
    is_list = version == 0 and len(kinds) > 0 and all(_KIND.fullmatch(kind) for kind in kinds)
    return kinds if is_list else None


def _period(value: bytes | None) -> tuple[datetime | None, datetime | None]:
    if value is None:
        return None, None
    fields = Fields(der.read(value))
    first, last = fields.maybe(0x80), fields.maybe(0x81)
    fields.end()
    start, end = (None if each is None else der.time(each, der.GENERALIZED_TIME) for each in (first, last))
    return start, end


def _form(what: str) -> Refused:
    return Refused(Reason.CERTIFICATE_FORM, f"{what}; nothing it signed was believed. Have a person look at it")
