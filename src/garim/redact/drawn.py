"""What only the destroying drew: a black box on a body makes a new, larger "head", and the source tells it from a face.

A box that touches a region is believed only where the source, asked closer, shows something in its place; so is a
large one anywhere, which is easily confirmed where it is a face. Nothing is asked about a box of which no track comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, area, iou
from garim.core.sightings import Sightings
from garim.core.tracks import Track
from garim.media import Film
from garim.media.groups import Group
from garim.media.splice import frames_of
from garim.redact.eyes import IN_PLACE, Eyes
from garim.redact.look import look_at
from garim.vision.tracker import Linking, tracks

F32 = NDArray[np.float32]
Hidden = Callable[[int, Boxes], F32]
"""The share of each box that is destroyed, on a frame by its number: f32[n]."""

TOUCHED = 0.02  # a box of which this share is destroyed may be a face that the destroying drew
LARGE = 48  # px of a box's side, from which a closer look is surer than that at the whole picture


def believed(
    film: Film,
    left: Sightings,
    linking: Linking,
    hidden: Hidden,
    asked: Callable[[Mapping[int, F32]], Eyes],
    done: Callable[[int], None],
) -> list[Track]:
    """The tracks of `left` that the source, `film`, shows, too; `asked` looks there, at the boxes that are doubted."""
    rows = zip(left.index.tolist(), left.boxes, strict=True)
    boxes = {index: each[each.score >= linking.weak] for index, each in rows}
    doubted = {index: (hidden(index, each) > TOUCHED) | (area(each.xyxy) >= LARGE**2) for index, each in boxes.items()}
    while True:
        found = tracks(Sightings(left.pts, left.change, left.index, tuple(boxes.values())), linking)
        places = _places(found, boxes, doubted)
        if not places:
            return found
        shown = _looked_at(film, places, asked(places), done)
        for index, xyxy in places.items():
            mine = _among(boxes[index].xyxy, xyxy)
            there = (iou(boxes[index].xyxy, shown[index].xyxy) >= IN_PLACE).any(axis=1)
            # what was asked about is settled: it is there, or it is not
            kept = ~mine | there
            boxes[index], doubted[index] = boxes[index][kept], (doubted[index] & ~mine)[kept]


def _places(found: list[Track], boxes: Mapping[int, Boxes], doubted: Mapping[int, NDArray[np.bool_]]) -> dict[int, F32]:
    """The boxes f32[n,4] of each frame that are of a track, and doubted."""
    of_tracks: defaultdict[int, list[F32]] = defaultdict(list)
    for track in found:
        for index, xyxy in zip(track.index.tolist(), track.xyxy, strict=True):
            of_tracks[index].append(xyxy)
    mine = {index: doubted[index] & _among(boxes[index].xyxy, np.stack(each)) for index, each in of_tracks.items()}
    return {index: boxes[index].xyxy[rows] for index, rows in sorted(mine.items()) if rows.any()}


def _among(xyxy: F32, others: F32) -> NDArray[np.bool_]:
    """Which of `xyxy` are, to the last bit, one of `others`."""
    return np.asarray((xyxy[:, None] == others[None]).all(axis=2).any(axis=1))


def _looked_at(film: Film, places: Mapping[int, F32], eyes: Eyes, done: Callable[[int], None]) -> Mapping[int, Boxes]:
    """What `eyes` see on those frames of the source that have `places`; no frame after a group's last is decoded."""
    indices = np.array([*places], np.int64)

    def needed(group: Group) -> int:
        before = int(np.searchsorted(indices, group.first + group.count))
        return max(0, int(indices[before - 1]) + 1 - group.first) if before else 0

    frames = takewhile(lambda frame: frame.index <= indices[-1], frames_of(film, needed))
    there = look_at(frames, eyes, lambda frame: frame.index in places, done)
    return dict(zip(there.index.tolist(), there.boxes, strict=True))
