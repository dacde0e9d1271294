"""WHO DOES NOT STAND ANY MORE: subject numbers in one compressed bitmap, over all that the parts say.

Laws: every read of a person's photos asks it first; it only grows; it is read whole and proven (a checksum stands
before its bytes), and one that is damaged is never taken for an empty one. It follows from `record.sqlite`, which is
the truth: whoever finds it missing makes it anew from there.

The one module that imports pyroaring.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Self

import numpy as np
from pyroaring import BitMap

from garim.core.errors import Malformed, Unreadable
from garim.corpus.values import MOST_SUBJECTS, U32, Bools
from garim.files import whole

NAME = "withdrawn.roaring"
_HEAD = b"garim withdrawn 1\n"
_MOST = 1 << 30  # bytes: every second of 4 billion numbers takes half of it


class Withdrawn:
    """A set of subject numbers. Nothing changes one: `grown` gives another."""

    __slots__ = ("_numbers",)

    def __init__(self, numbers: BitMap) -> None:
        self._numbers = numbers

    @classmethod
    def of(cls, numbers: U32) -> Self:
        """The set of `numbers`, in any order."""
        return cls(BitMap(np.ascontiguousarray(numbers, np.uint32)))

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """What `save` wrote; None where there is no file. Raises `Unreadable` for any other bytes."""
        try:
            if path.stat().st_size > _MOST:
                raise Malformed("longer than any")
            octets = path.read_bytes()
            return cls.read(octets)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was read past it") from None
        except Malformed as error:
            raise Unreadable(
                f"{path}: {error}; nothing was read past it. Delete it: it is made anew from the record"
            ) from None

    @classmethod
    def read(cls, octets: bytes) -> Self:
        """The set that `written` made. Raises `Malformed`."""
        head, claimed, body = octets[: len(_HEAD)], octets[len(_HEAD) : len(_HEAD) + 32], octets[len(_HEAD) + 32 :]
        if head != _HEAD or hashlib.sha256(body).digest() != claimed:
            raise Malformed("is not what was written there")
        return cls(BitMap.deserialize(body))

    def written(self) -> bytes:
        """The set as bytes: a checksum, then the format that all roaring bitmaps share."""
        body = self._numbers.serialize()
        return _HEAD + hashlib.sha256(body).digest() + body

    def save(self, path: Path) -> None:
        """Publish at `path`, whole and durable. Raises `Unwritable`."""
        with whole(path, force=True, mode=0o600) as unfinished:
            unfinished.write_bytes(self.written())

    def grown(self, numbers: U32) -> Withdrawn:
        """With `numbers` too."""
        return Withdrawn(self._numbers | BitMap(np.ascontiguousarray(numbers, np.uint32)))

    def without(self, numbers: U32) -> Withdrawn:
        """Less those of which no row is left anywhere: for compaction alone."""
        return Withdrawn(self._numbers - BitMap(np.ascontiguousarray(numbers, np.uint32)))

    def numbers(self, first: int = 0, last: int = MOST_SUBJECTS) -> U32:
        """Those from `first` to `last`, ascending."""
        below, upto = self._numbers.rank(first) - (first in self._numbers), self._numbers.rank(last)
        return (
            np.frombuffer(self._numbers[below:upto].to_array(), np.uint32) if upto > below else np.zeros(0, np.uint32)
        )

    def standing(self, subjects: U32) -> Bools:
        """Of each of `subjects`, whether they stand: have not withdrawn, and were not erased."""
        if len(subjects) <= 64:
            return np.fromiter((int(each) not in self._numbers for each in subjects), np.bool_, len(subjects))
        gone = self.numbers(int(subjects.min()), int(subjects.max()))
        if not len(gone):
            return np.ones(len(subjects), np.bool_)
        place = np.searchsorted(gone, subjects)
        return np.asarray(gone[np.minimum(place, len(gone) - 1)] != subjects)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Withdrawn) and self._numbers == other._numbers

    __hash__ = None  # type: ignore[assignment]
