"""`garim exposure track`: real footage through the real detector; what it says, and how it leaves."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from benchmarks._rtsp import cameras
from tests.exposure.street import clocks, ground
from tests.films import ffmpeg
from typer.testing import CliRunner

from garim.cli.exposure_track import track
from garim.core.errors import Misuse, NoWeights, Unreadable
from garim.exposure import tsai
from garim.exposure.ground import Verdict, written
from garim.inference.weights import find
from garim.vision.weights import YOLOX_NANO, YUNET

DATA = Path(__file__).parents[3] / "shared" / "data"
PETS = DATA / "pets_s2l1"
DAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"  # what is older, or yet to come, is not kept
TEN = f"{DAY}T10:00:00Z"


@pytest.fixture(autouse=True)
def _detector() -> None:
    try:
        find(YOLOX_NANO), find(YUNET)
    except NoWeights as missing:
        pytest.skip(str(missing))


@pytest.fixture
def street(tmp_path: Path) -> tuple[str, ...]:
    """Four seconds in which nobody is seen, and what goes with them."""
    (tmp_path / "ground.json").write_text(written(ground()))
    film = clocks(tmp_path / "a.mp4", range(100), "-metadata", f"creation_time={DAY}T09:30:00Z")
    return str(film), *_words(tmp_path)


@pytest.fixture
def pets(tmp_path: Path) -> tuple[str, ...]:
    """The first four seconds of the public film."""
    if not PETS.is_dir():
        pytest.skip(f"{PETS}: footage beside the checkout")
    (tmp_path / "ground.json").write_text(written(tsai.ground((PETS / "View_001.xml").read_text())))
    film = tmp_path / "a.avi"
    ffmpeg("-i", PETS / "vtest.avi", "-t", "4", "-c", "copy", film)
    return str(film), *_words(tmp_path)


def _words(folder: Path) -> tuple[str, ...]:
    return "--camera", "gate-3", "--ground", str(folder / "ground.json"), "--store", str(folder / "store")


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(track)
    done = CliRunner().invoke(app, words, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value, done.stdout


def as_json(*words: str) -> dict[str, Any]:
    _, said = run(*words, "--json")
    answer: dict[str, Any] = json.loads(said)
    return answer


@pytest.mark.weights
def test_people_of_a_real_film_are_counted_and_not_numbered(pets: tuple[str, ...]) -> None:
    code, said = run(*pets, "--at", TEN)
    assert code == 0
    first, second, last = said.splitlines()
    assert first.startswith(f"{DAY} 10h UTC  written: 4 s watched, ")
    assert "people-tracks" in second
    assert "mask states by the models yunet and masks, of those whose faces are near enough" in second
    assert last == "Rows are unnamed, not anonymous: whoever knows where somebody was can find their track."
    again = as_json(*pets, "--at", TEN)
    assert [hour["state"] for hour in again["hours"]] == ["unchanged"]
    assert 4 <= again["people_tracks"] <= 8  # five walk by
    assert again["person_s"] > 10
    assert set(again) == {
        "camera", "hours", "people_tracks", "person_s", "things_left_out", "not_covered", "pictures", "looked_at",
        "masks", "mask_models", "ended_early", "ground_heights",
    }  # fmt: skip


@pytest.mark.weights
def test_nobody_is_said_and_covered(street: tuple[str, ...]) -> None:
    answer = as_json(*street, "--at", f"{DAY}T19:59:58+09:00")
    assert answer["hours"] == [
        {
            "hour": f"{DAY}T{hour}Z",
            "state": "written",
            "watched_s": 2.0,
            "tracks": 0,
            "person_s": 0.0,
            "unsure_s": 0.0,
            "already_s": 0.0,
            "dropped_s": 0.0,
        }
        for hour in (10, 11)
    ]
    assert (answer["people_tracks"], answer["not_covered"]) == (0, [])
    assert (answer["masks"], answer["mask_models"]) == ("told", ["yunet", "masks"])


@pytest.fixture
def no_yunet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models, in which the finder of faces is not."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (place,) = find(YOLOX_NANO)
    (folder / place.name).symlink_to(place)
    monkeypatch.setenv("GARIM_WEIGHTS", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.mark.weights
def test_without_the_finder_of_faces_masks_are_unknown_and_the_rest_goes_on(
    street: tuple[str, ...], no_yunet: Path
) -> None:
    code, said = run(*street, "--at", TEN)
    assert code == 0
    assert "mask states are unknown: the model yunet is not there, and garim weights pull yunet brings it." in said
    answer = as_json(*street, "--at", TEN)
    assert (answer["masks"], answer["mask_models"]) == ("unknown", [])
    assert [hour["state"] for hour in answer["hours"]] == ["unchanged"]


@pytest.mark.weights
def test_a_wrong_finder_of_faces_is_an_error(street: tuple[str, ...], no_yunet: Path, tmp_path: Path) -> None:
    (no_yunet / YUNET.files[0].file).write_bytes(b"no model")
    with pytest.raises(NoWeights, match="it was not used"):
        run(*street, "--at", TEN)
    assert not (tmp_path / "store").exists()


@pytest.mark.weights
@pytest.mark.parametrize(("verdict", "says"), [("agree", ""), ("disagree", "DISAGREE"), ("unknown", "not checked")])
def test_what_people_say_of_the_ground_is_said(
    street: tuple[str, ...], tmp_path: Path, verdict: str, says: str
) -> None:
    (tmp_path / "ground.json").write_text(written(replace(ground(), people=Verdict(verdict))))
    app = typer.Typer()
    app.command()(track)
    done = CliRunner().invoke(app, [*street, "--at", TEN, "--json"], standalone_mode=False)
    assert json.loads(done.stdout)["ground_heights"] == verdict
    assert (says in done.stderr) and ("ground" in done.stderr) == bool(says)


@pytest.mark.weights
def test_the_films_own_time_is_taken_when_it_is_asked_for(street: tuple[str, ...]) -> None:
    with pytest.raises(Misuse, match=rf"it says that it was made {DAY}T09:30:00\.000Z: --at container takes that"):
        run(*street)
    assert as_json(*street, "--at", "container")["hours"][0]["hour"] == f"{DAY}T09Z"


@pytest.mark.weights
def test_a_part_that_nobody_watched_is_said_and_leaves_with_1(street: tuple[str, ...], tmp_path: Path) -> None:
    film = tmp_path / "b.mp4"
    ffmpeg("-i", street[0], "-vf", "select='not(between(t,1,3))'", "-fps_mode", "vfr", film)
    code, said = run(str(film), *street[1:], "--at", TEN)
    assert code == 1
    assert "Not covered: 10:00:00 to 10:00:03, no two pictures within a second in 2.1 s" in said


@pytest.mark.weights
def test_what_is_there_already_and_what_is_dropped_is_said(street: tuple[str, ...], tmp_path: Path) -> None:
    film = tmp_path / "b.mp4"
    ffmpeg("-i", street[0], "-t", "2", film)
    run(str(film), *street[1:], "--at", TEN)
    code, said = run(*street, "--at", TEN)
    assert code == 0
    assert "added: 4 s watched" in said and "; 2 s of them were there already, and stay as they were" in said
    code, said = run(str(film), *street[1:], "--at", TEN, "--hz", "10", "--replace")
    assert code == 1
    assert "; DROPPED: 2 s of this hour that were there, coarse or under other settings" in said


@pytest.mark.weights
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--at", "yesterday"), "is a day, a time and a zone"),
        (("--at", "2026-11-22T10:00:00"), "is a day, a time and a zone"),
        (("--at", TEN, "--for", "5"), "--for is for cameras"),
        (("--at", TEN, "--camera", "../etc"), "an id is 1 to 64"),
    ],
)
def test_what_cannot_be_asked(street: tuple[str, ...], more: tuple[str, ...], says: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=says):
        run(*street, *more)
    assert not (tmp_path / "store").exists()


@pytest.mark.weights
def test_a_camera_is_watched_now(street: tuple[str, ...]) -> None:
    with pytest.raises(Misuse, match="a camera is watched now"):
        run("rtsp://127.0.0.1/1", *street[1:], "--for", "5", "--at", TEN)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("number", "more", "code"),
    [(signal.SIGTERM, (), 0), pytest.param(signal.SIGINT, ("--for", "60"), 1, marks=pytest.mark.slow)],
)
def test_a_camera_is_watched_until_it_is_stopped(
    street: tuple[str, ...], tmp_path: Path, number: signal.Signals, more: tuple[str, ...], code: int
) -> None:
    film = clocks(tmp_path / "camera.mp4", range(250), "-g", "5", "-bf", "0", rate=10)
    with contextlib.ExitStack() as held:
        try:
            (url,) = held.enter_context(cameras(film, 1))
        except OSError as missing:
            pytest.skip(str(missing))
        words = (sys.executable, "-c", "from garim.cli.main import run; run()", "exposure", "track", url)
        with subprocess.Popen((*words, *street[1:], *more), stdout=-1, stderr=-1, text=True) as process:
            assert process.stderr
            assert any("is watched" in line for line in process.stderr)
            time.sleep(2)
            process.send_signal(number)
            said, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (code, "stopped; what was seen until then is kept\n")
    assert " s watched, 0 tracks" in said
    assert ("it was stopped" in said) == bool(more)
    assert len(list((tmp_path / "store").glob("20*/*/gate-3.garim"))) >= 1


@pytest.mark.weights
def test_a_mistyped_address_keeps_its_password(street: tuple[str, ...]) -> None:
    with pytest.raises(Misuse, match=r"rtps://10\.0\.0\.3: is no address of a camera") as error:
        run("rtps://admin:s3cret@10.0.0.3/1", *street[1:], "--for", "5")
    assert "s3cret" not in str(error.value)


@pytest.mark.weights
def test_a_film_without_a_time_and_a_ground_that_is_none(street: tuple[str, ...], tmp_path: Path) -> None:
    bare = tmp_path / "bare.mkv"
    ffmpeg("-i", street[0], "-c", "copy", "-map_metadata", "-1", bare)
    with pytest.raises(Misuse, match="does not say when it was made"):
        run(str(bare), *street[1:], "--at", "container")
    (tmp_path / "ground.json").write_text("{}")
    with pytest.raises(Misuse, match="the ground is not one of garim's"):
        run(*street, "--at", TEN)
    (tmp_path / "ground.json").unlink()
    with pytest.raises(Unreadable, match=r"ground\.json: cannot be read"):
        run(*street, "--at", TEN)
