"""Records, keys and lists of keys on disk.

Laws: a record and a secret key are their owner's alone (0600), and appear whole; a list that others can write to, or
that cannot be read, is an error, never an empty list; a record made for tests says TEST in its name.
"""

from __future__ import annotations

import os
from pathlib import Path

from garim import signing
from garim.consent import known as lists
from garim.consent import record as records
from garim.consent.known import Known
from garim.consent.record import Record
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.core.vkey import SigningKey
from garim.files import refuse_clash, whole

MOST_BYTES = 1 << 20  # no record, key or list is longer
_WRITABLE = 0o022  # by group and world
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
    """The one secret key at `path`. Raises `Unreadable`, `Misuse` where others can read it, `Malformed`."""
    keys = signing.load(path)
    if len(keys) != 1:
        raise Malformed(f"{path}: holds {len(keys)} keys, and a consent is signed with one; nothing was signed")
    return keys[0].secret


def save_key(key: SigningKey, path: Path) -> None:
    """Write a secret key to `path`, which is never replaced. Raises `Misuse`, `Unwritable`."""
    signing.write(path, [key])


def load_known(path: Path | None = None) -> Known:
    """The keys listed at `path`; without one the user's own list, empty where there is none.

    Raises `Unreadable`, also where a line is wrong, or `Misuse` where others can write to it: whoever can decides
    who agrees for whom.
    """
    if path is None:
        path = own_list()
        if not path.exists():
            return Known()
    try:
        return lists.read(_text(path, shared=_WRITABLE))
    except Malformed as error:
        # no proof that fails: nothing was proved yet
        raise Unreadable(f"{path}: {error}; nobody was taken as known") from None


def own_list() -> Path:
    """Where the user's list of known keys lies."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "garim" / "known-keys"


def _text(path: Path, *, shared: int = 0) -> str:
    """What stands at `path`, unless others have one of the permissions `shared` on it."""
    try:
        with path.open("rb") as file:
            mode, octets = os.fstat(file.fileno()).st_mode, file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was changed") from None
    if mode & shared:
        raise Misuse(f"{path}: others can write to this list; nobody was taken as known. chmod go-w, then look at it")
    if len(octets) > MOST_BYTES:
        raise Unreadable(f"{path}: is longer than a megabyte, and so nothing of ours; nothing was changed")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed("is no text") from None


def _put(text: str, path: Path, *, force: bool) -> None:
    refuse_clash(path, [], force=force)
    with whole(path, force=force, mode=0o600) as unfinished:
        unfinished.write_text(text, "utf-8")
