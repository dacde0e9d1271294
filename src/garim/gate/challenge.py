"""A CHALLENGE: moves of the head that nobody could know before it was issued, once, until a deadline.

Laws: moves are drawn by the system's randomness; no move stands twice in a row, and one is a turn to a side, since a
photograph in a hand can be tilted, and mirrored films differ by sides alone; a session is used once, by one of many who
try at once, and is gone before anything is looked at; its key is erased with its file.

The key stands in the file that it protects: its HMAC shows that the file was damaged, or edited by somebody who did not
read it whole. Against whoever can read the file it proves nothing: the gate keeps it on its own side (mode 0600). A
copy made before use, and one that was made to ask for other moves, are refused by the log (`garim.gate.uses`).
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import rfc8785

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import refuse_clash, whole
from garim.gate.moves import TURNS, Move

SCHEMA = "garim-challenge-1"
FEWEST, DEFAULT_MOVES, MOST = 2, 3, 8
SHORTEST_S, DEFAULT_S, LONGEST_S = 5, 60, 600
KEY_BYTES = 32
_ID_BYTES = 16
_MOST_BYTES = 4096
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_OTHERS = 0o077  # the permissions of group and world
_AGAIN = "Issue a new one: garim gate challenge -o SESSION"


class Spent(Misuse):
    """A session that was used before: by this process, or by another that was quicker."""


class Expired(Misuse):
    """A session whose deadline has passed, or that was issued later than now."""


class Edited(Malformed):
    """A session that is not as it was issued."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """`moves` for the session `session_id`, to be made from `issued_at` to `deadline`, both included.

    Raises `ValueError` where a field is not what a challenge has.
    """

    session_id: str
    moves: tuple[Move, ...]
    issued_at: datetime
    deadline: datetime
    key: bytes = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.session_id) != 2 * _ID_BYTES or bytes.fromhex(self.session_id).hex() != self.session_id:
            raise ValueError("challenge: a session's id is 16 bytes in lower-case hex")
        _refuse_odd_moves(self.moves)
        if any(at.tzinfo is not UTC or at.microsecond for at in (self.issued_at, self.deadline)):
            raise ValueError("challenge: whole seconds, UTC")
        if not SHORTEST_S <= (self.deadline - self.issued_at).total_seconds() <= LONGEST_S:
            raise ValueError(f"challenge: open for {SHORTEST_S} to {LONGEST_S} seconds")
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"challenge: a key of {KEY_BYTES} bytes")

    def commitment(self, what: str, content: bytes) -> str:
        """HMAC-SHA-256, in hex, of `content` under the session's key and the word `what`: nobody links two of them."""
        return hmac.digest(self.key, f"garim gate {what}\n".encode() + content, "sha256").hex()


def _refuse_odd_moves(moves: tuple[Move, ...]) -> None:
    if not FEWEST <= len(moves) <= MOST:
        raise ValueError(f"challenge: {FEWEST} to {MOST} moves")
    if any(a is b for a, b in pairwise(moves)):
        raise ValueError("challenge: no move twice in a row")
    if not TURNS & set(moves):
        raise ValueError("challenge: a turn to a side among the moves")


def drawn(*, moves: int = DEFAULT_MOVES, seconds: int = DEFAULT_S, at: datetime | None = None) -> Challenge:
    """A challenge that nobody could know before, of `at` (now), open for `seconds`. Raises `Misuse`.

    It is issued once the log has it: `garim.gate.uses.issued`. `verify` takes no other.
    """
    if not FEWEST <= moves <= MOST:
        raise Misuse(f"{moves} moves: {FEWEST} to {MOST} can be asked for; nothing was issued")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise Misuse(f"{seconds} seconds: {SHORTEST_S} to {LONGEST_S} can be given; nothing was issued")
    start = (at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    return Challenge(
        session_id=secrets.token_hex(_ID_BYTES),
        moves=_sequence(moves),
        issued_at=start,
        deadline=start + timedelta(seconds=seconds),
        key=secrets.token_bytes(KEY_BYTES),
    )


def _sequence(count: int) -> tuple[Move, ...]:
    """Each lawful sequence is as probable as any other: unlawful ones are drawn again."""
    while True:
        moves = tuple(secrets.choice(list(Move)) for _ in range(count))
        try:
            _refuse_odd_moves(moves)
        except ValueError:
            continue
        return moves


def save(challenge: Challenge, path: Path, *, force: bool = False) -> None:
    """Write `challenge` to `path`, mode 0600. Raises `Misuse` where a file is there and no `force`, `Unwritable`."""
    refuse_clash(path, [], force=force)
    with whole(path, force=force, mode=0o600) as unfinished:
        unfinished.write_bytes(written(challenge))


def written(challenge: Challenge) -> bytes:
    """The file's bytes: canonical JSON (RFC 8785) and a line's end."""
    facts = _facts(challenge)
    return rfc8785.dumps({**facts, "mac": _mac(challenge.key, facts)}) + b"\n"


def _facts(challenge: Challenge) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "session": challenge.session_id,
        "moves": [str(move) for move in challenge.moves],
        "issued": challenge.issued_at.strftime(_TIME),
        "deadline": challenge.deadline.strftime(_TIME),
        "key": b64encode(challenge.key).decode("ascii"),
    }


def _mac(key: bytes, facts: dict[str, Any]) -> str:
    return hmac.digest(key, b"garim challenge v1\n" + rfc8785.dumps(facts), "sha256").hex()


def read(octets: bytes) -> Challenge:
    """The challenge that `octets` are. Raises `Malformed` where they are none, `Edited` where they were changed."""
    try:
        told = json.loads(octets.decode("ascii"))
    except (ValueError, RecursionError):
        raise Malformed("is no challenge") from None
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise Malformed("is no challenge")
    try:
        challenge = _challenge(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Edited("is a challenge that was edited") from None
    # by round-trip: no field more, none in another form, and the HMAC is that of these fields
    if not hmac.compare_digest(written(challenge), octets):
        raise Edited("is a challenge that was edited")
    return challenge


def _challenge(told: dict[str, Any]) -> Challenge:
    return Challenge(
        session_id=told["session"],
        moves=tuple(Move(word) for word in told["moves"]),
        issued_at=_time(told["issued"]),
        deadline=_time(told["deadline"]),
        key=b64decode(told["key"], validate=True),
    )


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def consumed(path: Path, *, at: datetime | None = None) -> Challenge:
    """The challenge at `path`, which is gone from disk when this returns: exactly one of all who try gets it.

    Raises `Spent` where no session is there any more, `Expired` and `Edited` (the file is gone all the same),
    `Malformed` and `Misuse` for a file that is no session of ours (it is left alone), `Unreadable`.
    """
    try:
        read(_octets(path))  # nothing that is no challenge is ever renamed or erased
    except Edited:
        pass
    except Malformed as error:
        raise Malformed(f"{path}: {error}; nothing was changed. {_AGAIN}") from None
    return _timely(path, _taken(path), at or datetime.now(UTC))


def _taken(path: Path) -> bytes:
    """What stood at `path`, of which nothing is left on disk: the one caller whose rename finds the name has it."""
    private = path.with_name(f".garim-{secrets.token_hex(8)}.spent")
    try:
        path.rename(private)
        _sync(path.parent)
        octets = _octets(private)
        _erase(private)
    except FileNotFoundError:
        raise _spent(path) from None
    except OSError as error:
        raise Unreadable(f"{path}: cannot be used up: {error.strerror}; nobody was verified. {_AGAIN}") from None
    return octets


def _timely(path: Path, octets: bytes, at: datetime) -> Challenge:
    try:
        challenge = read(octets)
    except Malformed:
        raise Edited(f"{path}: was edited since it was issued; it is used up, nobody was verified. {_AGAIN}") from None
    if at > challenge.deadline:
        raise Expired(f"{path}: its deadline has passed; it is used up, nobody was verified. {_AGAIN}")
    if at < challenge.issued_at:
        raise Expired(f"{path}: was issued later than now; it is used up. Set the clock, then issue a new one")
    return challenge


def _octets(path: Path) -> bytes:
    """What the session's file holds. Raises `Spent`, `Unreadable`, `Misuse` where others can read it, `Malformed`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            held = os.fstat(handle)
            octets = file.read(_MOST_BYTES + 1) if stat.S_ISREG(held.st_mode) else b""
    except FileNotFoundError:
        raise _spent(path) from None
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nobody was verified") from None
    if len(octets) > _MOST_BYTES or not octets:
        raise Malformed("is no challenge")
    if held.st_mode & _OTHERS and octets.startswith(b"{"):
        raise Misuse(f"{path}: others can read this session's key; nobody was verified. {_AGAIN}")
    return octets


def _erase(private: Path) -> None:
    """Overwritten, then unlinked. A copy-on-write file system may keep the old blocks for a while."""
    with private.open("r+b") as file:
        file.write(bytes(private.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    private.unlink()
    _sync(private.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _spent(path: Path) -> Spent:
    return Spent(f"{path}: no session is there, or it was used already; nobody was verified. {_AGAIN}")
