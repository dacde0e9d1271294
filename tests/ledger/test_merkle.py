"""The tree against RFC 6962's definitions, written down as they stand there."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Disproved
from garim.ledger import merkle


def mth(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = merkle.split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = merkle.split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known=known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], known=False), mth(leaves[:k])]


LEAVES = [b"%d" % i for i in range(70)]


def span(start: int, end: int) -> bytes:
    return mth(LEAVES[start:end])


@pytest.mark.parametrize("size", range(71))
def test_root(size: int) -> None:
    assert merkle.root([merkle.leaf(entry) for entry in LEAVES[:size]]) == mth(LEAVES[:size])


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 70])
def test_inclusion_of_every_leaf(size: int) -> None:
    for index in range(size):
        proof = merkle.inclusion(index, size, span)
        assert proof == path(index, LEAVES[:size])
        merkle.check_inclusion(merkle.leaf(LEAVES[index]), index, size, proof, mth(LEAVES[:size]))


@pytest.mark.parametrize("size", [*range(34), 63, 64, 65, 70])
def test_consistency_with_every_older_tree(size: int) -> None:
    for old in range(size + 1):
        proof = merkle.consistency(old, size, span)
        assert proof == (subproof(old, LEAVES[:size]) if old else [])
        merkle.check_consistency(old, mth(LEAVES[:old]), size, mth(LEAVES[:size]), proof)


@given(st.data())
def test_no_other_leaf_place_proof_or_root_is_included(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, LEAVES[:size])
    good = (merkle.leaf(LEAVES[index]), index, size, proof, mth(LEAVES[:size]))
    other = data.draw(st.sampled_from(["leaf", "index", "size", "longer", "shorter", "step", "root"]))
    hashed, place, wide, steps, root = good
    if other == "leaf":
        hashed = merkle.leaf(b"another")
    elif other == "index":
        place = data.draw(st.integers(-1, size).filter(lambda i: i != index))
    elif other == "size":  # of another size the same way may lead up: what counts is that index and root hold it
        wide = index
    elif other == "longer":
        steps = [*proof, bytes(32)]
    elif other == "shorter" and proof:
        steps = proof[:-1]
    elif other == "step" and proof:
        i = data.draw(st.integers(0, len(proof) - 1))
        steps = [*proof[:i], bytes(32), *proof[i + 1 :]]
    else:
        root = bytes(32)
    with pytest.raises(Disproved):
        merkle.check_inclusion(hashed, place, wide, steps, root)


@given(st.data())
def test_no_other_history_is_consistent(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(1, size))
    proof = subproof(old, LEAVES[:size])
    roots = [mth(LEAVES[:old]), mth(LEAVES[:size])]
    other = data.draw(st.sampled_from(["old root", "new root", "longer", "shorter", "step", "larger"]))
    if other == "old root":
        roots[0] = bytes(32)
    elif other == "longer":
        proof = [*proof, bytes(32)]
    elif other == "shorter" and proof:
        proof = proof[:-1]
    elif other == "step" and proof:
        i = data.draw(st.integers(0, len(proof) - 1))
        proof = [*proof[:i], bytes(32), *proof[i + 1 :]]
    elif other == "larger":
        old, size = size + 1, old
    else:
        roots[1] = bytes(32)
    with pytest.raises(Disproved):
        merkle.check_consistency(old, roots[0], size, roots[1], proof)


def test_the_empty_tree_begins_every_tree_and_nothing_else_does() -> None:
    merkle.check_consistency(0, merkle.EMPTY, 5, mth(LEAVES[:5]), [])
    with pytest.raises(Disproved):
        merkle.check_consistency(0, bytes(32), 5, mth(LEAVES[:5]), [])
    with pytest.raises(Disproved):
        merkle.check_consistency(0, merkle.EMPTY, 5, mth(LEAVES[:5]), [bytes(32)])
    with pytest.raises(Disproved):
        merkle.check_consistency(5, mth(LEAVES[:5]), 5, mth(LEAVES[1:6]), [])


def test_a_leaf_is_no_node() -> None:
    left, right = merkle.leaf(b"a"), merkle.leaf(b"b")
    assert merkle.leaf(left + right) != merkle.node(left, right)
