"""Error rates by group: only totals are read, what is odd is refused, no error seen is no rate of nought."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from garim.core.errors import Malformed
from garim.corpus.rates import Rate, read, shown
from garim.corpus.rates_chart import chart


def rate(errors: int, comparisons: int, low: float, high: float) -> dict[str, Any]:
    """As `garim gate evaluate` writes one."""
    share = errors / comparisons if comparisons else None
    ends = {"rate": share, "low": low, "high": high, "resampled_low": None, "resampled_high": None}
    return {"errors": errors, "comparisons": comparisons, **ends}


def report() -> dict[str, Any]:
    pairs = [("female", "female"), ("female", "male"), ("male", "female"), ("male", "male")]
    by = {
        "fnmr": {"female": rate(0, 49, 0.0, 0.0726), "male": rate(1, 53, 0.00048, 0.1007)},
        "fmr": [{"reference": a, "probe": b, **rate(2 if a == b == "male" else 0, 2400, 0.0, 0.003)} for a, b in pairs],
        "fnmr_highest_to_lowest": None,
        "fmr_highest_to_lowest": None,
    }
    return {
        "schema": "garim-evaluation-1",
        "at": "2026-11-22T10:00:00Z",
        "test": True,
        "matcher": "omz-0095",
        "set": {"subjects": 102},
        "in_use": {
            "threshold": 0.55,
            "fnmr": rate(1, 102, 0.0002, 0.0534),
            "fmr": rate(2, 10302, 0.00002, 0.0007),
            "by": {"sex": by},
        },
    }


def test_what_it_says() -> None:
    rates = read(json.dumps(report()))
    assert (rates.matcher, rates.subjects, rates.threshold, rates.test) == ("omz-0095", 102, 0.55, True)
    assert [(each.way, each.group) for each in rates.groups] == [("sex", "female"), ("sex", "male")]
    female, male = rates.groups
    assert str(female.fnmr) == "none of 49; below 7.3%", "no error is not a rate of 0"
    assert str(male.fnmr) == "1.9% (0.048% to 10%)"
    assert male.fmr.errors == 2 and female.fmr.errors == 0, "of two people of one group"
    assert str(Rate(0, 0, 0.0, 1.0)) == "nothing compared"


def test_a_report_that_garim_gate_evaluate_wrote_is_read() -> None:
    """Of the 102 volunteers of the London set with TEST consents, as the command wrote it on 22 November 2026."""
    rates = read((Path(__file__).parent / "assets" / "evaluation-london.json").read_text("utf-8"))
    assert (rates.subjects, rates.fmr.comparisons, rates.fmr.errors, rates.test) == (102, 10_302, 0, True)
    assert {each.way for each in rates.groups} == {"nationality", "sex", "age"}
    assert str(next(each for each in rates.groups if each.group == "others").fnmr) == "none of 5; below 52%"


@pytest.mark.parametrize(
    ("share", "word"), [(1.0, "100%"), (0.1, "10%"), (0.0123, "1.2%"), (1e-5, "0.001%"), (0.0, "0%")]
)
def test_shares_in_words(share: float, word: str) -> None:
    assert shown(share) == word


def test_a_dot_only_where_errors_were_seen() -> None:
    tree = ElementTree.fromstring(chart(read(json.dumps(report()))))
    dots = list(tree.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(dots) == 4, "everybody's two, and the men's two"


CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda tree: tree.update(schema="garim-evaluation-2"),
    lambda tree: tree.pop("in_use"),
    lambda tree: tree["in_use"]["fnmr"].update(errors=103),
    lambda tree: tree["in_use"]["fnmr"].update(errors=-1),
    lambda tree: tree["in_use"]["fnmr"].update(errors=True),
    lambda tree: tree["in_use"]["fmr"].update(high=1.5),
    lambda tree: tree["in_use"]["fmr"].update(low=None),
    lambda tree: tree["in_use"]["by"]["sex"]["fmr"].pop(0),
    lambda tree: tree["in_use"].update(by=[]),
    lambda tree: tree.update(matcher=3),
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_odd_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    tree = copy.deepcopy(report())
    change(tree)
    with pytest.raises(Malformed, match="no report of garim gate evaluate"):
        read(json.dumps(tree))


@pytest.mark.parametrize("text", ["", "null", "[]", "{" * 10_000, "\x00"])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)
