"""WHO CAN STILL READ: a key an hour for fine rows, a key a day for coarse ones, each in a file of its own.

    STORE/keys/2026-11-22T10.key   32 random bytes: the fine rows of that hour, for a day
    STORE/keys/2026-11-22.key      32 random bytes: the coarse rows of that day, for as long as they are kept

Laws: a key is made once, durable before anything is encrypted under it, and its owner's alone (0600 in 0700); a key
that is destroyed is overwritten, flushed, unlinked, and the folder flushed, in this order; killed in between, it reads
as destroyed. What stands in a key's place and is none, or is not its owner's alone, opens nothing and dies the same.
Nobody keeps a key in memory longer than one call.

What destroying does not promise. An SSD may keep the overwritten block until it is erased, and so do file systems
that copy on write (btrfs, ZFS) and their snapshots; a copy of `keys/` elsewhere, a backup or swapped memory, keeps
the key alive. Keep `keys/` out of backups, on an encrypted disk; then every backup of the rows dies with the key.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from garim.core.errors import Misuse, Unreadable
from garim.files import unwritable, whole

KEY_BYTES = 32
_DESTROYED = bytes(KEY_BYTES)
_OTHERS = 0o077  # the permissions of group and world
_NAME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d)?")


def fine_key(hour: datetime) -> str:
    """The name of the key that the fine rows of `hour` are under."""
    return f"{hour:%Y-%m-%dT%H}"


def coarse_key(hour: datetime) -> str:
    """The name of the key that the coarse rows of the day of `hour` are under."""
    return f"{hour:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in one folder."""

    folder: Path

    def key(self, name: str) -> bytes | None:
        """The key `name`; None where it was destroyed, or never made.

        Raises `Unreadable`, and `Misuse` where others than the owner can read it.
        """
        path = self._path(name)
        try:
            with path.open("rb") as file:
                mode, octets = os.fstat(file.fileno()).st_mode, file.read(KEY_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{path}: the key cannot be read: {error.strerror}") from None
        if mode & _OTHERS:
            raise Misuse(f"{path}: others can read this key; nothing was done with it. chmod 600 {path}")
        if len(octets) != KEY_BYTES:
            raise Unreadable(f"{path}: is no key, or is cut short")
        return None if octets == _DESTROYED else octets

    def made(self, name: str) -> bytes:
        """The key `name`, made where there is none. Raises `Unreadable`, `Unwritable`, `Misuse`."""
        key = self.key(name)
        if key is not None:
            return key
        with self._alone():
            # another may have made it meanwhile; or it reads as destroyed, and whoever began that was killed
            key = self.key(name)
            if key is None:
                self._path(name).unlink(missing_ok=True)
                key = secrets.token_bytes(KEY_BYTES)
                with whole(self._path(name), mode=0o600) as path:
                    path.write_bytes(key)
        return key

    def destroy(self, name: str) -> bool:
        """Destroy the key `name`, whatever it is; whether there was one. Raises `Unwritable`."""
        path = self._path(name)
        if not os.path.lexists(path):
            return False
        with self._alone():
            try:
                _overwrite(path)
                path.unlink()
                sync(self.folder)
            except FileNotFoundError:  # another was faster
                return False
            except OSError as error:
                raise unwritable(path, error) from None
        return True

    def names(self) -> tuple[str, ...]:
        """Which keys there are."""
        if not self.folder.is_dir():
            return ()
        found = (path.name.removesuffix(".key") for path in self.folder.glob("*.key"))
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise unwritable(self.folder, error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def sync(folder: Path) -> None:
    """Make durable which files `folder` holds."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _overwrite(path: Path) -> None:
    if not path.is_file():  # a pipe, or a link to nowhere: there is nothing to overwrite
        return
    path.chmod(0o600)  # who locked the key away from its owner has not made it immortal
    handle = os.open(path, os.O_WRONLY)  # in place: a new file would leave the old bytes where they are
    try:
        os.pwrite(handle, bytes(max(KEY_BYTES, os.fstat(handle).st_size)), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
