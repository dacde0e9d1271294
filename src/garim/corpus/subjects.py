"""WHO IS WHICH NUMBER: a pseudonym leads to an id, an id to a number, and nothing leads back.

    DIR/subjects/NAME.idx   ids sorted, u8[n,16], then their numbers, u32[n]; little-endian

Laws: an id is made with a key that is not in the folder, so nobody who has the folder can try pseudonyms; a run is
written whole and never changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse, Unreadable
from garim.corpus.values import I64, U32
from garim.files import whole

ID = 16
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_NO_PSEUDONYMS = re.compile(rb"[^A-Za-z0-9._\n-]|(?<![^\n])[._\n-]|[^\n]{65}")  # of lines: a start, a length
_FEW = 1000  # fewer are looked up one by one: that reads 27 pages each, and not the run
_BIG = np.dtype([("high", ">u8"), ("low", ">u8")])

Ids = NDArray[np.uint8]


def id_of(key: bytes, pseudonym: str) -> bytes:
    """The 16 bytes that stand for a pseudonym: BLAKE2b (RFC 7693), keyed. Raises `Misuse`."""
    if not _PSEUDONYM.fullmatch(pseudonym):
        raise Misuse("a pseudonym is up to 64 letters, digits, '.', '_' and '-', as P-01; nothing was looked up")
    return hashlib.blake2b(pseudonym.encode(), digest_size=ID, key=key).digest()


def ids_of(key: bytes, pseudonyms: Sequence[str]) -> Ids:
    """u8[n,16]: `id_of` each, for millions. Raises `Misuse`."""
    joined = "\n".join(pseudonyms).encode()
    each = joined.split(b"\n") if pseudonyms else []
    if len(each) != len(pseudonyms) or _NO_PSEUDONYMS.search(joined + b"\n" * bool(each)):
        return np.frombuffer(
            b"".join(id_of(key, one) for one in pseudonyms), np.uint8
        )  # one of them says what is wrong
    keyed, told = hashlib.blake2b(digest_size=ID, key=key), []
    for octets in each:
        one = keyed.copy()  # the key's block is hashed once
        one.update(octets)
        told.append(one.digest())
    return np.frombuffer(b"".join(told), np.uint8).reshape(-1, ID)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the record knows it."""

    name: str
    subjects: int
    octets: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """One run, read where it lies."""

    ids: Ids
    numbers: U32

    def number(self, wanted: bytes) -> int | None:
        """The number of an id; None where it is not in this run."""
        at = self._first(wanted)
        found = at < len(self.numbers) and self.ids[at].tobytes() == wanted
        return int(self.numbers[at]) if found else None

    def numbers_of(self, wanted: Ids) -> I64:
        """The numbers of many ids u8[n,16]; -1 where one is not in this run."""
        if len(wanted) < _FEW or not len(self.numbers):
            return _places([self.number(each.tobytes()) for each in wanted])
        mine, theirs = _high(self.ids), _high(wanted)
        at = np.minimum(np.searchsorted(mine, theirs), len(mine) - 1)
        there = (self.ids[at] == wanted).all(axis=1)
        found = np.where(there, self.numbers[at].astype(np.int64), -1)
        alike = np.flatnonzero(~there & (mine[at] == theirs))  # eight bytes are, and more than one id has them
        found[alike] = _places([self.number(wanted[row].tobytes()) for row in alike])
        return found

    def _first(self, wanted: bytes) -> int:
        """The first place whose id is not below `wanted`: 27 looks among a hundred million."""
        low, high = 0, len(self.numbers)
        while low < high:
            middle = (low + high) // 2
            if self.ids[middle].tobytes() < wanted:
                low = middle + 1
            else:
                high = middle
        return low


def write(path: Path, ids: Ids, numbers: U32) -> Run:
    """A run of `ids` u8[n,16], in any order, and their numbers. Raises `Misuse` where an id is there twice."""
    order = _order(ids)
    digest = hashlib.sha256()
    with whole(path, mode=0o600) as unfinished, unfinished.open("wb") as file:
        for start in range(0, len(order), 1 << 20):
            octets = ids[order[start : start + (1 << 20)]].tobytes()
            digest.update(octets)
            file.write(octets)
        octets = numbers[order].astype("<u4").tobytes()
        digest.update(octets)
        file.write(octets)
    return Run(path.name, len(numbers), (ID + 4) * len(numbers), digest.hexdigest())


def odd(pseudonyms: Sequence[str]) -> int | None:
    """The place of the first that is no pseudonym; None where all are."""
    joined = "\n".join(pseudonyms)
    if joined.count("\n") == len(pseudonyms) - 1 and not _NO_PSEUDONYMS.search(joined.encode() + b"\n"):
        return None
    return next((at for at, each in enumerate(pseudonyms) if not _PSEUDONYM.fullmatch(each)), None)


def in_memory(ids: Ids, numbers: U32) -> Index:
    """The same as a run, of ids that are in none yet."""
    order = _order(ids)
    return Index(ids[order], numbers[order])


def opened(folder: Path, run: Run) -> Index:
    """The run, memory-mapped. Raises `Unreadable` where it is not as long as the record says."""
    path = folder / run.name
    try:
        if path.stat().st_size != run.octets:
            raise Unreadable(f"{path}: is not the list of subjects that was written; restore the file")
        ids = np.memmap(path, np.uint8, "r", shape=(run.subjects, ID))
        numbers = np.memmap(path, "<u4", "r", offset=ID * run.subjects, shape=(run.subjects,))
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; restore the file") from None
    return Index(ids, numbers)


def _order(ids: Ids) -> I64:
    high = _high(ids)
    order = np.argsort(high)
    ordered = high[order]
    if (ordered[1:] == ordered[:-1]).any():  # rare enough that the slow sort is paid by those who have it
        low = np.ascontiguousarray(ids).view(_BIG).reshape(-1)["low"].astype(np.uint64)
        order = np.lexsort((low, high))
        if (ids[order[1:]] == ids[order[:-1]]).all(axis=1).any():
            raise Misuse("a subject stands twice among those to be added; nothing was added")
    return order


def _high(ids: Ids) -> NDArray[np.uint64]:
    return np.ascontiguousarray(ids).view(_BIG).reshape(-1)["high"].astype(np.uint64)


def _places(numbers: Sequence[int | None]) -> I64:
    return np.array([-1 if each is None else each for each in numbers], np.int64)
