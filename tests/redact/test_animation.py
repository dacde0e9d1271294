"""Animations: no face in any picture, before it is seen and between; times, loop and all else as they were."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from demo.clip import Key, Truth
from numpy.typing import NDArray
from PIL import Image
from tests.films import RGB, crowd, leaks, shot, stands, walk

from garim.core.errors import Misuse, Unsupported
from garim.core.plan import Lane, Plan, read, written
from garim.pictures import animation, frames
from garim.redact import Check, planned, redact
from garim.redact import animation as room
from garim.redact.animation import starts

pytestmark = pytest.mark.weights

SIZE = (240, 180)
COUNT = 8
TIMES = [80, 80, 200, 80, 0, 80, 500, 80]
KINDS = {"GIF": "gif", "PNG": "png", "WEBP": "webp"}
SECRET = b"SECRET-OF-THE-OWNER"


@pytest.fixture(scope="module")
def scene() -> tuple[list[RGB], list[Truth]]:
    """One who walks through the picture, and one who stands, small."""
    person = walk(Key(0, 40, 90, 60), Key(1, 200, 80, 64))
    return crowd(shot(COUNT, stands(30, 30, 26, who=1, number=2), person), size=SIZE, rate=8)


def animated(path: Path, pictures: list[RGB], kind: str, **options: object) -> Path:
    """`pictures` of few enough colours for a GIF, as Pillow writes them: only what changes."""
    rows = [Image.fromarray(picture) for picture in pictures]
    if kind == "GIF":
        rows = [row.quantize(200, dither=Image.Dither.NONE) for row in rows]
    if kind == "WEBP":
        options = {"lossless": True} | options
    buffer = io.BytesIO()
    rows[0].save(buffer, kind, save_all=True, append_images=rows[1:], duration=TIMES, loop=2, **options)
    path.write_bytes(buffer.getvalue())
    return path


def seen(path: Path) -> NDArray[np.uint8]:
    """Every picture as it is shown: u8[n,h,w,3]."""
    return np.stack([still.samples[:, :, :3] for still in frames(animation(path))])


@pytest.mark.parametrize("kind", KINDS)
def test_no_face_is_left_in_any_picture(tmp_path: Path, scene: tuple[list[RGB], list[Truth]], kind: str) -> None:
    pictures, truths = scene
    options = {"comment": SECRET} if kind == "GIF" else {}
    source = animated(tmp_path / f"a.{KINDS[kind]}", pictures, kind, **options)
    done = redact(source)
    before, after = seen(source), seen(done.output)
    assert not leaks(before, after, truths)
    assert animation(done.output).durations == tuple(Fraction(t, 1000) for t in TIMES)
    assert (animation(done.output).loop, done.frames, done.residual) == (2, COUNT, ())
    assert SECRET not in done.output.read_bytes()
    untouched = (before == after).all(axis=3)  # to the sample, palettes and all
    assert (untouched | (after == 0).all(axis=3)).all()
    assert untouched.mean() > 0.5
    assert 0.02 < done.masked < 0.5 and done.seconds == sum(TIMES) / 1000


def test_a_face_is_covered_where_nobody_sees_it(
    tmp_path: Path, scene: tuple[list[RGB], list[Truth]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The detector is blind for the pictures 0, 3 and 4; time tells where the faces are."""
    pictures, truths = scene
    source = animated(tmp_path / "a.png", pictures, "PNG")
    looked: list[int] = []
    real = room.AnimationSubject._look

    def blinded(self: room.AnimationSubject, shown: object, step: str) -> object:
        found, people = real(self, shown, step)  # type: ignore[arg-type]  # passed on as it is
        looked.append(len(found.boxes))
        none = [type(b)(b.xyxy[:0], b.score[:0]) for b in found.boxes]
        boxes = tuple(none[i] if i in (0, 3, 4) else b for i, b in enumerate(found.boxes))
        return type(found)(found.pts, found.change, found.index, boxes), people

    monkeypatch.setattr(room.AnimationSubject, "_look", blinded)
    done = redact(source)
    assert looked and not leaks(seen(source), seen(done.output), truths)


def test_what_only_the_check_sees_is_destroyed_in_the_next_round(
    tmp_path: Path, scene: tuple[list[RGB], list[Truth]]
) -> None:
    pictures, truths = scene
    source = animated(tmp_path / "a.webp", pictures, "WEBP")
    plan = planned(source)
    empty = Plan(plan.input_sha256, plan.size, plan.time_base, ())
    done = redact(source, plan=empty)
    assert done.rounds > 1 and not leaks(seen(source), seen(done.output), truths)


def test_a_plan_goes_by_thousandths_of_a_second(tmp_path: Path, scene: tuple[list[RGB], list[Truth]]) -> None:
    pictures, _ = scene
    source = animated(tmp_path / "a.gif", pictures, "GIF")
    plan = read(written(planned(source)))
    assert (plan.size, plan.time_base) == (SIZE, Fraction(1, 1000))
    box = np.array([[100, 20, 140, 60]] * 2, np.float32)
    more = plan.with_lanes([Lane(9, np.array([160, 440]), box)])  # the pictures 2, 3 and 4
    done = redact(source, plan=more, check=Check.OFF)
    black = (seen(done.output)[:, 20:60, 100:140] == 0).all(axis=(1, 2, 3))
    assert black[2:5].all() and not black[[0, 1, 6, 7]].any()
    assert b"UNCHECKED" in done.output.read_bytes()
    other = Plan(plan.input_sha256, plan.size, Fraction(1, 90000), ())
    with pytest.raises(Misuse, match="time base"):
        redact(source, tmp_path / "b.gif", plan=other)


def test_the_output_is_of_the_same_kind(tmp_path: Path, scene: tuple[list[RGB], list[Truth]]) -> None:
    source = animated(tmp_path / "a.gif", scene[0], "GIF")
    with pytest.raises(Unsupported, match=r"written as \.gif"):
        redact(source, tmp_path / "b.webp")
    assert not (tmp_path / "b.webp").exists()


def test_a_gif_of_one_picture_is_taken_too(tmp_path: Path) -> None:
    pictures, truths = crowd(shot(1, stands(120, 90, 70)), size=SIZE)
    Image.fromarray(pictures[0]).quantize(128).save(tmp_path / "a.gif")
    done = redact(tmp_path / "a.gif")
    assert done.frames == 1
    assert not leaks(seen(tmp_path / "a.gif"), seen(done.output), truths)


def test_a_gif_of_too_many_colours_says_what_it_loses(tmp_path: Path) -> None:
    """Two palettes, the second picture over half of the first: more colours than one palette holds."""
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    first, second = (Image.fromarray(part).quantize(200) for part in (noise, noise[:, :60]))
    content = [io.BytesIO(), io.BytesIO()]
    first.save(content[0], "GIF")
    second.save(content[1], "GIF")
    head, part = content[0].getvalue()[:-1], content[1].getvalue()
    colours = part[13:781]  # its own palette, as a local one
    (tmp_path / "a.gif").write_bytes(head + part[781:790] + b"\x87" + colours + part[791:])
    done = redact(tmp_path / "a.gif")
    assert "colours beyond 256 in 1 pictures" in done.left_out
    before, after = seen(tmp_path / "a.gif"), seen(done.output)
    assert np.abs(before.astype(int) - after)[~(after == 0).all(axis=3)].mean() < 12


def test_pictures_begin_one_after_the_other() -> None:
    third = Fraction(1, 3)
    assert starts([third, third, third, third]).tolist() == [0, 333, 667, 1000]
    assert starts([Fraction(0), Fraction(1, 5000), Fraction(1, 5000), Fraction(1)]).tolist() == [0, 1, 2, 3]
