"""Animations are read as they show, picture by picture, and go out with the same times, loops and transparency."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms
from tests.films import ffmpeg

from garim.core.errors import GarimError, Unreadable, Unsupported
from garim.cover import fill
from garim.pictures import Still, animation, frames, moves, pages, save_animation
from garim.pictures.animation import Animation, Then, composed
from garim.pictures.gif import indexed

U8 = NDArray[np.uint8]
SECRET = b"SECRET-OF-THE-OWNER"
WIDTH, HEIGHT = 60, 44
BOX = np.array([(10, 8, 30, 24)], np.float32)
INSIDE = (slice(8, 24), slice(10, 30))
TIMES = [Fraction(7, 100), Fraction(1, 2), Fraction(0), Fraction(3, 25), Fraction(2)]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS = ["GIF", "PNG", "WEBP"]


def shown(alpha: bool = False, count: int = len(TIMES)) -> list[U8]:
    """Pictures of few colours, each unlike the last; with `alpha` there are holes that move."""
    found = []
    for number in range(count):
        picture = np.full((HEIGHT, WIDTH, 4), (200 - 30 * number, 90, 60 + 20 * number, 255), np.uint8)
        picture[5:15, 8 * number : 8 * number + 12] = (250, 250, 30, 255)
        picture[30:, ::7] = (30, 180, 60 + number, 255)
        if alpha:
            picture[20:40, 9 * number : 9 * number + 14] = 0
        found.append(picture if alpha else picture[:, :, :3])
    return found


def coded(kind: str, pictures: list[U8], loop: int = 3, **options: Any) -> bytes:
    """By Pillow, which writes only what changes."""
    first, *others = (Pillow.fromarray(picture) for picture in pictures)
    buffer = io.BytesIO()
    if kind == "WEBP":
        options = {"lossless": True, "exact": True} | options
    milliseconds = [int(seconds * 1000) for seconds in TIMES[: len(pictures)]]
    first.save(buffer, kind, save_all=True, append_images=others, duration=milliseconds, loop=loop, **options)
    return buffer.getvalue()


def at(folder: Path, content: bytes) -> Path:
    path = folder / "in"
    path.write_bytes(content)
    return path


def samples(path: Path) -> U8:
    """All pictures of an animation: u8[n,h,w,c]."""
    return np.stack([still.samples for still in frames(animation(path))])


def filled(path: Path, remark: str = "") -> Path:
    """What is written of the animation at `path` with BOX filled."""
    made = animation(path)
    output = path.with_name("out")

    def pictures() -> Iterator[Still]:
        for still in frames(made):
            fill(still.planes(), BOX)
            yield still

    save_animation(made, pictures(), output, output, remark)
    return output


def alike(before: Animation, after: Animation) -> None:
    """Red unless kind, size, times, loop and transparency are the same."""
    assert (after.kind, after.size, after.durations) == (before.kind, before.size, before.durations)
    assert (after.loop, after.alpha) == (before.loop, before.alpha)


def visible(pictures: U8) -> U8:
    """Without the colours of what is transparent."""
    pictures = pictures.copy()
    if pictures.shape[-1] == 4:
        pictures[pictures[..., 3] == 0] = 0
    return pictures


# --- read, written, read again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_at_its_time(tmp_path: Path, kind: str, alpha: bool) -> None:
    path = at(tmp_path, coded(kind, shown(alpha), **({"disposal": 2} if kind == "GIF" else {})))
    made = animation(path)
    assert moves(path)
    assert made.durations == tuple(TIMES) and made.loop == 3
    before = samples(path)
    expected = np.stack(shown(alpha))
    assert np.array_equal(visible(before)[..., : expected.shape[-1]], visible(expected))

    output = filled(path)
    alike(made, animation(output))
    after = visible(samples(output))
    assert (after[:, 8:24, 10:30, :3] == 0).all()
    if after.shape[-1] == 4:
        assert (after[:, 8:24, 10:30, 3] == 255).all()
    after[(slice(None), *INSIDE)] = visible(before)[(slice(None), *INSIDE)]
    assert np.array_equal(after, visible(before))


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_somebody_else_sees_the_same(tmp_path: Path, kind: str, alpha: bool) -> None:
    output = filled(at(tmp_path, coded(kind, shown(alpha), **({"disposal": 2} if kind == "GIF" else {}))))
    ours = visible(samples(output))
    with Pillow.open(output) as picture:
        assert getattr(picture, "n_frames", 1) == len(TIMES)
        assert picture.info["loop"] == 3
        for number, seconds in enumerate(TIMES):
            picture.seek(number)
            theirs = np.array(picture.convert("RGBA" if ours.shape[-1] == 4 else "RGB"))
            assert np.array_equal(visible(theirs), ours[number]), number
            assert picture.info["duration"] == seconds * 1000


@pytest.mark.parametrize("loop", [0, 1, 7])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_shown_as_often_as_before(tmp_path: Path, kind: str, loop: int) -> None:
    path = at(tmp_path, coded(kind, shown(), loop=loop))
    assert animation(path).loop == loop == animation(filled(path)).loop


def test_a_gif_that_says_nothing_of_loops_still_says_nothing(tmp_path: Path) -> None:
    content = coded("GIF", shown())
    start = content.index(b"!\xff\x0bNETSCAPE")
    path = at(tmp_path, content[:start] + content[start + 19 :])
    assert animation(path).loop is None
    assert animation(filled(path)).loop is None


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_what_ffmpeg_made_is_taken(tmp_path: Path, kind: str) -> None:
    """Delta pictures with offsets, and times that thousandths of a second do not hold."""
    name = tmp_path / ("a.gif" if kind == "GIF" else "a.apng")
    words = ("-plays", "0") if kind == "PNG" else ()
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=120x90:rate=30:duration=0.5", *words, name)
    made = animation(name)
    assert len(made.durations) == 15 and made.size == (120, 90)
    assert made.durations[0] == (Fraction(1, 30) if kind == "PNG" else Fraction(3, 100))
    theirs = ffmpeg("-i", name, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    pictures = samples(name)[..., :3]
    assert np.array_equal(pictures.reshape(-1), np.frombuffer(theirs, np.uint8))
    alike(made, animation(filled(name)))


def test_a_lossy_webp_loses_little_more(tmp_path: Path) -> None:
    path = at(tmp_path, coded("WEBP", shown(), lossless=False, quality=85))
    before, output = samples(path), filled(path)
    assert b"VP8 " in output.read_bytes()
    after = samples(output)
    assert after[:, 10:22, 12:28].max() < 40
    after[(slice(None), *INSIDE)] = before[(slice(None), *INSIDE)]
    assert np.abs(after.astype(int) - before).mean() < 3
    alike(animation(path), animation(output))


# --- nothing beside it --------------------------------------------------------------------------------------------


def laden(kind: str) -> bytes:
    if kind == "GIF":
        content = coded("GIF", shown(), comment=SECRET)
        xmp = b"!\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
        return content[:-1] + xmp + b";" + SECRET
    tags = Pillow.Exif()
    tags[0x010F] = SECRET.decode()
    options: dict[str, Any] = {"exif": tags, "icc_profile": PROFILE}
    if kind == "WEBP":
        return coded(kind, shown(), xmp=SECRET, **options) + SECRET
    content = coded(kind, shown(), **options)
    return content[:33] + chunk(b"tEXt", b"Author\0" + SECRET) + content[33:] + SECRET


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_pictures_goes_out(tmp_path: Path, kind: str) -> None:
    content = laden(kind)
    assert content.count(SECRET) >= 3
    path = at(tmp_path, content)
    written = filled(path).read_bytes()
    assert SECRET not in written and b"xmp" not in written.lower() and b"exif" not in written.lower()
    assert animation(path).left_out
    assert animation(tmp_path / "out").left_out == ()
    if kind != "GIF":
        with Pillow.open(tmp_path / "out") as picture:
            assert picture.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("kind", KINDS)
def test_the_remark_is_in_the_file(tmp_path: Path, kind: str) -> None:
    output = filled(at(tmp_path, coded(kind, shown())), "UNCHECKED: nobody looked")
    assert b"UNCHECKED: nobody looked" in output.read_bytes()
    assert len(animation(output).durations) == len(TIMES)


def test_a_picture_that_is_no_part_of_an_animated_png_is_dropped_and_named(tmp_path: Path) -> None:
    first, *others = (Pillow.fromarray(picture) for picture in shown(count=4))
    buffer = io.BytesIO()
    first.save(buffer, "PNG", save_all=True, append_images=others, default_image=True, duration=100)
    path = at(tmp_path, buffer.getvalue())
    made = animation(path)
    assert len(made.durations) == 3 and "a picture that is no part of the animation" in made.left_out
    output = filled(path)
    after = samples(output)
    assert len(after) == 3
    with Pillow.open(output) as picture:  # what is shown where nothing moves is filled as well
        assert getattr(picture, "n_frames", 1) == 3
        assert (np.asarray(picture.convert("RGB"))[INSIDE] == 0).all()


# --- how pictures lie on each other -------------------------------------------------------------------------------


class Piece:
    """A rectangle, as a format would keep it."""

    def __init__(self, place: tuple[int, int], then: Then = Then.KEPT, over: bool = True) -> None:
        self.place, self.then, self.over = place, then, over


def plain(width: int, height: int, *colour: int) -> U8:
    return np.full((height, width, 4), colour, np.uint8)


def test_what_becomes_of_a_piece_once_its_time_is_over() -> None:
    red, green, blue = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
    ground = Piece((0, 0)), plain(4, 4, *red)
    end = Piece((3, 3)), plain(1, 1, *blue)
    for then, left in ((Then.KEPT, green), (Then.CLEARED, (0, 0, 0, 0)), (Then.RESTORED, red)):
        one, two, three = composed((4, 4), [ground, (Piece((1, 1), then), plain(2, 2, *green)), end])
        assert (one == red).all()
        assert (two[1:3, 1:3] == green).all() and (two[0] == red).all()
        assert (three[1:3, 1:3] == left).all() and (three[3, 3] == blue).all() and (three[0] == red).all()


def test_a_piece_is_cut_off_at_the_edge() -> None:
    (one,) = composed((4, 4), [(Piece((2, 3)), plain(9, 9, 1, 2, 3, 255))])
    assert (one[3, 2:] == (1, 2, 3, 255)).all() and (one[:3] == 0).all() and (one[3, :2] == 0).all()


def test_half_transparent_colours_are_mixed_or_replace() -> None:
    below = Piece((0, 0)), plain(1, 1, 200, 0, 0, 255)
    half = plain(1, 1, 0, 100, 0, 128)
    _, over = composed((1, 1), [below, (Piece((0, 0)), half)])
    assert np.abs(over[0, 0].astype(int) - (100, 50, 0, 255)).max() <= 1
    _, instead = composed((1, 1), [below, (Piece((0, 0), over=False), half)])
    assert (instead == half).all()
    _, thin = composed((1, 1), [(Piece((0, 0)), plain(1, 1, 200, 0, 0, 128)), (Piece((0, 0)), half)])
    assert np.abs(thin[0, 0].astype(int) - (66, 67, 0, 192)).max() <= 1
    _, clear = composed((1, 1), [(Piece((0, 0)), plain(1, 1, 9, 9, 9, 0)), (Piece((0, 0)), half)])
    assert (clear == half).all()


# --- palettes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 255, 256])
def test_up_to_256_colours_are_exact(count: int) -> None:
    rng = np.random.default_rng(count)
    colours = rng.integers(0, 256, (count, 3), np.uint8)
    picture = colours[rng.integers(0, count, (40, 50))]
    indices, palette, clear = indexed(picture)
    assert clear is None and np.array_equal(palette[indices], picture)


def test_more_colours_become_fewer_and_black_stays_black() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 4), np.uint8)
    noise[..., 3] = 255
    noise[10:20, 10:30, :3] = 0
    noise[40:, 40:] = 0
    indices, palette, clear = indexed(noise)
    assert len(palette) <= 256 and clear is not None
    assert ((indices == clear) == (noise[..., 3] == 0)).all()
    there = palette[indices]
    assert (there[10:20, 10:30] == 0).all()
    assert np.abs(there.astype(int) - noise[..., :3])[noise[..., 3] > 0].mean() < 25


# --- refused ------------------------------------------------------------------------------------------------------


def refused(folder: Path, content: bytes, kind: type[GarimError], match: str) -> None:
    path = at(folder, content)
    with pytest.raises(kind, match=match) as error:
        for _ in frames(animation(path)):
            pass
    message = str(error.value)
    assert message.startswith(str(path)) and "nothing was written" in message and "\n" not in message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.99])
def test_an_animation_that_was_cut_short_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    content = coded(kind, shown())
    refused(tmp_path, content[: int(len(content) * share)], Unreadable, "read whole")


def test_a_gif_without_its_end_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, coded("GIF", shown())[:-1], Unreadable, "cut short")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (lambda: b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + gif_picture() + b";", "65535 x 65535"),
        (lambda: b"GIF89a" + struct.pack("<HHBBB", 8000, 8000, 0, 0, 0) + gif_picture() * 400 + b";", "400 pictures"),
        (lambda: b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0, 0, 0) + gif_picture(60000, 60000) + b";", "60000"),
        (lambda: apng(16), "16 bits"),
    ],
    ids=["one large picture", "many pictures", "a large part", "16 bits"],
)
def test_what_would_hold_the_machine_or_lose_bits_is_refused(
    tmp_path: Path, content: Callable[[], bytes], what: str
) -> None:
    refused(tmp_path, content(), Unsupported, what)


def gif_picture(width: int = 1, height: int = 1) -> bytes:
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0x80) + bytes(6) + b"\x02\x02\x4c\x01\0"


def apng(depth: int = 8, count: int = 2, *, second: bytes | None = None) -> bytes:
    """Two pictures of 4 x 4 px; `second` replaces the control of the second one."""
    line = b"\0" + bytes(4 * 3 * depth // 8)
    body = zlib.compress(line * 4)
    control = struct.pack(">IIIIHHBB", 4, 4, 0, 0, 1, 10, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, depth, 2, 0, 0, 0))
        + chunk(b"acTL", struct.pack(">II", count, 0))
        + chunk(b"fcTL", struct.pack(">I", 0) + control)
        + chunk(b"IDAT", body)
        + chunk(b"fcTL", second or struct.pack(">I", 1) + control)
        + chunk(b"fdAT", struct.pack(">I", 2) + body)
        + chunk(b"IEND", b"")
    )


def test_an_animated_png_that_lies_is_refused(tmp_path: Path) -> None:
    assert len(animation(at(tmp_path, apng())).durations) == 2
    refused(tmp_path, apng(count=3), Unreadable, "2 of 3 pictures")
    late = struct.pack(">IIIIIHHBB", 5, 4, 4, 0, 0, 1, 10, 0, 0)
    refused(tmp_path, apng(second=late), Unreadable, "out of order")
    outside = struct.pack(">IIIIIHHBB", 1, 4, 4, 1, 0, 1, 10, 0, 0)
    refused(tmp_path, apng(second=outside), Unreadable, "lies outside")


def test_an_animation_is_no_still(tmp_path: Path) -> None:
    for kind in KINDS:
        with pytest.raises(Unsupported, match="is an animation"):
            list(pages(at(tmp_path, coded(kind, shown()))))


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([coded(kind, shown()) for kind in KINDS] + [apng()]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_animation_is_read_or_refused_never_anything_else(
    tmp_path: Path, content: bytes, flips: list[tuple[float, int]]
) -> None:
    damaged = bytearray(content)
    for place, value in flips:
        damaged[int(place**2 * len(damaged))] = value
    try:
        path = at(tmp_path, bytes(damaged))
        if moves(path):
            filled(path)
    except GarimError as error:
        assert "\n" not in str(error)
