"""Keys are made, kept where only their owner reads, loaded as they were, and refused where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ledger.trees import AT

from garim.core.errors import Disproved, Malformed, Misuse, Unreadable, Unwritable
from garim.core.vkey import Kind, SigningKey
from garim.ledger import keys

HEAD = "log.example/a\n1\n" + "A" * 43 + "=\n"


@pytest.mark.parametrize("kind", Kind)
def test_what_a_key_signs_its_public_half_verifies_and_nothing_else_does(kind: Kind) -> None:
    signer, other = keys.new("log.example/a", kind), keys.new("log.example/a", kind)
    value = signer.sign(HEAD, AT)
    keys.check(signer.vkey, HEAD, value)
    for index in {0, 7, 8, len(value) // 2, len(value) - 1} - ({0} if kind is Kind.ED25519 else set()):
        flipped = bytes(byte ^ (1 if i == index else 0) for i, byte in enumerate(value))
        with pytest.raises(Disproved):
            keys.check(signer.vkey, HEAD, flipped)
    for key, text, shown in (
        (other.vkey, HEAD, value),
        (signer.vkey, HEAD.replace("1", "2"), value),
        (signer.vkey, HEAD, value[:-1]),
        (signer.vkey, HEAD, value + b"\0"),
        (signer.vkey, HEAD, b"x"),
        (signer.vkey, HEAD, bytes(len(value))),
    ):
        with pytest.raises(Disproved):
            keys.check(key, text, shown)


def test_a_cosigner_signs_checkpoints_alone() -> None:
    for kind in (Kind.COSIGN_ED25519, Kind.COSIGN_ML_DSA_44):
        signer = keys.new("w", kind)
        for text in ("a text\n", HEAD.replace("\n1\n", "\n+1\n"), HEAD + "\n"):
            with pytest.raises(Malformed):
                signer.sign(text, AT)
            with pytest.raises(Malformed):
                keys.check(signer.vkey, text, bytes(72))


def test_no_two_new_keys_are_the_same() -> None:
    assert len({keys.new("a", Kind.ED25519).vkey for _ in range(20)}) == 20


def test_kept_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    signers = tuple(keys.new("log.example/a", kind) for kind in Kind)
    keys.write(path, signers)
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = keys.load(path)
    assert loaded == signers
    for signer, again in zip(signers, loaded, strict=True):
        keys.check(signer.vkey, HEAD, again.sign(HEAD, AT))


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys.write(path, [keys.new("a", Kind.ED25519)])
    before = path.read_bytes()
    with pytest.raises(Misuse, match="never overwritten"):
        keys.write(path, [keys.new("a", Kind.ED25519)])
    assert path.read_bytes() == before
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Misuse):
        keys.write(tmp_path / "link", [keys.new("a", Kind.ED25519)])
    with pytest.raises(Unwritable):
        keys.write(tmp_path / "no" / "keys", [keys.new("a", Kind.ED25519)])


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys.write(path, [keys.new("a", Kind.ED25519)])
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(Misuse, match="chmod 600"):
            keys.load(path)


def test_a_file_of_no_keys_is_refused_without_quoting_it(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    good = keys.new("a", Kind.ED25519).secret.secret_text.encode() + b"\n"
    for octets in (b"", b"\n", good[:-1], good[:-2] + b"\n", good + b"\n", b" " + good, good * 1000, good + b"\xff\n"):
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_bytes(octets)
        with pytest.raises(Malformed) as raised:
            keys.load(path)
        assert good[30:50].decode() not in str(raised.value)


def test_the_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        keys.load(tmp_path / "keys")


@pytest.mark.parametrize("kind", Kind)
def test_a_secret_under_the_id_of_another_key_is_refused(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "keys"
    secret, other = keys.new("a", kind).secret, keys.new("a", kind).secret
    path.touch(0o600)
    path.write_text(SigningKey("a", kind, secret.seed, other.id).secret_text + "\n")
    with pytest.raises(Malformed, match="not that of the key"):
        keys.load(path)


def test_a_signer_does_not_show_its_secret() -> None:
    signer = keys.new("a", Kind.ED25519)
    assert signer.secret.secret_text[-20:] not in f"{signer!r}{signer.secret!r}"
    assert signer.secret.seed.hex() not in f"{signer!r}{signer.secret!r}"
