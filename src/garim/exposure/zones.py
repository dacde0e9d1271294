"""THE PLACES THAT A NOTICE MAY NAME: areas with a name that the operator gives, and the cameras in each.

    {"format": "garim-zones-1", "time_zone": "Asia/Seoul", "left_out": ["home-street"],
     "zones": [{"name": "Central Station, main hall", "air": "closed", "cameras": ["station-1", "station-2"]}]}

Laws: a place is a name and never a coordinate; a camera is in one zone at most; a camera that is in none and not left
out on purpose is an error, since whoever reads the list would take its silence for "nobody was there".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from garim.core.errors import Malformed, Misuse

FORMAT = "garim-zones-1"
MOST_LETTERS = 80
_FIELDS = {"format", "time_zone", "left_out", "zones"}
_COORDINATE = re.compile(r"-?\d{1,3}[.,]\d{3,}|\d\s*[°º]")


class Air(StrEnum):
    """Whether what one breathes out stays."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Zone:
    """An area under the `name` by which its visitors know it. Raises `ValueError`."""

    name: str
    air: Air
    cameras: tuple[str, ...]

    def __post_init__(self) -> None:
        refuse_odd_line("the name of a zone", self.name, MOST_LETTERS)
        if _COORDINATE.search(self.name) or not any(letter.isalpha() for letter in self.name):
            raise ValueError(f"{self.name!r}: a zone has a name in words, and no coordinates")
        if not self.cameras:
            raise ValueError(f"{self.name}: a zone has a camera at least")


@dataclass(frozen=True, slots=True)
class Zones:
    """All zones of an operator; days and hours are those of clocks in `time_zone`. Raises `ValueError`."""

    time_zone: str
    zones: tuple[Zone, ...]
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        clock(self.time_zone)
        names, cameras = [zone.name for zone in self.zones], [*self.left_out]
        for zone in self.zones:
            cameras += zone.cameras
        for kind, these in (("zone", names), ("camera", cameras)):
            twice = {each for each in these if these.count(each) > 1}
            if twice:
                raise ValueError(f"{kind} {min(twice)} stands there twice")

    def of(self, camera: str) -> Zone | None:
        """The zone of `camera`; None where it is left out. Raises `Misuse` where nobody said."""
        if camera in self.left_out:
            return None
        for zone in self.zones:
            if camera in zone.cameras:
                return zone
        raise Misuse(f"{camera}: is in no zone; nothing was published. Put it into one, or into left_out")


def clock(time_zone: str) -> ZoneInfo:
    """The clocks of an IANA time zone. Raises `ValueError` where there is no such zone."""
    try:
        return ZoneInfo(time_zone)
    except (OSError, ValueError, LookupError):
        raise ValueError(f"{time_zone!r}: is no time zone that this machine knows, as Asia/Seoul") from None


def read(text: str) -> Zones:
    """The zones in a file's `text`. Raises `Malformed`."""
    try:
        tree = json.loads(text)
        if not isinstance(tree, dict) or set(tree) | {"left_out"} != _FIELDS or tree["format"] != FORMAT:
            raise ValueError(f"this garim reads {FORMAT}: format, time_zone, zones and perhaps left_out")
        zones = tuple(_zone(row) for row in tree["zones"])
        return Zones(_text(tree["time_zone"]), zones, _texts(tree.get("left_out", [])))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Malformed(f"no zones are in it: {error}; nothing was published") from None


def refuse_odd_line(what: str, line: str, most: int) -> None:
    """Raise `ValueError` where `line` is not one line of printable text, `most` letters at most."""
    if not line.strip() or not line.isprintable() or len(line) > most:
        raise ValueError(f"{what} is one line of printable text, {most} letters at most")


def _zone(row: Any) -> Zone:
    if not isinstance(row, dict) or set(row) != {"name", "air", "cameras"}:
        raise ValueError("a zone has a name, its air (open or closed) and its cameras")
    return Zone(_text(row["name"]), Air(row["air"]), _texts(row["cameras"]))


def _texts(rows: Any) -> tuple[str, ...]:
    if not isinstance(rows, list):
        raise ValueError("cameras stand in a list")
    return tuple(_text(row) for row in rows)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value
