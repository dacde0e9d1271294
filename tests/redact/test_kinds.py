"""Every kind of still that is taken: the face is gone, and the rest of the picture is what it was."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from demo.clip import Truth
from PIL import Image, TiffImagePlugin
from tests.films import RGB, crowd, destroyed, ffmpeg, shot, stands

from garim.core.errors import Unsupported
from garim.core.plan import Plan
from garim.pictures import opened, pages
from garim.redact import Check, planned, redact

pytestmark = pytest.mark.weights

SIZE = (320, 240)
RAW = ("-f", "rawvideo", "-s", "320x240", "-pix_fmt", "rgb24", "-i", "-")
SECRET = "SECRET-OF-THE-OWNER"


@cache
def person() -> tuple[RGB, Truth]:
    rows, truths = crowd(shot(1, stands(160, 120, 70)), size=SIZE)
    return rows[0], truths[0]


def coded(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(person()[0]).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def by_ffmpeg(codec: str, layout: str) -> bytes:
    return ffmpeg(*RAW, "-pix_fmt", layout, "-c:v", codec, "-f", "image2pipe", "-", fed=person()[0].tobytes())


def maker() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = SECRET
    return tags


def tags() -> TiffImagePlugin.ImageFileDirectory_v2:
    found = TiffImagePlugin.ImageFileDirectory_v2()
    found[270] = found[271] = SECRET
    return found


@dataclass(frozen=True)
class Case:
    """A file, and by how much all that is not destroyed may differ, in 255ths; 0 is to the sample."""

    suffix: str
    content: Callable[[], bytes]
    noise: float = 0.0


CASES = {
    "JPEG, CMYK": Case("jpg", lambda: coded("JPEG", "CMYK", quality=92, exif=maker()), 2.5),
    "PNG, gray 16": Case("png", lambda: by_ffmpeg("png", "gray16be")),
    "PNG, RGB 16": Case("png", lambda: by_ffmpeg("png", "rgb48be")),
    "PNG, RGBA 16": Case("png", lambda: by_ffmpeg("png", "rgba64be")),
    "TIFF, RGB 16": Case("tif", lambda: by_ffmpeg("tiff", "rgb48le")),
    "TIFF, LZW": Case("tiff", lambda: coded("TIFF", compression="tiff_lzw", tiffinfo=tags())),
    "TIFF, CMYK": Case("tif", lambda: coded("TIFF", "CMYK", tiffinfo=tags())),
    "WebP, lossless": Case("webp", lambda: coded("WEBP", lossless=True, exif=maker())),
    "WebP, lossy, alpha": Case("webp", lambda: coded("WEBP", "RGBA", quality=80, exif=maker()), 3),
    "AVIF": Case("avif", lambda: coded("AVIF", exif=maker()), 3),
}


@pytest.mark.parametrize("name", CASES)
def test_the_face_is_gone_and_the_rest_is_what_it_was(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    source = tmp_path / f"a.{case.suffix}"
    source.write_bytes(case.content())
    done = redact(source)
    before, after = opened(source), opened(done.output)
    assert (after.mode, after.size, after.bits, after.kind) == (before.mode, before.size, before.bits, before.kind)
    assert SECRET.encode() not in done.output.read_bytes()

    seen = [still.image(320).bgr for still in (before, after)]
    truth = person()[1]
    assert destroyed(seen[0], seen[1], truth.xyxy[0]) > 0.9
    assert 0.03 < done.masked < 0.3

    rest = np.ones(SIZE[::-1], bool)
    for x1, y1, x2, y2 in done.plan.at(0):
        rest[int(y1) - 8 : int(y2) + 9, int(x1) - 8 : int(x2) + 9] = False
    apart = np.abs(after.samples[rest].astype(float) - before.samples[rest])
    assert apart.mean() <= case.noise and (case.noise or apart.max() == 0)


def test_a_face_on_any_page_is_gone(tmp_path: Path) -> None:
    """Three pages of three sizes, the face on the second; and a plan that adds a region to the third."""
    picture, truth = person()
    empty = crowd(shot(1), size=(200, 300))[0][0]
    rows = [Image.fromarray(each) for each in (empty, picture, crowd(shot(1), size=(400, 100))[0][0])]
    source = tmp_path / "a.tif"
    rows[0].save(source, save_all=True, append_images=rows[1:], compression="tiff_deflate")
    plan = planned(source)
    assert plan.size == (400, 300)
    plan = plan.with_lanes([lane for lane in plan.lanes if lane.pts[0] == 1])
    done = redact(source, plan=plan)
    assert done.frames == 3
    before, after = list(pages(source)), list(pages(done.output))
    assert [still.size for still in after] == [(200, 300), SIZE, (400, 100)]
    assert destroyed(before[1].samples, after[1].samples, truth.xyxy[0]) > 0.9
    for number in (0, 2):
        same = (before[number].samples == after[number].samples).all()
        assert same == (not len(done.plan.at(number)))
    other = Plan(plan.input_sha256, SIZE, plan.time_base, ())
    with pytest.raises(Unsupported, match=r"written as \.tif"):
        redact(source, tmp_path / "b.png", plan=other)


def test_what_only_the_check_sees_on_a_later_page_is_destroyed(tmp_path: Path) -> None:
    picture, truth = person()
    source = tmp_path / "a.tif"
    Image.fromarray(crowd(shot(1), size=SIZE)[0][0]).save(
        source, save_all=True, append_images=[Image.fromarray(picture)]
    )
    plan = planned(source)
    done = redact(source, plan=Plan(plan.input_sha256, plan.size, plan.time_base, ()))
    assert done.rounds > 1
    assert destroyed(picture, list(pages(done.output))[1].samples, truth.xyxy[0]) > 0.9


@pytest.mark.parametrize("suffix", ["tif", "webp", "avif"])
def test_what_was_not_checked_says_so_itself(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"a.{suffix}"
    source.write_bytes(coded({"tif": "TIFF", "webp": "WEBP", "avif": "AVIF"}[suffix]))
    assert b"UNCHECKED" in redact(source, check=Check.OFF).output.read_bytes()


def test_a_small_picture_is_enlarged_to_be_looked_at(tmp_path: Path) -> None:
    """A face of 9 px, in a picture of a few."""
    picture, truth = person()
    small = Image.fromarray(picture).resize((41, 31), Image.Resampling.BOX)
    small.save(tmp_path / "a.png")
    done = redact(tmp_path / "a.png")
    with Image.open(done.output) as after:
        box = (truth.xyxy[0] * 41 / 320).astype(np.float32)
        assert destroyed(np.asarray(small), np.asarray(after), box) > 0.5
