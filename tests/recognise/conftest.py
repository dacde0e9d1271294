"""The matchers, each loaded once; where one is missing, its tests are skipped with what is missing."""

from __future__ import annotations

import pytest

from garim.core.errors import Misuse, NoWeights
from garim.recognise.matcher import Matcher, Name
from garim.recognise.matchers import loaded


def needed(name: Name) -> Matcher:
    try:
        return loaded(name)
    except (NoWeights, Misuse) as missing:
        pytest.skip(f"{name}: {missing}")


@pytest.fixture(scope="package")
def omz() -> Matcher:
    return needed(Name.OMZ_0095)


@pytest.fixture(scope="package")
def second() -> Matcher:
    return needed(Name.DLIB)
