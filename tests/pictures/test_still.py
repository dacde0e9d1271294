"""Stills are read whole and upright or not at all, and go out as they were coded, with nothing beside the picture."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms, JpegImagePlugin, PngImagePlugin

from garim.core.errors import GarimError, Unreadable, Unwritable
from garim.pictures import opened, save

U8 = NDArray[np.uint8]
WIDTH, HEIGHT = 48, 32
SECRET = b"SECRET-OF-THE-OWNER"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def scene(channels: int = 3) -> U8:
    """A picture that is unlike its mirror image and its turns: bright above on the left, u8[32,48,channels]."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    plain = np.stack([200 - 4 * y, 220 - 4 * x, 40 + 2 * x + y, 60 + 3 * y], axis=2)[:, :, :channels]
    return np.asarray(plain, np.uint8)


def picture(mode: str = "RGB") -> Pillow.Image:
    samples = scene(len(mode))
    return Pillow.fromarray(samples[:, :, 0] if mode == "L" else samples)


def coded(image: Pillow.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def at(folder: Path, content: bytes, name: str = "in") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def again(folder: Path, content: bytes, remark: str = "") -> bytes:
    """What becomes of a file that is opened and saved untouched."""
    output = folder / "out"
    save(opened(at(folder, content)), output, output, remark)
    return output.read_bytes()


def exif(orientation: int = 1) -> bytes:
    """Maker, place, and a thumbnail of the original, as a camera writes them."""
    tags = Pillow.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = SECRET.decode()
    tags.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.5), 29: SECRET.decode()})
    tags.get_ifd(0x8769)[0x9286] = SECRET
    body = tags.tobytes()
    return body + SECRET + coded(picture().resize((12, 8)), "JPEG")  # after the directories, as thumbnails stand


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Marker and content of each segment up to the samples."""
    found, offset = [], 2
    while jpeg[offset + 1] != 0xDA:
        marker, size = struct.unpack(">xBH", jpeg[offset : offset + 4])
        found.append((marker, jpeg[offset + 4 : offset + 2 + size]))
        offset += 2 + size
    return found


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, offset = [], 8
    while offset < len(png):
        size, kind = struct.unpack(">I4s", png[offset : offset + 8])
        found.append((kind, png[offset + 8 : offset + 8 + size]))
        offset += 12 + size
    return found


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunks(png: bytes, *more: bytes) -> bytes:
    """A PNG with `more` after its header."""
    return png[:33] + b"".join(more) + png[33:]


# --- read ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}, {"quality": 30}], ids=str)
def test_a_jpeg_is_read_as_it_shows(tmp_path: Path, mode: str, options: dict[str, Any]) -> None:
    content = coded(picture(mode), "JPEG", **options)
    still = opened(at(tmp_path, content))
    assert (still.mode, still.kind, still.size) == (mode, "JPEG", (WIDTH, HEIGHT))
    assert still.samples.shape == (HEIGHT, WIDTH, len(mode)) and still.samples.dtype == np.uint8
    assert np.array_equal(still.samples.squeeze(), np.asarray(Pillow.open(io.BytesIO(content))))
    assert still.left_out == ()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_png_is_read_and_written_to_the_sample(tmp_path: Path, mode: str) -> None:
    content = coded(picture(mode), "PNG")
    still = opened(at(tmp_path, content))
    assert (still.mode, still.kind) == (mode, "PNG")
    assert np.array_equal(still.samples, scene(len(mode)))
    written = Pillow.open(io.BytesIO(again(tmp_path, content)))
    assert written.mode == mode
    assert np.array_equal(np.asarray(written).reshape(still.samples.shape), scene(len(mode)))


def test_palettes_and_bits_become_samples(tmp_path: Path) -> None:
    palette = picture().quantize(16)
    shown = np.asarray(palette.convert("RGB"))
    assert np.array_equal(opened(at(tmp_path, coded(palette, "PNG"))).samples, shown)

    seen_through = opened(at(tmp_path, coded(palette, "PNG", transparency=3)))
    assert seen_through.mode == "RGBA"
    assert np.array_equal(seen_through.samples[:, :, 3] == 0, np.asarray(palette) == 3)
    assert np.array_equal(seen_through.samples[:, :, :3], shown)

    bits = picture("L").convert("1")
    still = opened(at(tmp_path, coded(bits, "PNG")))
    assert still.mode == "L"
    assert np.array_equal(still.samples[:, :, 0], np.asarray(bits) * np.uint8(255))


@pytest.mark.parametrize(("mode", "hidden"), [("L", 200), ("RGB", (200, 220, 40))])
def test_a_transparent_colour_becomes_alpha(tmp_path: Path, mode: str, hidden: Any) -> None:
    still = opened(at(tmp_path, coded(picture(mode), "PNG", transparency=hidden)))
    assert still.mode == {"L": "LA", "RGB": "RGBA"}[mode]
    assert np.array_equal(still.samples[:, :, :-1], scene(len(mode)))
    assert np.array_equal(still.samples[:, :, -1] == 0, (scene(len(mode)) == hidden).all(axis=2))


_SEEN_AS: dict[int, Callable[[U8], U8]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: lambda stored: np.rot90(stored, 1),
}  # EXIF 3.0, 4.6.5.1: what the stored picture is to be shown as


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_comes_out_upright(tmp_path: Path, orientation: int, kind: str) -> None:
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    content = coded(picture(), kind, exif=exif(orientation), **options)
    stored = np.asarray(Pillow.open(io.BytesIO(content)))
    upright = _SEEN_AS[orientation](stored)
    still = opened(at(tmp_path, content))
    assert still.size == ((HEIGHT, WIDTH) if orientation > 4 else (WIDTH, HEIGHT))
    assert np.array_equal(still.samples, upright)
    written = Pillow.open(io.BytesIO(again(tmp_path, content)))
    assert not written.getexif()  # or it would be turned again
    assert np.abs(np.asarray(written).astype(int) - upright).max() <= (4 if kind == "JPEG" else 0)


def test_an_mpo_gives_its_first_picture_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    further = Pillow.new("RGB", (WIDTH, HEIGHT), "red")
    content = coded(picture(), "MPO", save_all=True, append_images=[further, further], quality=95)
    still = opened(at(tmp_path, content))
    assert still.kind == "JPEG"
    assert "2 further pictures in the file" in still.left_out
    assert np.abs(still.samples.astype(int) - scene()).mean() < 4
    written = again(tmp_path, content)
    assert Pillow.open(io.BytesIO(written)).format == "JPEG"
    assert written.count(b"\xff\xd8\xff") == 1


# --- what a model sees, and what is written to ------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_model_sees_bgr_and_what_transparency_hides(tmp_path: Path, mode: str) -> None:
    samples = scene(len(mode))
    if mode.endswith("A"):
        samples[:, :, -1] = 0
    hidden = Pillow.fromarray(samples[:, :, 0] if mode == "L" else samples)
    image = opened(at(tmp_path, coded(hidden, "PNG"))).image(1000)  # twice its size at most
    assert image.scale == 2
    colours = [0, 0, 0] if mode.startswith("L") else [2, 1, 0]
    blocks = image.bgr.reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3))
    assert np.abs(blocks - scene()[:, :, colours])[1:-1, 1:-1].max() <= 1


def test_a_model_sees_at_most_the_long_side(tmp_path: Path) -> None:
    still = opened(at(tmp_path, coded(picture(), "PNG")))
    image = still.image(24)
    assert image.bgr.shape == (16, 24, 3) and image.scale == 0.5
    blocks = scene().reshape(16, 2, 24, 2, 3).mean(axis=(1, 3))[:, :, ::-1]
    assert np.abs(image.bgr - blocks).max() <= 1
    line = opened(at(tmp_path, coded(Pillow.new("L", (3000, 1)), "PNG"))).image(100)
    assert line.bgr.shape == (1, 100, 3)


@pytest.mark.parametrize(("mode", "black"), [("L", [0]), ("LA", [0, 255]), ("RGB", [0] * 3), ("RGBA", [0, 0, 0, 255])])
def test_planes_write_into_the_still(tmp_path: Path, mode: str, black: list[int]) -> None:
    still = opened(at(tmp_path, coded(picture(mode), "PNG")))
    planes = still.planes()
    assert planes.size == (WIDTH, HEIGHT)
    for array, value in zip(planes.arrays, planes.black, strict=True):
        array[4:8, 4:8] = value
    output = tmp_path / "out"
    save(still, output, output)
    written = np.asarray(Pillow.open(output)).reshape(still.samples.shape)
    assert (written[4:8, 4:8] == black).all()
    assert np.array_equal(written[8:], scene(len(mode))[8:])


# --- written as it was coded, and nothing beside it ------------------------------------------------------------


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("quality", [35, 88, 100])
def test_a_jpeg_goes_out_as_it_was_coded(tmp_path: Path, subsampling: str, progressive: bool, quality: int) -> None:
    content = coded(picture(), "JPEG", subsampling=subsampling, progressive=progressive, quality=quality)
    source, written = (JpegImagePlugin.JpegImageFile(io.BytesIO(data)) for data in (content, again(tmp_path, content)))
    assert written.quantization == source.quantization
    assert JpegImagePlugin.get_sampling(written) == JpegImagePlugin.get_sampling(source)
    assert bool(written.info.get("progressive")) is progressive
    loss = np.asarray(written).astype(int) - np.asarray(source)
    assert np.abs(loss).mean() < 3


def test_a_gray_jpeg_stays_gray(tmp_path: Path) -> None:
    written = Pillow.open(io.BytesIO(again(tmp_path, coded(picture("L"), "JPEG", quality=60))))
    assert isinstance(written, JpegImagePlugin.JpegImageFile)
    source = Pillow.open(io.BytesIO((tmp_path / "in").read_bytes()))
    assert isinstance(source, JpegImagePlugin.JpegImageFile)
    assert (written.mode, written.quantization) == ("L", source.quantization)


def laden_jpeg() -> bytes:
    content = coded(
        picture(),
        "JPEG",
        exif=exif(),
        comment=SECRET,
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>",
        icc_profile=PROFILE,
        dpi=(300, 300),
    )
    photoshop = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(SECRET) + 1) + SECRET + b"\0"
    own = b"\xff\xed" + struct.pack(">H", len(photoshop) + 2) + photoshop
    odd = b"\xff\xeb" + struct.pack(">H", len(SECRET) + 2) + SECRET
    return content[:2] + own + odd + content[2:] + SECRET  # and after the end, as phones keep a moving picture


def laden_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET.decode())
    info.add_text("Location", SECRET.decode(), zip=True)
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    content = coded(picture(), "PNG", pnginfo=info, exif=exif(), icc_profile=PROFILE, dpi=(300, 300))
    time = chunk(b"tIME", struct.pack(">HBBBBB", 2026, 11, 22, 3, 4, 5))
    return with_chunks(content, time, chunk(b"prVt", SECRET)) + SECRET


def test_nothing_but_colours_goes_out_with_a_jpeg(tmp_path: Path) -> None:
    content = laden_jpeg()
    assert content.count(SECRET) >= 8
    written = again(tmp_path, content)
    assert SECRET not in written and b"Exif" not in written and b"xmp" not in written.lower()
    kinds = [marker for marker, _ in segments(written)]
    assert {marker for marker in kinds if 0xE0 <= marker <= 0xEF or marker == 0xFE} == {0xE0, 0xE2}
    assert kinds.count(0xE0) == 1 and written.endswith(b"\xff\xd9") and written.count(b"\xff\xd8\xff") == 1
    assert Pillow.open(io.BytesIO(written)).info["icc_profile"] == PROFILE


def test_nothing_but_colours_goes_out_with_a_png(tmp_path: Path) -> None:
    content = laden_png()
    assert content.count(SECRET) >= 5
    written = again(tmp_path, content)
    assert SECRET not in written
    assert [kind for kind, _ in chunks(written)] == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]
    assert Pillow.open(io.BytesIO(written)).info["icc_profile"] == PROFILE


@pytest.mark.parametrize("laden", [laden_jpeg, laden_png])
def test_what_is_left_out_is_said(tmp_path: Path, laden: Callable[[], bytes]) -> None:
    left_out = opened(at(tmp_path, laden())).left_out
    assert {"exif"} <= set(left_out)
    assert {"comment", "photoshop"} <= set(left_out) or {"Author", "Location"} <= set(left_out)
    assert not {"icc_profile", "dpi"} & set(left_out)
    assert opened(at(tmp_path, again(tmp_path, laden()))).left_out == ()


def test_the_remark_and_nothing_else_is_in_a_jpeg(tmp_path: Path) -> None:
    plain, remarked = (again(tmp_path, laden_jpeg(), remark) for remark in ("", "UNCHECKED: nobody looked"))
    more = [pair for pair in segments(remarked) if pair not in segments(plain)]
    assert more == [(0xFE, b"UNCHECKED: nobody looked")]
    assert Pillow.open(io.BytesIO(remarked)).info["comment"] == b"UNCHECKED: nobody looked"


def test_the_remark_and_nothing_else_is_in_a_png(tmp_path: Path) -> None:
    still = opened(at(tmp_path, laden_png()))
    output = tmp_path / "out"
    for _ in range(3):  # as it is in three rounds
        save(still, output, output, "UNCHECKED: nobody looked")
    written = output.read_bytes()
    assert [kind for kind, _ in chunks(written)] == [b"IHDR", b"iCCP", b"tEXt", b"IDAT", b"IEND"]
    assert Pillow.open(io.BytesIO(written)).info["Comment"] == "UNCHECKED: nobody looked"


def test_a_disk_without_room_is_named_by_what_was_asked(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    still = opened(at(tmp_path, coded(picture().resize((800, 600)), "PNG")))
    with pytest.raises(Unwritable, match=r"asked\.png: no room left"):
        save(still, Path("/dev/full"), tmp_path / "asked.png")


# --- refused --------------------------------------------------------------------------------------------------


def refused(folder: Path, content: bytes, kind: type[GarimError], match: str) -> None:
    path = at(folder, content)
    with pytest.raises(kind, match=match) as error:
        opened(path)
    message = str(error.value)
    assert message.startswith(str(path)) and "nothing was written" in message and "\n" not in message


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return start + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_that_was_cut_short_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    for options in ({}, {"progressive": True}) if kind == "JPEG" else ({},):
        content = coded(Pillow.fromarray(noise), kind, **options)
        refused(tmp_path, content[: int(len(content) * share)], Unreadable, "cannot be|can be read whole")


@pytest.mark.parametrize("where", ["IHDR", "IDAT"])
def test_a_png_with_a_wrong_sum_is_refused(tmp_path: Path, where: str) -> None:
    content = bytearray(coded(picture(), "PNG"))
    end = content.index(where.encode()) + 4 + (13 if where == "IHDR" else len(dict(chunks(bytes(content)))[b"IDAT"]))
    content[end] ^= 1
    refused(tmp_path, bytes(content), Unreadable, "can be read whole")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just some text, renamed",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff" * 50,
    ],
    ids=["empty", "text", "JPEG's start", "PNG's start", "starts only"],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path, content, Unreadable, "can be read whole")


def test_a_png_without_samples_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, header(4, 4)[:33] + chunk(b"IEND", b""), Unreadable, "holds no picture")


def test_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(Unreadable, match="can be read whole"):
            opened(path)


def test_a_decompression_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    refused(tmp_path, header(50_000, 50_000), Unreadable, "2500000000 pixels")
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000)))
    refused(tmp_path, with_chunks(coded(picture(), "PNG"), text), Unreadable, "can be read whole")


def test_as_many_pixels_as_a_camera_has_are_taken(tmp_path: Path) -> None:
    # 102 MP, of which Pillow warns; one bit each, so that the test is not the bomb
    lines = zlib.compress(bytes(8736 * (1 + 11648 // 8)), 1)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 11648, 8736, 1, 0, 0, 0, 0))
    still = opened(at(tmp_path, start + chunk(b"IDAT", lines) + chunk(b"IEND", b"")))
    assert still.size == (11648, 8736)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([laden_jpeg(), laden_png(), coded(picture(), "JPEG", progressive=True)]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_picture_is_read_or_refused_never_anything_else(
    tmp_path: Path, content: bytes, flips: list[tuple[float, int]]
) -> None:
    damaged = bytearray(content)
    for place, value in flips:
        damaged[int(place**3 * len(damaged))] = value  # the headers are near the start
    try:
        still = opened(at(tmp_path, bytes(damaged)))
    except GarimError as error:
        assert "\n" not in str(error)
    else:
        assert still.samples.shape[:2] == still.size[::-1]
        save(still, Path(os.devnull), Path("out"))
