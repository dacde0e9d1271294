"""A portrait is decoded apart: pixel for pixel what Pillow makes of it, or refused; and whatever it does ends there."""

from __future__ import annotations

import io
import os
import stat
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.gate.passport.dg2s import Face, jpeg_2000, portrait, record, templates
from tests.gate.passport.files import dump

from garim.core.errors import Misuse, Unfinished
from garim.gate.passport import decoder as decoder_module
from garim.gate.passport import portrait_file
from garim.gate.passport.decoder import DAMAGED, NO_PILLOW, PROGRAM, Decoder
from garim.gate.passport.face_image import FaceImage, face_image
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.portrait import portraits
from garim.pictures import apart

JPEG = portrait()
JP2 = jpeg_2000(JPEG)
STREAM = jpeg_2000(JPEG, codestream=True)


def image(coded: bytes) -> FaceImage:
    return face_image(coded, said_kind="JPEG", said_size=None, image_type="", standard="")


def decoded(coded: bytes) -> NDArray[np.uint8]:
    with Decoder() as decoder:
        return decoder.decode(image(coded))


def reference(coded: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(coded)) as picture:
        return np.asarray(picture.convert("RGB"))


def refused(decoder: Decoder, face: FaceImage, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        decoder.decode(face)
    assert caught.value.reason is reason


def saved(kind: str, samples: NDArray[np.generic], **options: object) -> bytes:
    target = io.BytesIO()
    Image.fromarray(samples).save(target, kind, **options)
    return target.getvalue()


# --- pixels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coded", [JPEG, JP2, STREAM], ids=["JPEG", "JP2", "codestream"])
def test_pixels_are_those_of_the_picture(coded: bytes) -> None:
    np.testing.assert_array_equal(decoded(coded), reference(coded))


@pytest.mark.parametrize(
    "name",
    ["gmrtd/test_data/ICAO_39794_5_AP_DG2_AllFields.dat", "bsi2008/Datagroup2.bin", "loes2006/ef0102.bin"],
)
def test_real_portraits_decode(name: str) -> None:
    (face,) = portraits(dump(name).read_bytes())
    with Decoder() as decoder:
        np.testing.assert_array_equal(decoder.decode(face), reference(face.data))


def test_a_jpeg_with_exif_and_profile_decodes() -> None:
    coded = dump("gmrtd/iso19794/test_data/ISO19794_Test1_Face.jpg").read_bytes()
    assert b"Exif" in coded and b"ICC_PROFILE" in coded
    assert decoded(coded).shape == (70, 148, 3)


def test_grey_is_shown_in_three_channels() -> None:
    grey = np.arange(64 * 48, dtype=np.uint8).reshape(64, 48)
    shown = decoded(saved("JPEG2000", grey))
    np.testing.assert_array_equal(shown, np.repeat(grey[:, :, None], 3, axis=2))


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    deep = (np.arange(64 * 48, dtype=np.uint32).reshape(64, 48) * 21).astype(np.uint16)
    assert deep.max() > 60_000
    np.testing.assert_array_equal(decoded(saved("JPEG2000", deep))[:, :, 0], deep >> 8)


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coded", [JPEG, JP2, STREAM], ids=["JPEG", "JP2", "codestream"])
def test_what_is_cut_short_is_refused(coded: bytes) -> None:
    with Decoder() as decoder:
        for end in (len(coded) // 4, len(coded) // 2, len(coded) - len(coded) // 50):
            # past the head, which would notice a box that is cut
            refused(decoder, replace(image(coded), data=coded[:end]), Reason.IMAGE_DAMAGED)


def test_another_size_than_the_head_says_is_refused() -> None:
    with Decoder() as decoder:
        refused(decoder, replace(image(JPEG), width=412), Reason.IMAGE_DAMAGED)
        refused(decoder, replace(image(JPEG), kind="JPEG 2000"), Reason.IMAGE_DAMAGED)


def test_a_picture_that_takes_too_long_is_stopped_and_gone() -> None:
    decoder = Decoder(most_seconds=0.005)
    decoder.start()
    waiting = decoder._waiting
    assert waiting is not None
    began = time.monotonic()
    refused(decoder, image(JP2), Reason.DECODER_STOPPED)
    assert time.monotonic() - began < 2
    assert waiting.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(waiting.pid, 0)


def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    """One that a head would refuse: the process's own limit holds where the head is passed by."""
    side = 12_000
    at = STREAM.index(b"\xff\x51") + 6
    bomb = STREAM[:at] + struct.pack(">8I", side, side, 0, 0, side, side, 0, 0) + STREAM[at + 32 :]
    face = FaceImage("JPEG 2000", bomb, side, side, "", "")
    with Decoder() as decoder, pytest.raises(Refused) as caught:
        decoder.decode(face)
    assert caught.value.reason in (Reason.IMAGE_DAMAGED, Reason.DECODER_STOPPED)


def test_more_pixels_than_were_asked_for_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 16))")
    monkeypatch.setattr(decoder_module, "PROGRAM", endless)
    with Decoder() as decoder:
        refused(decoder, image(JPEG), Reason.DECODER_STOPPED)


@pytest.mark.parametrize(
    "program",
    ["import os; os.abort()", "raise SystemExit(7)", "pass", "import sys; sys.stdout.close(); input(); input(); 1 / 0"],
)
def test_a_decoder_that_breaks_is_no_crash_here(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(program)
    monkeypatch.setattr(decoder_module, "PROGRAM", broken)
    with Decoder(most_seconds=5) as decoder:
        refused(decoder, image(JPEG), Reason.DECODER_STOPPED)


def test_a_process_that_dies_while_it_waits_is_replaced() -> None:
    with Decoder() as decoder:
        waiting = decoder._waiting
        assert waiting is not None
        waiting.kill()
        waiting.wait()
        assert decoder.decode(image(JPEG)).shape == (531, 413, 3)


def test_each_picture_has_a_process_of_its_own() -> None:
    with Decoder() as decoder:
        seen = set()
        for coded in (JPEG, JP2):
            decoder.start()
            decoder.start()  # changes nothing
            assert decoder._waiting is not None
            seen.add(decoder._waiting.pid)
            decoder.decode(image(coded))
            assert decoder._waiting is None
        decoder.start()
        last = decoder._waiting
    assert len(seen) == 2
    assert last is not None and last.returncode is not None


def test_without_pillow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "PIL"
    bare.mkdir()
    (bare / "__init__.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Decoder() as decoder, pytest.raises(Unfinished, match=r"garim\[gate\]"):
        decoder.decode(image(JPEG))


def test_a_machine_that_starts_no_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unfinished, match="could not be started"):
        Decoder().start()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([JPEG, JP2, STREAM]), st.data())
def test_no_mutant_brings_anything_but_refusal(coded: bytes, data: st.DataObject) -> None:
    mutant = bytearray(coded)
    for _ in range(data.draw(st.integers(1, 8))):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    try:
        face = image(bytes(mutant))
        with Decoder() as decoder:
            pixels = decoder.decode(face)
    except Refused:
        return
    assert pixels.shape == (face.height, face.width, 3)


# --- what the process has given up ----------------------------------------------------------------------------------


def test_the_two_sides_agree() -> None:
    assert (apart.DAMAGED, apart.NO_PILLOW) == (DAMAGED, NO_PILLOW)
    assert Path(apart.__file__) == PROGRAM


def test_nothing_is_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    spy = tmp_path / "spy.py"
    spy.write_text(
        f"import os\nopen({str(said)!r}, 'w').write(repr((sorted(os.environ), sorted(os.listdir('/proc/self/fd')))))"
    )
    monkeypatch.setattr(decoder_module, "PROGRAM", spy)
    monkeypatch.setenv("GARIM_SECRET", "a key")
    with (tmp_path / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        with Decoder() as decoder:
            refused(decoder, image(JPEG), Reason.DECODER_STOPPED)
    names, descriptors = eval(said.read_text())
    assert set(names) <= {*decoder_module._KEPT, "LC_CTYPE", "PYTHONSAFEPATH", "__CF_USER_TEXT_ENCODING"}
    assert descriptors == ["0", "1", "2", "3", "4"]  # 3 is the file it writes, 4 the folder it lists


def test_this_process_loads_no_pillow() -> None:
    code = "import sys, garim.gate.passport.decoder, garim.gate.passport.portrait; print('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# --- as a file ------------------------------------------------------------------------------------------------------


def test_a_portrait_is_written_as_its_pixels_and_nothing_else(tmp_path: Path) -> None:
    rgb = reference(JPEG)
    output = tmp_path / "portrait.png"
    portrait_file.written(output, rgb)
    with Image.open(output) as picture:
        picture.verify()
    with Image.open(output) as picture:
        assert (picture.format, picture.mode, picture.info) == ("PNG", "RGB", {})
        np.testing.assert_array_equal(np.asarray(picture), rgb)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    with pytest.raises(Misuse):
        portrait_file.written(output, rgb)
    portrait_file.written(output, rgb[:1], force=True)
    with Image.open(output) as picture:
        assert picture.size == (413, 1)


def test_a_record_leads_to_pixels() -> None:
    (face,) = portraits(templates(record([Face(JP2)])))
    with Decoder() as decoder:
        assert decoder.decode(face).shape == (531, 413, 3)
