"""Each kind of still is read to the sample, filled in its own channels, and goes out as it was coded, or is refused."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms, TiffImagePlugin
from tests.films import ffmpeg

from garim.core.errors import GarimError, Unreadable, Unsupported
from garim.cover import fill
from garim.pictures import Still, kind_of, opened, pages, save, save_pages

SECRET = b"SECRET-OF-THE-OWNER"
WIDTH, HEIGHT = 61, 43
BOX = np.array([(10, 8, 30, 24)], np.float32)
INSIDE = (slice(8, 24), slice(10, 30))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RAW = ("-f", "rawvideo", "-s", f"{WIDTH}x{HEIGHT}", "-pix_fmt")


def noise(channels: int, bits: int = 8, seed: int = 0) -> NDArray[Any]:
    """Samples that no codec's guess gets right, none of them black: [43,61,channels]."""
    kind: Any = np.uint8 if bits == 8 else np.uint16
    return np.random.default_rng(seed).integers(5, 1 << bits, (HEIGHT, WIDTH, channels), kind)


def smooth(mode: str = "RGB") -> Pillow.Image:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    plain = np.stack([60 + 3 * y, 220 - 3 * x, 80 + x + y, 90 + y], axis=2).astype(np.uint8)[:, :, : len(mode)]
    return Pillow.fromarray(np.ascontiguousarray(plain[:, :, 0] if mode == "L" else plain), mode)


def coded(image: Pillow.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int = 1) -> Pillow.Exif:
    tags = Pillow.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = SECRET.decode()
    tags.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.5), 29: SECRET.decode()})
    return tags


def at(folder: Path, content: bytes) -> Path:
    path = folder / "in"
    path.write_bytes(content)
    return path


def filled(folder: Path, content: bytes, remark: str = "") -> tuple[Still, bytes, Still]:
    """The still that was read, and what is written of it with BOX filled: its bytes, and read again."""
    path, output = at(folder, content), folder / "out"
    stills = list(pages(path))
    for still in stills:
        fill(still.planes(), BOX)
    save_pages(stills, output, output, remark)
    return opened(path), output.read_bytes(), opened(output)


def refused(folder: Path, content: bytes, kind: type[GarimError], match: str) -> None:
    path = at(folder, content)
    with pytest.raises(kind, match=match) as error:
        list(pages(path))
    message = str(error.value)
    assert message.startswith(str(path)) and "nothing was written" in message and "\n" not in message


def outside(samples: NDArray[Any]) -> NDArray[Any]:
    """The samples without those that were filled."""
    there = np.ones(samples.shape[:2], bool)
    there[INSIDE] = False
    return np.asarray(samples[there])


def exact(before: Still, after: Still) -> None:
    """Red unless BOX is black and opaque, and all else is as it was, to the sample."""
    assert (after.mode, after.samples.dtype, after.size) == (before.mode, before.samples.dtype, before.size)
    assert np.array_equal(outside(after.samples), outside(before.samples))
    most = (1 << after.bits) - 1
    black = [most if after.mode[-1] in "AK" and c == len(after.mode) - 1 else 0 for c in range(len(after.mode))]
    assert (after.samples[INSIDE] == black).all()


# --- what a file is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (coded(smooth(), "JPEG"), "JPEG"),
        (coded(smooth(), "MPO"), "JPEG"),
        (coded(smooth(), "PNG"), "PNG"),
        (coded(smooth(), "GIF"), "GIF"),
        (coded(smooth(), "WEBP"), "WebP"),
        (coded(smooth(), "TIFF"), "TIFF"),
        (coded(smooth(), "TIFF", big_tiff=True), "TIFF"),
        (coded(smooth(), "AVIF"), "AVIF"),
        (coded(smooth(), "BMP"), "BMP"),
        (coded(smooth(), "JPEG2000"), "JPEG 2000"),
        (coded(smooth(), "JPEG2000", no_jp2=True), "JPEG 2000"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypheix\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", None),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavif", None),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"", None),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(head: bytes, kind: str | None) -> None:
    assert kind_of(head[:64]) == kind


@pytest.mark.parametrize("kind", ["BMP", "JPEG2000"])
def test_a_kind_that_is_not_taken_is_named(tmp_path: Path, kind: str) -> None:
    refused(tmp_path, coded(smooth(), kind), Unsupported, "is (BMP|JPEG 2000), which is not taken")


# --- JPEG of four inks --------------------------------------------------------------------------------------------


def inks(transform: int = 0, **options: Any) -> bytes:
    """A JPEG of four inks, inverted as Adobe writes them; 2: as YCCK."""
    content = coded(smooth().convert("CMYK"), "JPEG", quality=92, **options)
    mark = content.index(b"Adobe")
    return content[: mark + 11] + bytes([transform]) + content[mark + 12 :]


@pytest.mark.parametrize("transform", [0, 2])
def test_four_inks_stay_four_inks(tmp_path: Path, transform: int) -> None:
    content = inks(transform, icc_profile=PROFILE, comment=SECRET, exif=exif())
    before, written, after = filled(tmp_path, content)
    assert (before.mode, after.mode) == ("CMYK", "CMYK")
    assert SECRET not in written
    with Pillow.open(io.BytesIO(written)) as picture:
        assert (picture.mode, picture.info["icc_profile"]) == ("CMYK", PROFILE)
        assert np.array(picture.convert("RGB"))[10:22, 12:28].max() < 12
    assert np.abs(outside(after.samples).astype(int) - outside(before.samples)).mean() < 2.5


def test_a_model_sees_four_inks_as_the_colours_they_print(tmp_path: Path) -> None:
    before = opened(at(tmp_path, inks(icc_profile=b"no profile at all")))  # which is not believed
    seen = before.image(max(WIDTH, HEIGHT)).bgr[:, :, ::-1].astype(int)
    assert np.abs(seen - np.asarray(smooth())).mean() < 4


def test_four_inks_of_unknown_direction_are_refused(tmp_path: Path) -> None:
    content = inks()
    start = content.index(b"\xff\xee")
    (size,) = struct.unpack(">H", content[start + 2 : start + 4])
    refused(tmp_path, content[:start] + content[start + 2 + size :], Unsupported, "no Adobe mark")


# --- PNG of 16 bits -----------------------------------------------------------------------------------------------

DEEP = {"L": "gray16be", "LA": "ya16be", "RGB": "rgb48be", "RGBA": "rgba64be"}


def deep(mode: str, *words: str) -> tuple[NDArray[Any], bytes]:
    samples = noise(len(mode), 16)
    content = ffmpeg(
        *RAW, DEEP[mode], "-i", "-", *words, "-c:v", "png", "-f", "image2pipe", "-", fed=samples.astype(">u2").tobytes()
    )
    return samples, content


def read_by_ffmpeg(path: Path, layout: str) -> NDArray[Any]:
    kind = "png" if path.read_bytes().startswith(b"\x89PNG") else "tiff"
    raw = ffmpeg("-f", "image2", "-c:v", kind, "-i", path, "-f", "rawvideo", "-pix_fmt", layout, "-")
    return np.frombuffer(raw, ">u2" if layout.endswith("be") else np.uint8).reshape(HEIGHT, WIDTH, -1)


@pytest.mark.parametrize("mode", DEEP)
def test_a_png_of_16_bits_keeps_them_all(tmp_path: Path, mode: str) -> None:
    samples, content = deep(mode)
    before, _, after = filled(tmp_path, content)
    assert before.mode == mode and np.array_equal(before.samples, samples)
    exact(before, after)
    assert np.array_equal(read_by_ffmpeg(tmp_path / "out", DEEP[mode]), after.samples)  # and so says somebody else


def test_a_png_of_16_bits_may_be_interlaced(tmp_path: Path) -> None:
    """Adam7, by hand: nobody else here writes it."""
    samples = noise(3, 16)
    lines = b""
    for left, top, across, down in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]:
        lines += b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples[top::down, left::across])
    lines += b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples[1::2])
    content = png((WIDTH, HEIGHT, 16, 2, 0, 0, 1), (b"IDAT", zlib.compress(lines)))
    before, _, after = filled(tmp_path, content)
    assert np.array_equal(before.samples, samples)
    exact(before, after)


def png(head: tuple[int, ...], *chunks: tuple[bytes, bytes]) -> bytes:
    found = b"\x89PNG\r\n\x1a\n"
    for kind, body in [(b"IHDR", struct.pack(">IIBBBBB", *head)), *chunks, (b"IEND", b"")]:
        found += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return found


def test_a_colour_that_stands_for_none_becomes_alpha_of_16_bits(tmp_path: Path) -> None:
    samples = noise(3, 16)
    samples[3:9, 40:50] = (1, 2, 3)
    lines = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples))
    content = png((WIDTH, HEIGHT, 16, 2, 0, 0, 0), (b"tRNS", struct.pack(">HHH", 1, 2, 3)), (b"IDAT", lines))
    before, _, after = filled(tmp_path, content)
    assert before.mode == "RGBA" and (before.samples[3:9, 40:50, 3] == 0).all()
    assert int((before.samples[:, :, 3] == 0).sum()) == 60
    exact(before, after)


def test_nothing_but_colours_goes_out_with_16_bits(tmp_path: Path) -> None:
    _, content = deep("RGB")
    said = b"Author\0" + SECRET
    more = struct.pack(">I", len(said)) + b"tEXt" + said + struct.pack(">I", zlib.crc32(b"tEXt" + said))
    profile = b"ICC\0\0" + zlib.compress(PROFILE)
    more += struct.pack(">I", len(profile)) + b"iCCP" + profile + struct.pack(">I", zlib.crc32(b"iCCP" + profile))
    before, written, _ = filled(tmp_path, content[:33] + more + content[33:] + SECRET, "UNCHECKED: nobody looked")
    assert SECRET not in written and "Author" in before.left_out
    with Pillow.open(io.BytesIO(written)) as picture:
        assert picture.info["icc_profile"] == PROFILE
        assert picture.info["Comment"] == "UNCHECKED: nobody looked"


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_png_of_16_bits_that_was_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    _, content = deep("RGB")
    refused(tmp_path, content[: int(len(content) * share)], Unreadable, "cut short|truncated|read whole")


# --- TIFF ---------------------------------------------------------------------------------------------------------


def tiff(mode: str, bits: int, how: str) -> tuple[NDArray[Any], bytes]:
    """By ffmpeg, in Intel's order."""
    layout = {("L", 8): "gray", ("L", 16): "gray16le", ("RGB", 8): "rgb24", ("RGB", 16): "rgb48le"} | {
        ("RGBA", 8): "rgba", ("RGBA", 16): "rgba64le",
    }  # fmt: skip
    samples = noise(len(mode), bits)
    raw = samples.astype("<u2" if bits == 16 else np.uint8).tobytes()
    words = ("-c:v", "tiff", "-compression_algo", how, "-f", "image2pipe", "-")
    return samples, ffmpeg(*RAW, layout[mode, bits], "-i", "-", *words, fed=raw)


@pytest.mark.parametrize("how", ["raw", "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_tiff_keeps_every_sample(tmp_path: Path, mode: str, bits: int, how: str) -> None:
    samples, content = tiff(mode, bits, how)
    before, written, after = filled(tmp_path, content)
    assert np.array_equal(before.samples, samples)
    exact(before, after)
    with Pillow.open(io.BytesIO(written)) as picture:
        assert picture.info["compression"] == ("raw" if how == "raw" else "tiff_adobe_deflate")
    layout = {1: "gray16be", 3: "rgb48be", 4: "rgba64be"} if bits == 16 else {1: "gray", 3: "rgb24", 4: "rgba"}
    assert np.array_equal(read_by_ffmpeg(tmp_path / "out", layout[len(mode)]), after.samples)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("how", ["raw", "tiff_lzw", "tiff_deflate"])
def test_a_tiff_of_four_inks_keeps_them(tmp_path: Path, how: str, big: bool) -> None:
    picture = Pillow.fromarray(noise(4), "CMYK")
    before, written, after = filled(
        tmp_path, coded(picture, "TIFF", compression=how, icc_profile=PROFILE, big_tiff=big)
    )
    assert np.array_equal(before.samples, noise(4))
    exact(before, after)
    with Pillow.open(io.BytesIO(written)) as again:
        assert (again.mode, again.info["icc_profile"]) == ("CMYK", PROFILE)


def by_hand(order: Literal["<", ">"], photometric: int, samples: NDArray[Any], *tags: tuple[int, int, int]) -> bytes:
    """An uncompressed TIFF in either order of bytes; `tags` are number, type and value."""
    height, width, channels = samples.shape
    raw = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    bits = samples.dtype.itemsize * 8
    depths = struct.pack(f"{order}{channels}H", *[bits] * channels)
    rows = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, 0), (259, 3, 1, 1), (262, 3, 1, photometric)]
    rows += [(273, 4, 1, 8), (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(raw))]
    rows = sorted(rows + [(number, kind, 1, value) for number, kind, value in tags])
    table = 8 + len(raw)
    behind = table + 2 + 12 * len(rows) + 4
    found = struct.pack(f"{order}H", len(rows))
    for number, kind, count, value in rows:
        found += struct.pack(f"{order}HHI", number, kind, count)
        if number == 258 and count > 2:
            found += struct.pack(f"{order}I", behind)
        elif number == 258:
            found += depths.ljust(4, b"\0")
        else:
            found += struct.pack(f"{order}{'HH' if kind == 3 else 'I'}", *([value, 0] if kind == 3 else [value]))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", table) + raw + found + bytes(4) + depths


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(
    ("channels", "photometric", "tags"),
    [
        (1, 1, ()),
        (3, 2, ()),
        (4, 5, ()),
        (4, 2, ((338, 3, 2),)),
        (4, 2, ((338, 3, 1),)),
    ],
    ids=["gray", "RGB", "CMYK", "alpha", "alpha multiplied in"],
)
def test_either_order_of_bytes_is_read(
    tmp_path: Path,
    order: Literal["<", ">"],
    bits: int,
    channels: int,
    photometric: int,
    tags: tuple[tuple[int, int, int], ...],
) -> None:
    samples = noise(channels, bits)
    if tags == ((338, 3, 1),):
        samples[..., :3] = np.minimum(samples[..., :3], samples[..., 3:])
    before, written, after = filled(tmp_path, by_hand(order, photometric, samples, *tags))
    assert np.array_equal(before.samples, samples)
    exact(before, after)
    with Pillow.open(io.BytesIO(written)) as picture:
        assert isinstance(picture, TiffImagePlugin.TiffImageFile)
        assert picture.tag_v2.get(338, ()) == tuple(value for _, _, value in tags)


@pytest.mark.parametrize("bits", [8, 16])
def test_white_may_be_zero(tmp_path: Path, bits: int) -> None:
    samples = noise(1, bits)
    before, _, after = filled(tmp_path, by_hand("<", 0, samples))
    assert np.array_equal(before.samples, (1 << bits) - 1 - samples.astype(int))
    exact(before, after)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_goes_out_upright(tmp_path: Path, bits: int, orientation: int) -> None:
    samples = noise(3, bits)
    before, written, after = filled(tmp_path, by_hand("<", 2, samples, (274, 3, orientation)))
    turned = [
        samples, samples[:, ::-1], samples[::-1, ::-1], samples[::-1], samples.swapaxes(0, 1),
        np.rot90(samples, -1), np.rot90(samples, 2).swapaxes(0, 1), np.rot90(samples),
    ]  # fmt: skip
    assert np.array_equal(before.samples, turned[orientation - 1])
    exact(before, after)
    with Pillow.open(io.BytesIO(written)) as picture:
        assert 274 not in dict(picture.getexif())


def laden_tiff() -> bytes:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for number in (270, 271, 272, 305, 306, 315, 33432):
        tags[number] = SECRET.decode()
    tags[700] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    tags.tagtype[700] = 1
    tags[37724] = SECRET
    tags.tagtype[37724] = 7
    first, second = smooth(), Pillow.fromarray(noise(3)[:30, :50])
    pages_ = [second, Pillow.fromarray(noise(1)[:, :, 0])]
    return coded(first, "TIFF", save_all=True, append_images=pages_, tiffinfo=tags, icc_profile=PROFILE, dpi=(300, 300))


def test_every_page_goes_out_and_nothing_beside(tmp_path: Path) -> None:
    content = laden_tiff() + SECRET
    assert content.count(SECRET) > 9
    source, output = at(tmp_path, content), tmp_path / "out"
    before = list(pages(source))
    for still in before:
        fill(still.planes(), BOX)
    save_pages(before, output, output, "UNCHECKED: nobody looked")
    written = output.read_bytes()
    assert SECRET not in written and b"UNCHECKED: nobody looked" in written
    after = list(pages(output))
    assert [still.size for still in after] == [(WIDTH, HEIGHT), (50, 30), (WIDTH, HEIGHT)]
    for one, other in zip(pages(source), after, strict=True):
        exact(one, other)
    assert {"ImageDescription", "Make", "Artist", "XMP"} <= set(before[0].left_out)
    with Pillow.open(output) as picture:
        assert (picture.info["dpi"], picture.info["icc_profile"]) == ((300, 300), PROFILE)
        assert getattr(picture, "n_frames", 0) == 3


def test_a_jpeg_inside_a_tiff_is_written_whole(tmp_path: Path) -> None:
    content = coded(smooth(), "TIFF", compression="jpeg", quality=90)
    before, _, after = filled(tmp_path, content)
    exact(before, after)


def test_fax_pages_become_gray(tmp_path: Path) -> None:
    lines = Pillow.fromarray((noise(1)[:, :, 0] > 128).astype(np.uint8) * 255).convert("1")
    before, _, after = filled(tmp_path, coded(lines, "TIFF", compression="group4"))
    assert before.mode == "L" and np.array_equal(before.samples[:, :, 0], np.asarray(lines.convert("L")))
    exact(before, after)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (lambda: by_hand("<", 2, noise(3), (50706, 1, 1)), "raw file"),
        (lambda: by_hand("<", 2, noise(3), (330, 4, 8)), "raw file, or a pyramid"),
        (lambda: by_hand("<", 2, noise(3, 16), (284, 3, 2)), "channels apart"),
        (lambda: coded(Pillow.fromarray(np.ones((4, 4), np.float32)), "TIFF"), "32 bits a sample"),
        (lambda: coded(Pillow.fromarray(np.ones((4, 4), np.int32)), "TIFF"), "32 bits a sample"),
        (lambda: coded(smooth().convert("LAB"), "TIFF"), "LAB"),
        (lambda: by_hand("<", 8, noise(3, 16)), "not taken"),
        (lambda: b"II*\0\x10\0\0\0CR\x02\0" + bytes(40), "raw file"),
    ],
    ids=["DNG", "sub-IFD", "planes apart", "float", "int 32", "LAB", "LAB 16", "CR2"],
)
def test_a_tiff_that_would_not_come_out_right_is_refused(
    tmp_path: Path, content: Callable[[], bytes], what: str
) -> None:
    refused(tmp_path, content(), Unsupported, what)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.97])
@pytest.mark.parametrize("how", ["raw", "tiff_lzw", "tiff_deflate"])
def test_a_tiff_that_was_cut_short_is_refused(tmp_path: Path, how: str, share: float) -> None:
    content = coded(Pillow.fromarray(noise(3)), "TIFF", compression=how)
    refused(tmp_path, content[: int(len(content) * share)], Unreadable, "read whole")


# --- WebP, AVIF ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_lossless_webp_stays_lossless(tmp_path: Path, mode: str) -> None:
    samples = noise(len(mode))
    if mode == "RGBA":
        samples[20:, 40:, 3] = 0  # what it hides stays there, and was looked at
    content = coded(Pillow.fromarray(samples), "WEBP", lossless=True, exact=True, icc_profile=PROFILE, exif=exif())
    before, written, after = filled(tmp_path, content + SECRET)
    assert np.array_equal(before.samples, samples)
    exact(before, after)
    assert b"VP8L" in written and SECRET not in written
    with Pillow.open(io.BytesIO(written)) as picture:
        assert picture.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_what_had_lost_something_loses_little_more(tmp_path: Path, kind: str, mode: str) -> None:
    content = coded(smooth(mode), kind, quality=80, exif=exif(), xmp=SECRET, icc_profile=PROFILE)
    assert SECRET in content
    before, written, after = filled(tmp_path, content)
    assert after.mode == mode and SECRET not in written and b"Exif" not in written
    assert after.samples[10:22, 12:28, :3].max() < 30
    assert np.abs(outside(after.samples).astype(int) - outside(before.samples)).mean() < 3
    assert {"exif", "xmp"} <= set(before.left_out)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_the_remark_is_in_the_file(tmp_path: Path, kind: str) -> None:
    _, written, after = filled(tmp_path, coded(smooth(), kind), "UNCHECKED: nobody looked")
    assert b"UNCHECKED: nobody looked" in written and after.left_out == ("xmp",)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "PNG"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_they_go_out_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    content = coded(smooth(), kind, exif=exif(orientation), **({"lossless": True} if kind == "WEBP" else {}))
    before, _, after = filled(tmp_path, content)
    upright = np.rot90(np.asarray(smooth()), {3: 2, 6: -1, 8: 1}[orientation])
    assert np.abs(before.samples.astype(int) - upright).mean() < 3
    assert after.size == before.size


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "4:0:0"])
def test_an_avif_keeps_its_sampling(tmp_path: Path, sampling: str) -> None:
    before, _, after = filled(tmp_path, coded(smooth(), "AVIF", subsampling=sampling))
    assert before.options["subsampling"] == after.options["subsampling"] == sampling
    assert before.mode == ("L" if sampling == "4:0:0" else "RGB")


def test_an_avif_that_would_lose_bits_or_time_or_colours_is_refused(tmp_path: Path) -> None:
    content = coded(smooth(), "AVIF")
    words = ("-c:v", "libaom-av1", "-pix_fmt", "yuv420p10le", "-still-picture", "1", "-cpu-used", "8")
    ffmpeg(*RAW, "rgb24", "-i", "-", *words, tmp_path / "deep.avif", fed=np.asarray(smooth()).tobytes())
    refused(tmp_path, (tmp_path / "deep.avif").read_bytes(), Unsupported, "10 bits")
    colours = content.index(b"nclx") + 4
    hdr = content[:colours] + struct.pack(">HH", 9, 16) + content[colours + 4 :]
    refused(tmp_path, hdr, Unsupported, "9, 16")
    moving = coded(smooth(), "AVIF", save_all=True, append_images=[smooth().rotate(180)])
    refused(tmp_path, moving, Unsupported, "animation in AVIF")


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_they_are_refused_where_they_were_cut_short(tmp_path: Path, kind: str, share: float) -> None:
    content = coded(Pillow.fromarray(noise(3)), kind)
    refused(tmp_path, content[: int(len(content) * share)], Unreadable, "read whole")


# --- HEIC ---------------------------------------------------------------------------------------------------------


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def heic(layout: str = "yuv420p") -> bytes:
    """A HEIC by hand round a picture that ffmpeg coded as HEVC."""
    picture = np.asarray(smooth().resize((64, 64)))
    words = ("-c:v", "libx265", "-x265-params", "log-level=none:crf=10", "-pix_fmt", layout, "-tag:v", "hvc1")
    film = ffmpeg(
        *("-f", "rawvideo", "-s", "64x64", "-pix_fmt", "rgb24", "-i", "-", *words),
        *("-color_primaries", "bt709", "-color_trc", "iec61966-2-1", "-colorspace", "smpte170m"),
        *("-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-"),
        fed=picture.tobytes(),
    )
    start = film.index(b"hvcC") - 4
    config = film[start : start + int.from_bytes(film[start : start + 4], "big")]
    start = film.index(b"mdat") - 4
    coded_ = film[start + 8 : start + int.from_bytes(film[start : start + 4], "big")]
    maker = bytes(4) + exif().tobytes().removeprefix(b"Exif\0\0")
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(offset: int) -> bytes:
        places = struct.pack(">HHHII", 1, 0, 1, offset, len(coded_))
        places += struct.pack(">HHHII", 2, 0, 1, offset + len(coded_), len(maker))
        items = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 1, 0), b"hvc1\0")
        items += box(b"infe", b"\2\0\0\1", struct.pack(">HH", 2, 0), b"Exif\0")
        link = box(b"iref", bytes(4), box(b"cdsc", struct.pack(">HHH", 2, 1, 1)))
        found = box(b"ipco", config, box(b"ispe", bytes(4), struct.pack(">II", 64, 64)))
        return box(
            b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), box(b"pitm", bytes(4), b"\0\1"),
            box(b"iloc", bytes(4), b"\x44\0", struct.pack(">H", 2), places),
            box(b"iinf", bytes(4), struct.pack(">H", 2), items), link,
            box(b"iprp", found, box(b"ipma", bytes(4), struct.pack(">IHB", 1, 1, 2), b"\x81\x02")),
        )  # fmt: skip

    offset = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(offset) + box(b"mdat", coded_, maker)


def test_a_heic_becomes_a_jpeg(tmp_path: Path) -> None:
    pytest.importorskip("pi_heif", reason="pip install 'garim[heic]'")
    content = heic()
    assert SECRET in content
    before, written, after = filled(tmp_path, content)
    assert np.abs(before.samples.astype(int) - np.asarray(smooth().resize((64, 64)))).mean() < 6
    assert after.kind == "JPEG" and SECRET not in written and "exif" in before.left_out
    assert after.samples[10:22, 12:28].max() < 20
    assert np.abs(outside(after.samples).astype(int) - outside(before.samples)).mean() < 3


def test_a_heic_of_10_bits_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pi_heif", reason="pip install 'garim[heic]'")
    refused(tmp_path, heic("yuv420p10le"), Unsupported, "10 bits")


def test_a_heic_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pi_heif", reason="pip install 'garim[heic]'")
    content = heic()
    for share in (0.2, 0.7, 0.98):
        refused(tmp_path, content[: int(len(content) * share)], Unreadable, "read whole")


def test_without_its_library_a_heic_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    refused(tmp_path, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), Unsupported, r"pip install 'garim\[heic\]'")


# --- seen ---------------------------------------------------------------------------------------------------------


def test_a_model_sees_the_bits_that_are_in_use() -> None:
    eight = noise(1)
    for used in (8, 10, 12, 16):
        still = Still((eight.astype(np.uint16) << (used - 8)), "L", "TIFF", {}, ())
        assert np.array_equal(still.image(WIDTH).bgr[:, :, 0], eight[:, :, 0])


def test_a_still_is_what_its_mode_says() -> None:
    for samples, mode in ((noise(3), "RGBA"), (noise(3), "YCbCr"), (noise(3).astype(np.float32), "RGB")):
        with pytest.raises(ValueError, match="still:"):
            Still(samples, mode, "PNG", {}, ())


def test_nothing_is_left_of_a_still_that_is_saved_twice(tmp_path: Path) -> None:
    still = opened(at(tmp_path, coded(smooth(), "TIFF")))
    output = tmp_path / "out"
    save(still, output, output)
    once = output.read_bytes()
    save(still, output, output)
    assert output.read_bytes() == once
