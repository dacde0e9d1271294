"""Pictures of who is in it: SVG, by nationality, by age and sex, and by nationality and age. Pure.

Laws: a picture says what the table says, rounded as it is, and no more; a group of nobody has no bar and a word for it;
a cell of too few for an error rate is hatched. Styled by attributes alone; texts are fixed words, codes of three
letters and numbers, so nothing needs escaping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from garim.corpus.composition import (
    AGES,
    CLAIM,
    NOT_STATED,
    SEXES,
    Composition,
    Group,
    by_age,
    by_nationality,
    needed,
    percent,
    rounded,
    told,
)
from garim.corpus.document import Safe
from garim.corpus.values import Sex, packed

_INK, _SOFT, _GRID, _HATCH = "#14171a", "#4a535b", "#d5dade", "#b3541e"
_ONE, _OTHER = "#2f7f86", "#b98b2f"
_WIDE, _ROW = 760, 24
_MOST = 20  # nationalities that have a bar
_COLUMNS = 12  # nationalities that have a row in the grid


def nationalities(of: Composition) -> Safe:
    """A bar a nationality, the most people first."""
    every = by_nationality(of)
    shown, rest = every[:_MOST], every[_MOST:]
    if rest:
        word = f"{len(rest)} more"
        shown = [*shown, Group(word, sum(each.subjects for each in rest), sum(each.photos for each in rest))]
    high = 40 + _ROW * len(shown) + 40
    left, wide = 110, _WIDE - 110 - 170
    scale = wide / max([1, *(rounded(group.subjects) for group in shown)])
    rows = [_text(8, 20, "People by nationality", bold=True)]
    for number, group in enumerate(shown):
        y = 40 + number * _ROW
        rows.append(_text(left - 8, y + 15, group.name, anchor="end"))
        rows.append(_bar(left, y + 3, rounded(group.subjects) * scale, _ONE))
        said = f"{told(group.subjects)} in {told(group.photos)} photos"
        rows.append(_text(left + rounded(group.subjects) * scale + 6, y + 15, said, soft=True))
    rows.append(_text(8, high - 14, "Codes as passports have them (ICAO Doc 9303-3); rounded down to fives", soft=True))
    return _svg(_WIDE, high, "People by nationality", rows)


def ages_and_sexes(of: Composition) -> Safe:
    """A row an age, women to the left and men to the right, and beside it who is neither or did not say."""
    table = {sex: by_age(of.only(of.sex == sex)) for sex in SEXES}
    most = max([1, *(rounded(group.subjects) for sex in (Sex.FEMALE, Sex.MALE) for group in table[sex])])
    middle, half = 320, 180
    scale, high = half / most, 64 + _ROW * len(AGES) + 34
    rows = [_text(8, 20, "People by age and sex", bold=True)]
    heads = (
        (middle - 46, "female", "end"),
        (middle + 46, "male", "start"),
        (_WIDE - 110, "other, or not stated", "middle"),
    )
    rows += [_text(x, 46, word, anchor=anchor, soft=True) for x, word, anchor in heads]
    for number, age in enumerate(AGES):
        y = 56 + number * _ROW
        women, men, other, none = (table[sex][number].subjects for sex in SEXES)
        rows.append(_text(middle, y + 15, age, anchor="middle"))
        for count, colour, way in ((women, _OTHER, -1), (men, _ONE, 1)):
            long = rounded(count) * scale
            rows.append(_bar(middle + 46 if way > 0 else middle - 46 - long, y + 3, long, colour))
            rows.append(
                _text(middle + way * (46 + long + 6), y + 15, told(count), "start" if way > 0 else "end", soft=True)
            )
        rows.append(_text(_WIDE - 110, y + 15, told(other + none), "middle", soft=True))
    rows.append(_text(8, high - 14, "Age at the time of the photo; rounded down to fives", soft=True))
    return _svg(_WIDE, high, "People by age and sex", rows)


def grid(of: Composition, claim: float = CLAIM) -> Safe:
    """Nationality by age: a square grows with the people in it; hatched where they are too few to say anything."""
    names = [group.name for group in by_nationality(of) if group.name != NOT_STATED][:_COLUMNS]
    columns = AGES[:-1]
    left, top, wide, tall = 110, 66, 88, 34
    counts = np.array([[_cell(of, name, age) for age in range(len(columns))] for name in names], np.int64)
    most = max(1, rounded(int(counts.max(initial=0))))
    high = top + tall * len(names) + 44
    rows = [_HATCHED, _text(8, 20, "People by nationality and age", bold=True)]
    rows += [_text(left + wide * (n + 0.5), top - 10, age, "middle", soft=True) for n, age in enumerate(columns)]
    for row, name in enumerate(names):
        y = top + row * tall
        rows.append(_text(left - 12, y + tall / 2 + 4, name, "end"))
        for column, count in enumerate(counts[row].tolist()):
            rows += _square(left + column * wide, y, wide, tall, count, most, few=count < needed(claim))
    said = f"Hatched: fewer than {needed(claim):,} people, too few to show an error rate of {percent(claim)}"
    more = len(by_nationality(of)) - len(names)
    rows.append(
        _text(8, high - 14, said + (f"; {more} more nationalities are not drawn" if more > 0 else ""), soft=True)
    )
    return _svg(_WIDE, high, "People by nationality and age", rows)


def _cell(of: Composition, name: str, age: int) -> int:
    return int(of.subjects[(of.nationality == packed(name)) & (of.age == age)].sum())


_HATCHED = (
    f'<defs><pattern id="few" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<path d="M0 0V7" stroke="{_HATCH}" stroke-width="1.6" stroke-opacity=".45"/></pattern></defs>'
)


def _square(x: float, y: float, wide: float, tall: float, count: int, most: int, *, few: bool) -> Iterator[str]:
    inner = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{wide - 2:.1f}" height="{tall - 2:.1f}"'
    strength = 0.08 + 0.82 * rounded(count) / most if rounded(count) else 0.0
    yield f'<rect {inner} fill="{_ONE}" fill-opacity="{strength:.2f}" stroke="{_GRID}"/>'
    if few:
        yield f'<rect {inner} fill="url(#few)"/>'
    ink = "#fff" if strength > 0.55 else _INK
    word = told(count).replace("fewer than ", "&lt; ")
    middle = f'x="{x + wide / 2:.1f}" y="{y + tall / 2 + 4:.1f}"'
    yield f'<text {middle} text-anchor="middle" fill="{ink}">{word}</text>'


def _text(x: float, y: float, word: str, anchor: str = "start", *, bold: bool = False, soft: bool = False) -> str:
    heavy = ' font-size="15" font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_SOFT if soft else _INK}"{heavy}>{word}</text>'


def _bar(x: float, y: float, wide: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0):.1f}" height="{_ROW - 7}" fill="{colour}"/>'


def _svg(wide: int, high: int, label: str, rows: Sequence[str]) -> Safe:
    return Safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'role="img" aria-label="{label}" font-family="system-ui, Noto Sans, DejaVu Sans, sans-serif" font-size="12">'
        f'<rect width="{wide}" height="{high}" fill="#fff"/>{"".join(rows)}</svg>\n'
    )
