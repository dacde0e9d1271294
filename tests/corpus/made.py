"""Rows that nobody is behind, and the plain, slow way to ask them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from garim.consent import Purpose
from garim.corpus.values import Grant, Records, Terms, packed, terms_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROCESSORS = ("lab-a", "lab-b", "lab-c")
NATIONS = tuple(map(packed, ("KOR", "JPN", "USA", "XXX", "VNM")))


def some_terms() -> dict[int, Terms]:
    """Eleven sets of terms: each purpose and processor, some over, some for tests, some of both purposes."""
    grants = [
        Grant(purpose, (name,), NOW + timedelta(days=days), test)
        for purpose in (Purpose.CORPUS_TRAIN, Purpose.CORPUS_TEST)
        for name, days, test in (("lab-a", 10, False), ("lab-b", -1, False), ("lab-c", 0, False), ("lab-a", 3, True))
    ]
    terms = [terms_of([grant]) for grant in grants]
    terms += [terms_of([grants[0], grants[6]]), terms_of(grants), terms_of([grants[1], grants[3]])]
    return dict(enumerate(terms, 1))


def records(seed: int, *, subjects: int, rows: int, first_photo: int = 0) -> Records:
    """Rows in no order, their subjects below `subjects`; each photo once."""
    rng = np.random.default_rng(seed)
    born = rng.integers(1900, 2027, rows).astype(np.uint16)
    born[rng.random(rows) < 0.1] = 0
    return Records(
        subject=rng.integers(0, subjects, rows).astype(np.uint32),
        photo=(first_photo + rng.permutation(rows)).astype(np.uint64),
        nationality=rng.choice(NATIONS, rows).astype(np.uint16),
        birth_year=born,
        sex=rng.integers(0, 4, rows).astype(np.uint8),
        captured_on=rng.integers(14_000, 20_700, rows).astype(np.int32),
        provenance=rng.integers(1, 6, rows).astype(np.uint8),
        terms=rng.integers(0, 14, rows).astype(np.uint32),  # 0, 12 and 13 are not in the table
        consent=rng.integers(0, 1 << 40, rows).astype(np.uint64),
        held=rng.random(rows) < 0.5,
    )


def rows_of(held: Records) -> list[tuple[int, ...]]:
    """Rows as tuples, ascending."""
    names = (
        "subject",
        "photo",
        "nationality",
        "birth_year",
        "sex",
        "captured_on",
        "provenance",
        "terms",
        "consent",
        "held",
    )
    return sorted(zip(*(getattr(held, name).tolist() for name in names), strict=True))
