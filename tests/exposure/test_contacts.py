"""From boxes to who met whom: exact from exact boxes, on PETS 2009 and on streets that never were."""

from __future__ import annotations

import pytest
from benchmarks._contacts import Truth, met, scored
from benchmarks._street import street

from benchmarks import _pets
from garim.exposure.follow import follow
from garim.exposure.smooth import walks
from garim.exposure.stitch import stitched

pets = pytest.mark.skipif(not _pets.FOLDER.is_dir(), reason=f"{_pets.FOLDER}: not beside the checkout")


@pets
@pytest.mark.parametrize("every", [1, 2])
def test_the_truth_s_own_boxes_are_the_truth_s_contacts(every: int) -> None:
    ground, truth = _pets.ground(), _pets.truth()
    found = [walk for walk in walks(follow(_pets.boxes(every), ground.size), ground) if walk is not None]
    score = scored(stitched(found, ground), truth)
    assert (score.people, score.tracks, score.switches) == (19, 19, 0)
    assert (score.pairs, score.found, score.false) == (9, 9, 0)
    assert score.seconds == pytest.approx(81.0, rel=0.02)
    assert score.error_m[0] < 0.1


@pets
def test_the_truth_is_that_of_the_table() -> None:
    truth = _pets.truth()
    assert len(met(truth.xy, truth.at)) == 9
    assert sum(met(truth.xy, truth.at).values()) == pytest.approx(81.0, abs=0.2)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_street_seen_exactly(seed: int) -> None:
    shown = street(seed, seconds=25, people=8, exact=True)
    found = [walk for walk in walks(follow(shown.seen(2), shown.ground.size), shown.ground) if walk is not None]
    score = scored(stitched(found, shown.ground), Truth(shown.at, shown.xy))
    assert (score.found, score.false) == (score.pairs, 0)
    assert score.pairs > 0
    assert score.seconds == pytest.approx(score.true_seconds, rel=0.1)
