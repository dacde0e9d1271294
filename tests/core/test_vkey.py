"""A key has one text, an id that follows from it, and a secret that is never shown."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Malformed
from garim.core.vkey import Kind, SigningKey, VerifierKey, refuse_name, unbase64

FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PUBLIC_BYTES = {Kind.ED25519: 32, Kind.COSIGN_ED25519: 32, Kind.COSIGN_ML_DSA_44: 1312}
NAMES = st.text(st.characters(exclude_characters="+", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=60)


@given(NAMES, st.sampled_from(Kind), st.data())
def test_reads_back_what_it_writes(name: str, kind: Kind, data: st.DataObject) -> None:
    key = VerifierKey(name, kind, data.draw(st.binary(min_size=PUBLIC_BYTES[kind], max_size=PUBLIC_BYTES[kind])))
    assert VerifierKey.parse(str(key)) == key
    secret = SigningKey(name, kind, data.draw(st.binary(min_size=32, max_size=32)), key.id)
    assert SigningKey.parse(secret.secret_text) == secret


def test_every_other_text_near_a_key_is_refused() -> None:
    VerifierKey.parse(FOO)
    for index in range(len(FOO)):
        for letter in ("", " ", "+", "=", "0", "A", FOO[index].swapcase(), FOO[index] * 2):
            text = FOO[:index] + letter + FOO[index + 1 :]
            if text != FOO:
                with pytest.raises(Malformed):
                    VerifierKey.parse(text)


def test_the_id_commits_to_name_and_kind() -> None:
    key = VerifierKey.parse(FOO)
    assert key.id.hex() == "530d903a"
    assert key.kind is Kind.ED25519
    ids = {VerifierKey(name, Kind(kind), key.public).id for name in ("a", "b") for kind in (1, 4)}
    assert len(ids) == 4


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u3000", "a\x1fb", "\x00", "\ud800"])
def test_names_that_no_key_has(name: str) -> None:
    with pytest.raises(Malformed):
        refuse_name(name)
    with pytest.raises(Malformed):
        VerifierKey(name, Kind.ED25519, bytes(32))
    with pytest.raises(Malformed):
        SigningKey(name, Kind.ED25519, bytes(32), bytes(4))


def test_only_an_ml_dsa_name_is_bounded() -> None:
    VerifierKey("n" * 300, Kind.ED25519, bytes(32))
    VerifierKey("n" * 255, Kind.COSIGN_ML_DSA_44, bytes(1312))
    with pytest.raises(Malformed, match="255 bytes"):
        VerifierKey("é" * 128, Kind.COSIGN_ML_DSA_44, bytes(1312))


@pytest.mark.parametrize("kind", Kind)
def test_a_key_of_another_length_is_none(kind: Kind) -> None:
    for size in (0, 31, 33, 1311):
        with pytest.raises(Malformed, match=f"{PUBLIC_BYTES[kind]} bytes"):
            VerifierKey("a", kind, bytes(size))


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(64)])
def test_a_seed_of_another_length_is_none(seed: bytes) -> None:
    with pytest.raises(Malformed, match="32 bytes"):
        SigningKey("a", Kind.ED25519, seed, bytes(4))


def test_a_kind_that_nobody_assigned_is_refused() -> None:
    for octets in (b"", b"\x02" + bytes(32), b"\x65" + bytes(32)):
        with pytest.raises(Malformed):
            VerifierKey.parse(f"a+00000000+{base64.b64encode(octets).decode()}")


def test_a_secret_is_shown_by_nothing_but_its_own_word() -> None:
    key = SigningKey("a", Kind.ED25519, b"\xaa" * 32, bytes(4))
    body = base64.b64encode(b"\x01" + b"\xaa" * 32).decode()
    assert body in key.secret_text
    for shown in (repr(key), str(key), f"{key}"):
        assert body not in shown
        assert "aaaaaa" not in shown and "\\xaa" not in shown


def test_an_error_does_not_quote_a_secret() -> None:
    body = base64.b64encode(b"\x01" + b"\xaa" * 32).decode()
    for text in (f"PRIVATE+KEY+a+00000000+{body}A", f"PRIVATE+KEY+a+0000000+{body}", f"PRIVATE+KEY+a+{body}", body):
        with pytest.raises(Malformed) as raised:
            SigningKey.parse(text)
        assert body[:12] not in str(raised.value)


@given(st.binary(max_size=40))
def test_base64_has_one_form(octets: bytes) -> None:
    assert unbase64(base64.b64encode(octets).decode()) == octets


@given(st.text(string.ascii_letters + string.digits + "+/=-_ \né", max_size=12))
def test_any_other_form_is_refused(text: str) -> None:
    try:
        octets = unbase64(text)
    except Malformed:
        return
    assert base64.b64encode(octets).decode() == text


def test_bits_that_mean_nothing_are_refused() -> None:
    assert unbase64("AA==") == b"\0"
    for text in ("AB==", "AA=", "AA", "AA== ", "AA==\n", "A A==", "_-=="):
        with pytest.raises(Malformed):
            unbase64(text)
