"""Files: their owner's alone, whole or not there, and named for what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.consent.papers import KNOWN, NOW, OFFICER, PERSON, draft, given

from garim.consent import (
    Known,
    Signer,
    load,
    load_key,
    load_known,
    own_list,
    public_of,
    save,
    save_key,
    withdraw,
    written,
)
from garim.core.errors import Malformed, Misuse, Unreadable, Unwritable


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_record_is_its_owners_alone_and_reads_back(tmp_path: Path) -> None:
    path, record = tmp_path / "p-01.consent.json", given()
    save(record, path)
    assert (load(path), mode(path)) == (record, 0o600)
    with pytest.raises(Misuse, match="exists already"):
        save(draft(), path)
    assert load(path) == record
    path.chmod(0o644)
    over = withdraw(record, PERSON, by=Signer.SUBJECT, at=NOW, known=KNOWN)
    save(over, path, force=True)
    assert (load(path), mode(path)) == (over, 0o600)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_record_for_tests_says_so_in_its_name(tmp_path: Path) -> None:
    record = given(test=True)
    for name in ("p-01.consent.json", "TEST.json", "p-01.test.consent.json"):
        with pytest.raises(Misuse, match=r"NAME\.TEST\.consent\.json"):
            save(record, tmp_path / name)
    assert not list(tmp_path.iterdir())
    save(record, tmp_path / "p-01.TEST.consent.json")
    assert load(tmp_path / "p-01.TEST.consent.json") == record


def test_a_key_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "p-01.key"
    save_key(PERSON, path)
    assert (load_key(path), mode(path)) == (PERSON, 0o600)
    with pytest.raises(Misuse, match="exists already"):
        save_key(OFFICER, path)
    assert load_key(path) == PERSON


def test_a_key_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "p-01.key"
    path.touch(0o600)
    path.write_text(PERSON.secret_text.replace("P-01+", "P-02+x") + "\n")
    with pytest.raises(Malformed, match="nothing was signed") as refused:
        load_key(path)
    assert PERSON.secret_text[-20:] not in str(refused.value)


@pytest.mark.parametrize("shared", [0o640, 0o604, 0o620])
def test_a_key_that_others_can_read_signs_nothing(tmp_path: Path, shared: int) -> None:
    path = tmp_path / "p-01.key"
    save_key(PERSON, path)
    path.chmod(shared)
    with pytest.raises(Misuse, match="others can read this key; nothing was signed"):
        load_key(path)


def test_a_file_of_two_keys_does_not_say_which_one_signs(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.touch(0o600)
    path.write_text(f"{PERSON.secret_text}\n{OFFICER.secret_text}\n")
    with pytest.raises(Malformed, match="holds 2 keys"):
        load_key(path)


@pytest.mark.parametrize("shared", [0o620, 0o602, 0o666])
def test_a_list_that_others_can_write_to_knows_nobody(tmp_path: Path, shared: int) -> None:
    path = tmp_path / "known"
    path.write_text(f"{public_of(OFFICER)} officer\n")
    path.chmod(shared)
    with pytest.raises(Misuse, match=r"others can write to this list; nobody was taken as known\. chmod go-w"):
        load_known(path)
    path.chmod(0o644)
    assert load_known(path).officers


def test_a_users_own_list_may_be_missing_and_a_named_one_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_list() == tmp_path / "garim" / "known-keys"
    assert load_known() == Known()
    own_list().parent.mkdir()
    own_list().write_text(f"{public_of(OFFICER)} officer\n{public_of(PERSON)} subject P-01\n")
    assert load_known() == KNOWN == load_known(own_list())
    with pytest.raises(Unreadable, match="No such file"):
        load_known(tmp_path / "known")
    own_list().write_text(f"{public_of(OFFICER)} officer\noffice\n")
    with pytest.raises(Unreadable, match=r"known-keys: line 2: .*nobody was taken as known"):
        load_known()
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert own_list() == Path.home() / ".config" / "garim" / "known-keys"


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"", Malformed),
        (b"\xff\xfe", Malformed),
        (written(given()).encode()[:-9], Malformed),
        (b" " * (2 << 20), Unreadable),
        (None, Unreadable),
    ],
    ids=["empty", "no text", "cut short", "endless", "not there"],
)
def test_what_is_no_record_is_refused(tmp_path: Path, octets: bytes | None, error: type[Exception]) -> None:
    path = tmp_path / "p-01.consent.json"
    if octets is not None:
        path.write_bytes(octets)
    with pytest.raises(error, match=r"p-01\.consent\.json: .*nothing was changed"):
        load(path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="cannot be written"):
        save(given(), tmp_path / "gone" / "p-01.consent.json")
