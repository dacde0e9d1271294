"""The tree over a manifest's rows is the ledger's, and each row is proven in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from garim.core.errors import Disproved, Malformed
from garim.corpus import rows_tree
from garim.corpus.rows_tree import BLOCK, RowsTree, leaves, tree
from garim.ledger import merkle

KEY = bytes(range(32))


def _photos(size: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.sort(np.random.default_rng(size).choice(1 << 40, size, replace=False)).astype(np.uint64)


@given(st.integers(0, 1500), st.data())
@example(0, None).via("nobody agreed")
@example(BLOCK, None).via("one block")
@example(BLOCK + 1, None).via("a leaf past it")
def test_it_is_the_ledgers_tree(size: int, data: st.DataObject | None) -> None:
    photos = _photos(size)
    hashes = merkle.leaves(leaves(KEY, photos))
    made = tree(KEY, photos)
    assert made.root == merkle.root(hashes)
    assert RowsTree.read(made.written()) == made
    if size and data is not None:
        index = data.draw(st.integers(0, size - 1))
        start = index - index % BLOCK
        proof = made.proof(index, hashes[start : start + BLOCK])
        merkle.check_inclusion(hashes[index], index, size, proof, made.root)
        with pytest.raises(Disproved):
            merkle.check_inclusion(hashes[index][::-1], index, size, proof, made.root)


def test_two_processes_make_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    photos = _photos(3 * (1 << 16) + 777)
    alone = tree(KEY, photos)
    monkeypatch.setattr(rows_tree, "_ALONE", 1)
    assert tree(KEY, photos) == alone
    assert alone.root == merkle.root(merkle.leaves(leaves(KEY, photos)))


def test_a_leaf_says_its_photo_and_hides_its_neighbours() -> None:
    (first, second) = leaves(KEY, np.array([1, 2], np.uint64))
    assert first[16:] == (1).to_bytes(8, "big")
    assert first[:16] != second[:16]
    (other,) = leaves(bytes(32), np.array([1], np.uint64))
    assert other[:16] != first[:16]


@pytest.mark.parametrize("octets", [b"", bytes(7), b"\xff" * 8, (300).to_bytes(8, "big") + bytes(95)])
def test_what_is_no_tree(octets: bytes) -> None:
    with pytest.raises(Malformed):
        RowsTree.read(octets)
