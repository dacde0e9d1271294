"""HOW OFTEN A MATCHER ERRS, by group: out of the report of `garim gate evaluate`, which holds totals and no score.

Laws: nothing but that report's totals is read; what is not as its schema has it is refused; a group without an error
has the upper end of its interval, and never a rate of nought that looks like a promise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from garim.core.errors import Malformed

SCHEMA = "garim-evaluation-1"
_MOST_GROUPS = 300


@dataclass(frozen=True, slots=True)
class Rate:
    """`errors` among `comparisons`; the exact 95 % interval from `low` to `high`."""

    errors: int
    comparisons: int
    low: float
    high: float

    def __str__(self) -> str:
        if not self.comparisons:
            return "nothing compared"
        if not self.errors:
            return f"none of {self.comparisons:,}; below {shown(self.high)}"
        return f"{shown(self.errors / self.comparisons)} ({shown(self.low)} to {shown(self.high)})"


@dataclass(frozen=True, slots=True)
class OfGroup:
    """False non-matches, and false matches of two people of this same group."""

    way: str
    group: str
    fnmr: Rate
    fmr: Rate


@dataclass(frozen=True, slots=True)
class Rates:
    """One evaluation, at the threshold that is in use."""

    matcher: str
    at: str
    test: bool
    threshold: float
    subjects: int
    fnmr: Rate
    fmr: Rate
    groups: tuple[OfGroup, ...]


def read(text: str) -> Rates:
    """The rates that `text`, a report.json of `garim gate evaluate`, tells. Raises `Malformed`."""
    try:
        tree = json.loads(text)
        if tree["schema"] != SCHEMA:
            raise ValueError
        used = tree["in_use"]
        return Rates(
            _word(tree["matcher"]),
            _word(tree["at"]),
            tree["test"] is not False,
            float(used["threshold"]),
            _count(tree["set"]["subjects"]),
            _rate(used["fnmr"]),
            _rate(used["fmr"]),
            tuple(_groups(used["by"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Malformed(f"is no report of garim gate evaluate ({SCHEMA}); nothing was written") from None


def shown(share: float) -> str:
    """A share for people, with two digits, and never as 1e-05."""
    return f"{np.format_float_positional(float(f'{100 * share:.2g}'), trim='-')}%"


def _groups(by: Mapping[str, Any]) -> Iterator[OfGroup]:
    for way, rates in by.items():
        within = {row["reference"]: row for row in rates["fmr"] if row["reference"] == row["probe"]}
        if set(within) != set(rates["fnmr"]) or len(within) > _MOST_GROUPS:
            raise ValueError
        for name, fnmr in rates["fnmr"].items():
            yield OfGroup(_word(way), _word(name), _rate(fnmr), _rate(within[name]))


def _rate(row: Mapping[str, Any]) -> Rate:
    errors, comparisons = _count(row["errors"]), _count(row["comparisons"])
    low, high = (float(row[end] if comparisons else end == "high") for end in ("low", "high"))
    if errors > comparisons or not 0 <= low <= high <= 1:
        raise ValueError
    return Rate(errors, comparisons, low, high)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _word(value: Any) -> str:
    if type(value) is not str or len(value) > 80:
        raise ValueError
    return value
