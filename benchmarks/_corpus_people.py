"""ROWS OF A CORPUS THAT NOBODY IS BEHIND: as many as wanted, the same each time, skewed as real ones are.

Two photos a person in the mean, and a few people have many; a third from one country and a long tail of others; ages
about 35; photos as they came in over 16 years, which is no order of people; 3,000 sets of terms, a few of which most
people chose. About a tenth may be used for training by `PROCESSOR`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
from numpy.typing import NDArray

from garim.consent import Purpose
from garim.corpus.values import Grant, Records, Terms, packed, terms_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROCESSOR = "lab-0"
BATCH = 1 << 20
_TABLE = 1 << 16
_NATIONS = 196
_TERMS = 3000
_FIRST_DAY, _LAST_DAY = 14_610, 20_770  # 2010-01-01 to 2026-11-13

U64 = NDArray[np.uint64]


def people(rows: int) -> int:
    """How many people there are among `rows` photos."""
    return max(1, rows // 2)


def pseudonym(number: int) -> str:
    """What a person is called."""
    return f"P-{number:09}"


def pseudonyms(start: int, stop: int) -> list[str]:
    """What these are called: the same, of millions."""
    numbers, digits = np.arange(start, stop), np.full((stop - start, 12), ord("\n"), np.uint8)
    digits[:, :2] = (ord("P"), ord("-"))
    for place in range(9):
        digits[:, 10 - place] = numbers // 10**place % 10 + ord("0")
    return digits.tobytes().decode().split()


def terms() -> list[Terms]:
    """What people allowed: a purpose or both, one of 8 processors or two, until one of many days; some are over."""
    purposes = ((Purpose.CORPUS_TRAIN,), (Purpose.CORPUS_TEST,), (Purpose.CORPUS_TEST, Purpose.CORPUS_TRAIN))
    processors = [(f"lab-{each}",) for each in range(8)] + [("lab-0", "lab-1"), ("lab-2", "lab-3")]
    days = range(-100, 1900, 20)
    each = product(days, processors, purposes)
    return [
        terms_of(Grant(purpose, names, NOW + timedelta(days=day)) for purpose in wanted) for day, names, wanted in each
    ]


def batches(rows: int) -> Iterator[Records]:
    """All rows, as they were admitted."""
    numbers, shuffled = people(rows), np.random.default_rng(8).permutation(_TERMS).astype(np.uint32)
    step = next(each for each in range(numbers * 5 // 8 | 1, numbers * 2 + 3, 2) if np.gcd(each, numbers) == 1)
    nations, years, chosen = _nations(), _years(), _chosen(shuffled)
    for start in range(0, rows, BATCH):
        rng = np.random.default_rng((8, start))
        size = min(BATCH, rows - start)
        drawn = (rng.random(size) ** 1.3 * numbers).astype(np.uint64)  # some come often
        subject = drawn * np.uint64(step) % np.uint64(numbers)  # and they are nobody's neighbours
        fixed = _mixed(subject)  # what stays with a person
        serial = np.arange(start, start + size, dtype=np.uint64)
        day = _FIRST_DAY + (serial * np.uint64(_LAST_DAY - _FIRST_DAY) // np.uint64(rows)).astype(np.int32)
        born = years[fixed >> np.uint64(16) & np.uint64(_TABLE - 1)]
        kind = _mixed(serial)
        yield Records(
            subject=subject.astype(np.uint32),
            photo=serial,
            nationality=nations[fixed & np.uint64(_TABLE - 1)],
            birth_year=np.minimum(born, 2010).astype(np.uint16),
            sex=np.array([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 3, 0], np.uint8)[fixed >> np.uint64(60)],
            captured_on=(day - (kind & np.uint64(127)).astype(np.int32)).astype(np.int32),
            provenance=np.array([1, 2, 2, 2, 2, 2, 4, 3], np.uint8)[kind >> np.uint64(61)],
            terms=chosen[fixed >> np.uint64(36) & np.uint64(_TABLE - 1)] + np.uint32(1),
            consent=subject * np.uint64(2) + (kind >> np.uint64(20) & np.uint64(1)),
            held=np.zeros(size, np.bool_),
        )


def _nations() -> NDArray[np.uint16]:
    """Which of 2^16 equal chances is which country: a Zipf tail behind a third for one."""
    codes = [packed("KOR"), *(packed(chr(65 + n // 26) + "X" + chr(65 + n % 26)) for n in range(_NATIONS - 1))]
    share = np.array([0.34, *(0.66 / sum(1 / k for k in range(1, _NATIONS)) / k for k in range(1, _NATIONS))])
    return np.repeat(np.array(codes, np.uint16), _shared(share))


def _years() -> NDArray[np.int64]:
    rng = np.random.default_rng(35)
    years = np.clip(rng.normal(1981, 17, _TABLE), 1915, 2010).astype(np.int64)
    years[: _TABLE // 100] = 0  # one in a hundred does not say
    return years


def _chosen(shuffled: NDArray[np.uint32]) -> NDArray[np.uint32]:
    share = 1 / (np.arange(_TERMS) + 30.0)
    return np.repeat(shuffled, _shared(share / share.sum()))


def _shared(share: NDArray[np.float64]) -> NDArray[np.int64]:
    """2^16 chances in these shares."""
    ends = np.round(np.cumsum(share) * _TABLE).astype(np.int64)
    ends[-1] = _TABLE
    return np.diff(ends, prepend=0)


def _mixed(values: U64) -> U64:
    """Bits that look drawn by lot (splitmix64's last step), the same for the same value."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
