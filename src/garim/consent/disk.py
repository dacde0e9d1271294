"""Records, keys and lists of keys on disk.

Laws: a record and a secret key are their owner's alone (0600), and appear whole; what cannot be read is an error,
never an empty list; a record made for tests says TEST in its name.
"""

from __future__ import annotations

import os
from pathlib import Path

from garim.consent import known as lists
from garim.consent import record as records
from garim.consent.known import Known
from garim.consent.record import Record
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.core.vkey import SigningKey
from garim.files import refuse_clash, whole

MOST_BYTES = 1 << 20  # no record, key or list is longer
SUFFIX, TEST_SUFFIX = ".consent.json", ".TEST.consent.json"


def load(path: Path) -> Record:
    """The record at `path`, which proves nothing yet. Raises `Unreadable`, or `Malformed` where it is none."""
    try:
        return records.read(_text(path))
    except Malformed as error:
        raise Malformed(f"{path}: {error}; nothing was changed") from None


def save(record: Record, path: Path, *, force: bool = False) -> None:
    """Write `record` to `path`. Raises `Misuse` where a file is there and `force` is not given, `Unwritable`."""
    if record.test and not path.name.endswith(TEST_SUFFIX):
        raise Misuse(f"{path}: a record made for tests says so in its name: NAME{TEST_SUFFIX}; nothing was written")
    _put(records.written(record), path, force=force)


def load_key(path: Path) -> SigningKey:
    """The secret key at `path`. Raises `Unreadable`, or `Malformed` where it is none."""
    try:
        return SigningKey.parse(_text(path).removesuffix("\n"))
    except Malformed as error:
        raise Malformed(f"{path}: {error}; nothing was signed") from None


def save_key(key: SigningKey, path: Path) -> None:
    """Write a secret key to `path`, which is never replaced. Raises `Misuse`, `Unwritable`."""
    _put(f"{key.secret_text}\n", path, force=False)


def load_known(path: Path | None = None) -> Known:
    """The keys listed at `path`; without one the user's own list, empty where there is none.

    Raises `Unreadable`, or `Malformed` where a line is wrong.
    """
    if path is None:
        path = own_list()
        if not path.exists():
            return Known()
    try:
        return lists.read(_text(path))
    except Malformed as error:
        raise Malformed(f"{path}: {error}; nobody was taken as known") from None


def own_list() -> Path:
    """Where the user's list of known keys lies."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "garim" / "known-keys"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(MOST_BYTES + 1)
        if len(octets) > MOST_BYTES:
            raise Unreadable(f"{path}: is longer than a megabyte, and so nothing of ours; nothing was changed")
        return octets.decode()
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was changed") from None
    except UnicodeDecodeError:
        raise Malformed("is no text") from None


def _put(text: str, path: Path, *, force: bool) -> None:
    refuse_clash(path, [], force=force)
    with whole(path, force=force, mode=0o600) as unfinished:
        unfinished.write_text(text, "utf-8")
