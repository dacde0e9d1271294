"""BYTES <-> STILLS AND ANIMATIONS, within limits (the only importer of Pillow).

Laws: a picture is read whole or not at all; its orientation is applied; no metadata goes from one file to another,
only what is needed to show the same colours for the same time; what would not come out right is refused.
"""

from garim.pictures.animation import Animation
from garim.pictures.kinds import HEAD, SUFFIXES, kind_of
from garim.pictures.pages import animation, exact, frames, moves, opened, pages, save, save_animation, save_pages
from garim.pictures.still import Still

__all__ = [
    "HEAD",
    "SUFFIXES",
    "Animation",
    "Still",
    "animation",
    "exact",
    "frames",
    "kind_of",
    "moves",
    "opened",
    "pages",
    "save",
    "save_animation",
    "save_pages",
]
