"""No group of fewer than five, alone or by subtraction."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.gate.evaluate.groups import NOT_STATED, OTHERS, band, similar, told, way
from garim.recognise.counts import FLOOR, Asked

labels = st.lists(st.sampled_from(["KOR", "DEU", "FRA", "ITA", ""]), min_size=5, max_size=60)


def whole(words: list[str]) -> np.ndarray:
    return np.ones(len(words), bool)


@given(labels)
def test_each_group_is_of_five_or_there_is_one(words: list[str]) -> None:
    made = way("nationality", words, whole(words))
    sizes = made.sizes(whole(words))
    assert sum(sizes) == len(words)
    assert min(sizes) >= FLOOR
    for name, size in zip(made.names, sizes, strict=True):
        if name != OTHERS:
            assert size == Counter(word or NOT_STATED for word in words)[name]


@given(labels, st.integers(0, 2**32 - 1))
def test_those_who_are_compared_are_five_too(words: list[str], seed: int) -> None:
    compared = np.random.default_rng(seed).random(len(words)) < 0.8
    made = way("nationality", words, compared)
    if len(made.names) > 1:
        assert min(made.sizes(compared)) >= FLOOR


def test_one_small_group_takes_the_next_with_it() -> None:
    made = way("nationality", ["KOR"] * 20 + ["DEU"] * 6 + ["FRA"] * 2, np.ones(28, bool))
    assert (made.names, made.sizes(np.ones(28, bool))) == (("KOR", OTHERS), (20, 8)), "2 would follow from the rest"
    made = way("nationality", ["KOR"] * 20 + ["DEU"] * 6 + ["FRA"] * 2 + ["ITA"] * 3, np.ones(31, bool))
    assert made.sizes(np.ones(31, bool)) == (6, 20, 5)


def test_ways_that_differ_by_few_are_not_both_told() -> None:
    everybody = np.ones(40, bool)
    nationality = way("nationality", ["KOR"] * 20 + ["DEU"] * 20, everybody)
    sex = way("sex", ["f"] * 18 + ["m"] * 22, everybody)
    assert [each.name for each in told([nationality, sex], [everybody])[0]] == ["nationality"]
    assert told([nationality, sex], [everybody])[1] == ["sex"], "two Korean men"
    crossed = way("sex", ["f", "m"] * 20, everybody)
    assert told([nationality, crossed], [everybody])[1] == []
    only = way("age", ["25-34"] * 40, everybody)
    assert told([only], [everybody]) == ([], ["age"]), "one group is everybody"


NOBODYS = np.zeros((0, 0), np.int64)


def test_who_is_like_another() -> None:
    found = similar((["KOR"] * 6 + ["DEU"] * 6, ["f"] * 6 + ["m", "m", "m", "f", "", "f"]), NOBODYS)
    assert found.tolist() == [0] * 6 + [-1] * 6
    assert similar((["KOR"] * 4 + ["DEU"],), NOBODYS).tolist() == [-1] * 5, "four would be told of alone"


def test_one_who_is_like_nobody_does_not_follow_from_who_are_alike() -> None:
    """The reviewer's: five alike in A, and one more; "alike" told beside "A among them" would tell of that one."""
    labels = (["A"] * 6 + ["B"] * 20, ["f"] * 5 + ["m"] + ["f", "m"] * 10, ["x"] * 6 + ["x", "y", "z", "x"] * 5)
    nationality = way("nationality", labels[0], whole(labels[0]))
    found = similar(labels, nationality.codes[None])
    assert (found[:6] == -1).all()
    with pytest.raises(ValueError, match="besides those who are alike"):
        Asked(nationality.codes[None], np.array([0] * 5 + [-1] * 21), (0.5,), ())
    with pytest.raises(ValueError, match="5 subjects at least who are alike"):
        Asked(nationality.codes[None], np.array([0, 0, 1, 1, 2, 2] + [-1] * 20), (0.5,), ())


def test_sums_of_groups_count_as_groups() -> None:
    """22 of one way are all in a group of 24 of another, though neither 12 is."""
    rows = way("nationality", ["A"] * 12 + ["B"] * 12 + ["C"] * 22, np.ones(46, bool))
    columns = way("sex", ["f"] * 26 + ["m"] * 20, np.ones(46, bool))
    assert told([rows, columns], [np.ones(46, bool)])[1] == ["sex"]


def nested(sets: list[frozenset[int]]) -> list[int]:
    return [len(b) - len(a) for a, b in itertools.permutations(sets, 2) if a < b]


@given(st.integers(0, 2**32 - 1), st.integers(12, 90))
def test_no_two_counts_of_which_one_holds_the_other_differ_by_few(seed: int, count: int) -> None:
    """Of all that is told: each group, each sum of groups of a way, who is alike, and everybody."""
    draw = np.random.default_rng(seed)
    main = draw.integers(0, 3, count)
    odd = draw.choice([0.05, 0.3, 1])
    others = [np.where(draw.random(count) < odd, draw.integers(0, 3, count), main) for _ in range(2)]
    labels = [[["A", "B", "C"][code] for code in codes] for codes in (main, *others)]
    everybody = np.ones(count, bool)
    kept, _ = told([way(str(i), words, everybody) for i, words in enumerate(labels)], [everybody])
    codes = np.array([each.codes for each in kept], np.int64).reshape(-1, count)
    alike = similar(labels, codes)
    Asked(codes, alike, (0.5,), ())  # the room's own floor lets it pass
    sums = {
        frozenset(np.flatnonzero(np.isin(each.codes, chosen)).tolist())
        for each in kept
        for size in range(1, len(each.names) + 1)
        for chosen in itertools.combinations(range(len(each.names)), size)
    }
    sums |= {frozenset(range(count)), frozenset(np.flatnonzero(alike >= 0).tolist())} - {frozenset()}
    assert min(map(len, sums)) >= FLOOR
    assert all(difference >= FLOOR for difference in nested(sorted(sums, key=len)))


@pytest.mark.parametrize(
    ("born", "said"), [(2009, "under 18"), (2008, "18-24"), (1961, "65 and over"), (None, ""), (2030, "")]
)
def test_bands(born: int | None, said: str) -> None:
    assert band(born, 2026) == said
