"""What the tests make is judged by others first: OpenSSL's CMS, `cryptography`'s X.509, Pillow, the standards."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image
from tests.gate.passport.certificates import day, link, revocation_list
from tests.gate.passport.dg2s import SIZE, jpeg_2000, portrait
from tests.gate.passport.groups import digit, lines
from tests.gate.passport.pki import Passport, made_master_list, made_passport
from tests.gate.passport.suites import BY_NAME, SUITES, USUAL, Suite

NAMED = [suite for suite in SUITES if not suite.explicit and suite.padding != "plain"]  # OpenSSL's CMS has no others
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to judge what is made")


def _judged(passport: Passport, signed: bytes, folder: Path) -> bytes:
    """`signed` by OpenSSL, under the passport's root: the content, or an assertion."""
    (folder / "sod.der").write_bytes(signed)
    (folder / "root.pem").write_bytes(pem(passport.csca))
    at = ("-attime", f"{passport.at:%s}", "-purpose", "any", "-auth_level", "0")
    words = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "sod.der")
    done = subprocess.run([*words, "-CAfile", folder / "root.pem", *at], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def within(sod: bytes) -> bytes:
    """The ContentInfo in EF.SOD: 77, a length of two bytes."""
    assert sod[:2] == b"\x77\x82"
    return sod[4:]


@openssl
@pytest.mark.parametrize("suite", NAMED, ids=str)
def test_openssl_verifies_each_sod_to_its_root(suite: Suite, tmp_path: Path) -> None:
    made = made_passport(portrait(), suite=suite)
    assert _judged(made, within(made.files["SOD"]), tmp_path) == made.cms.content
    assert hashlib.new(suite.digest, made.files["DG2"]).digest() in made.cms.content


@openssl
def test_openssl_finds_a_signer_by_its_key_and_sees_a_flip(tmp_path: Path) -> None:
    made = made_passport(portrait(), by_ski=True, lds="1.8")
    _judged(made, within(made.files["SOD"]), tmp_path)
    flipped = bytearray(within(made.files["SOD"]))
    flipped[flipped.index(made.cms.content) + 40] ^= 1
    with pytest.raises(AssertionError, match="verif"):
        _judged(made, bytes(flipped), tmp_path)


@openssl
def test_openssl_verifies_a_master_list(tmp_path: Path) -> None:
    made = made_passport(portrait())
    listed, root = made_master_list([made.csca], signed_at=day(2026, 5))
    (tmp_path / "list.ml").write_bytes(listed)
    (tmp_path / "root.pem").write_bytes(pem(root.certificate))
    words = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "list.ml", "-purpose", "any")
    done = subprocess.run([*words, "-CAfile", tmp_path / "root.pem"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert made.csca in done.stdout


def test_certificates_link_and_revocations_hold_by_cryptography() -> None:
    made = made_passport(portrait())
    root, signer = map(x509.load_der_x509_certificate, (made.csca, made.signer.certificate))
    root.verify_directly_issued_by(root)
    signer.verify_directly_issued_by(root)
    newer = made_passport(portrait(2), suite=BY_NAME["RSA 2048 PKCS#1 sha256"]).root
    x509.load_der_x509_certificate(link(newer, made.root).certificate).verify_directly_issued_by(root)
    crl = x509.load_der_x509_crl(revocation_list(made.root, [0x5EED], issued=day(2026), next_update=day(2027)))
    assert crl.is_signature_valid(root.public_key())  # type: ignore[arg-type]  # a root's key is no X25519
    assert [each.serial_number for each in crl] == [signer.serial_number]


def test_a_suite_on_a_curve_gives_the_same_document_each_time() -> None:
    assert made_passport(portrait()).files == made_passport(portrait(), suite=USUAL).files


def test_lines_are_those_of_doc_9303() -> None:
    held = {"country": "UTO", "number": "L898902C3", "born": date(1974, 8, 12), "names": "ERIKSSON<<ANNA<MARIA"}
    td3 = lines(**held, expires=date(2012, 4, 15), optional="ZE184226B")  # type: ignore[arg-type]
    assert td3 == (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"  # 9303-4, appendix B
    )
    td1 = lines("TD1", **{**held, "number": "D231458907"}, expires=date(2012, 4, 15))  # type: ignore[arg-type]
    assert len(td1) == 90
    held["number"] = "D23145890"
    assert lines("TD1", **held, expires=date(2012, 4, 15)) == (  # type: ignore[arg-type]
        "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"  # 9303-5, appendix
    )
    assert lines("TD2", **held, expires=date(2012, 4, 15)) == (  # type: ignore[arg-type]
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6"  # 9303-6, appendix B
    )
    assert digit("520727") == "3"  # 9303-3, 4.9


def test_a_portrait_is_a_passports_in_either_form() -> None:
    jpeg = portrait()
    for image in (jpeg, jpeg_2000(jpeg), jpeg_2000(jpeg, codestream=True)):
        with Image.open(io.BytesIO(image)) as picture:
            assert picture.size == SIZE
    assert jpeg_2000(jpeg, codestream=True)[:4] == b"\xff\x4f\xff\x51"


def test_a_folder_has_the_files_and_the_root(tmp_path: Path) -> None:
    made = made_passport(portrait())
    names = {path.name for path in made.written(tmp_path / "passport").iterdir()}
    assert names == {"EF_COM.bin", "EF_SOD.bin", "EF_DG1.bin", "EF_DG2.bin", "csca.cer"}
