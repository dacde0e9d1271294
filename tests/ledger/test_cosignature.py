"""What cosigners sign, byte by byte as the specification lays it out."""

from __future__ import annotations

import pytest

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind
from garim.ledger import keys
from garim.ledger.cosignature import LATEST, joined, message, split

ROOT = "A" * 43 + "="
HEAD = f"log.example/a\n7\n{ROOT}\n"
COSIGNERS = (Kind.COSIGN_ED25519, Kind.COSIGN_ML_DSA_44)


def test_ed25519_signs_the_text_behind_a_header_and_the_time() -> None:
    expected = f"cosignature/v1\ntime 1679315147\nlog.example/a\n7\n{ROOT}\n".encode()
    assert message(Kind.COSIGN_ED25519, "any", 1679315147, HEAD) == expected


def test_ml_dsa_signs_a_struct() -> None:
    expected = (
        b"subtree/v1\n\x00"
        b"\x0awitness/w1"
        b"\x00\x00\x00\x00\x64\x18\x50\xcb"
        b"\x0dlog.example/a"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x00\x07" + bytes(32)
    )
    assert message(Kind.COSIGN_ML_DSA_44, "witness/w1", 1679315147, HEAD) == expected


def test_a_time_and_a_signature_side_by_side() -> None:
    assert joined(1, b"xyz") == b"\0\0\0\0\0\0\0\x01xyz"
    assert split(b"\0\0\0\0\0\0\x01\0s") == (256, b"s")
    for short in (b"", bytes(8)):
        with pytest.raises(Malformed):
            split(short)


@pytest.mark.parametrize("kind", COSIGNERS)
def test_times_beyond_the_bound_are_refused(kind: Kind) -> None:
    message(kind, "w", 0, HEAD)
    message(kind, "w", LATEST, HEAD)
    for at in (-1, LATEST + 1):
        with pytest.raises(Malformed):
            message(kind, "w", at, HEAD)


@pytest.mark.parametrize("kind", COSIGNERS)
def test_a_verifier_refuses_a_time_beyond_the_bound(kind: Kind) -> None:
    signer = keys.new("w", kind)
    with pytest.raises(Malformed, match="time"):
        keys.check(signer.vkey, HEAD, joined(LATEST + 1, signer.sign(HEAD, 1)[8:]))


@pytest.mark.parametrize("kind", COSIGNERS)
def test_the_time_is_signed(kind: Kind) -> None:
    signer = keys.new("w", kind)
    value = signer.sign(HEAD, 5)
    assert split(value)[0] == 5
    with pytest.raises(Disproved):
        keys.check(signer.vkey, HEAD, joined(6, split(value)[1]))


def test_only_ed25519_covers_extension_lines() -> None:
    for kind, covers in zip(COSIGNERS, (True, False), strict=True):
        same = message(kind, "w", 1, HEAD) == message(kind, "w", 1, HEAD + "more\n")
        assert same is not covers


def test_only_ml_dsa_covers_the_name() -> None:
    for kind, covers in zip(COSIGNERS, (False, True), strict=True):
        same = message(kind, "w", 1, HEAD) == message(kind, "v", 1, HEAD)
        assert same is not covers


def test_names_of_ml_dsa_have_a_length_of_one_byte() -> None:
    message(Kind.COSIGN_ML_DSA_44, "w" * 255, 1, HEAD.replace("log.example/a", "o" * 255))
    for name, origin in (("w" * 256, "o"), ("w", "o" * 256), ("w", "\u00e9" * 128), ("", "o")):
        with pytest.raises(Malformed, match="1 to 255 bytes"):
            message(Kind.COSIGN_ML_DSA_44, name, 1, HEAD.replace("log.example/a", origin))
