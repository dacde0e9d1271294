"""A capture's folder: read within limits, in order, or refused; no still is decoded on the way."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from garim.core.errors import GarimError, Malformed, Unreadable, Unsupported
from garim.gate import capture
from garim.gate.capture import Kind, again, listed, read

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def coded(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, (90, 120, 150)).save(held, kind)
    return held.getvalue()


def filled(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / name).write_bytes(coded("PNG" if name.endswith("png") else "JPEG"))
    return folder


def timed(folder: Path, rows: list[tuple[str, str]], heading: str = "file,at") -> None:
    (folder / capture.TIMES).write_text("\n".join([heading, *(",".join(row) for row in rows)]) + "\n")


def test_stills_come_in_the_order_that_people_count_in(tmp_path: Path) -> None:
    filled(tmp_path, ["frame10.jpg", "frame2.png", "frame1.jpg"])
    stills = list(read(listed(tmp_path)))
    assert listed(tmp_path).names == ("frame1.jpg", "frame2.png", "frame10.jpg")
    assert [(s.number, s.kind, s.width, s.height, s.at) for s in stills] == [
        (0, Kind.JPEG, 40, 30, None),
        (1, Kind.PNG, 40, 30, None),
        (2, Kind.JPEG, 40, 30, None),
    ]
    assert stills[0].data == (tmp_path / "frame1.jpg").read_bytes()
    assert "data" not in repr(stills[0])


def test_what_a_still_is_its_bytes_say(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg"])
    (tmp_path / "3.jpg").write_bytes(coded("PNG", (7, 9)))
    assert [(s.kind, s.width, s.height) for s in read(listed(tmp_path))][2] == (Kind.PNG, 7, 9)


def test_what_desktops_leave_behind_is_not_seen(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert len(listed(tmp_path).names) == 3


@given(st.lists(st.integers(0, 10**6), min_size=1, unique=True))
def test_numbers_are_sorted_as_numbers(numbers: list[int]) -> None:
    names = sorted((f"f{n}.png" for n in numbers), key=capture._natural)
    assert names == [f"f{n}.png" for n in sorted(numbers)]


def test_times_are_those_that_were_noted(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "10.jpg"])
    timed(
        tmp_path,
        [("1.jpg", "2026-11-22T12:00:00Z"), ("2.jpg", "2026-11-22T12:00:00.25Z"), ("10.jpg", "2026-11-22T12:00:01Z")],
    )
    found = listed(tmp_path)
    assert found.times == (NOON, NOON + timedelta(seconds=0.25), NOON + timedelta(seconds=1))
    assert [s.at for s in read(listed(tmp_path))] == list(found.times)
    assert found.within(NOON, NOON + timedelta(seconds=1))
    assert not found.within(NOON, NOON + timedelta(seconds=0.9))
    assert not found.within(NOON + timedelta(seconds=0.1), NOON + timedelta(seconds=1))


def test_without_a_list_no_time_is_known_and_the_files_own_prove_nothing(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    assert listed(tmp_path).times is None
    assert not listed(tmp_path).within(NOON - timedelta(days=9999), NOON + timedelta(days=9999))


GOOD = [(f"{n}.jpg", f"2026-11-22T12:00:0{n}Z") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("rows", "heading"),
    [
        (GOOD[:2], "file,at"),
        ([*GOOD, ("4.jpg", GOOD[2][1])], "file,at"),
        ([GOOD[1], GOOD[0], GOOD[2]], "file,at"),
        ([GOOD[0], GOOD[1], (GOOD[2][0], "2026-11-22 12:00:03")], "file,at"),
        ([GOOD[0], GOOD[1], (GOOD[2][0], "2026-11-22T12:00:03+00:00")], "file,at"),
        ([GOOD[0], GOOD[1], (GOOD[2][0], "2026-13-22T12:00:03Z")], "file,at"),
        ([GOOD[0], GOOD[1], ("3.jpg,", GOOD[2][1])], "file,at"),
        (GOOD, "name,time"),
        ([GOOD[0], GOOD[1], ('"3.jpg', GOOD[2][1])], "file,at"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path: Path, rows: list[tuple[str, str]], heading: str) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    timed(tmp_path, rows, heading)
    with pytest.raises(Malformed):
        listed(tmp_path)


def test_an_empty_list_and_one_of_bytes_are_refused(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    for content in (b"", b"\xff\xfe\x00", b"file,at\n\0\n"):
        (tmp_path / capture.TIMES).write_bytes(content)
        with pytest.raises(Malformed):
            listed(tmp_path)


@pytest.mark.parametrize("count", [0, 2, capture.MOST + 1, capture.MOST + 40])
def test_too_few_and_too_many(tmp_path: Path, count: int) -> None:
    for n in range(count):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    with pytest.raises(Unsupported, match="stills"):
        listed(tmp_path)


@pytest.mark.parametrize("other", [b"", b"text", b"GIF89a" + bytes(40), b"\xff\xd8", b"%PDF-1.7"])
def test_what_is_no_still_is_not_skipped(tmp_path: Path, other: bytes) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    (tmp_path / "4.jpg").write_bytes(other)
    with pytest.raises(Unsupported, match=r"4\.jpg"):
        list(read(listed(tmp_path)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_still_cut_off_inside_its_head_is_refused(tmp_path: Path, kind: str) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg"])
    for length in (8, 12, 20):
        (tmp_path / "3.jpg").write_bytes(coded(kind)[:length])
        with pytest.raises(Unreadable):
            list(read(listed(tmp_path)))


def test_what_would_fill_the_memory_is_refused_by_its_head(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg"])
    for kind in ("JPEG", "PNG"):
        (tmp_path / "3.jpg").write_bytes(coded(kind, (4000, 3000)))
        with pytest.raises((Unsupported, Unreadable)):
            list(read(listed(tmp_path)))


def test_a_still_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg"])
    (tmp_path / "3.jpg").write_bytes(coded() + bytes(capture.LARGEST))
    with pytest.raises(Unsupported, match="KiB"):
        list(read(listed(tmp_path)))


def test_all_of_them_have_a_limit_too(tmp_path: Path) -> None:
    filled(tmp_path, [f"{n}.jpg" for n in range(9)])
    for path in tmp_path.iterdir():
        path.write_bytes(coded() + bytes(capture.LARGEST - len(coded())))
    with pytest.raises(Unsupported, match="64 MiB"):
        list(read(listed(tmp_path)))


def test_a_still_that_is_opened_again_has_to_be_the_same(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    found = listed(tmp_path)
    first = hashlib.sha256((tmp_path / "1.jpg").read_bytes()).digest()
    assert again(found, 0, first).data == (tmp_path / "1.jpg").read_bytes()
    (tmp_path / "1.jpg").write_bytes(coded() + b"0")
    with pytest.raises(Unreadable, match="changed meanwhile"):
        again(found, 0, first)


def test_a_large_still_of_few_pixels_is_taken(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg"])
    (tmp_path / "3.jpg").write_bytes(coded() + bytes(3 << 20))  # more than a passport's portrait may have
    assert len(list(read(listed(tmp_path)))) == 3


def link(path: Path) -> None:
    path.symlink_to(path.with_name("1.jpg"))


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [link, pipe, folder])
def test_no_link_is_followed_and_nothing_special_opened(tmp_path: Path, make: object) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    make(tmp_path / "4.jpg")  # type: ignore[operator]
    with pytest.raises(Unsupported):
        listed(tmp_path)


def test_a_still_that_became_a_link_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    stills = read(listed(tmp_path))
    next(stills)
    (tmp_path / "2.jpg").unlink()
    (tmp_path / "2.jpg").symlink_to(tmp_path / "1.jpg")
    with pytest.raises(Unreadable):
        next(stills)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(GarimError):
        listed(tmp_path / "gone")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GarimError):
        listed(tmp_path / "file")
