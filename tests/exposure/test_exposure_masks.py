"""`garim exposure masks` on real pictures, in real processes; and its lists, line by line.

What the model answers is not tested here: where answers matter they are made up, of the crops that were cut out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from tests.exposure.commands import garim

from garim import pictures
from garim.core.errors import Misuse
from garim.core.image import Image
from garim.exposure.listed import Listed, read, states
from garim.vision.masks import CONFIDENT, State

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
HEADER = "image,x1,y1,x2,y2"
LONDON = Path(__file__).parents[3] / "shared" / "data" / "faces_london"


def grey(path: Path, level: int, size: tuple[int, int] = (80, 60), **options: object) -> Path:
    """A picture all of one grey."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new("RGB", size, (level,) * 3).save(path, **options)  # type: ignore[arg-type]  # options are of many kinds
    return path


def listing(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "boxes.csv"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def by_light(crops: Sequence[U8]) -> F32:
    """Answers made up of how bright a crop's middle is: over 170 worn, under 85 absent, else nothing sure."""
    light = np.array([crop[20:28, 20:28].mean() for crop in crops]).reshape(-1, 1)
    return np.select([light > 170, light < 85], [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1]], [0.4, 0.3, 0.3]).astype(
        np.float32
    )


def told(path: Path) -> list[State]:
    return [each.state for each in states(path, read(path), by_light, lambda *step: None)]


def refused(path: Path, says: str) -> None:
    with pytest.raises(Misuse, match=says) as error:
        told(path)
    assert "\n" not in str(error.value)


def test_lines_keep_their_order_and_each_picture_is_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey(tmp_path / "light.png", 250)
    grey(tmp_path / "dark.jpg", 5)
    path = listing(tmp_path, *("light.png,10,10,40,40", "dark.jpg,5,5,20,20") * 3, "./light.png,1,2,30,40")
    opened, true = [], pictures.opened

    def counted(path: Path) -> pictures.Still:
        opened.append(path.name)
        return true(path)

    monkeypatch.setattr(pictures, "opened", counted)
    assert told(path) == [State.WORN, State.ABSENT] * 3 + [State.WORN]
    assert opened == ["light.png", "dark.jpg"]


def test_more_boxes_than_wait_for_the_model(tmp_path: Path) -> None:
    for name, level in (("a.png", 250), ("b.png", 130), ("c.png", 5)):
        grey(tmp_path / name, level)
    names = np.random.default_rng(3).choice(["a.png", "b.png", "c.png"], 700)
    path = listing(
        tmp_path, *(f"{name},{at % 30},{at % 20},{at % 30 + 30},{at % 20 + 30}" for at, name in enumerate(names))
    )
    says = {"a.png": State.WORN, "b.png": State.UNKNOWN, "c.png": State.ABSENT}
    assert told(path) == [says[name] for name in names]


def test_a_box_is_of_the_upright_picture(tmp_path: Path) -> None:
    picture = np.full((60, 80, 3), 5, np.uint8)
    picture[:30, 50:] = 250  # the upper right corner as it is stored; turned by 90 degrees, the lower right one
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(picture).save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert told(listing(tmp_path, "a.jpg,35,55,55,75", "a.jpg,5,5,25,25")) == [State.WORN, State.ABSENT]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_colours_come_in_the_order_that_the_model_takes(tmp_path: Path, mode: str) -> None:
    Pillow.new("RGB", (80, 60), (255, 51, 0)).convert(mode).save(tmp_path / "a.tif")
    path = listing(tmp_path, "a.tif,10,10,40,40")
    seen: list[U8] = []

    def model(crops: Sequence[U8]) -> F32:
        seen.extend(crops)
        return by_light(crops)

    states(path, read(path), model, lambda *step: None)
    (crop,) = seen
    assert np.abs(crop[24, 24].astype(int) - (0, 51, 255)).max() < 3


@pytest.mark.parametrize("mode", ["L", "LA", "RGB"])
def test_a_picture_of_sixteen_bits_is_as_light_as_one_of_eight(tmp_path: Path, mode: str) -> None:
    samples = np.full((60, 80, len(mode)), 40 << 8, np.uint16)
    samples[0, 0] = 65535
    deep = pictures.Still(samples, mode, "PNG", {}, ())
    pictures.save(deep, tmp_path / "a.png", tmp_path / "a.png")
    assert pictures.opened(tmp_path / "a.png").bits == 16
    assert told(listing(tmp_path, "a.png,20,10,50,40")) == [State.ABSENT]


def test_columns_in_any_order_with_others_between(tmp_path: Path) -> None:
    grey(tmp_path / "a, b.png", 250)
    path = listing(tmp_path, '40,"said ""so""",40, "a, b.png",10,10', header="\ufeffx2,note,y2, image ,y1,x1")
    (box,) = read(path)
    assert (box.line, box.image, box.xyxy) == (2, "a, b.png", (10.0, 10.0, 40.0, 40.0))
    assert told(path) == [State.WORN]


def test_a_picture_is_looked_for_beside_the_list_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grey(tmp_path / "lists/both.png", 250)
    grey(tmp_path / "here/both.png", 5)
    only = grey(tmp_path / "here/only.png", 5)
    monkeypatch.chdir(only.parent)
    boxes = "10,10,40,40"
    path = listing(tmp_path / "lists", f"both.png,{boxes}", f"only.png,{boxes}", f"{only},{boxes}")
    assert told(path) == [State.WORN, State.ABSENT, State.ABSENT]


def test_a_box_may_reach_a_little_out_of_its_picture(tmp_path: Path) -> None:
    grey(tmp_path / "a.png", 250)
    assert told(listing(tmp_path, "a.png,-9,-5,40,40", "a.png,50,20,90,60")) == [State.WORN] * 2


@pytest.mark.parametrize(
    "box", ["-40,0,39,20", "0,-40,20,39", "41,10,121,30", "10,31,20,91", "200,0,220,20", "-1e308,-1e308,1e308,1e308"]
)
def test_a_box_outside_its_picture_is_refused(tmp_path: Path, box: str) -> None:
    grey(tmp_path / "a.png", 250)
    refused(
        listing(tmp_path, "a.png,1,1,9,9", f"a.png,{box}"), r"line 3: most of the box .* a\.png, which is 80 x 60 px"
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a.png,20,10,10,40", "less than a px wide or high"),
        ("a.png,10,40,40,40", "less than a px wide or high"),
        ("a.png,0.1,0.1,0.4,0.5", "less than a px wide or high.*in px"),
        ("a.png,10,10,4O,40", "x2 is '4O'"),
        ("a.png,10,,40,40", "y1 is ''"),
        ("a.png,nan,10,40,40", "x1 is 'nan'"),
        ("a.png,10,10,40,inf", "y2 is 'inf'"),
        ("a.png,1_0,10,40,40", "x1 is '1_0'"),
        ("a.png,\uff11,10,40,40", "x1 is"),
        ("a.png,10,10,40", "4 cells under 5 columns"),
        ('a.png,"10,5",10,40,40', "x1 is '10,5'"),
        ("a.png,10,5,10,40,40", "6 cells under 5 columns"),
        (",10,10,40,40", "names no image"),
        ("b.png,10,10,40,40", r"b\.png: no such picture, neither beside the list nor where the command runs"),
        ("/nowhere/b.png,10,10,40,40", r"/nowhere/b\.png: no such picture; nothing"),
        (f"{'a' * 5000}.png,10,10,40,40", "no such picture"),
        (".,10,10,40,40", "no such picture"),
        ("text.png,10,10,40,40", r"text\.png: is not a picture.*Correct the line"),
        ("cut.png,10,10,40,40", r"cut\.png: is not a picture that can be read whole"),
        ("moves.gif,10,10,40,40", r"moves\.gif: is an animation"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(tmp_path: Path, line: str, says: str) -> None:
    whole = grey(tmp_path / "a.png", 250).read_bytes()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(whole[:-20])
    frames = [Pillow.new("L", (80, 60), level) for level in (0, 200)]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    refused(listing(tmp_path, "a.png,1,1,9,9", "", line), rf"boxes\.csv, line 4: .*{says}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", r"boxes\.csv: is empty"),
        (b"\n\n", r"boxes\.csv: is empty"),
        (f"{HEADER}\n\n".encode(), "lists no box"),
        (b"a.png,1,1,9,9\n", "line 1: has no column image"),
        (b"image,x1,y1,x2\na.png,1,1,9\n", "line 1: has no column y2.*image,x1,y1,x2,y2"),
        (b"image,x1,y1,x2,y2,x1\na.png,1,1,9,9,2\n", "line 1: has more than one column x1"),
        (f"{HEADER}\n".encode() + b"\xe4.png,1,1,9,9\n", "is no CSV in UTF-8"),
        (f'{HEADER}\n"a.png,1,1,9,9\n'.encode(), "is no CSV in UTF-8"),
        (f"{HEADER}\n{'a' * 70000},1,1,9,9\n".encode(), "a line that no list has"),
    ],
)
def test_what_is_no_list(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "boxes.csv"
    path.write_bytes(text)
    refused(path, says)


@pytest.mark.parametrize("name", ["none.csv", "."])
def test_a_list_that_is_not_there(tmp_path: Path, name: str) -> None:
    refused(tmp_path / name, "cannot be read")


def test_json_says_a_face_a_line(tmp_path: Path) -> None:
    grey(tmp_path / "a.png", 250)
    grey(tmp_path / "b/c.jpg", 5)
    listing(tmp_path, "b/c.jpg,5,5.5,20,20", "a.png,10,10,40,40", "b/c.jpg,1,1,30,30")
    ran = garim("masks", "--boxes", "boxes.csv", "--json", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [list(row) for row in rows] == [["image", "x1", "y1", "x2", "y2", "state", "confidence"]] * 3
    assert [[row["image"], row["x1"], row["y1"]] for row in rows] == [
        ["b/c.jpg", 5, 5.5],
        ["a.png", 10, 10],
        ["b/c.jpg", 1, 1],
    ]
    assert all(1 / 3 - 1e-3 <= row["confidence"] <= 1 for row in rows)
    assert all(
        (row["state"] == "unknown") == (row["confidence"] < CONFIDENT) for row in rows if row["confidence"] != CONFIDENT
    )


def test_for_people_it_counts_by_size_and_state(tmp_path: Path) -> None:
    grey(tmp_path / "a.png", 250)
    heights = (4, 15.9, 16, 23, 24, 30, 47, 48)
    listing(tmp_path, *(f"a.png,10,10,40,{10 + high}" for high in heights))
    ran = garim("masks", "--boxes", "boxes.csv", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    head, *rows = (line.split() for line in ran.stdout.splitlines())
    assert head[2:] == ["worn", "absent", "incorrect", "unknown", "faces", "unknown", "%"]
    counts = {"".join(row[:-6]): [int(cell) for cell in row[-6:-1]] for row in rows}
    assert {name: row[-1] for name, row in counts.items()} == {"<16": 2, "16-24": 2, "24-48": 3, ">=48": 1, "all": 8}
    assert all(sum(row[:-1]) == row[-1] for row in counts.values())
    assert all(row[-1] == f"{int(row[-3]) / int(row[-2]):.0%}" for row in rows)


def test_nothing_is_said_where_the_last_line_is_wrong(tmp_path: Path) -> None:
    grey(tmp_path / "a.png", 250)
    listing(tmp_path, *["a.png,10,10,40,40"] * 300, "a.png,110,10,140,40")
    ran = garim("masks", "--boxes", "boxes.csv", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("garim: boxes.csv, line 302: most of the box 110,10,140,40 lies outside a.png")
    asked = garim("masks", "--boxes", "boxes.csv", "--json", cwd=tmp_path)
    assert asked.returncode == 2 and list(json.loads(asked.stdout)) == ["error", "exit_code"]


def test_a_list_is_required(tmp_path: Path) -> None:
    ran = garim("masks", cwd=tmp_path)
    assert ran.returncode == 2 and "--boxes" in ran.stderr


@pytest.mark.weights
def test_faces_of_london(tmp_path: Path) -> None:
    """The detector's boxes of real photographs: each is shown as the detector would show it."""
    from garim.vision.faces import Faces
    from garim.vision.masks import SIDE, around

    photos = sorted(LONDON.glob("00[1-4]_neutral.jpg"))
    if not photos:
        pytest.skip(f"faces_london: not at {LONDON}")
    faces, lines = Faces(), []
    for photo in photos:
        found = faces(pictures.opened(photo).image(640), 0.8)
        assert len(found) == 1
        lines.append(f"{photo}," + ",".join(f"{each:.1f}" for each in found.xyxy[0]))
    boxes: list[Listed] = read(listing(tmp_path, *lines))
    for box in boxes:
        still = pictures.opened(box.path)
        crop = around(still.image(max(still.size)).bgr, np.array(box.xyxy, np.float32))
        again = faces(Image(np.repeat(np.repeat(crop, 4, 0), 4, 1), 4.0), 0.5)
        assert len(again) == 1  # a face still, in the middle, and of 1 / 1.6 of its size
        x1, y1, x2, y2 = again.xyxy[0]
        assert abs((x1 + x2) / 2 - SIDE / 2) < 4 and abs((y1 + y2) / 2 - SIDE / 2) < 4
        assert 0.8 < np.sqrt((x2 - x1) * (y2 - y1)) / (SIDE / 1.6) < 1.25
    ran = garim("masks", "--boxes", "boxes.csv", "--json", cwd=tmp_path)
    assert ran.returncode == 0 and len(ran.stdout.splitlines()) == len(photos)
