"""Lanes from tracks: what was measured is covered with a margin, and what no look has seen is covered too."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import clipped, grown
from garim.core.plan import Lane
from garim.core.sightings import Sightings
from garim.core.tracks import Track
from garim.media import Film
from garim.redact.plan import COVERED, HOLD, NEEDED, SLOWING, lanes

F32 = NDArray[np.float32]
FRAMES = 100
STEP = 512  # ticks a frame
laws = settings(deadline=None)


def film(size: tuple[int, int] = (640, 480), rate: Fraction = Fraction(25), rotation: int = 0) -> Film:
    return Film(
        path=Path("film.mp4"),
        size=size,
        time_base=1 / rate / STEP,
        rate=rate,
        rotation=rotation,
        frames=FRAMES,
        seconds=None,
        codec="h264",
        pixels="yuv420p",
        sound=(),
        left_out=(),
    )


def seen(cuts: tuple[int, ...] = (), pts: NDArray[np.int64] | None = None) -> Sightings:
    """A film that was looked at by nobody, with cuts: only its times and changes are read here."""
    change = np.full(FRAMES, 0.01, np.float32)
    change[list(cuts)] = 1
    times = np.arange(FRAMES) * STEP if pts is None else pts
    return Sightings(times, change, np.empty(0, np.int64), ())


def track(index: list[int], boxes: list[tuple[float, float, float, float]], number: int = 1) -> Track:
    return Track(number, np.array(index), np.array(boxes, np.float32), np.ones(len(index), np.float32))


def holds(outer: F32, inner: F32) -> NDArray[np.bool_]:
    """Whether each box of `outer` holds its of `inner`, but for what rounding takes: b[n]."""
    low = (outer[:, :2] <= inner[:, :2] + 1e-3).all(axis=1)
    return np.asarray(low & (outer[:, 2:] >= inner[:, 2:] - 1e-3).all(axis=1))


def frames_of(lane: Lane, pts: NDArray[np.int64] | None = None) -> tuple[int, int]:
    times = np.arange(FRAMES) * STEP if pts is None else pts
    first, last = np.searchsorted(times, [lane.pts[0], lane.pts[-1]])
    return int(first), int(last)


@st.composite
def wanderers(draw: st.DrawFn) -> Track:
    index = sorted(draw(st.sets(st.integers(0, FRAMES - 1), min_size=1, max_size=25)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pace = draw(st.sampled_from([0.0, 2.0, 30.0]))
    centre = random.uniform(-50, 600, 2) + np.cumsum(random.normal(0, pace, (len(index), 2)), axis=0)
    half = random.uniform(2, 90, (len(index), 2))
    boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    return Track(draw(st.integers(1, 9)), np.array(index), boxes, np.ones(len(index), np.float32))


@laws
@given(wanderers(), st.sets(st.integers(2, FRAMES - 3), max_size=2), st.sampled_from([0, 90]))
def test_what_was_measured_is_covered_with_a_margin(walk: Track, cuts: set[int], rotation: int) -> None:
    made_in, clip = seen(tuple(cuts)), film(rotation=rotation)
    scene = made_in.scenes()
    inside = scene[walk.index] == scene[walk.index[0]]  # a track ends at a cut
    walk = Track(walk.number, walk.index[inside], walk.xyxy[inside], walk.score[inside])
    (lane,) = lanes([walk], made_in, clip)
    first, last = frames_of(lane)
    assert lane.track == walk.number
    assert (scene[first : last + 1] == scene[walk.index[0]]).all()
    assert first <= walk.index[0] and last >= walk.index[-1]
    needed = clipped(grown(walk.xyxy, *NEEDED), *clip.upright)
    assert holds(lane.at(walk.index * STEP), needed).all()
    # and between what was measured, the straight way
    between = np.arange(walk.index[0], walk.index[-1] + 1)
    assert holds(lane.at(between * STEP), clipped(grown(walk.at(between), *NEEDED), *clip.upright)).all()
    every = lane.at(np.arange(first, last + 1) * STEP)
    assert np.array_equal(every, clipped(every, *clip.upright))


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(5), Fraction(1)])
def test_a_track_is_held_before_its_first_and_after_its_last_sight(rate: Fraction) -> None:
    boxes = [(100.0, 100.0, 140.0, 150.0)] * 2
    (lane,) = lanes([track([40, 60], boxes)], seen(), film(rate=rate))
    hold = max(1, math.floor(HOLD * rate))
    assert frames_of(lane) == (40 - hold, 60 + hold)
    needed = grown(np.array(boxes[:1], np.float32), *NEEDED)
    assert all(holds(lane.at(np.array([i * STEP])), needed)[0] for i in range(40 - hold, 60 + hold + 1))


def walker(speed: tuple[float, float], first: int, last: int, turns: int | None = None) -> Track:
    """A face of 20 x 24 px that is at (300, 240) on frame 50, and goes back the way it came after frame `turns`."""
    index = list(range(first, last + 1))
    past = [i - 50 if turns is None or i <= turns else 2 * turns - i - 50 for i in index]
    centres = [(300 + speed[0] * i, 240 + speed[1] * i) for i in past]
    return track(index, [(x - 10, y - 12, x + 10, y + 12) for x, y in centres])


SPEEDS = [(15.0, 0.0), (-15.0, 0.0), (0.0, 11.0), (9.0, -9.0)]


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("step", [1, -1])
def test_what_moved_is_held_where_it_may_have_gone(speed: tuple[float, float], step: int) -> None:
    walk = walker(speed, 45, 55)
    (lane,) = lanes([walk], seen(), film())
    end = 55 if step == 1 else 45
    shown = walk.at(np.array([end]))
    for gone in (1, 2):  # frames, in which it hardly slowed: its centre is covered
        centre = shown + np.tile(np.array(speed, np.float32), 2) * gone * step
        middle = np.tile((centre[:, :2] + centre[:, 2:]) / 2, 2)
        assert holds(lane.at(np.array([(end + gone * step) * STEP])), middle.astype(np.float32))[0]
    for gone in range(1, round(HOLD * 25) + 1):  # it may have stopped; and it does not go on for ever
        box = lane.at(np.array([(end + gone * step) * STEP]))
        farthest = np.abs(np.tile(np.array(speed), 2)) * SLOWING * 25
        assert holds(box, shown)[0]
        reach = (farthest + COVERED[1] + 5) * [-1, -1, 1, 1]
        assert holds(grown(shown, *COVERED) + reach.astype(np.float32), box)[0]


def test_only_its_last_way_counts() -> None:
    turned = walker((15.0, 0.0), 35, 60, turns=50)
    (lane,) = lanes([turned], seen(), film())
    after = lane.at(np.array([63 * STEP]))[0]
    before = lane.at(np.array([32 * STEP]))[0]
    shown_last, shown_first = turned.xyxy[-1], turned.xyxy[0]
    assert after[0] < shown_last[0] - 25
    assert before[0] < shown_first[0] - 25


def test_one_sight_goes_nowhere() -> None:
    (lane,) = lanes([walker((15.0, 0.0), 50, 50)], seen(), film())
    assert len(np.unique(lane.xyxy, axis=0)) == 1


def test_a_box_also_holds_its_neighbours_in_time() -> None:
    walk = walker((15.0, 7.0), 40, 60)  # a picture may be a frame late, and blurred along the way
    (lane,) = lanes([walk], seen(), film())
    frames = np.arange(41, 60)
    for beside in (frames - 1, frames + 1):
        assert holds(lane.at(frames * STEP), grown(walk.at(beside), *NEEDED)).all()


def test_a_hold_ends_with_its_scene() -> None:
    boxes = [(100.0, 100.0, 140.0, 150.0)] * 2
    (lane,) = lanes([track([40, 60], boxes)], seen((38, 63)), film())
    assert frames_of(lane) == (38, 62)


def test_a_hold_ends_with_the_film() -> None:
    boxes = [(100.0, 100.0, 140.0, 150.0)]
    early, late = lanes([track([0], boxes, 1), track([FRAMES - 1], boxes, 2)], seen(), film())
    assert frames_of(early)[0] == 0 and frames_of(late)[1] == FRAMES - 1
    assert [early.track, late.track] == [1, 2]


def test_times_are_those_of_the_frames() -> None:
    pts = np.cumsum(np.random.default_rng(5).integers(1, 5000, FRAMES)) + 90_000
    (lane,) = lanes([track([50], [(100.0, 100.0, 140.0, 150.0)])], seen(pts=pts), film())
    assert set(lane.pts.tolist()) <= set(pts.tolist())
    first, last = frames_of(lane, pts)
    hold = int(HOLD / film().time_base)
    # by the clock, not by counting frames: they are unevenly far apart
    assert pts[first] >= pts[50] - hold > pts[first - 1]
    assert pts[last] <= pts[50] + hold < pts[last + 1]


def test_a_face_beyond_the_edge_stays_inside_the_picture() -> None:
    (lane,) = lanes([track([50], [(620.0, 460.0, 700.0, 560.0)])], seen(), film())
    assert lane.at(np.array([50 * STEP]))[0, 2:].tolist() == [640, 480]
    (turned,) = lanes([track([50], [(470.0, 620.0, 700.0, 700.0)])], seen(), film(rotation=90))
    assert turned.at(np.array([50 * STEP]))[0, 2:].tolist() == [480, 640]


def test_no_track_is_no_lane() -> None:
    assert lanes([], seen(), film()) == []
