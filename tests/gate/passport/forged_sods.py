"""WHAT A FORGER DOES TO FILES AND THEIR SOD: data groups, the CMS, the bytes' form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from tests.gate.passport.asn import NULL, context, integer, octets, oid, printable, seq, set_of, tlv
from tests.gate.passport.certificates import (
    document_signer,
)
from tests.gate.passport.dg2s import dg2, portrait
from tests.gate.passport.domains import CURVES
from tests.gate.passport.forgery import Forgery, anchor, flipped, genuine, other, told
from tests.gate.passport.groups import group, lines
from tests.gate.passport.pki import made_passport, security_object
from tests.gate.passport.signed import (
    CONTENT_TYPE,
    ID_DATA,
    LDS_OBJECT,
    MASTER_LIST,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    attribute,
    lds_object,
    with_entries,
)
from tests.gate.passport.suites import (
    BY_NAME,
    RSA_PSS,
    USUAL,
    algorithm,
    digest_algorithm,
    key,
    pss_parameters,
    signature,
)

# data groups under a genuine SOD


@anchor("a bit of DG1 is flipped")
def _dg1() -> Forgery:
    made = genuine()
    return told(made.swapped(DG1=flipped(made.files["DG1"], 20)), "hash_differs")


@anchor("another face in DG2")
def _swap() -> Forgery:
    return told(genuine().swapped(DG2=dg2(portrait(7))), "hash_differs")


@anchor("the list of hashes is changed to fit another face")
def _hashes() -> Forgery:
    made, other_face = genuine(), dg2(portrait(7))
    listed = {1: made.files["DG1"], 2: other_face}
    return told(
        made.resigned(with_entries(made.cms, security_object(listed, made.cms.how))).swapped(DG2=other_face),
        "message_digest",
    )


@anchor("a data group that the SOD does not name")
def _uncovered() -> Forgery:
    return told(genuine().swapped(DG11=group(11, tlv(0x5C, b"\x5f\x0e"), tlv(0x5F0E, b"A<<B"))), "not_covered")


@anchor("two hashes for one data group")
def _twice() -> Forgery:
    made = genuine()
    digests = [(number, hashlib.sha256(made.files[f"DG{number}"]).digest()) for number in (1, 2)]
    return told(
        made.resigned(replace(made.cms, content=lds_object([*digests, (2, bytes(32))], "sha256"))), "duplicate_entry"
    )


@other("hashes of two data groups are exchanged")
def _exchanged() -> Forgery:
    made = genuine()
    digests = [(3 - number, hashlib.sha256(made.files[f"DG{number}"]).digest()) for number in (1, 2)]
    return told(made.resigned(replace(made.cms, content=lds_object(digests, "sha256"))), "hash_differs")


@other("hashes cut to a length that is easily met")
def _short_hashes() -> Forgery:
    made = genuine()
    digests = [(number, hashlib.sha256(made.files[f"DG{number}"]).digest()[:1]) for number in (1, 2)]
    content = lds_object(digests, "sha256")
    return told(made.resigned(replace(made.cms, content=content)), "not_der", "hash_differs", "lds_version")


@other("the SOD of another document of the same country")
def _replayed() -> Forgery:
    theirs = made_passport(portrait(9), root=genuine().root)
    return told(genuine().swapped(SOD=theirs.files["SOD"]), "hash_differs")


@other("no SOD")
def _no_sod() -> Forgery:
    return told(genuine().swapped(SOD=None), "missing_file")


@other("COM hides a data group that was signed")
def _com() -> Forgery:
    made = genuine(groups={11: group(11, tlv(0x5C, b"\x5f\x0e"), tlv(0x5F0E, b"A<<B"))})
    return told(made.swapped(COM=genuine().files["COM"]), "com_differs")


# the SOD's CMS


@anchor("no signed attributes")
def _bare() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, attributes=False)), "no_signed_attributes")


@anchor("content of the type id-data")
def _id_data() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, content_type=ID_DATA)), "content_is_id_data", outcome="flagged")


@anchor("two SignerInfos")
def _two() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, infos=2)), "signer_count")


@other("no SignerInfo")
def _none() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, infos=0)), "signer_count")


@other("no certificate in the SOD")
def _no_certificate() -> Forgery:
    """As LDS 1.7 allows: nobody is accused, and nothing is proven."""
    made = genuine()
    bare = made.resigned(replace(made.cms, certificates=()))
    return told(bare, "no_signer_certificate", outcome="unchecked")


@other("the SOD is signed as a master list")
def _other_type() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, content_type=MASTER_LIST)), "content_type")


@other("the contentType attribute names another type")
def _other_attribute() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, attribute_type=MASTER_LIST)), "content_type")


@other("two messageDigest attributes")
def _two_digests() -> Forgery:
    made = genuine()
    more = attribute(MESSAGE_DIGEST, octets(bytes(32)))
    return told(made.resigned(replace(made.cms, extra=(more,))), "duplicate_entry", "message_digest", "not_der")


@other("one messageDigest attribute with two values")
def _two_values() -> Forgery:
    made = genuine()
    both = attribute(MESSAGE_DIGEST, octets(hashlib.sha256(made.cms.content).digest()), octets(bytes(32)))
    said = replace(made.cms, message_digest=b"").said().replace(attribute(MESSAGE_DIGEST, octets(b"")), both)
    signed = octets(signature(USUAL, made.signer.key, tlv(0x31, said)))
    info = seq(integer(1), made.cms.name(), digest_algorithm("sha256"), context(0, said), algorithm(USUAL), signed)
    return told(made.resigned(replace(made.cms, written=info)), "duplicate_entry", "message_digest", "not_der")


@other("a signature of zeros")
def _psychic() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, signature=seq(integer(0), integer(0)))), "bad_signature", "not_der")


@other("a signature as long as the curve's order, twice")
def _order() -> Forgery:
    made, n = genuine(), CURVES["P-256"].n
    return told(made.resigned(replace(made.cms, signature=seq(integer(n), integer(n)))), "bad_signature", "not_der")


@other("a signature with bytes behind it")
def _longer() -> Forgery:
    made = genuine()
    said = signature(USUAL, made.signer.key, tlv(0x31, made.cms.said()))
    return told(made.resigned(replace(made.cms, signature=said + b"\0")), "bad_signature", "not_der")


@other("somebody else's key under the signer's name")
def _stolen_name() -> Forgery:
    made = genuine()
    thief = key(USUAL, "a thief")
    signed = signature(USUAL, thief, tlv(0x31, made.cms.said()))
    return told(made.resigned(replace(made.cms, signature=signed)), "bad_signature")


@other("MD5")
def _md5() -> Forgery:
    suite = replace(BY_NAME["RSA 2048 PKCS#1 sha256"], digest="md5", name="RSA MD5")
    made = genuine()
    signer = document_signer(made.root, suite, "KR")
    cms = replace(made.cms, signer=signer)
    listed = {number: made.files[f"DG{number}"] for number in (1, 2)}
    return told(made.resigned(replace(cms, content=security_object(listed, suite))), "unknown_algorithm")


@anchor("SHA-1")
def _sha1() -> Forgery:
    made = genuine(suite=BY_NAME["RSA 2048 PKCS#1 sha1"])
    return told(made, "weak_hash", trusted=made.root, outcome="flagged")


@other("RSA of 1024 bits")
def _short_key() -> Forgery:
    made = genuine()
    suite = replace(BY_NAME["RSA 2048 PKCS#1 sha256"], key="RSA 1024", name="RSA 1024")
    signer = document_signer(made.root, suite, "KR")
    return told(made.resigned(replace(made.cms, signer=signer)), "weak_key", outcome="flagged")


@other("PSS, whose parameters name another hash than the digest")
def _pss_hash() -> Forgery:
    made = genuine()
    suite = replace(BY_NAME["RSA 2048 PSS sha256"], signed_with="sha1", name="PSS")
    signer = document_signer(made.root, suite, "KR")
    made = made.resigned(replace(made.cms, signer=signer))
    return told(made, "digest_differs", "weak_hash", "unknown_algorithm", outcome="flagged")


@other("PSS, whose parameters are not those that it was made with")
def _pss_salt() -> Forgery:
    made = genuine()
    signer = document_signer(made.root, BY_NAME["RSA 2048 PSS sha256"], "KR")
    outer = seq(oid(RSA_PSS), pss_parameters("sha256", "sha256", 20))
    return told(made.resigned(replace(made.cms, signer=signer, outer=outer)), "bad_signature")


@other("PSS with a trailer of its own")
def _pss_trailer() -> Forgery:
    made = genuine()
    signer = document_signer(made.root, BY_NAME["RSA 2048 PSS sha256"], "KR")
    outer = seq(oid(RSA_PSS), pss_parameters("sha256", "sha256", 32, trailer=2))
    return told(made.resigned(replace(made.cms, signer=signer, outer=outer)), "unknown_algorithm", "not_der")


@other("an RSA key that signs anything")
def _exponent_one() -> Forgery:
    """e = 1: a signature is the padded message itself."""
    made = genuine()
    suite = BY_NAME["RSA 2048 PKCS#1 sha256"]
    n = int.from_bytes(b"\xc5" * 256, "big")
    spki = seq(seq(oid("1.2.840.113549.1.1.1"), NULL), tlv(0x03, b"\0", seq(integer(n), integer(1))))
    signer = document_signer(made.root, suite, "KR").again(made.root, spki=spki)
    digest = hashlib.sha256(tlv(0x31, replace(made.cms, signer=signer).said())).digest()
    inner = seq(seq(oid("2.16.840.1.101.3.4.2.1"), NULL), octets(digest))
    padded = b"\0\1" + b"\xff" * (256 - 3 - len(inner)) + b"\0" + inner
    cms = replace(made.cms, signer=signer, signature=padded)
    return told(made.resigned(cms), "weak_key", "unknown_algorithm", "certificate_form", "bad_signature")


# form


@anchor("bytes behind the SOD")
def _trailing() -> Forgery:
    made = genuine()
    return told(made.swapped(SOD=made.files["SOD"] + b"\0\1"), "trailing_bytes")


@anchor("the SOD is cut short")
def _cut() -> Forgery:
    made = genuine()
    return told(made.swapped(SOD=made.files["SOD"][:-7]), "truncated")


@anchor("an indefinite length")
def _indefinite() -> Forgery:
    made = genuine()
    return told(made.swapped(SOD=b"\x77\x80" + made.cms.der() + b"\0\0"), "indefinite_length")


@anchor("a length of four bytes")
def _four() -> Forgery:
    made = genuine()
    return told(made.swapped(SOD=tlv(0x77, made.cms.der(), bytes_of_length=4)), "length_too_long")


@other("an indefinite length inside the SOD")
def _indefinite_inside() -> Forgery:
    made = genuine()
    inner = made.cms.der()
    return told(made.swapped(SOD=tlv(0x77, b"\x30\x80" + inner[4:] + b"\0\0")), "not_der", "indefinite_length")


@other("a signed list of hashes that is not DER")
def _not_der() -> Forgery:
    made = genuine()
    content = made.cms.content
    long_form = tlv(0x30, content[content.index(b"\x02\x01\x00") :], bytes_of_length=3)
    return told(made.resigned(replace(made.cms, content=long_form)), "length_not_shortest")


@other("bytes behind DG1, as signed")
def _padded() -> Forgery:
    made = genuine()
    return told(made.resigned(DG1=made.files["DG1"] + b"garim"), "trailing_bytes")


@other("DG2 in DG1's place")
def _other_tag() -> Forgery:
    made = genuine()
    return told(made.resigned(DG1=made.files["DG2"]), "unexpected_tag")


# signed, and in a form that a person weighs


@other("zeros behind the SOD, as a dump of the file's size has them")
def _zeros_behind_sod() -> Forgery:
    made = genuine()
    return told(made.swapped(SOD=made.files["SOD"] + bytes(16)), "trailing_bytes", outcome="flagged")


@other("zeros behind EF.COM")
def _zeros_behind_com() -> Forgery:
    made = genuine()
    return told(made.swapped(COM=made.files["COM"] + bytes(3)), "trailing_bytes", outcome="flagged")


@other("zeros behind DG1, which nobody signed")
def _zeros_behind_dg1() -> Forgery:
    made = genuine()
    return told(made.swapped(DG1=made.files["DG1"] + bytes(8)), "trailing_bytes", outcome="flagged")


@other("zeros behind DG1, as signed")
def _zeros_signed() -> Forgery:
    made = genuine()
    return told(made.resigned(DG1=made.files["DG1"] + bytes(8)), "trailing_bytes", outcome="flagged")


@other("the SOD's length in more bytes than it needs")
def _long_sod() -> Forgery:
    made = genuine()
    sod = tlv(0x77, made.cms.der(), bytes_of_length=3)
    return told(made.swapped(SOD=sod), "length_not_shortest", outcome="flagged")


@other("DG1's length in more bytes than it needs, as signed")
def _long_dg1() -> Forgery:
    zone = tlv(0x5F1F, lines().encode())
    return told(genuine().resigned(DG1=tlv(0x61, zone, bytes_of_length=2)), "length_not_shortest", outcome="flagged")


@other("the zone's length in more bytes than it needs, as signed")
def _long_zone() -> Forgery:
    zone = tlv(0x5F1F, lines().encode(), bytes_of_length=1)
    return told(genuine().resigned(DG1=tlv(0x61, zone)), "length_not_shortest", outcome="flagged")


@other("DG2's length in more bytes than it needs, as signed")
def _long_dg2() -> Forgery:
    made = genuine()
    value = made.files["DG2"][4:]
    assert tlv(0x75, value) == made.files["DG2"]
    longer = tlv(0x75, value, bytes_of_length=3)
    return told(made.resigned(DG2=longer), "length_not_shortest", outcome="flagged")


@other("EF.COM without its Unicode version")
def _com_unversioned() -> Forgery:
    com = tlv(0x60, tlv(0x5F01, b"0107"), tlv(0x5C, bytes([0x61, 0x75])))
    return told(genuine().swapped(COM=com), "lds_version", outcome="flagged")


def _written(*attributes: bytes, signed: Sequence[bytes] = ()) -> Forgery:
    """Signed attributes in this order, signed in another where one is given."""
    made = genuine()
    by = octets(signature(USUAL, made.signer.key, tlv(0x31, *(signed or attributes))))
    info = seq(integer(1), made.cms.name(), digest_algorithm("sha256"), context(0, *attributes), algorithm(USUAL), by)
    return told(made.resigned(replace(made.cms, written=info)), "not_der", outcome="flagged")


def _attributes() -> list[bytes]:
    digest = attribute(MESSAGE_DIGEST, octets(hashlib.sha256(genuine().cms.content).digest()))
    return sorted([attribute(CONTENT_TYPE, oid(LDS_OBJECT)), digest])


@other("signed attributes in another order, signed as they stand")
def _order_as_it_stands() -> Forgery:
    return _written(*reversed(_attributes()))


@other("signed attributes in another order, signed in DER's")
def _order_of_der() -> Forgery:
    return _written(*reversed(_attributes()), signed=_attributes())


@other("a signing time with an offset from UTC")
def _offset() -> Forgery:
    return _written(*sorted([*_attributes(), attribute(SIGNING_TIME, tlv(0x17, b"250601120000+0900"))]))


@other("the signer's name in the reverse order")
def _reversed_name() -> Forgery:
    made = genuine()
    parts = [set_of([each]) for each in _parts(made.signer.ask.issuer)]
    assert seq(*parts) == made.signer.ask.issuer
    ask = replace(made.signer.ask, issuer=seq(*reversed(parts)))
    cms = replace(made.cms, signer=replace(made.signer, ask=ask))
    return told(made.resigned(cms), "certificate_form", outcome="flagged")


def _parts(name: bytes) -> list[bytes]:
    """The attributes of a name, each of which stands in a SET of its own; all lengths have one byte."""
    found, at = [], 2
    while at < len(name):
        end = at + 2 + name[at + 1]
        found.append(name[at + 2 : end])
        at = end
    return found


@other("another certificate in the SOD, which cannot be read")
def _unreadable_beside() -> Forgery:
    made = genuine()
    both = (made.signer.certificate, seq(integer(5)))
    return told(made.resigned(replace(made.cms, certificates=both)), "certificate_form", outcome="flagged")


@other("the algorithm is named as a key on a curve, with its hash beside it")
def _named_by_key() -> Forgery:
    made = genuine()
    outer = seq(oid("1.2.840.10045.2.1"))
    return told(made.resigned(replace(made.cms, outer=outer)), "algorithm_name", outcome="flagged")


@other("a list of hashes of version 0 that says its version")
def _versioned() -> Forgery:
    made = genuine()
    content = made.cms.content
    fields = content[content.index(b"\x02\x01\x00") :] + seq(printable("0107"), printable("040000"))
    return told(made.resigned(replace(made.cms, content=seq(fields))), "lds_version", outcome="flagged")


@other("a file that anybody can read is left out: what chip authentication would need")
def _left_out() -> Forgery:
    made = genuine(groups={14: group(14, tlv(0x31))})
    return told(made.swapped(DG14=None), "missing_file", outcome="unchecked")
