"""How much of people is covered, by their boxes alone: their faces, their heads, or all of them.

Law: every face that is seen is covered, whatever else is.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.tracks import Track
from garim.vision.heads import around, heads

F32 = NDArray[np.float32]


class Cover(StrEnum):
    """What is covered: faces; heads, those turned away, too; whole people, and every face."""

    FACES = "faces"
    HEADS = "heads"
    PEOPLE = "people"

    @property
    def shows(self) -> str:
        """What nothing may look like in the end, as in "no face"."""
        return "face or person" if self is Cover.PEOPLE else "face"

    def of_faces(self, faces: F32) -> F32:
        """What is covered of faces f32[n,4]: f32[n,4]."""
        return around(faces) if self is Cover.HEADS else faces

    def of_people(self, people: Boxes) -> Boxes:
        """What is covered of people, who are looked for where it is not about faces alone."""
        return heads(people) if self is Cover.HEADS else people

    def of_face(self, track: Track) -> Track:
        """What is covered of a face that was followed."""
        return replace(track, xyxy=self.of_faces(track.xyxy))

    def of_person(self, track: Track) -> Track:
        """What is covered of a person who was followed."""
        return replace(track, xyxy=self.of_people(Boxes(track.xyxy, track.score)).xyxy)
