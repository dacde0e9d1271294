"""A camera's ground from parameters that somebody else measured: Tsai's, as XML or as JSON. Pure.

Laws: lengths in the file are millimetres and angles radians, as Tsai's are, and metres come out; a camera that would
then hang underground or higher than a crane is refused, since the file has other units.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse
from garim.exposure.ground import MOST_PX, Ground
from garim.exposure.lens import Lens

F64 = NDArray[np.float64]

HEIGHT_M = (0.5, 150.0)  # a camera on a tripod, and one on a tower block
MOST_CHARACTERS = 1 << 16
_XML = {
    "Geometry": ("width", "height", "dpx", "dpy"),
    "Intrinsic": ("focal", "kappa1", "cx", "cy", "sx"),
    "Extrinsic": ("tx", "ty", "tz", "rx", "ry", "rz"),
}


@dataclass(frozen=True, slots=True)
class Tsai:
    """Tsai's parameters (1987): `width`, `height`, `cx`, `cy` in px; `dpx`, `dpy` mm a px; `focal` mm; `kappa1` 1/mm^2.

    Camera = R world + (tx, ty, tz) in mm, R = Rz Ry Rx of `rx`, `ry`, `rz` in radians. `sx` stretches x.
    """

    width: float
    height: float
    dpx: float
    dpy: float
    focal: float
    kappa1: float
    cx: float
    cy: float
    sx: float
    tx: float
    ty: float
    tz: float
    rx: float
    ry: float
    rz: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(getattr(self, field.name)) for field in fields(self)):
            raise ValueError("all are finite numbers")
        for name in ("width", "height", "dpx", "dpy", "focal", "sx"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is over 0")
        if not all(side == int(side) <= MOST_PX for side in (self.width, self.height)):
            raise ValueError("width and height are whole px")

    @property
    def rotation(self) -> F64:
        """World to camera: f64[3,3]."""
        cos, sin = np.cos([self.rx, self.ry, self.rz]), np.sin([self.rx, self.ry, self.rz])
        about_x = np.array([[1, 0, 0], [0, cos[0], -sin[0]], [0, sin[0], cos[0]]])
        about_y = np.array([[cos[1], 0, sin[1]], [0, 1, 0], [-sin[1], 0, cos[1]]])
        about_z = np.array([[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]])
        return np.asarray(about_z @ about_y @ about_x)


def ground(text: str) -> Ground:
    """The ground that the Tsai parameters in `text` describe. Raises `Misuse` with what is wrong."""
    try:
        made = _ground(_parsed(text))
    except json.JSONDecodeError as error:
        raise Misuse(
            f"the Tsai parameters are not JSON: line {error.lineno}: {error.msg}; nothing was written"
        ) from None
    except ElementTree.ParseError as error:
        raise Misuse(f"the Tsai parameters are no XML: {error}; nothing was written") from None
    except (ValueError, RecursionError) as error:
        raise Misuse(f"these are no Tsai parameters: {error}; nothing was written") from None
    low, high = HEIGHT_M
    if not low <= made.camera_height_m <= high:
        raise Misuse(
            f"with these parameters the camera hangs {made.camera_height_m:,.3g} m high; nothing was written. Lengths "
            "in the file are millimetres, angles radians"
        )
    return made


def _parsed(text: str) -> Tsai:
    if len(text) > MOST_CHARACTERS:
        raise ValueError("the file is too long")
    values = _from_json(text) if text.lstrip().startswith("{") else _from_xml(text)
    return Tsai(**values)


def _from_json(text: str) -> dict[str, float]:
    tree = json.loads(text)
    names = {field.name for field in fields(Tsai)}
    if set(tree) != names:
        odd = ", ".join(sorted(names ^ set(tree)))
        raise ValueError(f"missing, or not one of them: {odd}")
    return {name: _number(name, value) for name, value in tree.items()}


def _from_xml(text: str) -> dict[str, float]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("a document type does not belong there")
    camera = ElementTree.fromstring(text.encode())  # noqa: S314 - short, and nothing in it to expand
    found: dict[str, float] = {}
    for tag, names in _XML.items():
        element = camera.find(tag)
        for name in names:
            value = None if element is None else element.get(name)
            if value is None:
                raise ValueError(f"{tag} {name} is missing")
            found[name] = float(value)
    return found


def _number(name: str, value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError(f"{name} is no number")
    return float(value)


def _ground(tsai: Tsai) -> Ground:
    wide = tsai.dpx / tsai.sx  # mm that a px is wide
    focal_px = tsai.focal / tsai.dpy
    to_px = np.array([[tsai.focal / wide, 0, tsai.cx], [0, focal_px, tsai.cy], [0, 0, 1]])
    moved = np.array([tsai.tx, tsai.ty, tsai.tz]) / 1000
    from_metres = to_px @ np.column_stack([tsai.rotation[:, :2], moved])
    size = int(tsai.width), int(tsai.height)
    aspect = wide / tsai.dpy
    radius = float(np.hypot(size[0] * aspect, size[1]) / 2)
    lens = Lens(tsai.kappa1 * (tsai.dpy * radius) ** 2, (tsai.cx, tsai.cy), aspect, radius)
    return Ground(np.linalg.inv(from_metres), lens, None, size, None, focal_px, "tsai")
