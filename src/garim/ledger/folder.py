"""THE PUBLIC FOLDER: the checkpoint and the tiles as files, which anybody may copy, serve and verify.

Laws: a file has its name only once it is whole; tiles are read-only and, once a checkpoint covers them, never
written again; the checkpoint is written last.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from garim.core.errors import Unreadable
from garim.files import unwritable
from garim.ledger.tiles import MOST_BYTES as MOST_ENTRY
from garim.ledger.tiles import WIDTH, Name

CHECKPOINT = "checkpoint"
WITNESSED = "checkpoint.witnessed"
"""The last checkpoint that witnesses cosigned, which may be behind; it is not part of tlog-tiles."""

MOST_BYTES = WIDTH * (MOST_ENTRY + 2)
"""Of a full bundle whose entries are as long as can be; nothing else in a log is larger."""

_UNFINISHED = ".unfinished"  # one is enough: who writes holds the log's lock


class Folder:
    """A log's folder at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unfinished = f"{path}/{_UNFINISHED}"

    def read(self, name: str) -> bytes:
        """The plain file at `name`. Raises `FileNotFoundError`, or `Unreadable` where it is none, or too large."""
        path = self.path / name
        try:
            # a pipe would block, and a device never end: the folder may be a stranger's
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Unreadable(f"{path}: is no plain file")
                found = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Unreadable(f"{path}: cannot be read: {error.strerror}") from None
        if len(found) > MOST_BYTES:
            raise Unreadable(f"{path}: is larger than any file of a log")
        return found

    def place(self, name: Name, tile: bytes, *, durable: bool) -> None:
        """Write a tile; with `durable` its bytes are on disk afterwards. Raises `Unwritable`."""
        self.stage(tile, mode=0o444, durable=durable)
        self.publish(str(name))

    def stage(self, content: bytes, *, mode: int, durable: bool) -> None:
        """Write what the next `publish` gives its name. Raises `Unwritable`."""
        try:
            handle = self._new(mode)
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, mode)
                if content:
                    # a full disk shows here; and ext4 need not flush a file whose blocks it has when a name is replaced
                    os.posix_fallocate(handle, 0, len(content))
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(handle)
        except OSError as error:
            Path(self._unfinished).unlink(missing_ok=True)
            raise unwritable(self.path, error) from None

    def _new(self, mode: int) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return os.open(self._unfinished, flags, mode)
        except FileExistsError:  # of a process that was killed
            Path(self._unfinished).unlink()
            return os.open(self._unfinished, flags, mode)

    def publish(self, name: str) -> None:
        """Give what was staged its name, all at once. Raises `Unwritable`."""
        target = f"{self.path}/{name}"
        try:
            try:
                os.replace(self._unfinished, target)  # noqa: PTH105 - strings: a Path costs more than the call
            except FileNotFoundError:
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                Path(self._unfinished).replace(target)
        except OSError as error:
            raise unwritable(Path(target), error) from None

    def sync(self, names: Iterable[Name]) -> None:
        """Make the names of tiles durable: every folder from theirs up to the log's. Raises `Unwritable`."""
        folders = {parent for name in names for parent in (self.path / str(name)).relative_to(self.path).parents}
        for folder in sorted(folders, reverse=True):
            try:
                handle = os.open(self.path / folder, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
            except OSError as error:
                raise unwritable(self.path / folder, error) from None

    def holds(self, name: str, content: bytes) -> bool:
        """Whether just `content` stands at `name`."""
        try:
            return self.read(name) == content
        except FileNotFoundError:
            return False

    def drop_partial(self, full: Iterable[Name]) -> None:
        """Take away the partial tiles of places that are full by now."""
        for name in full:
            partial = self.path / f"{Name(name.level, name.number, WIDTH)}.p"
            if partial.is_dir():
                for file in partial.iterdir():
                    file.unlink()
                partial.rmdir()
