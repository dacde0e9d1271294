"""Secrets as files, for whoever signs: the ledger's own tests have the rest (tests/ledger/test_keys.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from garim import signing
from garim.consent import load_key, save_key
from garim.core.errors import Malformed, Misuse
from garim.core.vkey import Kind, SigningKey


@pytest.mark.parametrize("kind", Kind)
def test_a_pair_is_kept_and_had_again(tmp_path: Path, kind: Kind) -> None:
    made = signing.new("a", kind)
    signing.write(tmp_path / "keys", [made.secret])
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    assert signing.load(tmp_path / "keys") == (made,)
    assert signing.derived(made.secret) == made
    with pytest.raises(Malformed, match="not that of the key"):
        signing.derived(SigningKey("a", kind, signing.new("a", kind).secret.seed, made.vkey.id))


def test_a_pair_does_not_show_its_secret() -> None:
    made = signing.new("a", Kind.ED25519)
    assert made.secret.seed.hex() not in f"{made!r}{made.secret!r}"
    assert made.secret.secret_text[-20:] not in f"{made!r}{made.secret!r}"


def test_rooms_read_each_others_files(tmp_path: Path) -> None:
    made = signing.new("office", Kind.ED25519)
    save_key(made.secret, tmp_path / "office.key")
    assert signing.load(tmp_path / "office.key") == (made,)
    assert load_key(tmp_path / "office.key") == made.secret
    (tmp_path / "office.key").chmod(0o640)
    for load in (signing.load, load_key):
        with pytest.raises(Misuse, match="chmod 600"):
            load(tmp_path / "office.key")
