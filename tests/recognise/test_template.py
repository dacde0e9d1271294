"""What a template gives away, which is nothing, and which pairs are compared, which are few."""

from __future__ import annotations

import copy
import inspect
import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from tests.recognise.faces import drawn

from garim.core.errors import Misuse
from garim.recognise.portrait import Origin
from garim.recognise.template import Metric, Template

NUMBERS = np.array([0.125, -0.5, 0.75])


def made(
    origin: Origin = Origin.LIVE, session: str = "session", matcher: str = "m", numbers: Any = NUMBERS
) -> Template:
    return Template(numbers, drawn(origin, session), matcher)


LAWFUL = {("LIVE", "DOCUMENT"), ("DOCUMENT", "LIVE"), ("LIVE", "LIVE")}


@pytest.mark.parametrize(("a", "b"), list(itertools.product(Origin, Origin)))
def test_only_these_pairs_are_compared(a: Origin, b: Origin) -> None:
    if (a.name, b.name) in LAWFUL:
        assert Template.compared(made(a), made(b), "m", Metric.COSINE) == pytest.approx(1)
    else:
        with pytest.raises(Misuse, match=r"no pair that may be compared; nothing was compared"):
            Template.compared(made(a), made(b), "m", Metric.COSINE)


@pytest.mark.parametrize(("a", "b"), [(Origin.LIVE, Origin.DOCUMENT), (Origin.LIVE, Origin.LIVE)])
def test_two_sessions_never_meet(a: Origin, b: Origin) -> None:
    with pytest.raises(Misuse, match="two sessions"):
        Template.compared(made(a, "one"), made(b, "other"), "m", Metric.COSINE)


@pytest.mark.parametrize(("a", "b"), [("m", "n"), ("n", "m"), ("n", "n")])
def test_what_another_matcher_made_is_nothing(a: str, b: str) -> None:
    with pytest.raises(Misuse, match="nothing was compared"):
        Template.compared(made(matcher=a), made(matcher=b), "m", Metric.COSINE)


def test_the_two_metrics() -> None:
    one, other = made(numbers=np.array([3.0, 0.0])), made(numbers=np.array([3.0, 4.0]))
    assert Template.compared(one, other, "m", Metric.COSINE) == pytest.approx(0.6)
    assert Template.compared(one, other, "m", Metric.NEARNESS) == pytest.approx(-3)
    assert Template.compared(one, one, "m", Metric.NEARNESS) == 1


@pytest.mark.parametrize(
    "way", [pickle.dumps, copy.copy, copy.deepcopy, iter, len, list, np.asarray, memoryview, bytes, hash]
)
def test_it_gives_nothing_away(way: Any) -> None:
    if way is np.asarray:
        assert np.asarray(made()).dtype == object  # the template itself, and none of its numbers
    else:
        with pytest.raises(TypeError):
            way(made())


def test_it_is_not_looked_up() -> None:
    with pytest.raises(TypeError, match="by the matcher that made them"):
        made() in [made()]  # noqa: B015 - what must not work


@pytest.mark.parametrize("shown", [repr, str, format])
def test_it_shows_nothing(shown: Any) -> None:
    assert shown(made(session="secret")) == "Template(LIVE)"


def test_it_has_one_public_name_and_no_field() -> None:
    assert [name for name in dir(made()) if not name.startswith("_")] == ["compared"]
    assert not hasattr(made(), "__dict__")
    assert list(inspect.signature(Template.compared).parameters) == ["a", "b", "matcher", "metric"]


@pytest.mark.parametrize("numbers", [np.zeros(3), np.array([np.nan, 1]), np.array([np.inf, 1]), np.ones((2, 2))])
def test_numbers_that_say_nothing(numbers: Any) -> None:
    with pytest.raises(ValueError, match="template"):
        made(numbers=numbers)
