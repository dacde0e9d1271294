"""A session is drawn, kept, used once, and gone."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.gate import challenge as sessions
from garim.gate.challenge import Challenge, Edited, Expired, Spent, consumed, drawn, read, save, written
from garim.gate.moves import SAID, SHOWS, TURNS, Move

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def kept(folder: Path, **options: int) -> Path:
    path = folder / "session.json"
    save(drawn(at=NOON, **options), path)
    return path


@given(st.integers(sessions.FEWEST, sessions.MOST))
def test_moves_are_lawful(count: int) -> None:
    moves = drawn(moves=count).moves
    assert len(moves) == count
    assert all(a is not b for a, b in pairwise(moves))
    assert TURNS & set(moves)


def test_each_lawful_sequence_is_as_probable_as_any_other() -> None:
    counts = Counter(drawn(moves=2).moves for _ in range(3600))
    assert len(counts) == 6 * 5 - 4 * 3  # all pairs but those without a turn
    expected = 3600 / 18
    assert sum((seen - expected) ** 2 / expected for seen in counts.values()) < 50  # chi squared, 17 degrees: p = 4e-5


def test_two_sessions_share_nothing() -> None:
    one, other = drawn(at=NOON), drawn(at=NOON)
    assert one.session_id != other.session_id and one.key != other.key
    assert one.commitment("session", b"x") != other.commitment("session", b"x")
    assert one.commitment("session", b"x") != one.commitment("capture", b"x")


def test_every_move_has_words_and_an_angle() -> None:
    assert set(SAID) == set(SHOWS) == set(Move)
    assert len(set(SHOWS.values())) == len(Move)


@pytest.mark.parametrize("options", [{"moves": 1}, {"moves": 9}, {"seconds": 4}, {"seconds": 601}])
def test_what_cannot_be_asked_for(options: dict[str, int]) -> None:
    with pytest.raises(Misuse):
        drawn(moves=options.get("moves", 3), seconds=options.get("seconds", 60))


@given(st.integers(2, 8), st.integers(5, 600), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_what_is_written_reads_back(moves: int, seconds: int, at: datetime) -> None:
    challenge = drawn(moves=moves, seconds=seconds, at=at.replace(tzinfo=UTC))
    again = read(written(challenge))
    assert again == challenge and again.key == challenge.key


def test_only_its_owner_reads_it_and_no_repr_shows_the_key(tmp_path: Path) -> None:
    path = kept(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    challenge = consumed(path, at=NOON)
    assert repr(challenge.key) not in repr(challenge) and challenge.key.hex() not in repr(challenge)


def test_used_once_and_then_gone(tmp_path: Path) -> None:
    path = kept(tmp_path, seconds=60)
    challenge = consumed(path, at=NOON + timedelta(seconds=60))
    assert challenge.deadline == NOON + timedelta(seconds=60)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Spent):
        consumed(path, at=NOON)


def test_the_bytes_of_the_key_are_overwritten(tmp_path: Path) -> None:
    path = kept(tmp_path)
    beside = tmp_path / "beside"
    os.link(path, beside)  # the same bytes on disk, under a name that stays
    consumed(path, at=NOON)
    assert set(beside.read_bytes()) == {0}


@pytest.mark.parametrize("at", [NOON - timedelta(seconds=1), NOON + timedelta(seconds=61)])
def test_outside_its_time_it_is_used_up_all_the_same(tmp_path: Path, at: datetime) -> None:
    path = kept(tmp_path)
    with pytest.raises(Expired):
        consumed(path, at=at)
    assert list(tmp_path.iterdir()) == []


def edit_deadline(facts: dict[str, object]) -> None:
    facts["deadline"] = "2026-11-22T12:09:00Z"


def edit_moves(facts: dict[str, object]) -> None:
    facts["moves"] = ["left", "right", "up"] if facts["moves"] != ["left", "right", "up"] else ["up", "left"]


def edit_unlawful(facts: dict[str, object]) -> None:
    facts["moves"] = ["left", "left"]


def edit_more(facts: dict[str, object]) -> None:
    facts["skip"] = True


def edit_less(facts: dict[str, object]) -> None:
    del facts["key"]


def edit_type(facts: dict[str, object]) -> None:
    facts["moves"] = 7


def edit_mac(facts: dict[str, object]) -> None:
    facts["mac"] = "0" * 64


@pytest.mark.parametrize("edit", [edit_deadline, edit_moves, edit_unlawful, edit_more, edit_less, edit_type, edit_mac])
def test_an_edited_session_is_refused_and_used_up(tmp_path: Path, edit: object) -> None:
    path = kept(tmp_path)
    facts = json.loads(path.read_bytes())
    edit(facts)  # type: ignore[operator]
    path.write_bytes(rfc8785.dumps(facts) + b"\n")
    with pytest.raises(Edited):
        consumed(path, at=NOON)
    assert list(tmp_path.iterdir()) == []


def test_spaces_are_an_edit_too(tmp_path: Path) -> None:
    path = kept(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=1))
    with pytest.raises(Edited):
        consumed(path, at=NOON)


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"\xff\xd8\xff\xe0 a photo",
        b"{}",
        b"[]",
        b"[" * 3000,
        b"\xff",
        b'{"schema":"garim-consent-1"}',
        b"x" * 9000,
    ],
)
def test_what_is_no_session_is_left_alone(tmp_path: Path, other: bytes) -> None:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(other)
    path.chmod(0o600)
    with pytest.raises(Malformed) as caught:
        consumed(path, at=NOON)
    assert not isinstance(caught.value, Edited)
    assert path.read_bytes() == other


def test_a_link_and_a_folder_are_no_session(tmp_path: Path) -> None:
    path = kept(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(Unreadable):
        consumed(link, at=NOON)
    with pytest.raises((Unreadable, Malformed)):
        consumed(tmp_path, at=NOON)
    assert consumed(path, at=NOON).moves


def test_a_session_that_others_can_read_is_no_secret(tmp_path: Path) -> None:
    path = kept(tmp_path)
    path.chmod(0o640)
    with pytest.raises(Misuse, match="others"):
        consumed(path, at=NOON)
    assert path.exists()


def test_it_never_replaces_a_file_unasked(tmp_path: Path) -> None:
    path = kept(tmp_path)
    with pytest.raises(Misuse):
        save(drawn(), path)
    save(drawn(), path, force=True)


def test_of_many_who_try_at_once_one_has_it(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from garim.gate.challenge import Spent, consumed\n"
        "go = pathlib.Path(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    print(consumed(pathlib.Path(sys.argv[1])).session_id)\n"
        "except Spent:\n"
        "    print('spent')\n"
    )
    path = tmp_path / "session.json"
    command = [sys.executable, "-c", program, str(path), str(tmp_path)]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    challenge = drawn()
    save(challenge, path)
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = sorted(child.communicate(timeout=60)[0].strip() for child in children)
    assert said == sorted([challenge.session_id, "spent", "spent", "spent"])


def test_a_challenge_is_checked_at_birth() -> None:
    good = drawn(at=NOON)
    fields = {name: getattr(good, name) for name in ("session_id", "moves", "issued_at", "deadline", "key")}
    for name, wrong in (
        ("session_id", "x"),
        ("session_id", "AB" * 16),
        ("moves", (Move.LEFT,)),
        ("moves", (Move.UP, Move.DOWN)),
        ("moves", (Move.LEFT, Move.LEFT)),
        ("deadline", NOON),
        ("issued_at", NOON.replace(microsecond=1)),
        ("key", b"short"),
    ):
        with pytest.raises(ValueError):
            Challenge(**{**fields, name: wrong})
