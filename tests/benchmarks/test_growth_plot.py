"""What grows is drawn with both sides on one scale a row; the table judges memory; nothing runs into anything."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from benchmarks._growth_plot import LINES, plot
from benchmarks._growth_tables import Cost, Point, Series, follows, measured


def _point(series: Series, x: float, film: str, faces: float = 3, *, more_mb: float = 100) -> Point:
    return Point(series, x, film, faces, 150, Cost(80 + 10 * x, 60, 200 + more_mb), Cost(30 + 5 * x, 20, 200))


SIZES = [_point(Series.SIZE, area, name) for area, name in ((0.2, "640x360"), (0.9, "1280x720"), (2.1, "1920x1080"))]
FACES = [_point(Series.FACES, faces, f"{faces:g} people", faces) for faces in (0, 0.9, 2.5, 5.5)]
LENGTHS = [
    _point(Series.LENGTH, seconds, f"{seconds} s, {'nobody' if not faces else 'crowd'}", faces, more_mb=seconds)
    for seconds in (5, 20, 200)
    for faces in (3, 0)
]


def _tree(points: list[Point]) -> ElementTree.Element:
    return ElementTree.fromstring(plot(points))


def _circles(points: list[Point]) -> int:
    return sum(element.tag.endswith("circle") for element in _tree(points).iter())


def test_each_film_is_drawn_twice_a_row() -> None:
    points = [*SIZES, *FACES, *LENGTHS]
    assert _circles(points) == len(points) * 2 * 2


def test_nobody_is_a_line_of_its_own_over_lengths_alone() -> None:
    dashed = [line.dash for line in LINES if line.nobody]
    assert plot(LENGTHS).count(f'stroke-dasharray="{dashed[0]}"') == 2 + 2 * 2, "two in the legend, two in each panel"
    assert f'stroke-dasharray="{dashed[0]}"' not in plot(FACES)


def test_all_of_it_is_inside_the_picture() -> None:
    root = _tree([*SIZES, *FACES, *LENGTHS])
    _, _, wide, tall = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        if element.tag.endswith("circle"):
            assert 0 < float(element.attrib["cx"]) < wide
            assert 0 < float(element.attrib["cy"]) < tall


def test_ticks_that_would_run_into_one_another_are_left_out() -> None:
    near = [_point(Series.FACES, faces, "a", faces) for faces in (5.0, 5.1, 9.0)]
    words = [text.text for text in _tree(near).iter() if text.tag.endswith("text")]
    assert "5" in words
    assert "5.1" not in words


def test_the_table_has_every_film_and_the_ratio() -> None:
    rows = measured(SIZES).splitlines()
    assert len(rows) == 2 + len(SIZES)
    assert rows[2].startswith("| size | 640x360 | 3.0 | 150 | 82.0 | 31.0 | 2.65 |")
    assert rows[2].endswith("| 300 | 200 | +100 MB |")


def test_one_more_of_each_and_memory_are_told() -> None:
    told = follows([*SIZES, *FACES, *LENGTHS])
    assert "| one more megapixel: CPU ms/frame | +10.0 | +5.0 | - |" in told
    assert "| one more face in the frame: CPU ms/frame | +10.0 | +5.0 | - |" in told
    assert "| peak MB, 200 s, crowd, above that of 5 s, crowd | +195 | +0 | - |" in told
    assert re.search(r"farthest above ffmpeg \(200 s, crowd\).*\| 400 \| 200 \| \*\*not met\*\* \|", told)
    assert "**not met**" not in follows(SIZES)
    copied = replace(FACES[0], garim=Cost(1, 1, 200))
    assert "| one more face in the frame: CPU ms/frame | +10.0 |" in follows([copied, *FACES[1:]])
    assert follows([]) == ""
