"""WHAT AN ATTACKER TOLD APART -> TABLES AND THE GOAL. Pure; Markdown, fit to stand in README."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._attack_sums import Told
from benchmarks._tables import table

FACE = {"gallery": "dlib, originals", "parrot": "dlib, redacted alike", "pixels": "px, redacted alike"}
REST = {"around": "with hair, ears, collar: dlib", "shape": "shape of what was changed"}


@dataclass(frozen=True, slots=True)
class Row:
    """A tool's way, what each attack came to, and how many of the photos it `published` were left as they were."""

    tool: str
    way: str
    attacks: dict[str, Told]
    leaked: int
    published: int
    given: int


def attacks(rows: Sequence[Row]) -> str:
    """AUC and its interval, by tool and attack."""
    face = [f"face alone: {words}" for words in FACE.values()]
    head = ("tool", "way", *face, *REST.values(), "faces left")
    lines = []
    for row in rows:
        cells = [_shown(row.attacks[name]) for name in (*FACE, *REST)]
        lines.append((row.tool, row.way, *cells, _left(row)))
    return table(head, lines, right=2)


def _shown(told: Told) -> str:
    return f"{told.auc:.3f} ({told.low:.3f} to {told.high:.3f})"


def _left(row: Row) -> str:
    withheld = row.given - row.published
    return f"{row.leaked} of {row.published}" + (f"; {withheld} not published" if withheld else "")


def goal(fill: Row) -> str:
    """Whether the face that Garim fills is told from others by chance alone, attack by attack; and how the rest is."""
    beaten = [words for name, words in FACE.items() if not fill.attacks[name].chance]
    verdict = f"**not met** ({'; '.join(beaten)})" if beaten else "met"
    rest = [f"{words} {_shown(fill.attacks[name])}" for name, words in REST.items()]
    first = (
        f"Goal: of the face, `fill` leaves an attacker nothing better than chance, 0.5 within each interval: {verdict}."
    )
    return f"{first}\nNot the face, and no part of the goal: {'; '.join(rest)}."
