"""AN AUDIT: who is in the corpus, or may be used; who is missing; how often a matcher errs on whom. Pure.

Law: whoever reads it learns nothing of fewer than five people; what was not measured is said to be unmeasured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from garim.corpus import composition_chart, rates_chart
from garim.corpus.composition import (
    CLAIM,
    FLOOR,
    NOT_STATED,
    Composition,
    Group,
    by_age,
    by_nationality,
    by_sex,
    gaps,
    rounded,
    told,
)
from garim.corpus.document import Document, Figure, Items, Mark, Marked, Part, Section, Table
from garim.corpus.rates import Rates

SCHEMA = "garim-corpus-audit-1"
_MOST = 60  # nationalities in the page's table; the JSON has all
_UNSAID = (
    "what people look like who stated the same nationality, sex or age: groups are as people gave them",
    "how good the photos are, and whether those of one group are worse",
    "anything about models that were made of the photos, but what the error rates below say",
)


@dataclass(frozen=True, slots=True)
class Audit:
    """What was asked and found. `of` says of whom, in words; `subjects` and `photos` are all of these."""

    corpus: str
    controller: str
    at: datetime
    garim: str
    test: bool
    of: str
    subjects: int
    photos: int
    composition: Composition
    rates: tuple[Rates, ...]


def figures(of: Audit) -> tuple[Figure, ...]:
    """The pictures, each a file of its own beside the page."""
    stated = any(group.name != NOT_STATED for group in by_nationality(of.composition))
    drawn = (
        (composition_chart.nationalities, "nationality.svg"),
        (composition_chart.ages_and_sexes, "age-sex.svg"),
        *(((composition_chart.grid, "nationality-age.svg"),) if stated else ()),
    )
    return tuple(Figure(draw(of.composition), name, f"This picture is {name}, too.") for draw, name in drawn)


def rate_figures(of: Audit) -> tuple[Figure, ...]:
    """A picture an evaluation."""
    return tuple(
        Figure(
            rates_chart.chart(each),
            f"rates-{number}.svg",
            f"{each.matcher} at threshold {each.threshold:g}; this picture is rates-{number}.svg, too.",
        )
        for number, each in enumerate(of.rates, 1)
    )


def document(of: Audit) -> Document:
    """The page."""
    return Document(
        "Audit of a corpus of photos",
        f"{of.at.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC, by garim {of.garim}; corpus {of.corpus} of {of.controller}",
        tuple(_lead(of)),
        (
            Section("Who is missing", tuple(_gaps(of))),
            Section("Who is in it", (*figures(of), *_tables(of))),
            Section("How often a matcher errs, by group", tuple(_rates(of))),
            Section("What this does not say", (Items(_UNSAID),)),
        ),
    )


def facts(of: Audit) -> dict[str, Any]:
    """The stable JSON; rounded as the page is."""
    return {
        "schema": SCHEMA,
        "garim": of.garim,
        "at": f"{of.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "corpus": of.corpus,
        "controller": of.controller,
        "test": of.test,
        "of": of.of,
        "rounded_down_to": FLOOR,
        "subjects": rounded(of.subjects),
        "photos": rounded(of.photos),
        "by": {
            name: [{"group": each.name, "subjects": rounded(each.subjects), "photos": _photos(each)} for each in groups]
            for name, groups in _groups(of.composition)
        },
        "gaps": gaps(of.composition),
        "claim": CLAIM,
        "rates": [_plain(each) for each in of.rates],
    }


def _groups(of: Composition) -> tuple[tuple[str, Sequence[Group]], ...]:
    return ("nationality", by_nationality(of)), ("sex", by_sex(of)), ("age", by_age(of))


def _photos(of: Group) -> int:
    # of few people not even how many photos
    return rounded(of.photos) if of.subjects >= FLOOR else 0


def _lead(of: Audit) -> Iterator[Part]:
    if of.test:
        yield Marked("TEST: this corpus takes consents made for tests; nobody agreed to anything.", Mark.WARN)
    yield (
        f"Of {of.of}: {told(of.subjects)} people in {told(of.photos)} photos. Counts are rounded down to multiples of "
        f"{FLOOR}."
    )


def _gaps(of: Audit) -> Iterator[Part]:
    named = gaps(of.composition)
    yield Items(tuple(named)) if named else Marked("No gap by the measures that are used here.", Mark.GOOD)
    yield (
        f"A group counts as too small where an error rate of {CLAIM:.0%} could not be shown for it: by the rule of "
        "three, 95 % confidence takes three divided by the rate, so many people without an error."
    )


def _tables(of: Audit) -> Iterator[Part]:
    for name, groups in _groups(of.composition):
        rows = tuple((each.name, told(each.subjects), told(_photos(each)) if _photos(each) else "-") for each in groups)
        rest = len(rows) - _MOST
        yield Table((name, "people", "photos"), rows[:_MOST], frozenset({1, 2}))
        if rest > 0:
            yield f"{rest} more are in audit.json."
    yield "A person with photos at two ages is counted at each."


def _rates(of: Audit) -> Iterator[Part]:
    if not of.rates:
        yield Marked("Not measured here: --rates takes the report.json of garim gate evaluate.", Mark.QUIET)
        return
    for rates, figure in zip(of.rates, rate_figures(of), strict=True):
        test = "TEST: " if rates.test else ""
        yield (
            f"{test}{rates.matcher} on {rates.subjects:,} people, evaluated {rates.at}: false non-matches "
            f"{rates.fnmr}; false matches {rates.fmr}."
        )
        yield figure
        heads = ("group", "", "false non-match rate", "false match rate within the group")
        yield Table(heads, tuple((each.group, each.way, str(each.fnmr), str(each.fmr)) for each in rates.groups))


def _plain(of: Rates) -> dict[str, Any]:
    return {
        "matcher": of.matcher,
        "at": of.at,
        "test": of.test,
        "threshold": of.threshold,
        "subjects": of.subjects,
        "groups": [
            {"way": each.way, "group": each.group, "fnmr": str(each.fnmr), "fmr": str(each.fmr)} for each in of.groups
        ],
    }
