"""THE MASTER KEY: one secret that opens every other, kept outside the corpus.

Laws: a key file is its owner's alone, written whole, never over another; a key that is not this corpus's is told from
the right one before anything is read; no message quotes it. Who holds the folder without it holds nothing.

Each use has a key of its own: HKDF (RFC 5869, SHA-256) of the master key, the corpus's id, and the use.
"""

from __future__ import annotations

import hmac
import os
import secrets
import select
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import whole

BYTES = 32
_OTHERS = 0o077
_MOST_S = 60
_FIRST = "garim-corpus-master-1 "


class Master(Protocol):
    """Who hands out the master key: a file, or a command that asks a key service."""

    def unwrap(self) -> bytes:
        """32 bytes. Raises `Unreadable`, `Misuse`, `Malformed`."""
        ...


@dataclass(frozen=True, slots=True)
class MasterFile:
    """A file of mode 0600 that `made` has written."""

    path: Path

    def unwrap(self) -> bytes:
        """The key. Raises `Unreadable` where it is lost, `Misuse` where others can read it, `Malformed`."""
        try:
            with self.path.open("rb") as file:
                mode, octets = os.fstat(file.fileno()).st_mode, file.read(1024)
        except OSError as error:
            raise Unreadable(
                f"{self.path}: the master key cannot be read: {error.strerror}; nothing was opened. Without it no "
                "photo can be read again: restore it from where you keep it"
            ) from None
        if mode & _OTHERS:
            raise Misuse(f"{self.path}: others can read the master key; nothing was opened. chmod 600 {self.path}")
        try:
            text = octets.decode("ascii")
            key = bytes.fromhex(text.removeprefix(_FIRST).removesuffix("\n"))
        except ValueError:
            key, text = b"", ""
        if len(key) != BYTES or text != _text(key):
            raise Malformed(f"{self.path}: is no master key, or is cut short; nothing was opened")
        return key


@dataclass(frozen=True, slots=True)
class MasterCommand:
    """A command whose stdout is the 32 bytes: how a key service fits."""

    argv: tuple[str, ...]

    def unwrap(self) -> bytes:
        """The key. Raises `Unreadable` where the command fails, `Malformed` where it answers with anything else."""
        try:
            octets = _answer(self.argv)
        except (OSError, subprocess.SubprocessError) as error:
            # neither its output nor its words: either may quote a secret
            raise Unreadable(
                f"{self.argv[0]}: gave no master key ({type(error).__name__}); nothing was opened"
            ) from None
        if len(octets) != BYTES:
            said = f"{len(octets)} bytes" if len(octets) < BYTES else "more bytes"
            raise Malformed(f"{self.argv[0]}: answers with {said}, not 32; nothing was opened")
        return octets


def _answer(argv: tuple[str, ...]) -> bytes:
    """What a command that ends well says, a byte more than a key at most. Raises as `subprocess.run` does."""
    until = time.monotonic() + _MOST_S
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(argv, stdin=nothing, stdout=pipe, stderr=nothing, bufsize=0) as asked:
        assert asked.stdout is not None
        octets, piece = b"", b"begun"
        try:
            while piece and len(octets) <= BYTES:
                if not select.select([asked.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                    raise subprocess.TimeoutExpired(argv, _MOST_S)
                piece = os.read(asked.stdout.fileno(), BYTES + 1 - len(octets))
                octets += piece
            if len(octets) <= BYTES and (code := asked.wait(max(0.0, until - time.monotonic()))):
                raise subprocess.CalledProcessError(code, argv)
        finally:
            asked.kill()  # of one that has ended it is nothing
    return octets


def made(path: Path) -> MasterFile:
    """A new master key at `path`. Raises `Misuse` where something is there, `Unwritable`."""
    if path.exists() or path.is_symlink():
        raise Misuse(f"{path}: exists already, and a key is never overwritten. Name another file")
    with whole(path, mode=0o600) as unfinished:
        unfinished.write_text(_text(secrets.token_bytes(BYTES)), "ascii")
    return MasterFile(path)


def command(argv: Sequence[str]) -> MasterCommand:
    """The command `argv`. Raises `Misuse` where it is empty."""
    if not argv:
        raise Misuse("--master-command names no command; nothing was opened")
    return MasterCommand(tuple(argv))


@dataclass(frozen=True, slots=True)
class Secrets:
    """A key for each use, of one corpus; none is ever written down."""

    corpus: bytes
    """The corpus's id, 16 bytes; no secret."""
    check: bytes
    ids: bytes = field(repr=False)
    wrap: bytes = field(repr=False)
    ledger: bytes = field(repr=False)
    seal: bytes = field(repr=False)
    same: bytes = field(repr=False)


def derived(master: Master, corpus: bytes) -> Secrets:
    """The keys of the corpus with this id. Raises as `master.unwrap` does."""
    key = hmac.digest(b"garim corpus\n" + corpus, master.unwrap(), "sha256")
    uses = ("check", "ids", "wrap", "ledger", "seal", "same")
    return Secrets(corpus, *(hmac.digest(key, f"garim corpus {use} v1".encode() + b"\1", "sha256") for use in uses))


def _text(key: bytes) -> str:
    return f"{_FIRST}{key.hex()}\n"
