"""Whether a capture answers a challenge: head poses and points over the frames -> answered, or the reason why not.

    frontal pose of this capture -> moves away from it, with hysteresis -> the moves that were asked for, and no others

Laws: pure; moves count from the person's own frontal pose within this capture, never from another's; every move that is
seen counts, in its order, so that one too many is as wrong as one too few; what is one cut together is refused where it
shows. A pose is not a person: whether the faces are one person's is asked elsewhere.

What this cannot see: a film that a computer renders to order, from one photograph with depth or from none, while the
challenge is open. tests/attacks/test_presentation.py holds what passes and what does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from garim.gate.moves import SHOWS, TURNS, Move

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

FRONTAL_DEG = np.array([20, 30, 18], np.float32)  # yaw, pitch, roll that a person may have who looks straight ahead
FEWEST_FRONTAL = 2
MOVED_DEG = np.array([18, 14, 18], np.float32)  # from the frontal pose on, that is a move
BACK = 0.5  # of MOVED_DEG: under it a move is over
LEADS = 1.25  # times any other move at the same moment: a tilted head is raised a little, too

MOST_SECONDS_APART = 0.75
FURTHEST = 0.5  # of the face's width: how far it may get from one frame to the next
MOST_GROWN = 1.35  # how much larger or smaller it may be in the next frame
MOST_TURNED = 1.15  # of MOVED_DEG, on any axis: how far a head may turn from one frame to the next; 20 degrees of yaw
LEAST_PARALLAX = 0.06  # of the distance of the eyes: what a turn moves the tip of a nose that stands out of its face


class Answered(StrEnum):
    """What a capture comes to. Words that a log may carry."""

    ANSWERED = "answered"
    TOO_FEW = "too_few"  # frames to see anything in
    NO_FRONTAL = "no_frontal"  # nobody looks straight into the camera
    NO_MOVE = "no_move"  # a photograph, or somebody who keeps still
    OTHER_MOVES = "other_moves"  # in another order, too, or more than were asked for
    MISSING_MOVES = "missing_moves"  # right so far, and then it ends
    JUMP = "jump"  # from one frame to the next further than a head gets
    GAP = "gap"  # longer between two frames than something can be slipped in
    FLAT = "flat"  # it turned, and the nose stayed where it was between eyes and mouth


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One face through a capture, arrays side by side, a row a frame.

    `poses` f32[n,3], yaw, pitch and roll in degrees; `points` f32[n,5,2] and `boxes` f32[n,4] in px; `at` f64[n] in
    seconds, or None where nobody noted when frames were taken.
    """

    poses: F32
    points: F32
    boxes: F32
    at: F64 | None = None

    def __post_init__(self) -> None:
        count = len(self.poses)
        shapes = self.poses.shape, self.points.shape, self.boxes.shape
        if shapes != ((count, 3), (count, 5, 2), (count, 4)) or (self.at is not None and self.at.shape != (count,)):
            raise ValueError("motion: a pose, five points and a box a frame")
        if not all(np.isfinite(each).all() for each in (self.poses, self.points, self.boxes)):
            raise ValueError("motion: all finite")

    def __len__(self) -> int:
        return len(self.poses)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a capture comes to, the moves that were seen, and which of its frames are frontal or show a move.

    The frontal ones, the most frontal first, are for comparing; those that answer (`turning`, one a move, where it
    stands out most) have to show the same person.
    """

    outcome: Answered
    seen: tuple[Move, ...] = ()
    frontal: tuple[int, ...] = ()
    turning: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Made:
    """A move, and the frames that it lasts."""

    move: Move
    frames: tuple[int, ...]


def answer(motion: Motion, moves: Sequence[Move]) -> Answer:
    """Whether `motion` makes just `moves`, one after the other, each out of the frontal pose."""
    if len(motion) < 2:
        return Answer(Answered.TOO_FEW)
    straight = (np.abs(motion.poses) <= FRONTAL_DEG).all(axis=1)
    if straight.sum() < FEWEST_FRONTAL:
        return Answer(Answered.NO_FRONTAL)
    away = (motion.poses - np.median(motion.poses[straight], axis=0).astype(np.float32)) / MOVED_DEG
    made = list(_made(away))
    seen = tuple(each.move for each in made)
    at_rest = np.abs(away).max(axis=1)
    frontal = tuple(int(i) for i in np.argsort(at_rest, kind="stable") if at_rest[i] < BACK)
    turning = tuple(max(each.frames, key=lambda i: _towards(away[i], each.move)) for each in made)
    outcome = _cut(motion) or _order(seen, tuple(moves)) or _flat(motion, made, frontal) or Answered.ANSWERED
    return Answer(outcome, seen, frontal, turning)


def _towards(away: F32, move: Move) -> float:
    axis, sign = SHOWS[move]
    return float(sign * away[axis])


def _made(away: F32) -> Iterator[_Made]:
    """The moves in f32[n,3], `away` from the frontal pose in units of what a move takes.

    A move begins where it reaches 1 and LEADS, and lasts until it falls under BACK. The same move twice on end, with a
    rest between, is one: no challenge asks for it twice on end.
    """
    runs: list[tuple[Move, list[int]]] = []
    now: Move | None = None
    for i, pose in enumerate(away):
        if now is not None and _towards(pose, now) < BACK:
            now = None
        if now is None:
            now = _begun(pose)
        if now is not None:
            if not runs or runs[-1][0] is not now:
                runs.append((now, []))
            runs[-1][1].append(i)
    for move, frames in runs:
        yield _Made(move, tuple(frames))


def _begun(pose: F32) -> Move | None:
    """The move that stands out in `pose`, in units of what a move takes."""
    second, most = sorted(Move, key=lambda move: _towards(pose, move))[-2:]
    return most if _towards(pose, most) >= max(1.0, LEADS * _towards(pose, second)) else None


def _order(seen: tuple[Move, ...], moves: tuple[Move, ...]) -> Answered | None:
    if seen == moves:
        return None
    if not seen:
        return Answered.NO_MOVE
    return Answered.MISSING_MOVES if seen == moves[: len(seen)] else Answered.OTHER_MOVES


def _cut(motion: Motion) -> Answered | None:
    """Where frames do not follow from one another. What happens between frames that are close enough is not seen."""
    if motion.at is not None:
        apart = np.diff(motion.at)
        if (apart <= 0).any() or (apart > MOST_SECONDS_APART).any():
            return Answered.GAP
    low, high = motion.boxes[:, :2], motion.boxes[:, 2:]
    centre, size = (low + high) / 2, np.sqrt(np.maximum((high - low).prod(axis=1), 1))
    went = np.linalg.norm(np.diff(centre, axis=0), axis=1) / size[:-1]
    grew = np.abs(np.diff(np.log(size)))
    turned = np.abs(np.diff(motion.poses, axis=0) / MOVED_DEG)
    if (went > FURTHEST).any() or (grew > np.log(MOST_GROWN)).any() or (turned > MOST_TURNED).any():
        return Answered.JUMP
    return None


def _flat(motion: Motion, made: Sequence[_Made], frontal: Sequence[int]) -> Answered | None:
    """A turn to a side moves the tip of the nose towards it between eyes and mouth; on a flat picture nothing moves."""
    nose = noses(motion.points)
    rest = float(np.median(nose[list(frontal)])) if frontal else 0.0
    for each in made:
        _, sign = SHOWS[each.move]
        if each.move in TURNS and sign * (float(np.median(nose[list(each.frames)])) - rest) < LEAST_PARALLAX:
            return Answered.FLAT
    return None


def noses(points: F32) -> F32:
    """How far, for each of f32[n,5,2], the nose is right of the line between the middles of eyes and mouth.

    In units of the eyes' distance, measured along it: what no turn of a flat picture changes (it is affine).
    """
    right_eye, left_eye, nose, right_mouth, left_mouth = np.moveaxis(points.astype(np.float64), 1, 0)
    eyes, mouth = (right_eye + left_eye) / 2, (right_mouth + left_mouth) / 2
    across, down, to_nose = ((left_eye - right_eye) + (left_mouth - right_mouth)) / 2, mouth - eyes, nose - eyes
    area = _cross(across, down)
    safe = np.where(np.abs(area) < 1e-6, np.inf, area)  # points on one line: no face, no parallax
    return (_cross(to_nose, down) / safe).astype(np.float32)


def _cross(a: F64, b: F64) -> F64:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
