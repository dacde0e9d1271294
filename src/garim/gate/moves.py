"""Moves of the head that a challenge asks for, from the traveller's own view, and the angles that they show as.

Laws: left is the traveller's own left, in a capture that is not mirrored; a head pose is yaw, pitch and roll in degrees
as a camera sees them: yaw grows to the picture's right, pitch grows downwards, roll grows clockwise.
"""

from __future__ import annotations

from enum import StrEnum

YAW, PITCH, ROLL = range(3)


class Move(StrEnum):
    """One move, out of looking straight into the camera and back."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TILT_LEFT = "tilt_left"
    TILT_RIGHT = "tilt_right"


SHOWS: dict[Move, tuple[int, int]] = {
    Move.LEFT: (YAW, 1),  # whoever faces the camera turns to their left: to the right of the picture
    Move.RIGHT: (YAW, -1),
    Move.UP: (PITCH, -1),
    Move.DOWN: (PITCH, 1),
    Move.TILT_LEFT: (ROLL, 1),
    Move.TILT_RIGHT: (ROLL, -1),
}
"""The axis of the pose that a move shows on, and the sign. Tests hold it against heads that were turned by known angles
and against filmed ones."""

TURNS = frozenset({Move.LEFT, Move.RIGHT})

SAID: dict[Move, str] = {
    Move.LEFT: "turn your head to your left",
    Move.RIGHT: "turn your head to your right",
    Move.UP: "look up",
    Move.DOWN: "look down",
    Move.TILT_LEFT: "tilt your head towards your left shoulder",
    Move.TILT_RIGHT: "tilt your head towards your right shoulder",
}
