"""EF.SOD: the hash of each data group, under a signer's name (Doc 9303-10, 4.6.2).

Laws: one tag 77 around one signed content; each data group stands once, with a hash of its algorithm's length; version
0 is LDS 1.7, version 1 says its own; a number that fits the words behind it badly is a deviation, another is unknown.
A data group is the file as it stands, or without the zeros to which a dump filled it up.

What identifies it is the SHA-256 of its content, never of the file: bytes around the content are nobody's word. Hashes
of data groups can be guessed back (an MRZ has few unknowns): no repr shows them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from garim.gate.passport import cms, der, lds, signatures, tlv
from garim.gate.passport.certificate import Certificate
from garim.gate.passport.cms import Signed
from garim.gate.passport.der import Fields, Item
from garim.gate.passport.outcomes import Reason, Refused

_LDS_CONTENT = "2.23.136.1.1.1"
_ID_DATA = "1.2.840.113549.1.7.1"
_DATA_GROUPS = range(1, 17)
_FIRST_WITH_VERSION = "0108"


@dataclass(frozen=True, slots=True)
class Sod:
    """A security object: LDS and Unicode version ("1.7", ""), the hash's name, each data group's hash by its number.

    `flags` are deviations that a person has to weigh: CONTENT_IS_ID_DATA, WEAK_HASH (of the data groups),
    LDS_VERSION (its number and its words do not go together; the words count).
    """

    lds_version: str
    unicode_version: str
    digest: str
    hashes: Mapping[int, bytes]
    signed: Signed
    flags: tuple[Reason, ...]

    @property
    def content_sha256(self) -> str:
        """The SHA-256 of the signed content, in hex: what a log may call it by."""
        return hashlib.sha256(self.signed.content).hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """The data groups that it covers, "DG1" and on."""
        return tuple(f"DG{number}" for number in sorted(self.hashes))

    def cover(self, number: int, file: bytes) -> None:
        """Proves that `file` is data group `number`, whole. Raises `Refused` (NOT_COVERED, HASH_DIFFERS)."""
        if number not in self.hashes:
            raise _refused(Reason.NOT_COVERED, f"the security object does not name DG{number}")
        hashed = {signatures.hashed(self.digest, each) for each in {file, tlv.unpadded(file)}}
        if not any(hmac.compare_digest(self.hashes[number], each) for each in hashed):
            raise _refused(Reason.HASH_DIFFERS, f"DG{number} is not the file that was signed")

    def __repr__(self) -> str:
        return f"Sod(LDS {self.lds_version}, {self.digest}, {' '.join(self.names)})"


def sod(data: bytes) -> Sod:
    """What EF.SOD says, its signature not yet looked at. Raises `Refused`."""
    signed = cms.opened(lds.opened("SOD", data).value, content_types={_LDS_CONTENT, _ID_DATA})
    fields = Fields(der.read(signed.content))
    version = der.integer(fields.take())
    digest = signatures.hash_name(fields.take(der.SEQUENCE))
    hashes = _hashes(fields.take(der.SEQUENCE), len(signatures.hashed(digest, b"")))
    info = fields.maybe(der.SEQUENCE)
    fields.end()
    lds_version, unicode_version = _versions(version, info)
    deviates = {
        Reason.CONTENT_IS_ID_DATA: signed.content_type == _ID_DATA,
        Reason.WEAK_HASH: digest == "SHA-1",
        Reason.LDS_VERSION: (version == 0) != (info is None),
    }
    flags = tuple(reason for reason, is_so in deviates.items() if is_so)
    return Sod(lds_version, unicode_version, digest, MappingProxyType(hashes), signed, flags)


def signer(sod: Sod) -> Certificate:
    """The signer's certificate, out of the security object. Raises `Refused` (NO_SIGNER_CERTIFICATE)."""
    return sod.signed.signer()


def _hashes(listed: Item, length: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for item in listed.items():
        fields = Fields(item)
        number, value = der.integer(fields.take()), der.octets(fields.take())
        fields.end()
        if number not in _DATA_GROUPS:
            raise _refused(Reason.NOT_DER, f"the security object names a data group {number}, which no passport has")
        if number in found:
            raise _refused(Reason.DUPLICATE_ENTRY, f"the security object names DG{number} twice")
        if len(value) != length:
            raise _refused(Reason.NOT_DER, f"the security object has a hash of {len(value)} bytes for DG{number}")
        found[number] = value
    if not found:
        raise _refused(Reason.NOT_DER, "the security object names no data group")
    return found


def _versions(version: int, info: Item | None) -> tuple[str, str]:
    """LDS and Unicode version, as the security object words them: the first "" where version 1 does not."""
    if version not in (0, 1):
        raise _refused(Reason.LDS_VERSION, f"the security object's version {version} is not known")
    if info is None:
        return "1.7" if version == 0 else "", ""
    fields = Fields(info)
    lds, unicode = der.text(fields.take()), der.text(fields.take())
    fields.end()
    first = _FIRST_WITH_VERSION if version else ""
    if not (re.fullmatch("[0-9]{4}", lds) and lds >= first and re.fullmatch("[0-9]{6}", unicode)):
        raise _refused(Reason.LDS_VERSION, "the security object's LDS version is not written as one")
    return f"{int(lds[:2])}.{int(lds[2:])}", ".".join(str(int(unicode[at : at + 2])) for at in (0, 2, 4))


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"{what}; nothing of it was believed. Read the chip again, or have a person look at it")
