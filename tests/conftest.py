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

# Where a law says no number of its own. No test is timed. The same examples each time, so that CI says the same of a
# commit twice; `make test-all` draws others, 100 of each.
settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=100, deadline=None)
settings.load_profile("quick")

if "GARIM_WEIGHTS" not in os.environ and (SHARED / "weights").is_dir():
    os.environ["GARIM_WEIGHTS"] = str(SHARED / "weights")


# The wall stands in tests, too: what knows faces is tested in a run of its own; `make test` has both.
IDENTITY = ("gate", "recognise", "corpus", "attacks/test_forged_passports.py", "attacks/test_presentation.py")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a run that would bring both sides of the wall into one process."""
    if len(set(_sides(config))) > 1:
        raise pytest.UsageError(f"both sides of the wall in one run: name {', '.join(IDENTITY)} apart from the others")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the identity side's tests to a run that names nothing but them."""
    return (_is_identity(collection_path) and not all(_sides(config))) or None


def _sides(config: pytest.Config) -> list[bool]:
    return [_is_identity(Path(arg.partition("::")[0]).resolve()) for arg in config.args]


def _is_identity(path: Path) -> bool:
    return any(path.is_relative_to(ROOT / "tests" / part) for part in IDENTITY)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `weights` is skipped, with what is missing, where the detector is not there."""
    if item.get_closest_marker("weights"):
        try:
            find(YUNET)
        except NoWeights as error:
            pytest.skip(str(error))
