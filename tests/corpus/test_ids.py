"""Ids of many pseudonyms are those of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Misuse
from garim.corpus.subjects import id_of, ids_of

NAMES = st.from_regex("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


@given(st.lists(NAMES, max_size=20), st.binary(min_size=32, max_size=32))
def test_many_are_each(names: list[str], key: bytes) -> None:
    assert [each.tobytes() for each in ids_of(key, names)] == [id_of(key, name) for name in names]


def test_one_that_is_none_is_refused() -> None:
    for names in (["P-1", "P 2"], ["P-1\nP-2"], ["P-1", ""], [""], ["P-1\n"], ["\u00c9"], ["P" * 65]):
        with pytest.raises(Misuse):
            ids_of(bytes(32), names)
