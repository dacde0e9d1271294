"""WHAT THE CORPUS IS MADE OF: rows, terms, parts. Pure: numpy and the standard library.

The layout, as it differs from the first sketch (and why):

- A subject has a **number** (u32, in order of admission, never used again) and an **id** (16 bytes: BLAKE2b of the
  pseudonym, keyed from the master key: whoever steals the folder cannot try pseudonyms). Parts are sorted by number,
  not by hash: new subjects append, the column costs a fraction of a byte a row, the withdrawn bitmap is over numbers,
  and a key's slot lies at its number for good. id -> number: `subjects/G.idx`, sorted runs (20 bytes a subject), and
  SQLite for the newest. Two pseudonyms of one id differ in 128 bits: a collision does not happen.
- What a person allows is one small integer a row, **terms**: a consent is for one purpose, with processors and an
  end of its own, so purposes and processors as two columns would allow train's purpose with test's processor. `Terms`
  is a set of `Grant`s; the table of terms is small (ends are rounded down to the hour); "eligible" is: the set of
  terms that allow (purpose, processor, now), then `terms IN set` over the parts.
- Nationality is a u16: three letters packed (`packed("KOR")`), XXX where unstated.
- Keys: AES Key Wrap (RFC 3394, vectorised over all subjects; initial value bound to the number) of a 16-byte seed:
  24 bytes a subject, each with its own integrity.
- `blobs` (photo -> pack, offset, length) stay in SQLite; `recent` rows are those not in parts yet.

A folder: corpus.json, record.sqlite, lock, keys/NNNN, vault/NNNN.pack, subjects/*.idx, subjects/*.consents,
parts/G/NNNN.parquet, withdrawn.roaring.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, IntFlag
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from garim.consent import Purpose

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNSTATED = "XXX"  # ICAO 9303: unspecified nationality
EPOCH = date(1970, 1, 1)
MOST_SUBJECTS = (1 << 32) - 1


class Purposes(IntFlag):
    """The uses that a corpus knows; bits, for audits and pages."""

    CORPUS_TRAIN = 1
    CORPUS_TEST = 2


PURPOSES = {Purpose.CORPUS_TRAIN: Purposes.CORPUS_TRAIN, Purpose.CORPUS_TEST: Purposes.CORPUS_TEST}


class Sex(IntEnum):
    """As given by the person."""

    UNSTATED = 0
    FEMALE = 1
    MALE = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A person in this corpus: `number`, and the 16-byte `id` that the pseudonym leads to."""

    number: int
    id: bytes


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One consent as the corpus keeps it: a purpose, who may process, until when (whole hours, inclusive)."""

    purpose: Purpose
    processors: tuple[str, ...]
    until: datetime
    test: bool = False

    def allows(self, purpose: Purpose, processor: str, at: datetime, *, test: bool = False) -> bool:
        """Whether `processor` may use a photo for `purpose` at `at`; a TEST consent only where `test`."""
        named = purpose is self.purpose and processor in self.processors
        return named and at <= self.until and (test or not self.test)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a photo's subject allowed of it."""

    grants: tuple[Grant, ...]

    def __post_init__(self) -> None:
        if not self.grants or list(self.grants) != sorted(set(self.grants)):
            raise ValueError("terms: grants, sorted, each once")

    def allows(self, purpose: Purpose, processor: str, at: datetime, *, test: bool = False) -> bool:
        """Whether any grant does."""
        return any(grant.allows(purpose, processor, at, test=test) for grant in self.grants)

    @property
    def purposes(self) -> Purposes:
        """The bits of all grants."""
        bits = Purposes(0)
        for grant in self.grants:
            bits |= PURPOSES[grant.purpose]
        return bits


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Photos side by side. `subject` number, `photo` serial, `nationality` packed, `captured_on` days since 1970.

    `birth_year` 0 where unstated; `consent` is a serial; `held` whether the vault has the photo's bytes.
    """

    subject: U32
    photo: U64
    nationality: U16
    birth_year: U16
    sex: U8
    captured_on: I32
    provenance: U8
    terms: U32
    consent: U64
    held: Bools

    def __post_init__(self) -> None:
        for name, dtype in COLUMNS.items():
            column = getattr(self, name)
            if column.dtype != dtype or column.shape != self.subject.shape:
                raise ValueError(f"records: {name} is {dtype}, one a row")

    def __len__(self) -> int:
        return len(self.subject)

    def __getitem__(self, rows: Any) -> Self:
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(**{name: np.zeros(0, dtype) for name, dtype in COLUMNS.items()})

    @classmethod
    def joined(cls, several: Sequence[Records]) -> Self:
        """The rows of `several`, one after the other."""
        return cls(
            **{
                name: np.concatenate([np.zeros(0, dtype), *(getattr(each, name) for each in several)])
                for name, dtype in COLUMNS.items()
            }
        )


COLUMNS: dict[str, np.dtype[Any]] = {
    "subject": np.dtype(np.uint32),
    "photo": np.dtype(np.uint64),
    "nationality": np.dtype(np.uint16),
    "birth_year": np.dtype(np.uint16),
    "sex": np.dtype(np.uint8),
    "captured_on": np.dtype(np.int32),
    "provenance": np.dtype(np.uint8),
    "terms": np.dtype(np.uint32),
    "consent": np.dtype(np.uint64),
    "held": np.dtype(np.bool_),
}
assert list(COLUMNS) == [field.name for field in fields(Records)]


@dataclass(frozen=True, slots=True)
class Part:
    """A file of rows as `record.sqlite` knows it: `name` under DIR/parts (as 3/0007.parquet), subjects first..last."""

    name: str
    rows: int
    first: int
    last: int
    octets: int
    sha256: str


def packed(letters: str) -> int:
    """Three capital letters in 0..17575. Raises `ValueError`."""
    if len(letters) != 3 or not letters.isascii() or not letters.isalpha() or not letters.isupper():
        raise ValueError("a nationality is three capital letters of ICAO 9303-3, XXX where it is not stated")
    a, b, c = (ord(letter) - ord("A") for letter in letters)
    return (a * 26 + b) * 26 + c


def unpacked(code: int) -> str:
    """What `packed` packed."""
    if not 0 <= code < 26**3:
        raise ValueError("no packed nationality")
    return "".join(chr(ord("A") + digit) for digit in (code // 676, code // 26 % 26, code % 26))


def days(on: date) -> int:
    """Days since 1970-01-01."""
    return (on - EPOCH).days


def whole_hour(at: datetime) -> datetime:
    """The hour that `at` lies in: what a grant's end is rounded down to."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day(number: int) -> date:
    """The day `number` days after 1970-01-01."""
    return EPOCH + timedelta(days=number)


def terms_of(grants: Iterable[Grant]) -> Terms:
    """Terms of `grants` in any order."""
    return Terms(tuple(sorted(set(grants))))
