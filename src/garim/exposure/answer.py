"""What a case is told, and nothing else of what was looked at. Pure.

Law: whatever is drawn, printed or kept of a case is made from this value: what it has no field for cannot leave.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import rfc8785

from garim.consent import time_text
from garim.exposure.positions import Mask
from garim.exposure.suppress import BIN_S, FLOOR, MASKS, THRESHOLDS_S, Table


class State(StrEnum):
    """What became of one visit; only of `FOUND` ones people were counted."""

    FOUND = "found"
    NO_FOOTAGE = "no footage"
    UNWATCHED = "no footage at the point"
    DAMAGED = "damaged footage at the point"
    NOBODY = "nobody at the point"
    UNCLEAR = "more than one at the point"


NOT_LOOKED = frozenset({State.NO_FOOTAGE, State.UNWATCHED, State.DAMAGED})
"""Where nothing was there to find the patient in: nothing was looked at, and it costs nothing."""

STEP = 20
"""Hundredths: in such steps it is told how much of a visit the patient was seen in. To the second it is their path."""
LEAST_FOLLOWED = 80
"""Hundredths of each visit, from which on an answer is of the visit and not of a part of it."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit. `watched` is the share of it that there is footage of, in hundredths, rounded down, and `followed`
    the share in which the patient was seen, in `STEP`s, rounded down; `coarse` where positions were known to 5 m only.

    `crowd`: in each whole 5 minutes the smallest ring about the patient, m, that 5 people came into, or None.
    """

    camera: str
    start: datetime
    end: datetime
    state: State
    watched: int
    followed: int
    coarse: bool
    crowd: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`table` is None where the patient was found in no visit: that is not "nobody was near".

    `damaged` are files of the store that could not be used: where, and why.
    """

    table: Table | None
    stays: tuple[Stay, ...]
    damaged: tuple[tuple[str, str], ...]
    test: bool

    @property
    def whole(self) -> bool:
        """Whether every visit was watched from end to end, and the patient found in it and followed through it."""
        return not self.damaged and all(
            stay.state is State.FOUND and stay.watched == 100 and stay.followed >= LEAST_FOLLOWED for stay in self.stays
        )

    @property
    def followed(self) -> int:
        """Of the time of all visits together the share in which the patient was seen, as in a `Stay`."""
        asked = [(stay.end - stay.start).total_seconds() for stay in self.stays]
        seen = sum(seconds * stay.followed for seconds, stay in zip(asked, self.stays, strict=True))
        return steps(seen / sum(asked))

    @property
    def outcome(self) -> str:
        """The ledger's word for it."""
        if self.whole:
            return "answered"
        states = {stay.state for stay in self.stays}
        if State.FOUND in states:
            return "partly"
        return "no-footage" if states <= NOT_LOOKED else "not-located"


def steps(hundredths: float) -> int:
    """That share in steps, rounded down."""
    return min(100, int(hundredths) // STEP * STEP)


def share(hundredths: int) -> str:
    """A share in steps, for people."""
    if hundredths == 100:
        return "all"
    return f"{hundredths} to {hundredths + STEP} %" if hundredths else f"less than {STEP} %"


def plain(answer: Answer) -> dict[str, Any]:
    """The answer as JSON has it, which is stable."""
    return {
        "test": answer.test,
        "within_m": 2,
        "floor": FLOOR,
        "people": None if answer.table is None else _plain_table(answer.table),
        "visits": [_plain_stay(stay) for stay in answer.stays],
        "damaged": [{"path": path, "why": why} for path, why in answer.damaged],
    }


def written(answer: Answer) -> str:
    """The answer's canonical JSON."""
    return rfc8785.dumps(plain(answer)).decode()


def read(text: str) -> Answer:
    """The answer that `written` wrote."""
    tree = json.loads(text)
    stays = tuple(_stay(row) for row in tree["visits"])
    damaged = tuple((row["path"], row["why"]) for row in tree["damaged"])
    return Answer(None if tree["people"] is None else _table(tree["people"]), stays, damaged, tree["test"])


def _plain_table(table: Table) -> dict[str, Any]:
    """A row a threshold: `at_least` of everybody, and by mask state."""
    return {
        f"{threshold}_s": {"at_least": table.everybody[column]}
        | {mask.name.lower(): {"at_least": row[column]} for mask, row in zip(MASKS, table.by_mask, strict=True)}
        for column, threshold in enumerate(THRESHOLDS_S)
    }


def _table(tree: dict[str, Any]) -> Table:
    columns = [tree[f"{threshold}_s"] for threshold in THRESHOLDS_S]
    return Table(
        tuple(tuple(column[mask.name.lower()]["at_least"] for column in columns) for mask in Mask),
        tuple(column["at_least"] for column in columns),
    )


def _plain_stay(stay: Stay) -> dict[str, Any]:
    return {
        "camera": stay.camera,
        "from": time_text(stay.start),
        "to": time_text(stay.end),
        "state": stay.state.value,
        "watched_percent": stay.watched,
        "followed_percent": stay.followed,
        "coarse": stay.coarse,
        "five_within_m": {"every_s": BIN_S, "rings": list(stay.crowd)},
    }


def _stay(row: dict[str, Any]) -> Stay:
    start, end = (datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for name in ("from", "to"))
    watched, followed = row["watched_percent"], row["followed_percent"]
    crowd: Sequence[int | None] = row["five_within_m"]["rings"]
    return Stay(row["camera"], start, end, State(row["state"]), watched, followed, row["coarse"], tuple(crowd))
