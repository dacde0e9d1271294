"""What is made of a peer's output, without the peer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from benchmarks._gate_peers import erred, failed, its_own_words, templates
from benchmarks._tools import Uninstalled


def _line(*faces: tuple[list[float], float]) -> str:
    return json.dumps([{"embedding": numbers, "face_confidence": sure} for numbers, sure in faces])


def test_a_photo_without_one_face_has_no_template() -> None:
    said = ["a word before", _line(([1, 0], 0.9)), _line(([1, 0], 0.0)), _line(([1, 0], 0.9), ([0, 1], 0.9)), "[]"]
    found = templates("\n".join(said), 4)
    assert [each is not None for each in found] == [True, False, False, False]


def test_an_answer_that_is_missing_is_no_photo_without_a_face() -> None:
    with pytest.raises(Uninstalled, match="1 of 2 photos"):
        templates(_line(([1, 0], 0.9)), 2)


def test_who_lacks_a_template_is_not_compared() -> None:
    a, b = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    found = (a, a, None, a, b, b)
    assert (failed(found).errors, failed(found).comparisons) == (1, 6)
    people, errors = erred(found, 0.0)
    assert (people, errors.fnmr.comparisons, errors.fmr.comparisons, errors.fnmr.errors) == (2, 2, 2, 0)


def test_its_own_words_are_the_last_errors_first_line() -> None:
    said = "OSError: reset\nTraceback\n  raise ValueError(\nValueError: no   weights from https://hub.\nTry by hand\n"
    assert its_own_words(said) == "ValueError: no weights from https://hub"
    assert its_own_words("") == "it said nothing of an error"
