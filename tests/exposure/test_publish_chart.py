"""The picture says what the numbers say: read back from its own XML."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta

import pytest

from garim.exposure.noise import Claim
from garim.exposure.publish import HourState, Row
from garim.exposure.publish_chart import WIDTH, chart

SVG = "{http://www.w3.org/2000/svg}"
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
CLAIM = Claim(1.0)


def row(hour: int, tracks: int | None, state: HourState = HourState.COUNTED, camera: str = "north") -> Row:
    watched = 3600.0 if tracks is not None else 0.0
    epsilon = CLAIM.epsilon if tracks is not None else None
    return Row(camera, MIDNIGHT + timedelta(hours=hour), state, watched, tracks, epsilon)


def bars(svg: str) -> dict[str, tuple[float, float]]:
    """By title: top and height of each column, px."""
    groups = ElementTree.fromstring(svg).iter(f"{SVG}g")
    found = {}
    for group in groups:
        title, box = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        assert title is not None and title.text and box is not None
        found[title.text] = (float(box.attrib["y"]), float(box.attrib["height"]))
    return found


def test_heights_are_the_counts_and_below_zero_goes_down() -> None:
    found = bars(chart([row(0, 10), row(1, 20), row(2, 0), row(3, -5)], CLAIM))
    heights = [height for _, height in found.values()]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.25) and heights[2] == 0
    assert heights[3] == pytest.approx(heights[0] / 2, abs=0.25)
    (ten, high), (five, _) = (place for words, place in found.items() if words.startswith(("00:00", "03:00")))
    assert five == pytest.approx(ten + high, abs=0.25)  # it hangs from where the others stand
    assert "03:00: \u22125, off by 3 at most in 95 of 100; 3600 s watched" in found


@pytest.mark.parametrize("state", [HourState.NO_FOOTAGE, HourState.NOT_OVER, HourState.DAMAGED])
def test_an_hour_without_a_count_is_no_bar(state: HourState) -> None:
    svg = chart([row(0, 10), row(1, None, state)], CLAIM)
    assert f"01:00: {state.value}" in bars(svg) and f">{state.value}</text>" in svg


def test_a_panel_for_each_camera_and_day_and_the_claim_under_them() -> None:
    rows = [row(0, 1, camera="a"), row(24, 2, camera="a"), row(0, None, HourState.NO_FOOTAGE, camera="b<i>")]
    svg = chart(rows, CLAIM)
    words = [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert [word for word in words if word in ("a", "b<i>")] == ["a", "a", "b<i>"]
    said = " ".join(words)
    assert all(sentence in said for sentence in CLAIM.lines())
    assert "2026-11-21" in said


@pytest.mark.parametrize("most", [0, 3, 40, 99_999])
def test_everything_stays_in_the_picture(most: int) -> None:
    tree = ElementTree.fromstring(chart([row(n, most) for n in range(24)], CLAIM))
    for box in tree.iter(f"{SVG}rect"):
        x, y = float(box.attrib.get("x", 0)), float(box.attrib.get("y", 0))
        assert x >= 0 and y >= 0
        assert x + float(box.attrib["width"]) <= WIDTH and y + float(box.attrib["height"]) <= float(
            tree.attrib["height"]
        )
