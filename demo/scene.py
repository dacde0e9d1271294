"""WHAT THE DEMO SHOWS: ten seconds, two streets, fourteen people from two portraits. Data.

Faces from 20 to 300 px high; past every edge of the picture and back, behind one another, towards the camera, in
the dark; a cut in the middle; nobody for most of a second.
"""

from __future__ import annotations

from fractions import Fraction

from demo.backdrop import Backdrop
from demo.clip import Key, Person, Scene, Shot, Sprite


def demo(astronaut: Sprite, admiral: Sprite) -> Scene:
    """The demo's scene, played by two people and their mirror images."""
    shots = (
        Shot(150, Backdrop(seed=5, pan_px_s=60), _market(astronaut, admiral)),
        Shot(150, Backdrop(seed=11, pan_px_s=-40, light=0.8), _station(astronaut, admiral)),
    )
    return Scene(1280, 720, Fraction(30), shots, seed=1)


def _market(astronaut: Sprite, admiral: Sprite) -> tuple[Person, ...]:
    """Crossing one another in daylight, each at another distance."""
    far = Person(1, astronaut, (Key(0, 90, 400, 20), Key(2.5, 520, 396, 22, 3), Key(5, 900, 402, 27)))
    stroller = Person(2, admiral, (Key(0, 1180, 410, 27, 0, 0.9), Key(3, 560, 400, 34, -4), Key(5, 260, 412, 40)))
    climber = Person(  # out over the upper edge and back
        3,
        admiral.mirrored(),
        (
            *(Key(0, 1010, 190, 84), Key(1.3, 1040, -70, 92, 8), Key(2.2, 1050, -70, 92, 8)),
            *(Key(3.6, 1000, 210, 96, -5), Key(5, 960, 240, 100)),
        ),
    )
    passer = Person(  # in from the right, behind the next one, out to the left
        4,
        admiral,
        (Key(0, 1400, 380, 104, -3, 0.75), Key(2.4, 640, 360, 112, 4, 0.75), Key(4.4, -90, 390, 120, -4, 0.8)),
    )
    leader = Person(  # in from the left, out to the right, and back again
        5,
        astronaut,
        (
            *(Key(0, -120, 330, 150), Key(1.2, 330, 330, 165, -6), Key(2.4, 690, 340, 180, 5)),
            *(Key(3.5, 1390, 350, 190, 9), Key(4.0, 1400, 350, 190, 9), Key(5, 1130, 345, 196, -3)),
        ),
    )
    nearer = Person(  # up to the camera
        6,
        astronaut.mirrored(),
        (Key(0, 300, 400, 52, 0, 1.1), Key(3, 330, 390, 110, -8, 1.1), Key(5, 420, 330, 280, 6, 1.05)),
    )
    return far, stroller, climber, passer, nearer, leader


def _station(astronaut: Sprite, admiral: Sprite) -> tuple[Person, ...]:
    """Another place from one frame to the next; all leave, nobody is there, others come from every side."""
    return (
        Person(7, admiral.mirrored(), (Key(0, 640, 410, 24, 0, 0.8), Key(2.3, 1310, 405, 30, 0, 0.8))),
        Person(8, admiral, (Key(0, 880, 330, 90, 5, 0.45), Key(2.4, 1420, 340, 110, -6, 0.4))),
        Person(
            9, admiral.mirrored(), (Key(0, 1010, 380, 140, -5), Key(1.2, 980, 420, 150, 5), Key(2.4, 990, 860, 150))
        ),
        Person(10, astronaut, (Key(0, 360, 320, 300, -4, 0.95), Key(1.2, 300, 330, 270, 6), Key(2.4, -230, 340, 240))),
        Person(11, astronaut.mirrored(), (Key(3.2, 1330, 400, 36), Key(5, 880, 402, 44, -6))),
        Person(12, astronaut, (Key(3.2, -90, 380, 120, 12), Key(4.1, 760, 370, 128, -12), Key(5, 1150, 380, 130, 5))),
        Person(13, admiral, (Key(3.3, 620, -80, 86, -8, 0.85), Key(4.2, 600, 190, 90, 3), Key(5, 580, 150, 92))),
        Person(
            14, admiral.mirrored(), (Key(3.2, 330, 900, 170, 0), Key(4.2, 360, 480, 176, -7), Key(5, 420, 440, 184, 7))
        ),
    )
