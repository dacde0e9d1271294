"""What the mask classifier is trained on: nobody in two parts, masks where they are said to be, crops of a look.

The training itself takes half an hour and PyTorch: training/mask/README.md. Its result is tested in tests/vision.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks._leaks_people import LONDON, volunteers
from numpy.typing import NDArray

from garim.vision.masks import SIDE, Masks

pytestmark = [
    pytest.mark.skipif(not LONDON.is_dir(), reason="the London set does not lie beside the checkout: ../shared/data"),
    pytest.mark.weights,
]


def painted(state: str, seed: int) -> tuple[NDArray[np.bool_], float, float]:
    """Which pixels of the face's middle column dressing has changed much; and where its nose and mouth are, in rows."""
    from training.mask.people import heads
    from training.mask.wear import Dress, Face, _mask

    head = heads(volunteers()[3])[0]
    face = Face.of(head)
    dress = Dress(head.rgba[..., :3].copy(), head.rgba[..., 3].copy(), face, np.random.default_rng(seed))
    _mask(dress, state)
    column = slice(round(face.middle) - 3, round(face.middle) + 4)
    changed = np.abs(dress.rgb - head.rgba[..., :3])[:, column].mean((1, 2)) > 12
    return changed, face.px((0, face.nose))[1], face.px((0, face.mouth))[1]


def test_nobody_is_in_two_parts() -> None:
    from training.mask.people import ROOMS, split

    parts = split(1)
    everybody = [who for part in parts.values() for who in part]
    assert len(everybody) == len(set(everybody)) == len(volunteers()) + len(ROOMS)
    assert {name: len(who) for name, who in parts.items()} == {"test": 26, "calibrate": 12, "train": 66}
    assert split(1) == parts != split(2)


@pytest.mark.parametrize("seed", range(12))
def test_a_worn_mask_hides_nose_and_mouth_and_a_wrong_one_leaves_the_nose(seed: int) -> None:
    worn, nose, mouth = painted("worn", seed)
    wrong, *_ = painted("incorrect", seed)
    assert worn[round(nose) : round(mouth)].mean() > 0.8
    assert not worn[: round(nose) - 30].any(), "the eyes are free"
    assert not wrong[: round(nose)].any()
    assert wrong[round(mouth) + 8 :].any()


def test_a_seed_makes_the_same_crops(tmp_path: Path) -> None:
    from training.mask.people import heads
    from training.mask.scene import compressed, cropped, shot
    from training.mask.wear import dressed

    def made(seed: int) -> NDArray[np.uint8]:
        random = np.random.default_rng(seed)
        head = heads(volunteers()[3])[1]
        rgb, matte = dressed(head, "worn", random)
        shots = compressed([shot(rgb, matte, head, random, size) for size in (9.0, 20.0, 60.0)], random)
        assert [round(each.size) for each in shots] == [9, 20, 60]
        for each in shots:
            box = each.box
            assert (box[:2] >= 0).all() and box[2] <= each.rgb.shape[1] and box[3] <= each.rgb.shape[0]
            assert float(np.sqrt((box[2:] - box[:2]).prod())) == pytest.approx(each.size, rel=0.25)
        return np.stack([cropped(each, random) for each in shots])

    first = made(7)
    assert first.shape == (3, SIDE, SIDE, 3) and first.dtype == np.uint8
    assert np.array_equal(first, made(7))
    assert not np.array_equal(first, made(8))


def test_the_committed_model_tells_people_it_was_not_trained_on() -> None:
    """Large faces of a few of those who are only measured: far above a guess, which would be a third."""
    from training.mask.crops import STATES
    from training.mask.people import heads, split
    from training.mask.scene import compressed, cropped, shot
    from training.mask.wear import dressed

    random = np.random.default_rng(11)
    shots, truth = [], []
    for who in split(1)["test"][:8]:
        for state, name in enumerate(STATES):
            for head in heads(who):
                rgb, matte = dressed(head, name, random)
                shots.append(shot(rgb, matte, head, random, 40.0))
                truth.append(state)
    odds = Masks()([cropped(each, random) for each in compressed(shots, random)])
    right = odds.argmax(1) == np.array(truth)
    assert right.mean() > 0.8
    assert right[np.array(truth) == STATES.index("worn")].mean() > 0.8
    assert right[np.array(truth) == STATES.index("absent")].mean() > 0.8
