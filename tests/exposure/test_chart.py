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
STAY = Stay("hall", HOUR, visit().end, State.FOUND, 100, 93, False, (None, 2, 2, 8, None, None))
ANSWER = Answer(TABLE, (STAY,), (), False)


def texts(svg: str) -> list[str]:
    """What stands in it, once it has parsed."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("}text")]


def test_the_table_stands_in_the_picture_as_it_is_told() -> None:
    said = texts(picture(ANSWER, drawn()))
    assert said.count("fewer than 5") == 11 and "15 or more" in said and "10 to 14" in said and "5 to 9" in said
    assert "found; watched 100 %, patient seen 93 %" in said
    assert [clock for clock in said if re.fullmatch(r"\d\d:\d\d", clock)] == ["10:00", "10:30"]


def test_each_five_minutes_are_drawn_as_far_in_as_five_people_came() -> None:
    svg = picture(ANSWER, drawn())
    bars = [
        tuple(map(float, bar))
        for bar in re.findall(r'class="f" x="([\d.]+)" y="0" width="([\d.]+)" height="([\d.]+)"', svg)
    ]
    assert [x for x, _, _ in bars] == [65, 130, 195] and {wide for _, wide, _ in bars} == {65}
    assert [high for _, _, high in bars] == [168, 168, 84]


def test_the_last_five_minutes_end_with_the_visit() -> None:
    short = visit(0, 7)
    stay = replace(STAY, end=short.end, crowd=(2, 2))
    wide = re.findall(
        r'class="f" x="[\d.]+" y="0" width="([\d.]+)"', picture(replace(ANSWER, stays=(stay,)), drawn(short))
    )
    assert [float(each) for each in wide] == pytest.approx([390 * 5 / 7, 390 * 2 / 7], abs=0.1)


def test_where_fewer_than_five_came_nothing_is_drawn_but_words() -> None:
    few = replace(ANSWER, table=Table(((0,) * 3,) * 4, (0,) * 3), stays=(replace(STAY, crowd=(None,) * 6),))
    svg = picture(few, drawn())
    assert 'class="f"' not in svg and "fewer than 5 came near" in texts(svg)


@pytest.mark.parametrize("state", [State.NO_FOOTAGE, State.NOBODY, State.UNCLEAR])
def test_without_the_patient_there_is_no_count(state: State) -> None:
    lost = Answer(None, (replace(STAY, state=state, crowd=(None,) * 6),), (), True)
    said = texts(picture(lost, drawn()))
    assert f"{state.value}: nothing was counted" in said and "TEST" in said
    assert any("not the same as nobody" in words for words in said) and "fewer than 5" not in said


def test_the_only_people_in_the_picture_are_the_patients_own_points() -> None:
    tree = ElementTree.fromstring(picture(ANSWER, drawn()))
    assert len([each for each in tree.iter() if each.tag.endswith("circle")]) == 2  # one point and its 2 m


@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-60, 60)), max_size=60))
def test_a_map_is_to_half_a_metre_and_knows_no_order(xy: list[tuple[float, float]]) -> None:
    spots = np.array(xy).reshape(-1, 2)
    svg = moment(spots, "hall", "2025-03-03 10:00:00")
    assert svg == moment(snapped(spots[::-1]), "hall", "2025-03-03 10:00:00")
    listed = [words for words in texts(svg) if "x_m" in words]
    assert len(listed) == len({tuple(spot) for spot in snapped(spots).tolist()})
    assert all(re.fullmatch(r"\d+: x_m -?\d+(\.5)?, y_m -?\d+(\.5)?", words) for words in listed)


def test_a_map_says_where_the_picture_is_left_and_right() -> None:
    svg = moment(np.zeros((1, 2)), "hall", "2025-03-03 10:00:00", np.array([[-5.0, 4.0], [5.0, 4.0]]))
    places = {
        "".join(e.itertext()): float(e.attrib["x"]) for e in ElementTree.fromstring(svg).iter() if "x" in e.attrib
    }
    assert places["left of the picture"] < places["right of the picture"]
