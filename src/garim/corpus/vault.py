"""THE PHOTOS, each under its subject's key: AES-256-GCM, in packs that are only appended to.

    DIR/vault/NNNN.pack    header, nonce, ciphertext and tag; one after the other

Laws: associated data binds the corpus, the photo's serial, the subject, the kind and the consent; a changed byte, a
photo put in another's place, or a consent exchanged is refused; a pack holds just what the record says, or zeros where
a photo was erased; what a killed process left beyond that goes.
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garim.core.errors import Disproved, Unreadable
from garim.files import unwritable

MOST_PACK = 1 << 30
"""Bytes after which a new pack begins."""
MOST_PHOTO = 64 << 20
KIND_PHOTO = 1
_HEAD = struct.Struct(">4sIQIB")
_MAGIC = b"GCP1"
_NONCE = 12
_TAG = 16
OVERHEAD = _HEAD.size + _NONCE + _TAG


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo lies: the pack's number, where in it, how many bytes with header and tag."""

    pack: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Bound:
    """What a photo's ciphertext is bound to; `consent` is the commitment, 32 bytes."""

    photo: int
    subject: int
    consent: bytes
    kind: int = KIND_PHOTO


def sealed(key: bytes, corpus: bytes, bound: Bound, octets: bytes) -> bytes:
    """`octets` as they lie in a pack."""
    head = _HEAD.pack(_MAGIC, len(octets) + _TAG, bound.photo, bound.subject, bound.kind)
    nonce = secrets.token_bytes(_NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, octets, corpus + head + bound.consent)


def unsealed(key: bytes, corpus: bytes, bound: Bound, record: bytes) -> bytes:
    """What `sealed` sealed. Raises `Disproved` where one byte, or what it is bound to, is another."""
    head, nonce = record[: _HEAD.size], record[_HEAD.size : _HEAD.size + _NONCE]
    length = max(0, len(record) - _HEAD.size - _NONCE)
    wanted = _HEAD.pack(_MAGIC, length, bound.photo, bound.subject, bound.kind)
    try:
        if head != wanted:
            raise InvalidTag
        return AESGCM(key).decrypt(nonce, record[_HEAD.size + _NONCE :], corpus + head + bound.consent)
    except (InvalidTag, ValueError):
        raise Disproved(f"photo {bound.photo}: is not what was admitted; it was not read. Restore its pack") from None


@dataclass(frozen=True, slots=True)
class Vault:
    """The packs in `folder`."""

    folder: Path

    def add(self, last: tuple[int, int], records: Sequence[bytes]) -> list[Place]:
        """Append `records` after `last` (pack, its length), durably; where each lies. Raises `Unwritable`."""
        places: list[Place] = []
        pack, end = last
        for record in records:
            if end + len(record) > MOST_PACK and end:
                pack, end = pack + 1, 0
            places.append(Place(pack, end, len(record)))
            end += len(record)
        for number in sorted({place.pack for place in places}):
            mine = [(place, record) for place, record in zip(places, records, strict=True) if place.pack == number]
            self._write(number, mine[0][0].offset, b"".join(record for _, record in mine))
        return places

    def read(self, place: Place) -> bytes:
        """The bytes at `place`. Raises `Unreadable`."""
        path = self.path(place.pack)
        try:
            with path.open("rb") as file:
                found = os.pread(file.fileno(), place.length, place.offset)
        except OSError as error:
            raise Unreadable(f"{path}: photos cannot be read: {error.strerror}; restore the file") from None
        if len(found) != place.length:
            raise Unreadable(f"{path}: is cut short: photos are missing; restore the file")
        return found

    def wipe(self, places: Iterable[Place]) -> None:
        """Overwrite what lies at `places` with zeros, durably. Raises `Unwritable`."""
        by_pack: dict[int, list[Place]] = {}
        for place in places:
            by_pack.setdefault(place.pack, []).append(place)
        for pack, mine in by_pack.items():
            path = self.path(pack)
            try:
                handle = os.open(path, os.O_WRONLY)
                try:
                    for place in mine:
                        _pwrite(handle, bytes(place.length), place.offset)
                    os.fsync(handle)
                finally:
                    os.close(handle)
            except OSError as error:
                raise unwritable(path, error) from None

    def cut(self, last: tuple[int, int]) -> None:
        """Take away what lies beyond `last` (pack, its length). Raises `Unwritable`."""
        pack, end = last
        path = self.path(pack)
        try:
            if path.exists() and path.stat().st_size > end:
                os.truncate(path, end)
            for later in self.packs():
                if later > pack:
                    self.path(later).unlink()
        except OSError as error:
            raise unwritable(path, error) from None

    def packs(self) -> list[int]:
        """The numbers of the packs that there are."""
        there = (path for path in self.folder.glob("[0-9]*.pack") if path.stem.isdecimal())
        return sorted(int(path.stem) for path in there if path == self.path(int(path.stem)))

    def path(self, pack: int) -> Path:
        """Where a pack is."""
        return self.folder / f"{pack:04d}.pack"

    def _write(self, pack: int, offset: int, octets: bytes) -> None:
        path = self.path(pack)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.ftruncate(handle, offset)
                _pwrite(handle, octets, offset)
                os.fsync(handle)
                _sync(self.folder)
            finally:
                os.close(handle)
        except OSError as error:
            raise unwritable(path, error) from None


def _pwrite(handle: int, octets: bytes, at: int) -> None:
    view = memoryview(octets)
    while view:
        written = os.pwrite(handle, view, at)
        view, at = view[written:], at + written


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
