"""A portrait's kind and size are read from its own bytes; what would hurt a decoder is refused before one sees it."""

from __future__ import annotations

import contextlib
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.gate.passport.files import dump

from garim.gate.passport.image_head import MOST_BYTES, MOST_SIDE, Head, head
from garim.gate.passport.outcomes import Reason, Refused

SIZE = (60, 90)


def coded(kind: str, size: tuple[int, int] = SIZE, mode: str = "RGB", **options: object) -> bytes:
    """A picture whose lines and columns differ, as Pillow codes it."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    rgb = np.stack([x % 256, y % 256, (x + y) % 256], axis=-1).astype(np.uint8)
    target = io.BytesIO()
    Image.fromarray(rgb).convert(mode).save(target, kind, **options)
    return target.getvalue()


JPEG = coded("JPEG")
JP2 = coded("JPEG2000")
STREAM = coded("JPEG2000", no_jp2=True)
SIZ = 4  # where in a codestream the segment's length stands


def resized(jp2: bytes, width: int, height: int) -> bytes:
    """`jp2`, both of whose heads say another size, in one tile."""
    at = jp2.index(b"ihdr") + 4
    jp2 = jp2[:at] + struct.pack(">II", height, width) + jp2[at + 8 :]
    at = jp2.index(b"\xff\x4f\xff\x51") + SIZ + 4
    return jp2[:at] + struct.pack(">8I", width, height, 0, 0, width, height, 0, 0) + jp2[at + 32 :]


def refused(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        head(data)
    assert caught.value.reason is reason


@pytest.mark.parametrize("size", [(1, 1), (60, 90), (413, 531), (2000, 17)])
def test_a_head_says_what_was_coded(size: tuple[int, int]) -> None:
    assert head(coded("JPEG", size)) == Head("JPEG", *size)
    assert head(coded("JPEG", size, progressive=True)) == Head("JPEG", *size)
    assert head(coded("JPEG", size, "L")) == Head("JPEG", *size)
    for mode in ("L", "LA", "RGB", "RGBA"):
        assert head(coded("JPEG2000", size, mode)) == Head("JPEG 2000", *size)
        assert head(coded("JPEG2000", size, mode, no_jp2=True)) == Head("JPEG 2000", *size)


def test_real_portraits_are_known() -> None:
    assert head(dump("gmrtd/test_data/ICAO_39794_5_AP_DG2_Face.jpg").read_bytes()) == Head("JPEG 2000", 413, 531)
    assert head(dump("gmrtd/iso19794/test_data/ISO19794_Test1_Face.jpg").read_bytes()) == Head("JPEG", 148, 70)


def test_tiles_and_offsets_are_taken() -> None:
    assert head(coded("JPEG2000", (200, 300), tile_size=(64, 64))) == Head("JPEG 2000", 200, 300)
    moved = coded("JPEG2000", (200, 300), offset=(16, 24), tile_size=(128, 128))
    with Image.open(io.BytesIO(moved)) as picture:
        assert head(moved)[1:] == picture.size == (200, 300)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "WEBP", "BMP"])
def test_other_kinds_are_refused(kind: str) -> None:
    refused(coded(kind), Reason.IMAGE_FORMAT)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8", b"not a picture at all", b"\0" * 64])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    refused(data, Reason.IMAGE_FORMAT)


def test_bombs_are_refused_by_their_heads() -> None:
    bomb = resized(JP2, 20_000, 20_000)
    assert len(bomb) < 4_000
    refused(bomb, Reason.IMAGE_TOO_LARGE)
    refused(resized(JP2, MOST_SIDE, MOST_SIDE), Reason.IMAGE_TOO_LARGE)
    refused(resized(JP2, MOST_SIDE + 1, 1), Reason.IMAGE_TOO_LARGE)
    assert head(resized(JP2, MOST_SIDE, 1024))[1:] == (MOST_SIDE, 1024)
    at = JPEG.index(b"\xff\xc0") + 5
    refused(JPEG[:at] + struct.pack(">HH", 65500, 65500) + JPEG[at + 4 :], Reason.IMAGE_TOO_LARGE)
    refused(JPEG + bytes(MOST_BYTES), Reason.IMAGE_TOO_LARGE)


def test_a_picture_of_more_tiles_than_any_portrait_is_refused() -> None:
    at = STREAM.index(b"\xff\x51") + 2 + 4 + 16
    refused(STREAM[:at] + struct.pack(">II", 1, 1) + STREAM[at + 8 :], Reason.IMAGE_TOO_LARGE)


def test_the_two_heads_of_a_jp2_have_to_agree() -> None:
    at = JP2.index(b"ihdr") + 4
    refused(JP2[:at] + struct.pack(">II", SIZE[1], SIZE[0] + 1) + JP2[at + 8 :], Reason.IMAGE_DAMAGED)


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        (0xC3, Reason.IMAGE_FORMAT),  # lossless
        (0xC9, Reason.IMAGE_FORMAT),  # arithmetic
        (0xDA, Reason.IMAGE_DAMAGED),  # a scan before any frame
        (0xD9, Reason.IMAGE_DAMAGED),
    ],
)
def test_other_frames_of_jpeg_are_refused(marker: int, reason: Reason) -> None:
    refused(JPEG.replace(b"\xff\xc0", bytes([0xFF, marker])), reason)


def test_samples_that_no_passport_has_are_refused() -> None:
    refused(coded("JPEG", mode="CMYK"), Reason.IMAGE_FORMAT)
    at = JPEG.index(b"\xff\xc0") + 4
    refused(JPEG[:at] + b"\x0c" + JPEG[at + 1 :], Reason.IMAGE_FORMAT)  # 12 bits
    at = STREAM.index(b"\xff\x51") + 2 + 36 + 2
    refused(STREAM[:at] + b"\x25" + STREAM[at + 1 :], Reason.IMAGE_FORMAT)  # 38 bits
    refused(STREAM[: at + 1] + b"\x09" + STREAM[at + 2 :], Reason.IMAGE_FORMAT)  # one sample for nine columns


def test_no_size_is_refused() -> None:
    at = JPEG.index(b"\xff\xc0") + 5
    refused(JPEG[:at] + struct.pack(">H", 0) + JPEG[at + 2 :], Reason.IMAGE_DAMAGED)  # a DNL segment would say it later
    refused(resized(JP2, 0, 90), Reason.IMAGE_DAMAGED)


@pytest.mark.parametrize("whole", [JPEG, JP2, STREAM], ids=["JPEG", "JP2", "codestream"])
def test_what_is_cut_inside_its_head_is_refused(whole: bytes) -> None:
    ends = {JPEG: JPEG.index(b"\xff\xc0") + 10, JP2: len(JP2), STREAM: SIZ + 38 + 3 * 3}
    for end in range(ends[whole]):
        with pytest.raises(Refused):
            head(whole[:end])


@given(st.sampled_from([JPEG, JP2, STREAM]), st.data())
def test_no_mutant_brings_anything_but_refusal(whole: bytes, data: st.DataObject) -> None:
    mutant = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        mutant[data.draw(st.integers(0, min(len(whole), 220) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = head(bytes(mutant))
    except Refused as error:
        assert error.reason in (Reason.IMAGE_FORMAT, Reason.IMAGE_DAMAGED, Reason.IMAGE_TOO_LARGE)
    else:
        assert found.width * found.height <= 8 << 20


@given(st.binary(max_size=400))
def test_no_bytes_bring_anything_but_refusal(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", JP2[:12], STREAM[:4]):
        with contextlib.suppress(Refused):
            assert head(start + data).width > 0
