"""WHAT IS LOOKED UP IN A PART, beside its Parquet: which rows are a subject's, each row's terms and group.

    NNNN.index   magic | length | header (JSON) | sections

    photos   of each number from `first` on, how many rows              (1 byte a subject)
    terms    the terms that occur; `terms_rows` how many rows have each
    groups   the groups that occur: nationality, age at the photo, sex in one u32
    term     of each row, its place in `terms`                           (2 bytes)
    group    of each row, its place in `groups`                          (2 bytes)

Laws: it follows from the Parquet and nothing else, names it by its SHA-256, and is never the only place of anything:
one that is missing or damaged is derived anew; each section has a checksum. Counting reads these instead of Parquet.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Malformed
from garim.corpus.values import U8, U16, U32, Records

_MAGIC = b"garim corpus index 1\n"
_MOST_HEAD = 1 << 16
_DTYPES = {name: np.dtype(name) for name in ("uint8", "uint16", "uint32")}
_SECTIONS = ("photos", "terms", "terms_rows", "groups", "term", "group")
_LONG = frozenset({"term", "group"})  # a row each: read when asked for

Codes = NDArray[Any]


NO_AGE = 255
"""Where the birth year is not stated, or the photo older than the person."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups side by side: nationality packed, `age` in calendar years when the photo was taken, sex."""

    nationality: U16
    age: U8
    sex: U8

    @classmethod
    def of(cls, codes: U32) -> Self:
        """Of the codes that stand in an index: 15 bits, 8, 2."""
        return cls((codes >> 10).astype(np.uint16), (codes >> 2 & 255).astype(np.uint8), (codes & 3).astype(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The index of one part of `rows` rows, whose subjects are numbered from `first` on; made from `parquet`."""

    parquet: str
    rows: int
    first: int
    sections: Mapping[str, Codes]
    path: Path | None = None
    places: Mapping[str, tuple[np.dtype[Any], int, int, int]] | None = None

    @classmethod
    def derived(cls, records: Records, parquet: str) -> Self:
        """The index of rows that stand by subject."""
        first = int(records.subject[0])
        numbers = (records.subject - np.uint32(first)).astype(np.int64)
        photos = np.bincount(numbers)
        terms, terms_rows, term = _dictionary(records.terms)
        groups, group = _grouped(records)
        sections = {"photos": _narrow(photos, int(photos.max())), "terms": terms, "terms_rows": terms_rows}
        sections |= {"groups": groups, "term": term, "group": group}
        return cls(parquet, len(records), first, sections)

    def written(self) -> bytes:
        """The file."""
        octets = {name: self.section(name).tobytes() for name in _SECTIONS}
        places, at = {}, 0
        for name, body in octets.items():
            of = self.section(name)
            places[name] = [str(of.dtype), len(of), at, zlib.crc32(body)]
            at += len(body)
        head = {"parquet": self.parquet, "rows": self.rows, "first": self.first, "sections": places}
        text = json.dumps(head, separators=(",", ":")).encode()
        return b"".join([_MAGIC, len(text).to_bytes(4, "big"), text, *octets.values()])

    @classmethod
    def open(cls, path: Path, *, parquet: str, rows: int, first: int) -> Self:
        """The index at `path`, its short sections read. Raises `Malformed`, also where it is of another Parquet."""
        with path.open("rb") as file:
            size = path.stat().st_size
            start = file.read(len(_MAGIC) + 4)
            length = int.from_bytes(start[len(_MAGIC) :], "big")
            if start[: len(_MAGIC)] != _MAGIC or length > _MOST_HEAD:
                raise Malformed("no index of a part")
            head = _header(file.read(length))
        if (head["parquet"], head["rows"], head["first"]) != (parquet, rows, first):
            raise Malformed("the index of another part")
        places = _placed(head["sections"], len(start) + length, size, rows)
        opened = cls(parquet, rows, first, {}, path, places)
        return cls(parquet, rows, first, {n: opened.section(n) for n in _SECTIONS if n not in _LONG}, path, places)

    def section(self, name: str, *, checked: bool = True) -> Codes:
        """One array. Raises `Malformed` where `checked` and its bytes are not those that were written."""
        if name in self.sections:
            return self.sections[name]
        assert self.path is not None
        assert self.places is not None
        dtype, count, offset, crc = self.places[name]
        read = np.fromfile(self.path, dtype, count, offset=offset)
        if len(read) != count or (checked and zlib.crc32(read.data) != crc):
            raise Malformed(f"the index of a part: its {name} is damaged")
        return read

    def starts(self) -> NDArray[np.int64]:
        """Where each subject's rows begin; one more at the end."""
        photos = self.section("photos")
        starts = np.zeros(len(photos) + 1, np.int64)
        np.cumsum(photos, out=starts[1:])
        return starts

    def people(self, rows: NDArray[np.int64]) -> U32:
        """The subject of each of `rows`."""
        photos = self.section("photos")
        return np.repeat(np.arange(len(photos), dtype=np.uint32), photos)[rows] + np.uint32(self.first)

    def rows_of(self, subjects: U32) -> NDArray[np.int64]:
        """The rows of `subjects`, each of them once; numbers that are not in this part have none."""
        inside = subjects[(subjects >= self.first) & (subjects < self.first + len(self.section("photos")))]
        at = inside.astype(np.int64) - self.first
        starts = self.starts()
        lengths = starts[at + 1] - starts[at]
        ends = np.cumsum(lengths)
        steps = np.repeat(starts[at] - (ends - lengths), lengths)
        return np.asarray(np.arange(len(steps)) + steps)


def _header(text: bytes) -> dict[str, Any]:
    try:
        head = json.loads(text)
        if set(head) == {"parquet", "rows", "first", "sections"} and set(head["sections"]) == set(_SECTIONS):
            return dict(head)
    except (ValueError, TypeError, RecursionError):
        pass
    raise Malformed("no index of a part")


def _placed(sections: Any, base: int, size: int, rows: int) -> dict[str, tuple[np.dtype[Any], int, int, int]]:
    """Where each section lies, which is inside the file: a claim of a billion rows takes no memory."""
    places = {}
    for name, place in sections.items():
        try:
            kind, count, at, crc = place
            dtype = _DTYPES[kind]
            inside = isinstance(crc, int) and 0 <= at <= at + count * dtype.itemsize <= size - base
        except (KeyError, TypeError, ValueError):
            raise Malformed("no index of a part") from None
        if not inside or (name in _LONG and count != rows):
            raise Malformed("the index of a part: shorter than it says")
        places[name] = (dtype, count, base + at, crc)
    return places


def _dictionary(values: Codes) -> tuple[U32, U32, Codes]:
    """The values that occur, ascending; how often; of each value, its place among them."""
    if len(values) and int(values.max()) < 1 << 22:  # a table is ten times faster than a sort
        rows = np.bincount(values)
        there = np.flatnonzero(rows)
        place = np.zeros(len(rows), np.uint32)
        place[there] = np.arange(len(there))
        return there.astype(np.uint32), rows[there].astype(np.uint32), _narrow(place, len(there))[values]
    known, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return known, counts.astype(np.uint32), _narrow(places, len(known))


def _grouped(records: Records) -> tuple[U32, Codes]:
    """The group codes that occur, ascending; of each row, its place among them."""
    if (records.nationality >> 15).any() or (records.sex >> 2).any():
        raise ValueError("records: a nationality or sex that there is not")
    nationalities, _, nationality = _dictionary(records.nationality)
    # by the places of what occurs, not by what could: the numbers are small, and their order is that of the codes
    small = nationality.astype(np.uint32) << 10 | ages(records).astype(np.uint32) << 2 | records.sex
    known, _, group = _dictionary(small)
    return nationalities[known >> 10] << 10 | known & 1023, group


def ages(records: Records) -> U8:
    """The age of each row's person in the year of the photo: calendar years, 0 to 254, or `NO_AGE`."""
    years = records.captured_on.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int32) + 1970
    old = years - records.birth_year
    return np.where((records.birth_year == 0) | (old < 0) | (old > 254), NO_AGE, old).astype(np.uint8)


def _narrow(values: NDArray[Any], most: int) -> Codes:
    return values.astype(np.uint8 if most < 1 << 8 else np.uint16 if most < 1 << 16 else np.uint32)
