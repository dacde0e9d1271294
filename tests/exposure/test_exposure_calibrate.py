"""The command as somebody uses it who was in the street with a tape measure; real processes, PETS' film."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image as Pillow
from tests import processes
from tests.exposure.cameras import PETS, parameters
from tests.films import ffmpeg

from garim.cli.exposure_calibrate import calibrate
from garim.core.errors import GarimError, Misuse, NoWeights, Unreadable
from garim.core.image import Image
from garim.exposure import tsai
from garim.exposure.ground import Verdict, read
from garim.inference.weights import find
from garim.vision.weights import YOLOX_NANO

FILM, XML = PETS / "vtest.avi", PETS / "View_001.xml"
PLACES = ((60, 250), (180, 420), (330, 330), (400, 520), (460, 215), (560, 330), (640, 250), (700, 470), (250, 230))

pytestmark = pytest.mark.skipif(not FILM.exists(), reason=f"{FILM} is not there")


def garim(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return processes.garim("exposure", "calibrate", *words, env=os.environ | {"COLUMNS": "160"})


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """Clicked to a px and measured to a centimetre, out of PETS' own calibration."""
    return measured(tmp_path, 1.0)


def measured(folder: Path, scale: float) -> Path:
    px = np.array(PLACES, float)
    metres, _ = tsai.ground(parameters()).metres(px)
    rows = (f"{x},{y},{a:.2f},{b:.2f}" for (x, y), (a, b) in zip(px, metres * scale, strict=True))
    path = folder / "points.csv"
    path.write_text("\n".join(["x_px,y_px,x_m,y_m", *rows]))
    return path


@pytest.fixture
def people() -> None:
    try:
        find(YOLOX_NANO)
    except NoWeights as missing:
        pytest.skip(f"{YOLOX_NANO.name}: {missing}")


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.usefixtures("people")
def test_points_to_a_ground_that_people_agree_with(points: Path, tmp_path: Path) -> None:
    out, drawn = tmp_path / "ground.json", tmp_path / "look.svg"
    ran = garim(FILM, "--points", points, "-o", out, "--picture", drawn)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert "they agree" in ran.stderr and "7.1" in ran.stderr
    ground = read(out.read_text())
    assert ground.people is Verdict.AGREE
    assert ground.camera_height_m == pytest.approx(7.07, abs=0.3)
    truth = tsai.ground(parameters())
    px = np.array([[200, 300], [400, 400], [600, 300]], float)
    assert np.abs(ground.metres(px)[0] - truth.metres(px)[0]).max() < 0.1
    assert nobody(drawn.read_text("utf-8"))
    again = garim(FILM, "--points", points, "-o", out)
    assert again.returncode == 2 and "exists already" in again.stderr


def nobody(svg: str) -> bool:
    """Whether the detector, asked of the picture in `svg`, is not sure of anybody."""
    from garim.vision.people import People

    found = re.search(r"data:image/jpeg;base64,([^\"]+)", svg)
    assert found
    rgb = np.asarray(Pillow.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGB"))
    return len(People()(Image(np.ascontiguousarray(rgb[:, :, ::-1]), 1.0), 0.4)) == 0


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.usefixtures("people")
def test_parameters_and_json(tmp_path: Path) -> None:
    ran = garim(FILM, "--tsai", XML, "-o", tmp_path / "g.json", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["camera_height_m"] == pytest.approx(7.066, abs=0.001)
    assert told["heights"]["verdict"] == "agree" and told["points"] == [] and told["error_px"] is None
    assert [each["sd_m"] for each in told["reach"]] == sorted(each["sd_m"] for each in told["reach"])
    assert list(tmp_path.iterdir()) == [tmp_path / "g.json"]


@pytest.mark.weights
@pytest.mark.usefixtures("people")
def test_feet_are_found_out(tmp_path: Path) -> None:
    ffmpeg("-i", FILM, "-t", "20", "-c", "copy", tmp_path / "part.avi")
    words = (tmp_path / "part.avi", "--points", measured(tmp_path, 3.2808), "-o", tmp_path / "g.json")
    ran = garim(*words, "--picture", tmp_path / "look.svg")
    assert ran.returncode == 2
    assert "people do not agree" in ran.stderr and "feet" in ran.stderr and "--accept-heights" in ran.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"points.csv", "part.avi"}


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.usefixtures("people")
def test_feet_are_accepted_where_that_is_asked_for(tmp_path: Path) -> None:
    words = (FILM, "--points", measured(tmp_path, 3.2808), "-o", tmp_path / "g.json")
    accepted = garim(*words, "--accept-heights")
    assert accepted.returncode == 1 and "people do not agree" in accepted.stderr
    assert read((tmp_path / "g.json").read_text()).people is Verdict.DISAGREE


def test_what_cannot_be_begun(points: Path, tmp_path: Path) -> None:
    out, few = tmp_path / "g.json", tmp_path / "few.csv"
    few.write_text("\n".join(points.read_text().splitlines()[:6]))
    refused: tuple[tuple[dict[str, Path], str, type[GarimError]], ...] = (
        ({}, "--points FILE or --tsai FILE", Misuse),
        ({"points": points, "tsai": XML}, "one of the two", Misuse),
        ({"points": few}, "few.csv: 5 points are too few", Misuse),
        ({"points": tmp_path / "none.csv"}, "cannot be read", Unreadable),
        ({"points": points, "video": tmp_path / "none.mp4"}, "no such file", Misuse),
        ({"points": points, "video": tmp_path}, "is a folder", Misuse),
        ({"points": points, "output": points}, "the output is the input", Misuse),
        ({"points": points, "picture": tmp_path / "a.png"}, "SVG", Misuse),
        ({"tsai": points}, "points.csv: the Tsai parameters", Misuse),
    )
    for words, said, error in refused:
        with pytest.raises(error, match=said) as told:
            calibrate(**cast(Any, {"video": FILM, "output": out} | words))
        assert "\n" not in str(told.value)
    assert not out.exists()
