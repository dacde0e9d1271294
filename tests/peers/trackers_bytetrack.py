"""Run by a Python that has `trackers`: which of its ByteTrack's tracks each box is in.

A film comes in on stdin as JSON: `fps`, and `moments`, lists of [x1, y1, x2, y2, score] a picture. Out goes a list of
numbers a picture, in the boxes' order; -1 where it gives none.
"""

from __future__ import annotations

import json
import sys
from typing import TypedDict


class Film(TypedDict):
    """Boxes in px, picture by picture."""

    fps: float
    moments: list[list[list[float]]]


def numbers(film: Film) -> list[list[int]]:
    """The number of each box's track."""
    import numpy as np
    from supervision import Detections  # type: ignore[import-not-found]  # in an environment of its own
    from trackers import ByteTrackTracker  # type: ignore[import-not-found]  # as above

    tracker = ByteTrackTracker(frame_rate=film["fps"], minimum_consecutive_frames=1)
    answer = []
    for moment in film["moments"]:
        rows = np.array(moment, float).reshape(-1, 5)
        seen = Detections(xyxy=rows[:, :4], confidence=rows[:, 4], class_id=np.zeros(len(rows), int))
        seen.data["place"] = np.arange(len(rows))
        told = tracker.update(seen)
        given = np.full(len(rows), -1)
        if len(told):
            given[told.data["place"]] = told.tracker_id
        answer.append(given.tolist())
    return answer


if __name__ == "__main__":
    json.dump(numbers(json.load(sys.stdin)), sys.stdout)
