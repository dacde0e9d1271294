"""A gate's report as a page that an inspector reads: one file; it loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from garim.gate.blocks import Blocks, Safe, joined
from garim.gate.evaluate.words import exact, percent, share, times
from garim.gate.report import UNSAID, Measured, Report

_DECISIONS = ("match", "no_match", "attack", "unfit", "document")
_OUTCOMES = ("passed", "flagged", "unchecked", "failed", "none")


def page(done: Report, *, at: datetime) -> str:
    """The page on `done`, as the log stood at the time `at`."""
    fill = _blocks()
    since = "its beginning" if done.since is None else f"{done.since:%Y-%m-%d %H:%M} UTC"
    return fill(
        "page",
        policy=fill.policy,
        at=f"{at.day} {at:%B %Y, %H:%M:%S} UTC",
        version=version("garim"),
        since=since,
        sessions=f"{done.sessions:,}",
        tests=f"{sum(done.tests.values()):,}",
        issued=f"{done.issued:,}",
        unused=f"{done.unused:,}",
        manual=share(done.manual) if done.sessions else "no session",
        interval=f"{times(done.manual, bare=True)}; {exact(done.manual)}",
        decisions=_table("Decision", {"": done.decisions}, _DECISIONS, plain=True),
        reasons=joined(fill("row", name=_word(word), value=f"{count:,}") for word, count in done.reasons.items())
        or fill("row", name="none", value=""),
        days=_table("Day", done.days, _DECISIONS),
        checks=_table("Check", {_word(code): counts for code, counts in done.checks.items()}, _OUTCOMES),
        parts=joined(_part(part, counts) for part, counts in done.parts.items()),
        thresholds=", ".join(f"{word} ({count:,} sessions)" for word, count in done.thresholds.items()) or "none",
        measured=joined(map(_measured, done.measured)) or fill("unmeasured"),
        unsaid=joined(fill("item", text=f"{text[:1].upper()}{text[1:]}.") for text in UNSAID),
    )


def _table(head: str, rows: Mapping[str, Mapping[str, int]], columns: tuple[str, ...], *, plain: bool = False) -> Safe:
    fill = _blocks()
    counts = joined(
        fill(
            "counts",
            name=name or "sessions",
            cells=joined(fill("cell", value=f"{row.get(word, 0):,}") for word in columns),
        )
        for name, row in rows.items()
    )
    heads = joined(fill("head", name=_word(word)) for word in columns)
    return fill("table", head="" if plain else head, heads=heads, rows=counts)


def _part(part: str, counts: Mapping[str, int]) -> Safe:
    said = ", ".join(f"{_word(word) if word != 'none' else 'not reached'} {count:,}" for word, count in counts.items())
    return _blocks()("row", name=part, value=said)


def _measured(each: Measured) -> Safe:
    return _blocks()(
        "measured",
        at=f"{each.at:%Y-%m-%d}",
        matcher=f"{each.matcher}, {each.threshold:.3f}{', TEST' if each.test else ''}",
        subjects=f"{each.subjects:,}",
        fmr=times(each.false_matches),
        fnmr=times(each.false_non_matches),
        fta=percent(each.acquire.share or 0),
    )


def _word(word: str) -> str:
    return word.replace("_", " ")


@cache
def _blocks() -> Blocks:
    return Blocks(files("garim.gate").joinpath("pages/report.html").read_text("utf-8"))
