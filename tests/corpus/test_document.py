"""One tree, two forms, and a page that does nothing."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from garim.corpus.document import Document, Figure, Items, Mark, Marked, Safe, Section, Table, html, markdown

ODD = 'a<script>alert(1)</script>"|*_`[x](y)\u2028\u202e'
TABLE = Table(("what", "count"), (("a|b", "1"), (Marked("no", Mark.BAD), ODD)), frozenset({1}))
WHOLE = Document(
    "Title",
    "made",
    (Marked("be warned", Mark.WARN), ODD),
    (
        Section("One", (Items(("first", ODD)), TABLE)),
        Section("Two", (Figure(Safe("<svg/>"), "picture.svg", "of it"),)),
    ),
)


def test_as_markdown() -> None:
    text = markdown(WHOLE)
    assert text.startswith("# Title\n\nmade\n\n**be warned**\n\n")
    assert "| what | count |\n| --- | ---: |\n| a\\|b | 1 |\n| **no** |" in text
    assert "![of it](picture.svg)" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows), "no word makes a column"


def test_as_html_it_loads_and_runs_nothing() -> None:
    page = html(WHOLE)
    assert "<script>" not in page and "&lt;script&gt;" in page and "<svg/>" in page
    assert "\u202e" not in page and "\u2028" not in page
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy and f"style-src 'sha256-{digest}'" in policy[1] and "default-src 'none'" in policy[1]
    assert not re.search(r"\b(src|href)=", page)


def test_a_table_has_all_its_cells() -> None:
    with pytest.raises(ValueError, match="one cell a column"):
        Table(("a", "b"), (("1",),))
