"""Faces whose place is known, because they were pasted there, are gone from the pixels of the film that leaves.

A face leaks where less than half of its box is destroyed. What was destroyed is measured on what ffmpeg decodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from demo.clip import Key, Person, Shot, Truth
from tests.films import (
    BLACK,
    CODEC,
    RGB,
    crowd,
    decoded,
    decodes,
    described,
    ffmpeg,
    film,
    gone,
    heard,
    leaks,
    pictures,
    shot,
    shown,
    stands,
    tone,
    walk,
)

from garim.core.errors import Misuse, StillShowing
from garim.redact import Check, Encoding, Redaction, Style, redact, run
from garim.redact import film as film_room

pytestmark = pytest.mark.weights


@dataclass(frozen=True)
class Cast:
    """A film with what is known of it."""

    source: Path
    truths: Sequence[Truth]

    def redacted(self, **how: object) -> tuple[Redaction, RGB, RGB]:
        """What was done, and the pictures before and after."""
        done = redact(self.source, **how)  # type: ignore[arg-type]  # passed on as it is
        decodes(done.output)
        assert [p.at for p in shown(done.output)] == [p.at for p in shown(self.source)]
        return done, decoded(self.source), decoded(done.output)


def cast(folder: Path, *shots: Shot, size: tuple[int, int] = (320, 240), codec: Sequence[str] = CODEC) -> Cast:
    """`shots` as a film."""
    rows, truths = crowd(*shots, size=size)
    return Cast(film(folder / "a.mp4", rows, codec=codec), truths)


def one(*people: Person, count: int = 12) -> tuple[Shot, ...]:
    return (shot(count, *people),)


SCENES: dict[str, Callable[[], tuple[Shot, ...]]] = {
    "in the middle": lambda: one(stands(160, 120, 70)),
    "small": lambda: one(stands(160, 120, 24)),
    "filling the picture": lambda: one(stands(160, 120, 230)),
    "larger than the picture": lambda: one(stands(160, 110, 300)),
    "over the last row": lambda: one(stands(160, 215, 80)),
    "over the first row": lambda: one(stands(160, 20, 80)),
    "over the last column": lambda: one(stands(300, 120, 80)),
    "over the first column": lambda: one(stands(18, 120, 80)),
    "in the last corner": lambda: one(stands(302, 218, 80, who=1)),
    "in the first corner": lambda: one(stands(24, 30, 90, who=1)),
    "in the corner above": lambda: one(stands(296, 30, 90, who=1)),
    "in the corner below": lambda: one(stands(24, 212, 90, who=1)),
    "out over the right": lambda: one(walk(Key(0, 200, 120, 70), Key(1, 380, 120, 70)), count=25),
    "in from the left": lambda: one(walk(Key(0, -60, 120, 70), Key(1, 160, 120, 70)), count=25),
    "fast": lambda: one(walk(Key(0, 40, 120, 60), Key(0.5, 280, 130, 60)), count=13),
    "up to the camera": lambda: one(walk(Key(0, 160, 120, 30), Key(1, 150, 130, 190)), count=25),
    "two that cross": lambda: one(
        walk(Key(0, 60, 120, 56), Key(1, 260, 120, 56)),
        walk(Key(0, 260, 115, 70), Key(1, 60, 115, 70), number=2, who=1),
        count=25,
    ),
    "dim in between": lambda: one(
        walk(Key(0, 150, 120, 60), Key(0.5, 160, 120, 60, 0, 0.35), Key(1, 170, 120, 60)), count=25
    ),
    "up to a cut": lambda: (shot(13, stands(100, 110, 70)), shot(12, seed=11)),
    "after a cut": lambda: (shot(12, seed=11), shot(13, stands(200, 110, 70))),
    "another place after a cut": lambda: (
        shot(12, stands(80, 110, 60)),
        shot(13, stands(240, 130, 64, who=1, number=2), seed=11),
    ),
    "one frame": lambda: one(stands(160, 120, 70), count=1),
    "two frames": lambda: one(stands(160, 120, 70), count=2),
}


MORE = {
    *("larger than the picture", "in the corner above", "in the corner below", "two frames", "in from the left"),
    *("small", "in the first corner", "dim in between", "after a cut"),
}

Seen = tuple[Cast, Redaction, RGB, RGB]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Seen]:
    """A scene, what was done to it, and its pictures before and after; redacted once for all that is asked of it."""

    @cache
    def seen(scene: str) -> Seen:
        made = cast(tmp_path_factory.mktemp("scene"), *SCENES[scene]())
        return made, *made.redacted()

    return seen


@pytest.mark.parametrize("scene", [pytest.param(s, marks=pytest.mark.slow) if s in MORE else s for s in SCENES])
def test_no_face_leaks(scene: str, seen: Callable[[str], Seen]) -> None:
    made, done, before, after = seen(scene)
    assert leaks(before, after, made.truths) == []
    assert done.residual == ()
    assert done.frames == len(made.truths)


ALL = slice(None)
EDGES: dict[str, tuple[slice | int, ...]] = {
    "over the last row": (ALL, -1, slice(145, 175)),
    "over the first row": (ALL, 0, slice(145, 175)),
    "over the last column": (ALL, slice(105, 135), -1),
    "over the first column": (ALL, slice(105, 135), 0),
}


@pytest.mark.parametrize("scene", list(EDGES))
def test_the_last_line_of_the_picture_keeps_nothing(scene: str, seen: Callable[[str], Seen]) -> None:
    after = seen(scene)[-1]
    assert after[EDGES[scene]].max() <= BLACK


def test_a_cut_ends_what_is_covered(seen: Callable[[str], Seen]) -> None:
    """Up to its last frame the one scene is covered, and nothing of the other for its sake."""
    *_, before, after = seen("up to a cut")
    lost = gone(before, after).mean(axis=(1, 2))
    assert (lost[:13] > 0.03).all()
    assert lost[13:].max() < 0.005


CODECS = {
    "4:2:2": "yuv422p",
    "4:4:4": "yuv444p",
    "10 bit": "yuv420p10le",
    "full range": "yuvj420p",
}


@pytest.mark.parametrize("kind", [pytest.param(k, marks=pytest.mark.slow) if k == "4:2:2" else k for k in CODECS])
def test_in_other_samples(kind: str, tmp_path: Path) -> None:
    codec = (*CODEC[:-1], CODECS[kind])
    made = cast(tmp_path, *SCENES["in the last corner"](), codec=codec)
    _, before, after = made.redacted()
    assert leaks(before, after, made.truths) == []


def test_in_a_picture_of_odd_size(tmp_path: Path) -> None:
    made = cast(tmp_path, *SCENES["in the last corner"](), size=(321, 241), codec=(*CODEC[:-1], "yuv444p"))
    _, before, after = made.redacted()
    assert before.shape[1:3] == (241, 321)
    assert leaks(before, after, made.truths) == []
    assert after[:, -1, -1].max() <= BLACK


@pytest.mark.parametrize("degrees", [90, *(pytest.param(d, marks=pytest.mark.slow) for d in (180, 270))])
def test_in_a_turned_film(degrees: int, tmp_path: Path) -> None:
    """The camera lay on its side: upright for the player, not in the file."""
    rows, truths = crowd(*SCENES["over the last row"]())
    coded = film(tmp_path / "coded.mp4", [np.ascontiguousarray(np.rot90(row, -degrees // 90)) for row in rows])
    source = tmp_path / "a.mp4"
    ffmpeg("-display_rotation", str(degrees), "-i", coded, "-c", "copy", source)
    _, before, after = Cast(source, truths).redacted()
    assert before.shape[1:3] == (240, 320)
    assert leaks(before, after, truths) == []


def test_at_a_variable_rate(tmp_path: Path) -> None:
    rows, truths = crowd(*one(walk(Key(0, 60, 120, 60), Key(1, 250, 120, 60)), count=25))
    words = ("-vf", "settb=1/90000,setpts='(N*3600+if(gt(N,12),270000,0)+mod(N,3)*700)'", "-fps_mode", "passthrough")
    source = film(tmp_path / "a.mp4", rows, *words, "-enc_time_base", "1/90000", "-video_track_timescale", "90000")
    assert len({p.lasts for p in shown(source)}) > 2
    _, before, after = Cast(source, truths).redacted()
    assert leaks(before, after, truths) == []


def test_nobody_there(tmp_path: Path) -> None:
    made = cast(tmp_path, shot(12))
    done, before, after = made.redacted()
    assert (done.tracks, done.masked, done.rounds, done.residual) == (0, 0.0, 1, ())
    assert np.abs(after.astype(np.int16) - before).mean() < 4


@pytest.mark.parametrize("size", [(2, 2), (16, 16), (640, 2), (2, 480)])
def test_pictures_of_hardly_any_size(size: tuple[int, int], tmp_path: Path) -> None:
    source = film(
        tmp_path / "a.mp4", pictures(3, size) if min(size) > 8 else [np.full((size[1], size[0], 3), 90, np.uint8)] * 3
    )
    done = redact(source)
    assert decoded(done.output).shape == (3, size[1], size[0], 3)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    """One person, with sound and a title."""
    rows, truths = crowd(*SCENES["in the middle"]())
    words = ("-map", "0", "-map", "1", "-c:a", "aac", "-metadata", "title=x", "-metadata:s:a", "language=kor")
    return Cast(film(tmp_path_factory.mktemp("scene") / "a.mp4", rows, *words, inputs=tone(440, 0.5)), truths)


def test_what_was_done_is_said(scene: Cast, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    encoding = Encoding("fast", 23)
    done = redact(scene.source, tmp_path / "b.mp4", encoding=encoding, progress=lambda *step: steps.append(step))
    assert (done.source, done.output) == (scene.source, tmp_path / "b.mp4")
    assert done.input_sha256 == hashlib.sha256(scene.source.read_bytes()).hexdigest()
    assert done.output_sha256 == hashlib.sha256(done.output.read_bytes()).hexdigest()
    assert (done.frames, done.tracks, done.residual) == (12, 1, ())
    assert done.seconds == pytest.approx(0.48)
    assert (done.style, done.check, done.encoding) == (Style.FILL, Check.ALL, encoding)
    assert done.sound == ("aac, kor",)
    assert done.left_out == ("metadata of the file",)
    assert done.masked == pytest.approx(gone(decoded(scene.source), decoded(done.output)).mean(), abs=0.02)
    assert {step for step, _, _ in steps} == {"look", "write", "check"}
    for name in ("look", "write", "check"):
        counted = [(count, total) for step, count, total in steps if step == name]
        assert counted[-12:] == [(count, 12) for count in range(1, 13)]
    assert heard(done.output) == heard(scene.source)


def test_muted(scene: Cast, tmp_path: Path) -> None:
    done = redact(scene.source, tmp_path / "b.mp4", mute=True)
    assert done.sound == ()
    assert "Audio" not in described(done.output)


@pytest.mark.parametrize("check", list(Check))
def test_each_way_of_checking_leaves_no_face(check: Check, scene: Cast, tmp_path: Path) -> None:
    done = redact(scene.source, tmp_path / "b.mp4", check=check)
    assert leaks(decoded(scene.source), decoded(done.output), scene.truths) == []
    assert done.check is check
    assert ("UNCHECKED" in described(done.output)) == (check is Check.OFF)


def test_what_was_not_checked_is_called_so(scene: Cast) -> None:
    done = redact(scene.source, check=Check.OFF)
    assert done.output == scene.source.with_name("a.redacted.UNCHECKED.mp4")
    done.output.unlink()


def test_finer_is_larger(scene: Cast, tmp_path: Path) -> None:
    sizes = [
        redact(scene.source, tmp_path / f"{crf}.mp4", encoding=Encoding("veryfast", crf)).output.stat().st_size
        for crf in (10, 40)
    ]
    assert sizes[0] > 2 * sizes[1]


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look links nothing; the check still does."""
    monkeypatch.setattr(film_room, "LOOKED", replace(film_room.LOOKED, strong=9.0, weak=9.0))


@pytest.mark.usefixtures("blind")
def test_what_only_the_check_sees_is_destroyed_in_the_next_round(scene: Cast, tmp_path: Path) -> None:
    done = redact(scene.source, tmp_path / "b.mp4")
    assert done.rounds > 1
    assert done.tracks > 0
    assert leaks(decoded(scene.source), decoded(done.output), scene.truths) == []


@pytest.mark.usefixtures("blind")
def test_what_still_shows_is_not_published(scene: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROUNDS", 1)
    with pytest.raises(StillShowing, match="--accept-residual"):
        redact(scene.source, tmp_path / "b.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("blind")
def test_what_still_shows_is_published_where_that_is_asked_for(
    scene: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROUNDS", 1)
    done = redact(scene.source, tmp_path / "b.mp4", accept_residual=True)
    assert done.residual
    x1, y1, x2, y2 = scene.truths[0].xyxy[0].tolist()
    for residual in done.residual:
        assert 0 <= residual.at <= 0.48
        assert 0 < residual.score <= 1
        centre = (residual.xyxy[0] + residual.xyxy[2]) / 2, (residual.xyxy[1] + residual.xyxy[3]) / 2
        assert x1 < centre[0] < x2
        assert y1 < centre[1] < y2


@pytest.mark.usefixtures("blind")
def test_unchecked_nobody_sees_what_shows(scene: Cast, tmp_path: Path) -> None:
    """This is what `off` means, and why the file says so itself."""
    done = redact(scene.source, tmp_path / "b.mp4", check=Check.OFF)
    assert (done.rounds, done.residual) == (1, ())
    assert leaks(decoded(scene.source), decoded(done.output), scene.truths) != []


def test_a_missing_film_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no such file"):
        redact(tmp_path / "a.mp4")
