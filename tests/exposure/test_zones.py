"""Zones as a file: what reads, and what is refused with its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garim.core.errors import Malformed
from garim.exposure import zones
from garim.exposure.zones import Air, Zone

HALL = {"name": "Central Station, main hall", "air": "closed", "cameras": ["hall-1", "hall-2"]}
GOOD = {"format": "garim-zones-1", "time_zone": "Asia/Seoul", "zones": [HALL], "left_out": ["home"]}


def test_zones_read() -> None:
    found = zones.read(json.dumps(GOOD))
    assert found.zones == (Zone("Central Station, main hall", Air.CLOSED, ("hall-1", "hall-2")),)
    assert found.of("hall-2") is found.zones[0] and found.of("home") is None
    assert zones.read(json.dumps({name: value for name, value in GOOD.items() if name != "left_out"})).left_out == ()


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        (HALL | {"name": "37.5665, 126.9780"}, "no coordinates"),
        (HALL | {"name": "Station 37.56650"}, "no coordinates"),
        (HALL | {"name": "12"}, "in words"),
        (HALL | {"name": " "}, "one line"),
        (HALL | {"name": "a\nb"}, "one line"),
        (HALL | {"name": "a" * 81}, "80 letters"),
        (HALL | {"name": 7}, "is no text"),
        (HALL | {"air": "fresh"}, "fresh"),
        (HALL | {"cameras": []}, "a camera at least"),
        (HALL | {"cameras": "hall-1"}, "in a list"),
        (HALL | {"cameras": ["hall-1", "hall-1"]}, "camera hall-1 stands there twice"),
        (HALL | {"cameras": ["home"]}, "camera home stands there twice"),
        (HALL | {"lat": 37.5}, "a zone has"),
        (["hall"], "a zone has"),
    ],
)
def test_a_zone_that_is_none(zone: Any, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        zones.read(json.dumps(GOOD | {"zones": [zone]}))


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "[" * 100_000, "null"),
        json.dumps(GOOD | {"format": "garim-zones-2"}),
        json.dumps(GOOD | {"more": 1}),
        json.dumps(GOOD | {"zones": None}),
        json.dumps(GOOD | {"left_out": "home"}),
        *(json.dumps(GOOD | {"time_zone": name}) for name in ("Seoul", "../etc/passwd", "", 9)),
        json.dumps(GOOD | {"zones": [HALL, HALL | {"cameras": ["x"]}]}),
    ],
)
def test_no_zones_are_in_it(text: str) -> None:
    with pytest.raises(Malformed, match="no zones are in it"):
        zones.read(text)
