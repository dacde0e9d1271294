"""The network, on real models: shapes, refusals, and that the runtime keeps silent."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.inference.conftest import Machine
from tests.inference.wheels import CONTENT, pinned, row

from garim.core.errors import Misuse, NoWeights
from garim.inference import network
from garim.inference.network import Network, Numbers, load
from garim.inference.weights import Pinned, Weight, find
from garim.vision.weights import MASKS, YUNET

KINDS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
OUTPUTS = {f"{kind}_{stride}": numbers for stride in (8, 16, 32) for kind, numbers in KINDS.items()}
SHARED = Path(__file__).parents[3] / "shared" / "weights"

SILENCE = Path(__file__).with_name("silence.py")


@pytest.fixture(scope="module")
def yunet() -> Network:
    needed(YUNET)
    return load(YUNET, OUTPUTS)


def needed(weight: Weight) -> Path:
    try:
        return find(weight)[0].parent
    except NoWeights as missing:
        pytest.skip(f"{weight.name}: {missing}")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.weights
@pytest.mark.parametrize(("height", "width"), [(384, 640), (544, 960), (32, 32)])
def test_names_and_shapes(yunet: Network, height: int, width: int) -> None:
    answer = yunet(noise(height, width))
    places = {stride: (height // stride) * (width // stride) for stride in (8, 16, 32)}
    assert {name: array.shape for name, array in answer.items()} == {
        name: (1, places[int(name.partition("_")[2])], numbers) for name, numbers in OUTPUTS.items()
    }
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in answer.values())


@pytest.mark.weights
def test_an_answer_outlives_the_next(yunet: Network) -> None:
    first = yunet(noise(64, 64))["bbox_8"]
    kept = first.copy()
    yunet(np.zeros((64, 64, 3), np.uint8))
    assert np.array_equal(first, kept)


@pytest.mark.weights
def test_a_view_is_seen_as_it_is(yunet: Network) -> None:
    picture = noise(64, 96)
    view = picture[:, ::-1]
    assert same(yunet(view), yunet(np.ascontiguousarray(view)))
    assert not same(yunet(view), yunet(picture))


@pytest.mark.weights
def test_rows_columns_and_channels_keep_their_places(yunet: Network) -> None:
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :, 0] = 255  # blue
    assert not same(yunet(picture), yunet(np.ascontiguousarray(picture[:, :, ::-1])))
    assert yunet(picture)["cls_8"].shape == (1, 8 * 16, 1)


@pytest.mark.weights
def test_few_sizes_are_held(yunet: Network) -> None:
    first = yunet(noise(32, 64))
    for side in range(96, 96 + 32 * network.SIZES_HELD, 32):
        yunet(noise(32, side))
    assert len(yunet._requests) == network.SIZES_HELD
    assert same(yunet(noise(32, 64)), first)


@pytest.mark.weights
def test_one_that_rested_answers_as_before() -> None:
    needed(YUNET)
    network = load(YUNET, OUTPUTS)
    first = network(noise(32, 64))
    network.rest()
    assert not network._requests
    assert same(network(noise(32, 64)), first)


@pytest.mark.weights
def test_several_threads_may_ask_at_once(yunet: Network) -> None:
    pictures = [noise(32 + 32 * (seed % 2), 64, seed) for seed in range(24)]
    alone = [yunet(each) for each in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(yunet, pictures))
    assert all(map(same, alone, together))


@pytest.mark.weights
def test_networks_are_not_bound_to_one_core(yunet: Network) -> None:
    yunet(noise(32, 64))
    request, _ = yunet._requests[1, 32, 64]
    assert request.get_compiled_model().get_property("ENABLE_CPU_PINNING") is False


@pytest.mark.weights
def test_a_model_of_one_picture_is_not_asked_of_many(yunet: Network) -> None:
    with pytest.raises(ValueError, match="not an answer for each of 8 pictures"):
        yunet.many(np.zeros((8, 32, 32, 3), np.uint8))


STATES: Mapping[str, Numbers] = {"states": (3,)}


@pytest.mark.parametrize("count", [1, 7, 8, 9, 19])
def test_many_pictures_answer_side_by_side(count: int) -> None:
    masks = load(MASKS, STATES)
    pictures = np.stack([noise(48, 48, at) // np.uint8(1 + at % 3) for at in range(count)])
    (answer,) = masks.many(pictures).values()
    alone = np.concatenate([masks(picture)["states"] for picture in pictures])
    assert answer.shape == (count, 3) and answer.dtype == np.float32
    assert np.allclose(answer, alone, atol=1e-4)
    assert count == 1 or len(np.unique(answer, axis=0)) > 1
    assert len(masks._requests) <= 2  # compiled for one picture and for several, however many there are


def test_many_answers_outlive_the_next() -> None:
    masks = load(MASKS, STATES)
    first = masks.many(np.stack([noise(48, 48, at) for at in range(8)]))["states"]
    kept = first.copy()
    masks.many(np.zeros((8, 48, 48, 3), np.uint8))
    assert np.array_equal(first, kept)


def test_many_are_one_at_least() -> None:
    with pytest.raises(ValueError, match="many: one picture"):
        load(MASKS, STATES).many(np.zeros((0, 48, 48, 3), np.uint8))


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ({"states": (2,)}, r"states f32\[\?,3\] for \(2,\)"),
        ({"states": (3, 1)}, r"states f32\[\?,3\] for \(3, 1\)"),
        ({"states": 3}, r"states f32\[\?,3\] for 3"),
        ({"states": (3,), "feature": (128,)}, r"feature None for \(128,\)"),
        ({}, r"states f32\[\?,3\] for None"),
    ],
)
def test_three_numbers_a_picture_and_no_others(outputs: Mapping[str, Numbers], says: str) -> None:
    with pytest.raises(NoWeights, match=f"masks: does not answer for .*{says}"):
        load(MASKS, outputs)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ({**OUTPUTS, "bbox_8": 256}, "bbox_8 4 for 256"),
        ({name: n for name, n in OUTPUTS.items() if name != "kps_8"}, "kps_8 10 for None"),
        ({**OUTPUTS, "name": 1}, "name None for 1"),
        ({}, "bbox_16 4 for None"),
    ],
)
def test_other_outputs_are_refused(outputs: Mapping[str, int], says: str) -> None:
    needed(YUNET)
    with pytest.raises(NoWeights, match=f"yunet: does not answer for faces in pictures.*{says}"):
        load(YUNET, outputs)


@pytest.mark.parametrize("outputs", [OUTPUTS, {"658": 1}, {"658": 256}, {"658": (128, 1, 1)}, {"658": (256,)}])
def test_what_compares_faces_is_refused_in_the_place_of_what_finds_them(
    outputs: Mapping[str, Numbers], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"face-reidentification-retail-0095.{end}" for end in ("xml", "bin")]
    if not all((SHARED / name).exists() for name in names):
        pytest.skip(f"no {names[0]} in {SHARED}: a real model that compares is needed to see it refused")
    contents = [(SHARED / name).read_bytes() for name in names]
    files = tuple(
        Pinned(name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in zip(names, contents, strict=True)
    )
    monkeypatch.setenv("GARIM_WEIGHTS", str(SHARED))
    with pytest.raises(NoWeights, match=r"658 f32\[1,256,1,1\] for"):
        load(Weight("yunet", YUNET.purpose, "Apache-2.0", files, (), ""), outputs)


def test_missing_weights_are_an_error(machine: Machine) -> None:
    with pytest.raises(NoWeights, match="garim weights pull yunet"):
        load(YUNET, OUTPUTS)


def test_pinned_bytes_that_are_no_model_are_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine.index / "model.onnx").write_bytes(CONTENT)
    monkeypatch.setenv("GARIM_WEIGHTS", str(machine.index))
    with pytest.raises(NoWeights, match="toy: not a model") as error:
        load(row(pinned()), OUTPUTS)
    assert "\n" not in str(error.value)


def test_without_the_runtime_it_says_what_to_install(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine.index / "model.onnx").write_bytes(CONTENT)
    monkeypatch.setenv("GARIM_WEIGHTS", str(machine.index))
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(Misuse, match=r"pip install 'garim\[footage\]'"):
        load(row(pinned()), OUTPUTS)


@pytest.mark.weights
def test_the_runtime_is_silent(tmp_path: Path) -> None:
    """A fresh home, CI unset: no socket, no process, no file; then the same hook sees each of them."""
    folder = needed(YUNET).resolve()
    home = tmp_path / "home"
    home.mkdir()
    # without CI and its like, which make the runtime's telemetry keep still by itself
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH") if name in os.environ}
    run = subprocess.run(
        [sys.executable, "-B", str(SILENCE)],
        env={**kept, "HOME": str(home), "GARIM_WEIGHTS": str(folder)},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(run.stdout)
    assert seen["imported"] == []
    assert seen["during"] == []
    assert seen["home"] == []
    assert [path.name for path in home.rglob("*")] == ["folder", "file"]  # its exit left nothing more
    assert {event for event, _ in seen["after"]} == {"socket.__new__", "subprocess.Popen", "os.mkdir", "open"}


def same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in one)  # type: ignore[arg-type]
