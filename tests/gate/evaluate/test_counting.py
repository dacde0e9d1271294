"""Totals against the plain sum over every pair, and against other people's tools: scikit-learn and fairlearn."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.recognise.faces import drawn

from garim.core.errors import Misuse
from garim.recognise.counting import counted, curve
from garim.recognise.counts import FLOOR, GRAIN, Asked, Totals
from garim.recognise.portrait import Origin
from garim.recognise.template import Metric, Template, _all_measured

F64 = NDArray[np.float64]
ALIKE = partial(_all_measured, metric=Metric.COSINE)


class People:
    """Invented ones: numbers about a middle of their own and of their group's, so that groups err apart."""

    def __init__(self, count: int, *, most: int = 3, seed: int = 1) -> None:
        draw = np.random.default_rng(seed)
        self.ways = np.stack([np.arange(count) % 3, np.arange(count) // (count // 2) % 2])
        middles = draw.normal(size=(3, 16)) * 0.8
        base = draw.normal(size=(count, 16)) + middles[self.ways[0]] + 0.6
        self.of = np.concatenate([np.arange(count), draw.integers(0, count, count * (most - 1))])
        self.references = base + 0.5 * draw.normal(size=base.shape)
        self.probes = base[self.of] + 0.8 * draw.normal(size=(len(self.of), 16))

    @property
    def similar(self) -> NDArray[np.int64]:
        return np.asarray(self.ways[0] * 2 + self.ways[1])

    def thousandths(self) -> NDArray[np.int64]:
        """Each reference with each probe, one pair at a time."""
        return np.array(
            [
                [int(np.floor(GRAIN * float(a @ b / np.sqrt((a @ a) * (b @ b))))) for b in self.probes]
                for a in self.references
            ]
        )

    def totals(self, at: float = 0.6) -> Totals:
        asked = Asked(self.ways, self.similar, (at,), (1e-2, 1e-4))
        return counted(self.references, self.probes, self.of, ALIKE, asked)


@pytest.mark.parametrize("seed", range(3))
def test_every_count_is_that_of_all_pairs(seed: int) -> None:
    people = People(30, seed=seed)
    found, told = people.thousandths(), people.totals()
    mated = people.of[None, :] == np.arange(30)[:, None]
    for at in (told.asked[0], told.found[0].at):
        assert at is not None
        hit = found >= round(at.threshold * GRAIN)
        assert (at.false_matches.errors, at.false_matches.comparisons) == ((hit & ~mated).sum(), (~mated).sum())
        assert (at.false_non_matches.errors, at.false_non_matches.comparisons) == ((~hit & mated).sum(), mated.sum())
        alike = people.similar[:, None] == people.similar[people.of][None, :]
        assert (at.similar.errors, at.similar.comparisons) == ((hit & ~mated & alike).sum(), (~mated & alike).sum())
        for way, codes in zip(at.ways, people.ways, strict=True):
            for a in range(codes.max() + 1):
                own = mated & (codes == a)[:, None]
                assert (way.false_non_matches[a].errors, way.false_non_matches[a].comparisons) == (
                    (~hit & own).sum(),
                    own.sum(),
                )
                for b in range(codes.max() + 1):
                    cell = ~mated & (codes == a)[:, None] & (codes[people.of] == b)[None, :]
                    assert (way.pairs[a][b].errors, way.pairs[a][b].comparisons) == ((hit & cell).sum(), cell.sum())


def test_a_threshold_is_the_lowest_that_keeps_to_its_rate() -> None:
    people = People(60)
    scores = people.thousandths()
    strangers = scores[people.of[None, :] != np.arange(60)[:, None]]
    found, none = people.totals().found
    assert found.at is not None and found.low is not None and found.high is not None
    at = round(found.at.threshold * GRAIN)
    assert (strangers >= at).mean() <= 1e-2 < (strangers >= at - 1).mean()
    assert found.low <= found.at.threshold <= found.high
    assert (none.at, none.low) == (None, None), "one of 10,000 would be some pair's similarity"


def test_the_resampled_interval_is_about_subjects() -> None:
    """With one probe each and independent errors of subjects, it is the binomial's; of false matches it is wider."""
    people = People(400, most=1)
    at = people.totals(0.75).asked[0]
    missed, hits = at.false_non_matches, at.false_matches
    rate = missed.errors / missed.comparisons
    assert 0.02 < rate < 0.98 and missed.low is not None and missed.high is not None
    half = 1.96 * np.sqrt(rate * (1 - rate) / 400)
    assert [missed.low, missed.high] == pytest.approx([rate - half, rate + half], abs=0.01)
    share = hits.errors / hits.comparisons
    assert hits.low is not None and hits.high is not None and hits.low < share < hits.high
    assert hits.high - hits.low > 2 * 1.96 * 2 * np.sqrt(share / hits.comparisons)
    assert people.totals(0.75) == people.totals(0.75), "the same draws each time"


@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.integers(5, 3000))
def test_no_similarity_can_be_read_off_the_curve(seed: int, mated: int, non_mated: int) -> None:
    draw = np.random.default_rng(seed)
    counts = [
        np.bincount(np.clip(draw.normal(middle, 150, size).astype(int), -GRAIN, GRAIN) + GRAIN, minlength=2 * GRAIN + 1)
        for middle, size in ((500, mated), (100, non_mated))
    ]
    points = curve(counts[0], counts[1])
    for a, b in itertools.pairwise(points):
        between = (b.false_non_matches - a.false_non_matches, a.false_matches - b.false_matches)
        assert all(count == 0 or count >= FLOOR for count in between)
        low, high = (max(0, round(point.threshold * GRAIN) + GRAIN) for point in (a, b))
        assert between == tuple(int(each[low:high].sum()) for each in counts)
    assert (points[0].false_matches, points[-1].false_non_matches) == (non_mated, mated)


@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.integers(5, 3000), st.integers(-GRAIN, GRAIN))
def test_nor_off_the_curve_and_a_threshold_that_is_told(seed: int, mated: int, non_mated: int, told: int) -> None:
    draw = np.random.default_rng(seed)
    missed, hits = (
        np.bincount(np.clip(draw.normal(middle, 150, size).astype(int), -GRAIN, GRAIN) + GRAIN, minlength=2 * GRAIN + 1)
        for middle, size in ((500, mated), (100, non_mated))
    )
    for point in curve(missed, hits, [told])[1:-1]:
        low, high = sorted((round(point.threshold * GRAIN) + GRAIN, told + GRAIN))
        assert all(count == 0 or count >= FLOOR for count in (missed[low:high].sum(), hits[low:high].sum()))


def test_what_is_asked_is_of_five_at_least() -> None:
    codes = np.array([0] * 5 + [1] * 4)
    for ways, similar in ((codes[None], codes), (np.zeros((0, 9), int), np.array([0] * 4 + [-1] * 5))):
        with pytest.raises(ValueError, match="5 subjects at least"):
            Asked(ways, similar, (0.5,), ())
    with pytest.raises(ValueError, match="5 subjects at least"):
        Asked(np.zeros((1, 4), int), np.zeros(4, int), (0.5,), ())


def test_totals_are_of_those_who_agreed_alone() -> None:
    asked = Asked(np.zeros((1, 5), np.int64), np.full(5, -1), (0.5,), ())

    def made(origin: Origin, seed: int, session: str = "s") -> Template:
        return Template(np.random.default_rng(seed).normal(size=8), drawn(origin, session), "m")

    agreed = [made(Origin.CONSENTED, seed) for seed in range(5)]
    of = list(range(5))
    assert Template._counted(agreed, agreed, of, ("m", Metric.COSINE), asked).non_mated == 20
    for odd in (made(Origin.LIVE, 9), made(Origin.DOCUMENT, 9), made(Origin.CONSENTED, 9, "other")):
        with pytest.raises(Misuse, match="nothing was compared"):
            Template._counted(agreed, [*agreed[1:], odd], of, ("m", Metric.COSINE), asked)
    with pytest.raises(Misuse, match="nothing was compared"):
        Template._counted(agreed, agreed, of, ("n", Metric.COSINE), asked)
    with pytest.raises(ValueError, match="at least one probe for each"):
        Template._counted(agreed, agreed[:4], of[:4], ("m", Metric.COSINE), asked)


@pytest.mark.parametrize("metric", list(Metric))
def test_many_at_once_are_as_one_at_a_time(metric: Metric) -> None:
    a, b = (np.random.default_rng(seed).normal(size=(4, 8)) for seed in (1, 2))

    def one(x: F64, y: F64) -> float:
        return Template.compared(Template(x, drawn(), "m"), Template(y, drawn(), "m"), "m", metric)

    each = [[one(x, y) for y in b] for x in a]
    assert np.allclose(_all_measured(a, b, metric=metric), each, atol=1e-12)


def labelled(people: People) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Each pair as others have it: whether mated, and its thousandths."""
    mated = people.of[None, :] == np.arange(len(people.references))[:, None]
    return mated.ravel(), people.thousandths().ravel()


def test_the_curve_is_scikit_learns() -> None:
    det_curve: Any = pytest.importorskip("sklearn.metrics").det_curve
    people = People(60)
    mated, scores = labelled(people)
    rates = np.array(det_curve(mated, scores))
    fpr, fnr, thresholds = rates[:, np.argsort(rates[2])]
    inner = people.totals().curve[1:-1]
    points = [point for point in inner if thresholds[0] <= point.threshold * GRAIN <= thresholds[-1]]
    assert len(points) > 10  # where it starts: those below have no false non-match
    for point in points:
        place = np.searchsorted(thresholds, round(point.threshold * GRAIN))
        assert point.false_matches / (~mated).sum() == pytest.approx(fpr[place])
        assert point.false_non_matches / mated.sum() == pytest.approx(fnr[place])


@pytest.mark.parametrize("way", [0, 1])
def test_rates_by_group_are_fairlearns(way: int) -> None:
    metrics: Any = pytest.importorskip("fairlearn.metrics")
    from garim.gate.evaluate.results import errors

    people = People(60)
    mated, scores = labelled(people)
    codes = people.ways[way]
    reference = np.repeat(codes, len(people.of))
    within = mated | (reference == np.tile(codes[people.of], 60))
    at = people.totals().asked[0]
    predicted = scores >= round(at.threshold * GRAIN)
    frame = metrics.MetricFrame(
        metrics={"fmr": metrics.false_positive_rate, "fnmr": metrics.false_negative_rate},
        y_true=mated[within],
        y_pred=predicted[within],
        sensitive_features=reference[within],
    )
    ours = errors(at, ["one", "other"]).ways[way]
    shown = {
        "fmr": [row[number].share for number, row in enumerate(ours.false_matches)],
        "fnmr": [rate.share for rate in ours.false_non_matches],
    }
    for name, shares in shown.items():
        assert shares == pytest.approx(list(frame.by_group[name]))
    ratio = frame.ratio(method="between_groups")  # the lowest to the highest
    for highest_to_lowest, name in zip(ours.differential(), ("fnmr", "fmr"), strict=True):
        assert highest_to_lowest == pytest.approx(1 / ratio[name])
