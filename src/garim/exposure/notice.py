"""THE NOTICE: a signed list of (place, window, risk) that anybody matches against their own memory, unseen.

    mixed windows -> canonical JSON (RFC 8785) -> C2SP signed-note, Ed25519 (`issue`) -> notice.json, and a page

Laws: the list says where and when and how much, and nothing of whom, nor of how many; its text reads back to the same
text or is refused; what does not verify is not a list. Whoever has the key's public line can check it: the text of
the note is the JSON and a newline.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import rfc8785

from garim.core.errors import Malformed
from garim.core.vkey import VerifierKey
from garim.exposure.mix import Risk, Window
from garim.exposure.zones import clock, refuse_odd_line
from garim.ledger import note

FORMAT = "garim-notice-1"
LASTS = timedelta(days=14)
"""A list is to be forgotten after that, or when the first consent behind it ends."""
MOST_LETTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A list as it is published `by` somebody on the day `made`; after the day `until` it counts for nothing.

    `advice` says what to do, and how to reach them; `windows` rise, and are of clocks in `time_zone`. A `test` is of
    nobody. Raises `ValueError`.
    """

    by: str
    advice: str
    made: date
    until: date
    time_zone: str
    windows: tuple[Window, ...]
    test: bool = False

    def __post_init__(self) -> None:
        refuse_odd_line("who publishes", self.by, MOST_LETTERS)
        refuse_odd_line("the advice", self.advice, MOST_LETTERS)
        clock(self.time_zone)
        if self.until < self.made:
            raise ValueError("the list ends before it was made")
        cells = [(window.day, window.start, window.end, window.place) for window in self.windows]
        if not cells or cells != sorted(set(cells)):
            raise ValueError("windows rise, and each stands there once")
        for window in self.windows:
            refuse_odd_line("a place", window.place, MOST_LETTERS)
            if not 0 <= window.start < window.end <= 24:
                raise ValueError("a window begins and ends on whole hours of a day")


def lasts(made: date, ends: Sequence[datetime]) -> date:
    """The last day of a list that was `made` under consents that end at `ends`."""
    return min(made + LASTS, *(end.date() for end in ends))


def written(notice: Notice) -> str:
    """What is signed: the notice as canonical JSON, and a newline."""
    tree: dict[str, Any] = {
        "format": FORMAT,
        **({"test": True} if notice.test else {}),
        "by": notice.by,
        "advice": notice.advice,
        "made": notice.made.isoformat(),
        "until": notice.until.isoformat(),
        "time_zone": notice.time_zone,
        "windows": [
            {
                "day": window.day.isoformat(),
                "from": window.start,
                "to": window.end,
                "place": window.place,
                "risk": window.risk.value,
            }
            for window in notice.windows
        ],
    }
    return rfc8785.dumps(tree).decode() + "\n"


def read(text: str) -> Notice:
    """The notice that `text` writes, which proves nothing of whose it is. Raises `Malformed`."""
    try:
        tree = json.loads(text)
        notice = Notice(
            by=tree["by"],
            advice=tree["advice"],
            made=date.fromisoformat(tree["made"]),
            until=date.fromisoformat(tree["until"]),
            time_zone=tree["time_zone"],
            windows=tuple(_window(row) for row in tree["windows"]),
            test="test" in tree,
        )
        if written(notice) != text:
            raise ValueError("it is not written as it must be")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Malformed(f"this is no notice: {error}") from None
    return notice


def opened(signed_note: str, key: VerifierKey) -> Notice:
    """The notice in a note that `key` signed. Raises `Disproved`, or `Malformed`."""
    parsed = note.parse(signed_note.encode())
    note.verified(parsed, [key])
    return read(parsed.text)


def _window(row: Any) -> Window:
    if type(row["from"]) is not int or type(row["to"]) is not int:
        raise ValueError("hours are whole")
    return Window(date.fromisoformat(row["day"]), row["from"], row["to"], row["place"], Risk(row["risk"]))
