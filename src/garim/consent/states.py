"""The life of a consent, in one table. What stands on no line of it cannot happen; no line leads out of withdrawn.

Signing and withdrawing are acts, which the record keeps; beginning and expiring are the clock's, which it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """Where a consent stands. Only `GIVEN` allows anything."""

    DRAFTED = "drafted"
    NOT_YET = "not yet"
    GIVEN = "given"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What happens to a consent."""

    SIGN = "sign"
    BEGIN = "begin"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


NEXT = {
    (State.DRAFTED, Act.SIGN): State.NOT_YET,
    (State.NOT_YET, Act.BEGIN): State.GIVEN,
    (State.NOT_YET, Act.WITHDRAW): State.WITHDRAWN,
    (State.GIVEN, Act.EXPIRE): State.EXPIRED,
    (State.GIVEN, Act.WITHDRAW): State.WITHDRAWN,
    (State.EXPIRED, Act.WITHDRAW): State.WITHDRAWN,
}


def step(state: State, act: Act) -> State:
    """Where `act` leads from `state`. Raises `ValueError` where it leads nowhere."""
    if (state, act) not in NEXT:
        raise ValueError(f"a consent that is {state} takes no {act}")
    return NEXT[state, act]


def after(acts: Iterable[Act]) -> State:
    """Where a draft stands after `acts`, in their order; one that leads nowhere changes nothing."""
    state = State.DRAFTED
    for act in acts:
        state = NEXT.get((state, act), state)
    return state
