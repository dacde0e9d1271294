"""One check, said: the sentence comes from where the thing was found out, the outcome from which of these was called.

Laws: whoever says `unchecked` says why; what was found wrong keeps the reason that the reader of those bytes gave it.
"""

from __future__ import annotations

from collections.abc import Iterable

from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Refused
from garim.gate.passport.words import titled


def passed(code: Code, said: str, about: str = "") -> Check:
    """It holds."""
    return Check(code, Outcome.PASSED, None, said, about)


def flagged(code: Code, reason: Reason, said: str, about: str = "") -> Check:
    """It holds, in a way that a person has to weigh."""
    return Check(code, Outcome.FLAGGED, reason, said, about)


def unchecked(code: Code, reason: Reason, said: str, about: str = "") -> Check:
    """Nobody could look."""
    return Check(code, Outcome.UNCHECKED, reason, said, about)


def failed(code: Code, reason: Reason, said: str, about: str = "") -> Check:
    """It does not hold."""
    return Check(code, Outcome.FAILED, reason, said, about)


def refused(code: Code, error: Refused, about: str = "") -> Check:
    """A reader took none of it: its own reason, and what it found."""
    return Check(code, Outcome.FAILED, error.reason, what(error), about)


def what(error: Refused) -> str:
    """What a reader found. What to do about it stands behind that, and is the verdict's to say."""
    return str(error).partition("; ")[0]


def blocked(codes: Iterable[Code], earlier: Check) -> tuple[Check, ...]:
    """What could not be looked at, since `earlier` did not hold: its reason, and which check to read."""
    assert earlier.reason is not None
    said = f"not looked at: see {titled(earlier.code, earlier.about)}"
    return tuple(Check(code, Outcome.UNCHECKED, earlier.reason, said) for code in codes)
