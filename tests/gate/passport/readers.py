"""EVERY READER OF A PASSPORT'S BYTES, as a function of bytes, with seeds to begin from.

Each either gives a value or raises `Refused`; anything else that leaves it is a fault. `tests/gate/passport/
test_mutants.py` and the harnesses in `fuzz/` feed the same readers.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO

from PIL import Image
from tests.gate.passport.certificates import csca, day, revocation_list
from tests.gate.passport.dg2s import Face, dg2, jpeg_2000, portrait, record, templates
from tests.gate.passport.groups import com, dg1, lines
from tests.gate.passport.pki import made_master_list, made_passport
from tests.gate.passport.suites import BY_NAME, USUAL

from garim.gate.passport import cms, image_head, ldif, lds, mrz, tlv
from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.masterlist import master_list
from garim.gate.passport.portrait import portraits
from garim.gate.passport.revocation import proved
from garim.gate.passport.sod import signer, sod

Read = Callable[[bytes], object]
AT = day(2026, 6)
DAY = date(2026, 6, 1)


@dataclass(frozen=True)
class Reader:
    """A reader and what real bytes for it look like."""

    read: Read
    seeds: Callable[[], Sequence[bytes]]


def _tlv(data: bytes) -> object:
    found = tlv.every(data, lenient_length=True)
    return [tlv.every(each.value) for each in found[:4] if each.tag & 0x20], tlv.one(data)


def _mrz(data: bytes) -> object:
    read = mrz.dg1(data)
    return mrz.wrong_digits(read), mrz.expires(read, DAY), repr(read)


def _printed(data: bytes) -> object:
    read = mrz.parse(data.decode("latin-1"))
    return mrz.wrong_digits(read), mrz.expires(read, DAY)


def _sod(data: bytes) -> object:
    read = sod(data)
    named = signer(read)
    return read.names, named.subject, named.country, read.signed.verified_by(named)


def _cms(data: bytes) -> object:
    kinds = {"2.23.136.1.1.1", "2.23.136.1.1.2"}
    signed = cms.opened(data, content_types=kinds)
    return signed.verified_by(signed.signer())


def _certificate(data: bytes) -> object:
    read = certificate(data)
    return read.subject, read.issuer, read.country, read.extensions, read.key(), read.self_issued, repr(read)


def _crl(data: bytes) -> object:
    return proved(data, _trust(), at=AT)


def _list(data: bytes) -> object:
    return master_list(data, _list_roots(), at=AT).certificates


def _ldif(data: bytes) -> object:
    return list(ldif.found(BytesIO(data)))


def _faces(data: bytes) -> object:
    return [(face.width, face.height, repr(face)) for face in portraits(data)]


@cache
def _trust() -> Anchors:
    return Anchors([certificate(csca("KR", USUAL).certificate)])


@cache
def _made_list() -> tuple[bytes, bytes]:
    listed, root = made_master_list([csca("KR", USUAL).certificate], signed_at=day(2026, 5))
    return listed, root.certificate


@cache
def _list_roots() -> list[Certificate]:
    return [certificate(_made_list()[1])]


@cache
def _sods() -> list[bytes]:
    names = ("P-256 sha256", "brainpoolP256r1 sha256 explicit", "RSA 2048 PSS sha256", "RSA 2048 PKCS#1 sha256")
    made = [made_passport(portrait(), suite=BY_NAME[name], lds=lds) for name in names for lds in ("1.7", "1.8")]
    return [each.files["SOD"] for each in made]


@cache
def _certificates() -> list[bytes]:
    made = [made_passport(portrait(), suite=BY_NAME[name]) for name in ("P-256 sha256 explicit", "RSA 2048 PSS sha256")]
    return [certificate for each in made for certificate in (each.csca, each.signer.certificate)]


@cache
def _dg2s() -> list[bytes]:
    small = jpeg_2000(portrait(), rate=200)
    jpeg = small_jpeg()
    made = [
        dg2(image, standard=name)
        for image in (small, jpeg)
        for name in ("19794-5:2005", "19794-5:2011", "39794-5:2019")
    ]
    return [*made, templates(record([Face(jpeg, points=3)]), kind=0x7F2E), dg2(jpeg, jpeg)]


@cache
def small_jpeg() -> bytes:
    """A picture of a passport's kind in few bytes, so that a mutant hits what stands around it."""
    target = BytesIO()
    with Image.open(BytesIO(portrait())) as picture:
        picture.resize((48, 64)).save(target, "JPEG", quality=30)
    return target.getvalue()


def _images() -> list[bytes]:
    small = small_jpeg()
    return [small, jpeg_2000(small), jpeg_2000(small, codestream=True)]


def _crls() -> list[bytes]:
    return [revocation_list(csca("KR", USUAL), [1, 2, 3], issued=day(2026), next_update=day(2027))]


def _kinds() -> list[bytes]:
    return [dg1(lines(kind)) for kind in ("TD1", "TD2", "TD3")]


def _ldifs() -> list[bytes]:
    listed = base64.encodebytes(_made_list()[0]).decode().rstrip().replace("\n", "\n ")
    return [f"version: 1\ndn: o=ml,c=DE\npkdMasterListContent:: {listed}\n\n".encode()]


READERS: dict[str, Reader] = {
    "tlv": Reader(_tlv, lambda: [*_kinds(), com([1, 2, 14]), *_sods()[:1]]),
    "com": Reader(lds.com, lambda: [com([1, 2]), com([1, 2, 3, 11, 12, 14, 15], lds="0108")]),
    "mrz": Reader(_mrz, _kinds),
    "printed": Reader(_printed, lambda: [lines(kind).encode() for kind in ("TD1", "TD2", "TD3")]),
    "sod": Reader(_sod, _sods),
    "cms": Reader(_cms, lambda: [each[4:] for each in _sods()]),
    "certificate": Reader(_certificate, _certificates),
    "dg2": Reader(_faces, _dg2s),
    "image": Reader(image_head.head, _images),
    "masterlist": Reader(_list, lambda: [_made_list()[0]]),
    "crl": Reader(_crl, _crls),
    "ldif": Reader(_ldif, _ldifs),
}
