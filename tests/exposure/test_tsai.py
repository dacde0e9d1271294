"""Tsai's parameters as they come: PETS' own file, the same as JSON, and what is neither."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from tests.exposure.cameras import parameters, tracks

from garim.core.errors import Misuse
from garim.exposure import tsai
from garim.exposure.ground import written

MADE = {
    **dict.fromkeys(("kappa1", "tx", "ty", "ry", "rz"), 0.0),
    **dict.fromkeys(("dpx", "dpy"), 0.005),
    **dict(zip(("width", "height", "cx", "cy"), (1280, 720, 640, 360), strict=True)),
    **dict(zip(("focal", "sx", "tz", "rx"), (5.5, 1.0, 10_000.0, 3.14159265), strict=True)),
}


def test_a_camera_that_looks_down() -> None:
    ground = tsai.ground(json.dumps(MADE))
    assert ground.size == (1280, 720) and ground.origin == "tsai"
    assert ground.camera_m == pytest.approx([0, 0, 10], abs=1e-6)
    # 110 px are a metre at 10 m
    found, sd = ground.metres(np.array([[640, 360], [750, 250]], float), 11.0)
    assert found == pytest.approx(np.array([[0, 0], [1, 1]]), abs=1e-6)
    assert sd == pytest.approx([0.1, 0.1])
    assert ground.covariance is None and ground.error_px is None


def test_pets_as_xml_and_as_json_are_one() -> None:
    text = parameters()
    numbers = {name: float(value) for name, value in re.findall(r'(\w+)="([-+.\de]+)"', text)}
    plain = {name: numbers[name] for name in MADE}
    assert written(tsai.ground(json.dumps(plain))) == written(tsai.ground(text))


def test_pets_as_metres_instead_of_millimetres_is_refused() -> None:
    text = parameters().replace('tz="3.5469298547e+04"', 'tz="35.469"').replace('ty="-3.1754796051e+03"', 'ty="-3.175"')
    text = text.replace('tx="8.2873214225e+02"', 'tx="0.829"')
    with pytest.raises(Misuse, match=r"0\.00707 m high.*millimetres"):
        tsai.ground(text)


def test_pets_heads_are_a_persons_height_above_their_feet() -> None:
    ground = tsai.ground(parameters())
    feet, metres, boxes = tracks()
    heads = ground.pixels(metres, 1.75)
    tall = np.concatenate([each.xyxy[:, 3] - each.xyxy[:, 1] for each in boxes.values()])
    assert np.median((feet[:, 1] - heads[:, 1]) / tall) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "XML"),
        ("<Camera>", "XML"),
        ("<Camera/>", "Geometry width is missing"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Camera/>', "document type"),
        ("<Camera>" + " " * 70_000 + "</Camera>", "too long"),
        ("{", "JSON"),
        ("{}", "missing"),
        (json.dumps(MADE | {"tw": 1.0}), "not one of them: tw"),
        (json.dumps(MADE | {"tx": "1"}), "tx is no number"),
        (json.dumps(MADE | {"tx": True}), "tx is no number"),
        (json.dumps(MADE | {"tx": float("nan")}), "finite"),
        (json.dumps(MADE | {"focal": 0}), "focal is over 0"),
        (json.dumps(MADE | {"width": 12.5}), "whole px"),
        (json.dumps(MADE | {"width": 1e9}), "whole px"),
        (json.dumps(MADE | {"tz": 10.0}), "0.01 m high"),
        (json.dumps(MADE | {"tz": 0.0}), "Tsai"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(Misuse, match=said):
        tsai.ground(text)
