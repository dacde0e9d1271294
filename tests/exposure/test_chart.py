"""The pictures: well formed, made from what is told alone, and nobody is drawn as one person."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exposure.cases import drawn, visit
from tests.exposure.walks import HOUR

from garim.exposure.answer import Answer, State, Stay
from garim.exposure.chart import moment, picture, snapped
from garim.exposure.suppress import Table

TABLE = Table(((0, 0, 0), (10, 5, 0), (0, 0, 0), (0, 0, 0)), (15, 5, 0))
STAY = Stay("hall", HOUR, visit().end, State.FOUND, 100, 80, False, (None, 2, 2, 8, None, None))
ANSWER = Answer(TABLE, (STAY,), (), False)


def texts(svg: str) -> list[str]:
    """What stands in it, once it has parsed."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("}text")]


def test_the_table_stands_in_the_picture_as_it_is_told() -> None:
    said = texts(picture(ANSWER, drawn()))
    assert said.count("0 to 4 at once") == 11 and {"15 or more", "10 or more", "5 or more"} < set(said)
    assert "found; 100 % watched" in said and "patient seen in 80 to 100 % of the visit" in said
    assert [clock for clock in said if re.fullmatch(r"\d\d:\d\d:\d\d", clock)] == ["10:00:00", "10:30:00"]


def test_a_patient_who_was_seen_for_a_part_is_told_in_red_beside_the_table() -> None:
    lost = replace(ANSWER, stays=(replace(STAY, followed=0),))
    red = [each for each in ElementTree.fromstring(picture(lost, drawn())).iter() if each.attrib.get("class") == "t"]
    assert ["".join(each.itertext()) for each in red] == [
        "Counted while the patient was seen: less than 20 % of the time that was asked for.",
        "patient seen in less than 20 % of the visit",
    ]
    assert 'class="t"' not in picture(ANSWER, drawn())


def test_each_five_minutes_are_drawn_as_far_in_as_five_people_came() -> None:
    svg = picture(ANSWER, drawn())
    bars = [
        tuple(map(float, bar))
        for bar in re.findall(r'class="f" x="([\d.]+)" y="0" width="([\d.]+)" height="([\d.]+)"', svg)
    ]
    assert [x for x, _, _ in bars] == [65, 130, 195] and {wide for _, wide, _ in bars} == {65}
    assert [high for _, _, high in bars] == [168, 168, 84]
    rows = {
        "".join(each.itertext()): float(each.attrib["y"]) - 4
        for each in ElementTree.fromstring(svg).iter()
        if each.attrib.get("x") == "-6"
    }
    # the blue of 8 m has the whole of its row, and nothing of the next
    assert rows == {"within 2 m": 147, "within 4 m": 105, "within 8 m": 63, "within 16 m": 21}


def test_minutes_that_are_no_whole_five_are_not_drawn() -> None:
    short = visit(0, 7)
    stay = replace(STAY, end=short.end, crowd=(2,))
    wide = re.findall(
        r'class="f" x="[\d.]+" y="0" width="([\d.]+)"', picture(replace(ANSWER, stays=(stay,)), drawn(short))
    )
    assert [float(each) for each in wide] == pytest.approx([390 * 5 / 7], abs=0.1)


def test_where_fewer_than_five_came_nothing_is_drawn_but_words() -> None:
    few = replace(ANSWER, table=Table(((0,) * 3,) * 4, (0,) * 3), stays=(replace(STAY, crowd=(None,) * 6),))
    svg = picture(few, drawn())
    assert 'class="f"' not in svg and "never 5 at once" in texts(svg)


@pytest.mark.parametrize("state", [state for state in State if state is not State.FOUND])
def test_without_the_patient_there_is_no_count(state: State) -> None:
    lost = Answer(None, (replace(STAY, state=state, crowd=(None,) * 6),), (), True)
    said = texts(picture(lost, drawn()))
    assert f"{state.value}: nothing was counted" in said and "TEST" in said
    assert any("not the same as nobody" in words for words in said) and "0 to 4 at once" not in said


def test_the_only_people_in_the_picture_are_the_patients_own_points() -> None:
    tree = ElementTree.fromstring(picture(ANSWER, drawn()))
    assert len([each for each in tree.iter() if each.tag.endswith("circle")]) == 2  # one point and its 2 m


@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-60, 60)), max_size=60))
def test_a_map_is_to_half_a_metre_and_knows_no_order(xy: list[tuple[float, float]]) -> None:
    spots = np.array(xy).reshape(-1, 2)
    svg = moment(spots, "hall", "2025-03-03 10:00:00")
    assert svg == moment(snapped(spots[::-1]), "hall", "2025-03-03 10:00:00")
    listed = [words for words in texts(svg) if ": x_m" in words]
    assert len(listed) == len({tuple(spot) for spot in snapped(spots).tolist()})
    assert all(re.fullmatch(r"\d+: x_m -?\d+(\.5)?, y_m -?\d+(\.5)?", words) for words in listed)


def test_a_map_says_where_the_picture_is_left_and_right() -> None:
    svg = moment(np.zeros((1, 2)), "hall", "2025-03-03 10:00:00", np.array([[-5.0, 4.0], [5.0, 4.0]]))
    places = {
        "".join(e.itertext()): float(e.attrib["x"]) for e in ElementTree.fromstring(svg).iter() if "x" in e.attrib
    }
    assert places["left of the picture"] < places["right of the picture"]
    assert places["left of the picture"] >= 56, "clear of the figures of the axis"
    said = texts(svg)
    assert "lower edge of" in said and "metres on the ground" in said
    (line,) = (words for words in said if '"x_m"' in words)
    assert '{"at": "2025-03-03T10:00:00Z", "x_m": 0, "y_m": 0}' in line
