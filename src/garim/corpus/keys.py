"""A KEY A SUBJECT: its seed, wrapped under the master key, in the slot of its number.

    DIR/keys/NNNN   2^20 slots of 24 bytes, from number NNNN x 2^20 on; 24 zeros: destroyed

Laws: a seed lies in one place; a slot that was overwritten opens nothing again; a slot that is not what was wrapped for
its number is refused; what a killed process left beyond the last number is no key, and goes.

What destroying does not promise: an SSD may keep the overwritten block until it is erased, and so do file systems that
copy on write, their snapshots, and backups of `keys/`. Keep `keys/` on an encrypted disk; a restored backup's keys are
destroyed again when it is opened, since the ledger knows (`corpus.erased`).
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from garim.core.errors import Disproved, Unreadable
from garim.corpus.keywrap import SEED, SLOT, Octets, unwrapped, wrapped
from garim.corpus.values import U32, Bools
from garim.files import unwritable

SLOTS = 1 << 20
"""Of one file."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The slots in `folder`, under the key `wrap`, of the corpus `corpus`."""

    folder: Path
    wrap: bytes
    corpus: bytes

    def add(self, first: int, count: int) -> None:
        """New seeds for the numbers from `first` on, durably. Raises `Unwritable`."""
        for start, stop in _files(first, count):
            numbers = np.arange(start, stop, dtype=np.uint32)
            seeds = np.frombuffer(secrets.token_bytes(SEED * len(numbers)), np.uint8).reshape(-1, SEED)
            self._put(start, wrapped(self.wrap, numbers, seeds).tobytes())
        self._sync_names()

    def seed(self, number: int) -> bytes | None:
        """The seed of `number`; None where it was destroyed. Raises `Disproved`, `Unreadable`."""
        slots = self.slots(number, 1)
        if not slots.any():
            return None
        seeds, right = unwrapped(self.wrap, np.array([number], np.uint32), slots)
        if not right[0]:
            raise Disproved(
                f"{self._path(number)}: a key is not what was put there; nothing was read. Restore the file"
            )
        return bytes(seeds[0])

    def photo_key(self, number: int) -> bytes | None:
        """The AES-256 key of the photos of `number`; None where it was destroyed. Raises as `seed` does."""
        seed = self.seed(number)
        return None if seed is None else photo_key(seed, self.corpus, number)

    def wrong(self, first: int, count: int) -> tuple[Bools, Bools]:
        """Of the numbers from `first` on: which slots are neither a key nor destroyed, and which are destroyed."""
        slots = self.slots(first, count)
        destroyed = ~slots.any(axis=1)
        right = unwrapped(self.wrap, np.arange(first, first + count, dtype=np.uint32), slots)[1]
        return np.asarray(~right & ~destroyed), np.asarray(destroyed)

    def slots(self, first: int, count: int) -> Octets:
        """u8[count,24] as they lie there. Raises `Unreadable`."""
        rows = []
        for start, stop in _files(first, count):
            path = self._path(start)
            wanted = SLOT * (stop - start)
            try:
                with path.open("rb") as file:
                    found = os.pread(file.fileno(), wanted, SLOT * (start % SLOTS))
            except OSError as error:
                raise Unreadable(f"{path}: keys cannot be read: {error.strerror}; restore the file") from None
            if len(found) != wanted:
                raise Unreadable(f"{path}: is cut short: keys are missing; restore the file")
            rows.append(np.frombuffer(found, np.uint8))
        return np.concatenate([np.zeros(0, np.uint8), *rows]).reshape(-1, SLOT)

    def destroy(self, numbers: U32) -> None:
        """Overwrite the slots of `numbers`, in place, durably. Raises `Unwritable`."""
        for file in np.unique(numbers // SLOTS):
            mine = numbers[numbers // SLOTS == file]
            path = self._path(int(mine[0]))
            try:
                handle = os.open(path, os.O_WRONLY)
                try:
                    for number in mine.tolist():
                        os.pwrite(handle, bytes(SLOT), SLOT * (number % SLOTS))
                    os.fsync(handle)
                finally:
                    os.close(handle)
            except OSError as error:
                raise unwritable(path, error) from None

    def files(self) -> list[tuple[int, Path]]:
        """The files that there are, by their numbers."""
        return sorted((int(path.name), path) for path in self.folder.glob("[0-9]" * 4))

    def cut(self, following: int) -> None:
        """Take away what lies beyond the last number: `following` is the next to be given. Raises `Unwritable`."""
        wanted = SLOT * (following % SLOTS)
        path = self._path(following)
        try:
            if path.exists() and path.stat().st_size > wanted:
                os.truncate(path, wanted)
            for number, later in self.files():
                if number > following // SLOTS:
                    later.unlink()
        except OSError as error:
            raise unwritable(path, error) from None

    def _put(self, start: int, octets: bytes) -> None:
        path = self._path(start)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                _pwrite(handle, octets, SLOT * (start % SLOTS))
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise unwritable(path, error) from None

    def _sync_names(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number // SLOTS:04d}"


def photo_key(seed: bytes, corpus: bytes, number: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) of a seed, for the photos of one subject of one corpus."""
    extracted = hmac.digest(corpus, seed, "sha256")
    return hmac.digest(extracted, b"garim corpus photos v1\n" + number.to_bytes(4, "big") + b"\1", "sha256")


def _files(first: int, count: int) -> list[tuple[int, int]]:
    """The numbers from `first` on, cut where a file ends: (start, stop) each."""
    cuts = [first, *range((first // SLOTS + 1) * SLOTS, first + count, SLOTS), first + count]
    return [(start, stop) for start, stop in pairwise(cuts) if start < stop]


def _pwrite(handle: int, octets: bytes, at: int) -> None:
    view = memoryview(octets)
    while view:
        written = os.pwrite(handle, view, at)
        view, at = view[written:], at + written
