"""A spliced film is the film it was: copied groups bit for bit, changed ones at their times, and every player plays it.

ffmpeg's own binary reads source and splice, and has nothing to complain of.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.films import decoded, decodes, described, ffmpeg, film, heard, packets, pictures, shown, tone

from garim.core.errors import Unfinished, Unreadable
from garim.media import Codec, Encoding, Frame, probe
from garim.media.groups import Group, Unsplit, groups
from garim.media.nal import hidden
from garim.media.splice import Splice, Spliced, changed

FINE = Encoding("ultrafast", 8)
COUNT = 40
CLOSED = ("-g", "8", "-keyint_min", "8", "-sc_threshold", "0")
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p")


def made(folder: Path, *words: str, name: str = "a.mp4", codec: tuple[str, ...] = (*X264, *CLOSED)) -> Path:
    return film(folder / name, pictures(COUNT), *words, codec=codec)


def second(group: Group) -> bool:
    """The groups that are to change: each other one, from the second on."""
    return bool(group.first // 8 % 2)


def dark(frame: Frame) -> None:
    planes = frame.planes()
    for array, black in zip(planes.arrays, planes.black, strict=True):
        array[: array.shape[0] // 4] = black


def spliced(source: Path, suffix: str = "", *, mute: bool = False, encoding: Encoding = FINE) -> tuple[Path, Spliced]:
    output = source.with_name(f"{source.stem}.spliced{suffix or source.suffix}")
    splice = Splice(probe(source), output, encoding, second)
    through: list[int] = []
    result = splice.write(output, mute=mute, remark="", paint=dark, done=through.append)
    assert through[-1] == COUNT
    return output, result


MAKES = {
    "as x264 makes it": (*X264, *CLOSED),
    "no B-frames": (*X264, *CLOSED, "-bf", "0"),
    "one B-frame deep": (*X264, *CLOSED, "-bf", "2", "-x264-params", "b-pyramid=none"),
    "a pyramid": (*X264, *CLOSED, "-bf", "3", "-x264-params", "b-pyramid=normal"),
    "baseline": (*X264, *CLOSED, "-profile:v", "baseline"),
    "main": (*X264, *CLOSED, "-profile:v", "main"),
    "several slices": (*X264, *CLOSED, "-slices", "4"),
    "another number": (*X264, *CLOSED, "-x264-params", "sps-id=7"),
    "headers in the pictures": (*X264, *CLOSED, "-x264-params", "repeat-headers=1"),
    "full range": ("-vf", "scale=out_range=full", *X264, *CLOSED, "-color_range", "pc"),
}


@pytest.mark.parametrize(
    ("make", "suffix"),
    [(make, ".mp4") for make in MAKES]
    + [("a pyramid", suffix) for suffix in (".mov", ".mkv")]
    + [pytest.param(make, suffix, marks=pytest.mark.slow) for make in MAKES for suffix in (".mov", ".mkv")],
)
def test_what_was_copied_is_the_same_and_what_changed_is_in_its_place(tmp_path: Path, make: str, suffix: str) -> None:
    source = made(tmp_path, name=f"a{suffix}", codec=MAKES[make])
    output, result = spliced(source)
    decodes(output)
    before, after = shown(source), shown(output)
    assert [(p.at, p.lasts) for p in before] == [(p.at, p.lasts) for p in after]
    kept = [number for number in range(COUNT) if not number // 8 % 2]
    assert result.copied == len(kept)
    assert [before[n].hash for n in kept] == [after[n].hash for n in kept]
    old, new = decoded(source), decoded(output)
    for number in set(range(COUNT)) - set(kept):
        assert new[number, : new.shape[1] // 4 - 2].max() < 40
        differ = np.abs(new[number, new.shape[1] // 4 + 8 :].astype(int) - old[number, new.shape[1] // 4 + 8 :])
        assert differ.mean() < 3
    assert len(list(changed(probe(source), output, result))) == COUNT - len(kept)


def test_it_can_be_entered_anywhere(tmp_path: Path) -> None:
    output, _ = spliced(made(tmp_path))
    whole = decoded(output)
    for number in np.random.default_rng(1).permutation(COUNT)[:12].tolist():
        ppm = ffmpeg("-ss", str(number / 25), "-i", output, "-frames:v", "1", "-c:v", "ppm", "-f", "image2pipe", "-")
        picture = np.frombuffer(ppm[-whole[0].size :], np.uint8).reshape(whole.shape[1:])
        assert (picture == whole[number]).all()


def test_sound_stays_as_it_was_or_goes(tmp_path: Path) -> None:
    source = film(
        tmp_path / "a.mp4", pictures(COUNT), "-map", "0", "-map", "1", "-c:a", "aac", codec=(*X264, *CLOSED),
        inputs=tone(440, COUNT / 25),
    )  # fmt: skip
    output, _ = spliced(source)
    assert heard(output) == heard(source)
    assert packets(output, "a:0") == packets(source, "a:0")
    silent, _ = spliced(source, mute=True)
    assert "Audio" not in described(silent)


def test_times_of_all_lengths_and_a_turn_are_kept(tmp_path: Path) -> None:
    times = ("-vf", "settb=1/90000,setpts='(N*N*7+N*3110)/90000/TB'")
    fine = ("-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-video_track_timescale", "90000")
    straight = made(tmp_path, *times, *fine, name="b.mp4")
    source = tmp_path / "a.mp4"
    ffmpeg("-display_rotation", "90", "-i", straight, "-map", "0", "-c", "copy", source)
    output, _ = spliced(source)
    assert [(p.at, p.lasts) for p in shown(output)] == [(p.at, p.lasts) for p in shown(source)]
    assert probe(output).rotation == probe(source).rotation == 90


def test_nothing_is_left_of_what_the_file_said(tmp_path: Path) -> None:
    source = made(tmp_path, "-metadata", "title=Hamilton", "-metadata:s:v", "handler_name=Ricoh 55", name="a.mp4")
    output, _ = spliced(source)
    left = output.read_bytes()
    assert b"x264 - core" in source.read_bytes()
    assert not any(word in left for word in (b"Hamilton", b"Ricoh", b"x264 - core", b"Lavf"))


REFUSED = {
    "one group in all": ((*X264, "-g", "400", "-sc_threshold", "0"), "a.mp4", "something to destroy"),
    "groups that refer to the one before": (
        (*X264, "-g", "8", "-sc_threshold", "0", "-bf", "2", "-x264-params", "open-gop=1"),
        "a.mp4",
        "something to destroy",
    ),
    "ten bits": ((*X264[:-1], "yuv420p10le", *CLOSED), "a.mp4", "yuv420p10le"),
    "interlaced": ((*X264, *CLOSED, "-x264-params", "tff=1"), "a.mp4", "interlaced"),
    "a crop that hides what is still there": (
        (*X264, *CLOSED, "-bsf:v", "h264_metadata=crop_right=64"), "a.mp4", "cropped away",
    ),
    "a transport stream": ((*X264, *CLOSED), "a.ts", "TS is not taken apart"),
    "another codec": (("-c:v", "mpeg4", *CLOSED[:2]), "a.mp4", "MPEG4"),
}  # fmt: skip


@pytest.mark.parametrize("make", REFUSED)
def test_what_cannot_be_taken_apart_is_said(tmp_path: Path, make: str) -> None:
    codec, name, why = REFUSED[make]
    source = made(tmp_path, name=name, codec=codec)
    with pytest.raises(Unsplit, match=why):
        Splice(probe(source), source.with_name("b.mp4"), FINE, lambda group: group.first == 0)


def test_pictures_that_are_never_shown_are_not_copied(tmp_path: Path) -> None:
    whole = made(tmp_path, name="b.mp4")
    cut = tmp_path / "a.mp4"
    ffmpeg("-ss", "0.2", "-i", whole, "-c", "copy", cut)
    with pytest.raises(Unsplit, match="never shown"):
        groups(probe(cut))


def test_what_the_source_cannot_be_encoded_as_is_encoded_whole(tmp_path: Path) -> None:
    """Without any loss is no profile of the source's."""
    source = made(tmp_path)
    splice = Splice(probe(source), tmp_path / "b.mp4", Encoding(crf=0), second)
    with pytest.raises(Unsplit, match="encoder"):
        splice.write(tmp_path / "b.mp4", mute=False, remark="", paint=dark, done=lambda _: None)


@pytest.mark.parametrize("count", [COUNT - 8, COUNT - 3, COUNT + 8])
def test_a_source_that_is_exchanged_meanwhile_is_an_error(tmp_path: Path, count: int) -> None:
    source = made(tmp_path)
    splice = Splice(probe(source), tmp_path / "b.mp4", FINE, lambda group: group.first == 8)
    film(source, pictures(count), codec=(*X264, *CLOSED))
    with pytest.raises((Unreadable, Unsplit)):
        splice.write(tmp_path / "b.mp4", mute=False, remark="", paint=dark, done=lambda _: None)


def test_what_hangs_over_the_last_block_is_cropped_and_no_reason(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", pictures(COUNT, (318, 230)), codec=(*X264, *CLOSED))
    configuration, found = groups(probe(source))
    assert hidden(configuration.sps[0]) == (2, 10)
    assert len(found) == COUNT // 8


def test_another_codec_wanted_is_no_splice(tmp_path: Path) -> None:
    source = made(tmp_path)
    with pytest.raises(Unsplit, match="another kind"):
        Splice(probe(source), source.with_name("b.mp4"), Encoding(codec=Codec.HEVC), second)


def test_a_copy_that_was_touched_is_found(tmp_path: Path) -> None:
    source = made(tmp_path)
    output, result = spliced(source)
    data = bytearray(output.read_bytes())
    at = data.find(b"mdat") + 400
    data[at] ^= 1
    output.write_bytes(data)
    with pytest.raises((Unfinished, Unreadable)):
        list(changed(probe(source), output, result))


def test_a_film_whose_pictures_are_broken_is_an_error(tmp_path: Path) -> None:
    source = made(tmp_path)
    splice = Splice(probe(source), tmp_path / "b.mp4", FINE, second)
    data = bytearray(source.read_bytes())
    at = data.find(b"mdat") + 8
    data[at + len(data) // 3 : at + len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    source.write_bytes(data)
    with pytest.raises(Unreadable):
        splice.write(tmp_path / "b.mp4", mute=False, remark="", paint=dark, done=lambda _: None)
