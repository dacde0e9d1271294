"""PICTURES -> BOXES IN TIME -> WALKS: a camera watched, at least so many times a second as was asked.

Laws: when a picture was shown is its own time, never its number; no picture outlives the next one; where no picture
came for a second nobody was watching, and nobody is said to be there or not; where nothing moved, whoever was seen
stands where they stood; masks are asked about once a second at most, and what is said of them moves nobody.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.exposure.fixed import Fixed, fixed
from garim.exposure.follow import WEAK, follow
from garim.exposure.ground import Ground
from garim.exposure.smooth import Walk, walks
from garim.exposure.stitch import stitched
from garim.exposure.worn import Asks, Signs, of
from garim.media import Frame

Detect = Callable[[Image, float], Boxes]
"""Finds people with a score from a floor on, in px of the original."""
Span = tuple[float, float]
"""From and to, in seconds since the first picture."""

LEAST_HZ = 5.0  # pictures a second; at fewer, people are taken for others
LONG_SIDE = 640  # px that the detector is shown; below, people far away are lost
LATE_S = 0.01  # clocks of cameras count in milliseconds, and in steps of their own
APART_S = 1.0  # pictures farther apart than that show nothing of the time between them
MOVED = 6.0  # of 255: change in a cell's brightness that is no noise
ASK_S = 1.0  # of a camera; a face changes less from picture to picture than its cost adds up
AGAIN_S = 1.0  # ... and if nothing moved, a look all the same: whoever was missed may be standing there


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of a camera: `walks` over the ground; `spans` in which somebody watched, rising.

    `lasted_s` is when the last picture was; `things` are places that were taken for people and left out. Of
    `pictures` that were chosen `looks` were looked at; in the others nothing had moved.
    """

    walks: tuple[Walk, ...]
    spans: tuple[Span, ...]
    lasted_s: float
    things: Fixed
    pictures: int
    looks: int


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """Who was where at one moment, `at` seconds; `looked`, or as they were since nothing had moved.

    `signs` is what was said of the masks of some of them, if that was asked.
    """

    at: float
    boxes: Boxes
    looked: bool
    signs: Signs = field(default_factory=Signs.none)


class Tape:
    """Glimpses in the order in which they came, an eighth of the size that they have one by one."""

    def __init__(self) -> None:
        self._at, self._looked, self._count, self._rows = array("d"), array("B"), array("H"), array("f")
        self._signs_at, self._signs = array("d"), array("f")

    def add(self, seen: Glimpse) -> None:
        self._at.append(seen.at)
        self._looked.append(seen.looked)
        self._count.append(len(seen.boxes))
        self._rows.frombytes(np.column_stack([seen.boxes.xyxy, seen.boxes.score]).tobytes())
        self._signs_at.frombytes(seen.signs.at.tobytes())
        self._signs.frombytes(np.column_stack([seen.signs.xyxy, seen.signs.said]).tobytes())

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Glimpse]:
        rows, first = np.array(self._rows).reshape(-1, 5), 0
        signs, said = self.signs, 0
        for at, looked, count in zip(self._at, self._looked, self._count, strict=True):
            part = rows[first : first + count]
            first += count
            before, said = said, int(np.searchsorted(signs.at, at, side="right"))
            yield Glimpse(at, Boxes(part[:, :4], part[:, 4]), bool(looked), signs[before:said])

    @property
    def signs(self) -> Signs:
        """All that was said of masks."""
        rows = np.array(self._signs).reshape(-1, 8)
        return Signs(np.array(self._signs_at), rows[:, :4], rows[:, 4:])

    @property
    def span(self) -> Span:
        """From the first glimpse to the last; there must be one."""
        return self._at[0], self._at[-1]


def watch(
    arrivals: Iterable[tuple[float, Frame]],
    ground: Ground,
    people: Detect,
    *,
    rotation: int = 0,
    hz: float = LEAST_HZ,
    long_side: int = LONG_SIDE,
    worn: Asks | None = None,
) -> Watched:
    """The walks that `arrivals` (seconds, picture) show over `ground`, seen `hz` times a second or more.

    Without `worn` nothing is said of masks.
    """
    return watched(list(stretches(glimpses(paced(arrivals, 1 / hz), people, rotation, long_side, worn))), ground)


def watched(runs: Sequence[Tape], ground: Ground) -> Watched:
    """The walks that `runs`, each without a break, show over `ground`."""
    looks = [(seen.at, seen.boxes) for run in runs for seen in run if seen.looked]
    things = fixed(looks)
    spans = [run.span for run in runs]
    trails = [
        trail for run in runs for trail in follow(((seen.at, things.without(seen.boxes)) for seen in run), ground.size)
    ]
    signs = Signs.joined([run.signs for run in runs])
    found = [
        replace(walk, said=of(trail, signs))
        for trail, walk in zip(trails, walks(trails, ground), strict=True)
        if walk is not None
    ]
    return Watched(
        stitched(found, ground),
        tuple(span for span in spans if span[0] < span[1]),  # one picture shows nobody's way
        spans[-1][1] if runs else 0.0,
        things,
        sum(map(len, runs)),
        len(looks),
    )


def paced(arrivals: Iterable[tuple[float, Frame]], step_s: float) -> Iterator[tuple[float, Frame]]:
    """Those of `arrivals` that are no more than `step_s` apart, as few as they can be; all where there are fewer."""
    chosen: float | None = None
    held: tuple[float, Frame] | None = None
    for at, frame in arrivals:
        if chosen is None:
            chosen = at
            yield at, frame
            continue
        if held is not None and at - chosen > step_s + LATE_S:
            chosen = held[0]
            yield held
        held = at, frame
    if held is not None:
        yield held


def glimpses(
    arrivals: Iterable[tuple[float, Frame]], people: Detect, rotation: int, long_side: int, worn: Asks | None = None
) -> Iterator[Glimpse]:
    """What `people` finds in each picture; where nothing moved since it looked, what it found then.

    Once a second `worn` is asked about whoever was found.
    """
    last, asked = Glimpse(-np.inf, Boxes.none(), looked=True), -np.inf
    shades: NDArray[np.float32] | None = None
    for at, frame in arrivals:
        now = frame.shades()
        if shades is None or at - last.at >= AGAIN_S or moved(shades, now):
            last = Glimpse(at, people(frame.image(long_side, rotation), WEAK), looked=True)
            shades = now
            if worn is not None and len(last.boxes) and at - asked >= ASK_S:
                last, asked = replace(last, signs=worn(at, frame, last.boxes, rotation)), at
            yield last
        else:
            yield Glimpse(at, last.boxes, looked=False)


def moved(before: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
    """Whether anything moved between two pictures, by the brightness of their cells."""
    return bool((np.abs(now - before) > MOVED).any())


def stretches(seen: Iterable[Glimpse]) -> Iterator[Tape]:
    """Glimpses in runs without a break."""
    run = Tape()
    for each in seen:
        if len(run) and each.at - run.span[1] > APART_S:
            yield run
            run = Tape()
        run.add(each)
    if len(run):
        yield run
