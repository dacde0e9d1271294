"""WHERE RESULTS APPEAR: whole or not at all.

Laws: a result has its name only once it is complete and on disk; an error, Ctrl-C or a killed process leaves
nothing behind (on Linux the unfinished file has no name at all); nothing is overwritten unless that was asked;
an output is never one of the inputs.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from garim.core.errors import Misuse, Unreadable, Unwritable

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # what file systems without hard links answer


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises `Unreadable`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was written") from None


def unwritable(path: Path, error: OSError) -> Unwritable:
    """The error to raise when writing towards `path` failed with `error`."""
    if error.errno in _NO_ROOM:
        return Unwritable(f"{path}: no room left on the disk; nothing was published. Free some, or choose another -o")
    return Unwritable(f"{path}: cannot be written: {error.strerror or error}; nothing was published")


def refuse_clash(output: Path, inputs: Iterable[Path], *, force: bool) -> None:
    """Raise `Misuse` where `output` is one of the inputs, is no plain file, or exists and `force` is not given.

    Raises `Unwritable` where its folder cannot be looked into.
    """
    try:
        _refuse(output, inputs, force=force)
    except OSError as error:
        raise unwritable(output, error) from None


def _refuse(output: Path, inputs: Iterable[Path], *, force: bool) -> None:
    if not output.exists():
        if output.is_symlink():
            raise Misuse(f"{output}: is a link to nowhere; nothing was written. Choose another -o")
        return
    if output.is_dir():
        raise Misuse(f"{output}: is a folder; nothing was written. Name a file with -o")
    if not output.is_file():
        raise Misuse(f"{output}: is no plain file; nothing was written. Choose another -o")
    for source in inputs:
        if source.exists() and output.samefile(source):
            raise Misuse(f"{output}: the output is the input; nothing was written. Choose another -o")
    if not force:
        raise Misuse(f"{output}: exists already; nothing was written. --force replaces it")


def refuse_no_folder(output: Path) -> None:
    """Raise `Misuse` where `output` cannot be made since there is no folder for it, or it is another's.

    For what is done once and for good before its output is written.
    """
    if not output.parent.is_dir() or not os.access(output.parent, os.W_OK | os.X_OK):
        raise Misuse(f"{output}: its folder is not there, or not yours to write; nothing was done. Choose another -o")


@contextlib.contextmanager
def whole(output: Path, *, force: bool = False, mode: int = 0o644) -> Iterator[Path]:
    """A path to write to; on leaving without an exception its file becomes `output`, durable and all at once.

    The path may be opened by name as often as wanted inside the block. Raises `Unwritable`, or `Misuse` where
    `output` appeared meanwhile and `force` is not given.
    """
    folder = output.parent
    try:
        unnamed = _unnamed(folder, mode)
    except OSError as error:
        raise unwritable(output, error) from None
    if unnamed is None:
        yield from _through_partial(output, force=force, mode=mode)
        return
    try:
        path = Path(f"/proc/self/fd/{unnamed}")
        yield path
        try:
            os.fsync(unnamed)
            _link(unnamed, output, force=force)
            _sync_folder(folder)
        except OSError as error:
            raise unwritable(output, error) from None
    finally:
        os.close(unnamed)


def _unnamed(folder: Path, mode: int) -> int | None:
    """A file without a name in `folder`; None where the system or its file system has no such thing."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, mode)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR):
            return None
        raise


def _link(unnamed: int, output: Path, *, force: bool) -> None:
    if not force:
        try:
            _name(unnamed, output)
        except FileExistsError:
            raise Misuse(f"{output}: appeared meanwhile; it was left as it is. --force replaces it") from None
        return
    beside = _beside(output)
    try:
        _name(unnamed, beside)
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)


def _name(unnamed: int, name: Path) -> None:
    # src_dir_fd means nothing to an absolute path, but makes Python call linkat(AT_SYMLINK_FOLLOW), which
    # names the file behind the entry in /proc; link() would try to name the entry
    os.link(f"/proc/self/fd/{unnamed}", name, src_dir_fd=unnamed, follow_symlinks=True)


def _beside(output: Path) -> Path:
    # not made from the output's name, which may already be as long as names can be
    return output.with_name(f".garim-{secrets.token_hex(8)}.partial")


def _through_partial(output: Path, *, force: bool, mode: int) -> Iterator[Path]:
    partial = _beside(output)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    except OSError as error:
        raise unwritable(output, error) from None
    try:
        yield partial
        try:
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            if force:
                partial.replace(output)
            else:
                _move(partial, output)
            _sync_folder(output.parent)
        except FileExistsError:
            raise Misuse(f"{output}: appeared meanwhile; it was left as it is. --force replaces it") from None
        except OSError as error:
            raise unwritable(output, error) from None
    finally:
        partial.unlink(missing_ok=True)


def _move(partial: Path, output: Path) -> None:
    """`partial` under the name `output`, which is new. Raises `FileExistsError`."""
    try:
        os.link(partial, output)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # memory cards: the name is taken before it is replaced, so that nobody else's file is
        output.touch(exist_ok=False)
        partial.replace(output)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
