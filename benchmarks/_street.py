"""A STREET THAT NEVER WAS: people who walk, meet, stop and pass behind things, and what a detector makes of them.

    street(seed) -> where everybody was in metres, and the boxes of a detector that errs as detectors do

People walk towards where they want to go and keep apart (after Helbing and Molnar 1995, "Social force model for
pedestrian dynamics"), alone and in groups; some stand for a while. A camera on a post sees them as upright boxes;
whoever is behind an obstacle or another person is cut short or missed; boxes err in ways that last and ways that do
not; signs are taken for people where they stand. What errs how much is drawn anew for each street, so that nothing
can be fitted to one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best
from garim.exposure.ground import Ground
from garim.exposure.lens import plain

F64 = NDArray[np.float64]

SIZE = (768, 576)
STEP_S = 0.1
SAME_PERSON = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Street:
    """`xy` f64[t,people,2] m at `at` f64[t] s, NaN where somebody is not there; `boxes` at each of these times."""

    ground: Ground
    at: F64
    xy: F64
    height_m: F64
    signs: F64
    boxes: tuple[Boxes, ...]

    def seen(self, every: int) -> Iterator[tuple[float, Boxes]]:
        """The boxes of every `every`th moment."""
        return zip(self.at[::every].tolist(), self.boxes[::every], strict=True)


@dataclass(frozen=True, slots=True)
class Errors:
    """How a detector errs, in heights of the box: `white` a box, `slow` for `slow_s`, `lasting` for each person."""

    white: float
    slow: float
    slow_s: float
    lasting: float
    missed: float
    wild: float


def street(seed: int, *, seconds: float = 60.0, people: int = 14, signs: int = 2, exact: bool = False) -> Street:
    """A street, and a detector that errs; one that does not where `exact`."""
    rng = np.random.default_rng(seed)
    ground = camera(rng)
    at = np.arange(0, seconds, STEP_S)
    xy = _walked(rng, ground, at, people)
    tall = np.clip(rng.normal(1.70, 0.10, xy.shape[1]), 1.4, 2.0)
    hidden = _obstacles(rng)
    errors = Errors(*rng.uniform([0.02, 0.02, 0.4, 0.0, 0.02, 0.0], [0.045, 0.045, 1.5, 0.02, 0.1, 0.03]))
    if exact:
        errors, hidden, signs = Errors(0, 0, 1, 0, 0, 0), np.empty((0, 4)), 0
    stand = _signs(rng, ground, signs)
    boxes = tuple(_detected(rng, ground, xy, tall, hidden, stand, errors))
    return Street(ground, at, _inside(xy, tall, ground), tall, stand, boxes)


def camera(rng: np.random.Generator) -> Ground:
    """A camera 4 to 9 m high that looks down a street, whose middle is some 15 m away."""
    high, away = rng.uniform(4, 9), rng.uniform(11, 18)
    focal = rng.uniform(1.1, 1.6) * SIZE[1]
    ahead = np.array([0, away, -high]) / np.hypot(away, high)
    right = np.array([1.0, 0, 0])
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    to_px = np.array([[focal, 0, SIZE[0] / 2], [0, focal, SIZE[1] / 2], [0, 0, 1]])
    moved = -rotation @ np.array([0, -away, high])
    return Ground(
        np.linalg.inv(to_px @ np.column_stack([rotation[:, :2], moved])), plain(SIZE), None, SIZE, None, focal, "tsai"
    )


def _walked(rng: np.random.Generator, ground: Ground, at: F64, people: int) -> F64:
    """Everybody's place at all times, whether it is in the picture or not; NaN before they come and after."""
    corners = ground.metres(
        np.array([[0, SIZE[1]], [SIZE[0], SIZE[1]], [0, SIZE[1] * 0.35], [SIZE[0], SIZE[1] * 0.35]])
    )[0]
    low, high = corners.min(axis=0), np.minimum(corners.max(axis=0), corners.min(axis=0) + 30)
    came: list[float] = []
    place: list[F64] = []
    goal: list[F64] = []
    pace: list[float] = []
    pause: list[tuple[float, float]] = []
    while len(came) < people:
        size = int(rng.choice([1, 1, 1, 2, 2, 3]))
        start, end = _edge(rng, low, high), _edge(rng, low, high)
        if np.linalg.norm(end - start) < 8:
            continue
        across = np.array([-(end - start)[1], (end - start)[0]]) / np.linalg.norm(end - start)
        when, speed = rng.uniform(-5, at[-1] - 10), rng.normal(1.34, 0.2)
        stop = (rng.uniform(4, 12), rng.uniform(3, 15)) if rng.random() < 0.3 else (np.inf, 0.0)
        for k in range(size):
            came.append(when)
            place.append(start + across * 0.75 * k + rng.normal(0, 0.1, 2))
            goal.append(end + across * 0.75 * k)
            pace.append(max(0.7, speed + rng.normal(0, 0.03)))
            pause.append(stop)
    return _forced(rng, at, np.array(came), np.array(place), np.array(goal), np.array(pace), np.array(pause))


def _edge(rng: np.random.Generator, low: F64, high: F64) -> F64:
    place = rng.uniform(low, high)
    side = int(rng.integers(4))
    place[side % 2] = (low, high)[side // 2][side % 2]
    return place


def _forced(rng: np.random.Generator, at: F64, came: F64, place: F64, goal: F64, pace: F64, pause: F64) -> F64:
    speed = np.zeros_like(place)
    xy = np.full((len(at), len(came), 2), np.nan)
    gone = np.zeros(len(came), bool)
    shake = np.zeros_like(place)
    for row, now in enumerate(np.arange(-5, at[-1] + STEP_S / 2, STEP_S).tolist()):
        here = (now >= came) & ~gone
        way = goal - place
        left = np.linalg.norm(way, axis=1)
        gone |= here & (left < 0.7)
        still = (now - came > pause[:, 0]) & (now - came < pause.sum(axis=1))
        wanted = np.where(still[:, None], 0.0, way / np.maximum(left, 1e-6)[:, None] * pace[:, None])
        apart = place[:, None] - place[None]
        distance = np.linalg.norm(apart, axis=2) + 1e-9
        push = 2.0 * np.exp((0.5 - distance) / 0.25) * (here[:, None] & here[None] & (distance > 1e-8))
        force = (apart / distance[..., None] * np.minimum(push, 4)[..., None]).sum(axis=1)
        shake += STEP_S * (-shake / 1.5) + rng.normal(0, 0.25 * np.sqrt(STEP_S), shake.shape)
        speed = np.where(here[:, None], speed + STEP_S * ((wanted - speed) / 0.5 + force + shake), wanted)
        fast = np.linalg.norm(speed, axis=1, keepdims=True)
        speed *= np.minimum(1, 2.2 / np.maximum(fast, 1e-9))
        place = np.where(here[:, None], place + STEP_S * speed, place)
        if row - 50 >= 0 and row - 50 < len(at):
            xy[row - 50, here] = place[here]
    return xy


def _upright(ground: Ground, xy: F64, tall: F64) -> F64:
    """Boxes f64[n,4] px of people `tall` m at `xy`."""
    foot, head = ground.pixels(xy), ground.pixels(xy, tall)
    high = foot[:, 1] - head[:, 1]
    wide = 0.38 * high
    middle = (foot[:, 0] + head[:, 0]) / 2
    return np.stack([middle - wide / 2, head[:, 1], middle + wide / 2, foot[:, 1]], axis=1)


def _inside(xy: F64, tall: F64, ground: Ground) -> F64:
    """The same, NaN where the middle of somebody is not in the picture."""
    flat = xy.reshape(-1, 2)
    box = _upright(ground, flat, np.tile(tall, len(xy)))
    middle = (box[:, :2] + box[:, 2:]) / 2
    there = np.asarray(((middle > 0) & (middle < np.array(SIZE))).all(axis=1))
    return np.where(there[:, None], flat, np.nan).reshape(xy.shape)


def _obstacles(rng: np.random.Generator) -> F64:
    """A post, and a board on it or a parked car: px that nobody is seen behind."""
    x = rng.uniform(0.3, 0.7) * SIZE[0]
    wide = rng.uniform(10, 18)
    board = rng.uniform(30, 60)
    y = rng.uniform(0.3, 0.55) * SIZE[1]
    return np.array([[x, 0, x + wide, SIZE[1] * 0.9], [x - board, y, x + wide + board, y + rng.uniform(40, 90)]])


def _signs(rng: np.random.Generator, ground: Ground, count: int) -> F64:
    px = np.stack([rng.uniform(60, SIZE[0] - 60, count), rng.uniform(0.5, 0.9, count) * SIZE[1]], axis=1)
    return _upright(ground, ground.metres(px)[0], rng.uniform(0.8, 1.6, count)) if count else np.empty((0, 4))


def _detected(
    rng: np.random.Generator, ground: Ground, xy: F64, tall: F64, hidden: F64, signs: F64, errors: Errors
) -> Iterator[Boxes]:
    people = xy.shape[1]
    slow = rng.normal(0, 1, (people, 4))
    lasting = rng.normal(0, errors.lasting, (people, 4)) * np.array([0, 1, 0, 1])
    mood = rng.normal(0, 1, people)
    keep = np.exp(-STEP_S / errors.slow_s)
    for now in xy:
        slow = keep * slow + np.sqrt(1 - keep**2) * rng.normal(0, 1, slow.shape)
        mood = 0.9 * mood + np.sqrt(1 - 0.81) * rng.normal(0, 1, people)
        rows = np.flatnonzero(np.isfinite(now).all(axis=1))
        true = _upright(ground, now[rows], tall[rows])
        depth = np.argsort(-true[:, 3], kind="stable")
        seen = _visible(true, depth, hidden)
        share = np.maximum((seen[:, 3] - seen[:, 1]) * (seen[:, 2] - seen[:, 0]), 0) / np.maximum(
            (true[:, 3] - true[:, 1]) * (true[:, 2] - true[:, 0]), 1
        )
        high = (true[:, 3] - true[:, 1])[:, None]
        error = errors.white * rng.normal(0, 1, seen.shape) + errors.slow * slow[rows] + lasting[rows]
        error += (rng.random((len(rows), 1)) < errors.wild) * rng.normal(0, 0.12, seen.shape)
        # the two sides move together, mostly
        error[:, [0, 2]] = error[:, [0, 2]] * 0.6 + error[:, [0]] * 0.6
        box = np.clip(seen + error * high, 0, np.array([*SIZE, *SIZE]))
        score = 0.82 - 0.6 * (1 - share) + 0.1 * mood[rows] - 0.25 * np.clip(1 - high[:, 0] / 45, 0, 1)
        sure = (share > 0.35) & (rng.random(len(rows)) > errors.missed) & ((box[:, 2:] - box[:, :2]) > 6).all(axis=1)
        if not errors.white:
            box, score, sure = np.clip(true, 0, np.array([*SIZE, *SIZE])), np.ones(len(rows)), share > -1
            sure &= ((box[:, 2:] - box[:, :2]) > 6).all(axis=1)
        found = [Boxes(box[sure].astype(np.float32), np.clip(score[sure], 0.05, 0.97).astype(np.float32))]
        found.append(_mistaken(rng, signs, errors))
        both = Boxes.joined(found)
        yield best(both, SAME_PERSON) if errors.white else both


def _visible(true: F64, depth: NDArray[np.int64], hidden: F64) -> F64:
    """What is left of each box: those nearer hide it from below, obstacles from whatever side they cover."""
    seen = true.copy()
    for place, i in enumerate(depth.tolist()):
        for other in [*true[depth[:place]], *hidden]:
            x1, y1, x2, y2 = seen[i]
            low, high = np.maximum(seen[i, :2], other[:2]), np.minimum(seen[i, 2:], other[2:])
            if (high <= low).any():
                continue
            if high[0] - low[0] > 0.6 * (x2 - x1):
                if high[1] >= y2 - 1:
                    seen[i, 3] = max(low[1], y1)
                elif low[1] <= y1 + 1:
                    seen[i, 1] = min(high[1], y2)
                else:  # only legs or only a head would be left
                    seen[i, 3] = max(low[1], y1)
            elif high[1] - low[1] > 0.6 * (y2 - y1):
                seen[i, 0 if low[0] <= x1 + 1 else 2] = high[0] if low[0] <= x1 + 1 else low[0]
    return seen


def _mistaken(rng: np.random.Generator, signs: F64, errors: Errors) -> Boxes:
    if not len(signs):
        return Boxes.none()
    high = (signs[:, 3] - signs[:, 1])[:, None]
    box = signs + rng.normal(0, 0.012, signs.shape) * high
    score = rng.normal(0.42, 0.1, len(signs))
    here = rng.random(len(signs)) < 0.7
    return Boxes(box[here].astype(np.float32), np.clip(score[here], 0.05, 0.9).astype(np.float32))
