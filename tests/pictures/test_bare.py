"""A picture's bytes without what was written about it: the same samples, and nobody's name."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from garim.core.errors import GarimError, Unsupported
from garim.pictures import opened
from garim.pictures.bare import bare
from garim.pictures.icc import nameless

NAME = b"Jane Doe"


def picture(seed: int = 1, mode: str = "RGB") -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize((64, 48), Image.Resampling.BICUBIC).convert(mode)


def exif(turn: int = 1) -> Image.Exif:
    said = Image.Exif()
    said[0x013B], said[0x0112] = NAME.decode(), turn
    said.get_ifd(0x8825)[1] = "N"
    return said


def stripped(path: Path) -> bytes:
    octets = path.read_bytes()
    found = bare(octets, opened(path), path)
    again = path.with_name(f"bare-{path.stem}{path.suffix if path.suffix in ('.jpg', '.png') else '.png'}")
    again.write_bytes(found)
    before, after = opened(path), opened(again)
    assert before.samples.shape == after.samples.shape and (before.samples == after.samples).all()
    assert after.left_out == () or set(after.left_out) <= {"exif"}
    assert bare(found, after, again) == found, "what is bare stays so"
    return found


def thumbnailed(octets: bytes) -> bytes:
    """With a JFXX thumbnail, a remark, XMP and a print shop's block."""
    more = [(0xE0, b"JFXX\0\x10" + NAME), (0xFE, NAME), (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>Jane Doe</x>")]
    more += [(0xED, b"Photoshop 3.0\0" + NAME)]
    segments = b"".join(struct.pack(">BBH", 255, mark, len(body) + 2) + body for mark, body in more)
    return octets[:20] + segments + octets[20:]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0, "restart_marker_rows": 1}])
@pytest.mark.parametrize("turn", [1, 6])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_keeps_its_picture_and_no_word(tmp_path: Path, options: dict[str, Any], turn: int, mode: str) -> None:
    path = tmp_path / "a.jpg"
    file = io.BytesIO()
    picture(mode=mode).save(file, "JPEG", exif=exif(turn), **options)
    path.write_bytes(thumbnailed(file.getvalue()) if mode != "CMYK" else file.getvalue())
    assert NAME in path.read_bytes()
    found = stripped(path)
    assert NAME not in found and b"JFXX" not in found and b"http" not in found


@pytest.mark.parametrize("turn", [1, 8])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_a_png_keeps_its_picture_and_no_word(tmp_path: Path, turn: int, mode: str) -> None:
    path, words = tmp_path / "a.png", PngImagePlugin.PngInfo()
    words.add_text("Author", NAME.decode())
    words.add_itxt("XML:com.adobe.xmp", NAME.decode())
    picture(mode=mode).save(path, pnginfo=words, exif=exif(turn), dpi=(72, 72))
    assert NAME in path.read_bytes()
    assert NAME not in stripped(path)


def test_other_kinds_become_a_png(tmp_path: Path) -> None:
    for name, options in (("a.webp", {"lossless": True, "exif": exif(6)}), ("a.tiff", {"artist": NAME.decode()})):
        picture().save(tmp_path / name, **options)
        found = stripped(tmp_path / name)
        assert found.startswith(b"\x89PNG") and NAME not in found
    deep = np.random.default_rng(2).integers(0, 1 << 16, (20, 30), np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    Image.fromarray(deep).save(tmp_path / "deep.tif")
    assert opened(tmp_path / "deep.png").bits == 16
    for name in ("deep.png", "deep.tif"):
        stripped(tmp_path / name)


def test_a_profile_keeps_its_colours_and_no_name(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    named = profile.replace("sRGB".encode("utf-16-be"), "Jane".encode("utf-16-be"))
    assert named != profile
    for name in ("a.jpg", "a.png"):
        picture().save(tmp_path / name, icc_profile=named)
        found = stripped(tmp_path / name)
        again = Image.open(io.BytesIO(found)).info["icc_profile"]
        assert again == nameless(named) == nameless(again) and "Jane".encode("utf-16-be") not in again
        lab = ImageCms.createProfile("LAB")
        shown = [
            ImageCms.profileToProfile(picture(), ImageCms.ImageCmsProfile(io.BytesIO(each)), lab, outputMode="LAB")
            for each in (named, again)
        ]
        assert shown[0] is not None and shown[1] is not None and shown[0].tobytes() == shown[1].tobytes()
    picture().save(tmp_path / "b.jpg", icc_profile=NAME * 30)
    assert NAME not in stripped(tmp_path / "b.jpg")


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_what_hangs_on_behind_the_end_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    picture().save(path)
    octets = path.read_bytes()
    file = io.BytesIO()
    picture(2).save(file, "JPEG")
    path.write_bytes(octets + file.getvalue())
    with pytest.raises(Unsupported, match="behind the picture's end"):
        stripped(path)
    path.write_bytes(octets)
    alone = stripped(path)
    path.write_bytes(octets + bytes(100))  # some cameras fill a block
    assert stripped(path) == alone


def test_what_hangs_on_behind_a_pngs_samples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    samples = zlib.compress(b"".join(b"\0" + bytes(24) for _ in range(8)))
    for body in (samples, samples + NAME):
        parts = [(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"IDAT", body), (b"IEND", b"")]
        chunks = (struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in parts)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
        if body is samples:
            stripped(path)
    with pytest.raises(Unsupported, match="behind the picture's end"):
        stripped(path)


def test_a_flipped_byte_is_refused_or_shows_the_same(tmp_path: Path) -> None:
    rng, path = np.random.default_rng(5), tmp_path / "a.jpg"
    picture().save(path, exif=exif(6))
    octets = path.read_bytes()
    for at in rng.integers(0, len(octets), 300).tolist():
        path.write_bytes(octets[:at] + bytes([octets[at] ^ int(rng.integers(1, 256))]) + octets[at + 1 :])
        try:
            still = opened(path)
            found = bare(path.read_bytes(), still, path)
        except GarimError:
            continue
        (tmp_path / "b.jpg").write_bytes(found)
        assert (opened(tmp_path / "b.jpg").samples == still.samples).all()
