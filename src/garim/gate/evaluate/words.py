"""Rates in words: for the page and for the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping

from garim.gate.evaluate.intervals import Rate
from garim.recognise.counts import FLOOR

WAYS = {"nationality": "nationality", "sex": "sex", "age": "age"}
LEFT_OUT = {
    "altered": "with a record that was altered",
    "expired": "whose consent is over",
    "for_tests": "with a consent made for tests",
    "no_record": "without a record that can be read",
    "not_yet": "whose consent has not begun",
    "one_photo": "with one photo only",
    "other_data": "who did not agree that photos and templates are used",
    "other_party": "who agreed with somebody else",
    "other_person": "with the record of somebody else",
    "other_purpose": "who agreed to something else",
    "unknown_key": "with a record signed by nobody known",
    "unsigned": "who have not signed",
    "withdrawn": "who withdrew",
}
FEW = f"fewer than {FLOOR}"
_DIGITS = 2  # that count


def few(people: int) -> int | str:
    """How many people, which a report tells of; or that they are too few to be told."""
    return FEW if 0 < people < FLOOR else people


def left_out(by_reason: Mapping[str, int]) -> str:
    """Who was left out, and why, in one line; empty of nobody."""
    return "; ".join(f"{few(count)} {LEFT_OUT.get(why, why)}" for why, count in by_reason.items())


def percent(number: float) -> str:
    """`number` as a percentage, with as many digits as say something."""
    hundred = 100 * number
    if hundred == 0 or hundred >= 99.95:
        return f"{hundred:.0f} %"
    digits = max(0, _DIGITS - 1 - math.floor(math.log10(hundred)))
    return f"{hundred:.{min(digits, 8)}f} %"


def share(rate: Rate) -> str:
    """The rate alone."""
    return "no comparison" if rate.share is None else percent(rate.share)


def bare(share: float | None) -> str:
    """A rate that has no interval of its own."""
    return "no comparison" if share is None else percent(share)


def exact(rate: Rate) -> str:
    """Its exact interval."""
    return f"{percent(rate.low)} to {percent(rate.high)}"


def resampled(rate: Rate) -> str:
    """Its interval by drawing subjects."""
    return "says nothing" if rate.resampled is None else " to ".join(map(percent, rate.resampled))


def times(rate: Rate, *, bare: bool = False) -> str:
    """Errors of comparisons; and, unless `bare`, what they come to."""
    count = f"{rate.errors:,} of {rate.comparisons:,}"
    return count if bare else f"{count}: {share(rate)} ({exact(rate)})"


def ratio(number: float | None) -> str:
    """The highest of rates to the lowest."""
    return "not told: a group has no error" if number is None else f"{number:.1f}"
