"""A DOCUMENT FOR PEOPLE: headings, paragraphs, lists, tables, pictures; as Markdown and as one HTML file. Pure.

Laws: both are made from one tree, so that they say the same; whatever is not `Safe` is escaped, for either; the page
loads nothing and runs nothing, and its own policy says so to the browser.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import assert_never

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_POLICY = Template("default-src 'none'; style-src '$style'; script-src 'none'; base-uri 'none'; form-action 'none'")
_SHORT = 20  # letters that stay on one line
_MARKS = re.compile(r"([\\`*_\[\]<>|#~])")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # Unicode's names for what turns text around, or hides in it


class Safe(str):
    """SVG that was made here; styled by attributes alone, since a style of its own would be the whole page's."""

    __slots__ = ()


class Mark(StrEnum):
    """How a cell or a paragraph is meant; each also says so in words."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Marked:
    """Words with a mark."""

    words: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns in `numbers` are set to the right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str | Marked, ...], ...]
    numbers: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError("a table: one cell a column in each row")


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture; in Markdown it is the file `name` beside it."""

    svg: Safe
    name: str
    caption: str


Part = str | Marked | Items | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole: `made` says when and by what."""

    title: str
    made: str
    lead: tuple[Part, ...]
    sections: tuple[Section, ...]


def markdown(document: Document) -> str:
    """CommonMark with tables."""
    blocks = [f"# {_plain(document.title)}", _plain(document.made), *map(_markdown, document.lead)]
    for section in document.sections:
        blocks += [f"## {_plain(section.title)}", *map(_markdown, section.parts)]
    return "\n\n".join(blocks) + "\n"


def html(document: Document) -> str:
    """One page, to be read on a screen or on paper."""
    parts = [*map(_html, document.lead)]
    for section in document.sections:
        parts += [f"<h2>{_escaped(section.title)}</h2>", *map(_html, section.parts)]
    return Template(_page()).substitute(
        policy=_POLICY.substitute(style=_digest(_page_style())),
        title=_escaped(document.title),
        made=_escaped(document.made),
        body="\n".join(parts),
    )


def _markdown(part: Part) -> str:
    match part:
        case str() | Marked():
            return _cell(part)
        case Items():
            return "\n".join(f"- {_plain(item)}" for item in part.of)
        case Table():
            rule = "|".join(" ---: " if number in part.numbers else " --- " for number in range(len(part.heads)))
            heads = f"| {' | '.join(map(_plain, part.heads))} |"
            return "\n".join([heads, f"|{rule}|", *(f"| {' | '.join(map(_cell, row))} |" for row in part.rows)])
        case Figure():
            return f"![{_plain(part.caption)}]({part.name})"
        case _:
            assert_never(part)


def _cell(part: str | Marked) -> str:
    if isinstance(part, str):
        return _plain(part)
    return f"**{_plain(part.words)}**" if part.mark in (Mark.WARN, Mark.BAD) else _plain(part.words)


def _html(part: Part) -> str:
    match part:
        case str() | Marked():
            return f"<p{_class(part)}>{_words(part)}</p>"
        case Items():
            return f"<ul>\n{''.join(f'<li>{_escaped(item)}</li>' + chr(10) for item in part.of)}</ul>"
        case Table():
            head = "".join(
                f'<th scope="col"{_side(part, n)}>{_escaped(word)}</th>' for n, word in enumerate(part.heads)
            )
            return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(_rows(part))}</tbody>\n</table>"
        case Figure():
            return f"<figure>{part.svg}<figcaption>{_escaped(part.caption)}</figcaption></figure>"
        case _:
            assert_never(part)


def _rows(table: Table) -> Iterator[str]:
    for first, *rest in table.rows:
        cells = (f"<td{_side(table, n)}>{_span(cell)}</td>" for n, cell in enumerate(rest, 1))
        yield f'<tr><th scope="row">{_span(first)}</th>{"".join(cells)}</tr>\n'


def _side(table: Table, column: int) -> str:
    return ' class="number"' if column in table.numbers else ""


def _span(cell: str | Marked) -> str:
    return _words(cell) if isinstance(cell, str) else f"<span{_class(cell)}>{_words(cell)}</span>"


def _class(part: str | Marked) -> str:
    if isinstance(part, str):
        return ""
    short = " short" if len(part.words) <= _SHORT else ""
    return f' class="{part.mark.value}{short}"'


def _words(part: str | Marked) -> str:
    return _escaped(part if isinstance(part, str) else part.words)


def _escaped(words: str) -> str:
    return escape(_visible(words))


def _plain(words: str) -> str:
    """On one line, and nothing in it is a mark of Markdown's."""
    return _MARKS.sub(r"\\\1", _visible(words))


def _visible(words: str) -> str:
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in _INVISIBLE else letter
        for letter in words
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _page() -> str:
    return (files("garim.corpus") / "pages" / "document.html").read_text("utf-8")


def _page_style() -> str:
    (style,) = _STYLE.findall(_page())
    return str(style)
