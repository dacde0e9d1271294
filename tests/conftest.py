"""What every test may ask for: model weights, a real ffmpeg, the demo's faces; each skips with its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from garim.core.errors import NoWeights
from garim.inference.weights import find
from garim.vision.weights import YUNET

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

# where a law says no number of its own; --hypothesis-profile=default, as `make test-all` has it, tries 100
settings.register_profile("quick", max_examples=40)
settings.load_profile("quick")

if "GARIM_WEIGHTS" not in os.environ and (SHARED / "weights").is_dir():
    os.environ["GARIM_WEIGHTS"] = str(SHARED / "weights")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `weights` is skipped, with what is missing, where the detector is not there."""
    if item.get_closest_marker("weights"):
        try:
            find(YUNET)
        except NoWeights as error:
            pytest.skip(str(error))
