"""Tiles by their names, and trees read out of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garim.core.errors import Malformed
from garim.ledger import merkle, tiles
from garim.ledger.edge import Edge
from garim.ledger.tiles import Name, Tree

ENTRIES = [b"entry %d" % i for i in range(70_000)]
LEAVES = [merkle.leaf(entry) for entry in ENTRIES]


def laid(size: int) -> dict[str, bytes]:
    """A log of `size` entries, as path -> bytes."""
    _, made = Edge().grown(LEAVES[:size])
    files = {str(name): tile for name, tile in made}
    for name in tiles.bundles(size):
        start = name.number * tiles.WIDTH
        files[str(name)] = tiles.bundled(ENTRIES[start : start + name.width])
    return files


def read(files: dict[str, bytes]) -> tiles.Read:
    def at(path: str) -> bytes:
        try:
            return files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    return at


def test_names_are_those_of_the_specification() -> None:
    assert str(Name(0, 1234067)) == "tile/0/x001/x234/067"
    assert str(Name(3, 0)) == "tile/3/000"
    assert str(Name(None, 273, 112)) == "tile/entries/273.p/112"


def test_the_layout_of_seventy_thousand_is_that_of_the_specification() -> None:
    names = list(tiles.names(70_000))
    full = [name for name in names if name.width == 256]
    partial = [str(name) for name in names if name.width < 256]
    assert [name.level for name in full].count(0) == 273
    assert [name.level for name in full].count(1) == 1
    assert partial == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert [str(name) for name in tiles.names(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert set(laid(70_000)) == {str(name) for name in (*names, *tiles.bundles(70_000))}


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000, 70_000])
def test_a_tree_out_of_tiles_has_the_root_of_its_leaves(size: int) -> None:
    assert Tree(read(laid(size)), size).root == merkle.root(LEAVES[:size]) == Edge().grown(LEAVES[:size])[0].root


@given(st.integers(1, 1200), st.data())
@settings(deadline=None)
def test_proofs_out_of_tiles_hold(size: int, data: st.DataObject) -> None:
    tree = Tree(read(laid(size)), size)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    root = merkle.root(LEAVES[:size])
    assert tree.entry(index) == ENTRIES[index]
    merkle.check_inclusion(LEAVES[index], index, size, tree.inclusion(index), root)
    merkle.check_consistency(old, merkle.root(LEAVES[:old]), size, root, tree.consistency(old))


@given(st.lists(st.integers(0, 700), max_size=6))
@settings(deadline=None)
def test_growing_by_parts_is_growing_at_once(parts: list[int]) -> None:
    edge, files, at = Edge(), dict[str, bytes](), 0
    for part in parts:
        edge, made = edge.grown(LEAVES[at : at + part])
        at += part
        files |= {str(name): tile for name, tile in made}
        assert (edge.size, edge.root) == (at, merkle.root(LEAVES[:at]))
        assert Edge.kept(bytes(edge)) == edge
    once = Edge().grown(LEAVES[:at])
    assert edge.size == once[0].size
    assert {str(name): tile for name, tile in once[1]}.items() <= files.items()


def test_a_kept_edge_that_is_cut_short_is_refused() -> None:
    edge, _ = Edge().grown(LEAVES[:300])
    with pytest.raises(Malformed, match="cut short"):
        Edge.kept(bytes(edge)[:-1])


def test_a_partial_tile_that_is_gone_is_the_beginning_of_the_full_one() -> None:
    files = laid(300) | laid(512)
    for name in (Name(0, 1, 44), Name(None, 1, 44)):
        del files[str(name)]
    tree = Tree(read(files), 300)
    assert tree.root == merkle.root(LEAVES[:300])
    assert tree.entry(299) == ENTRIES[299]


def test_a_missing_tile_is_named() -> None:
    files = laid(300)
    del files["tile/0/000"]
    with pytest.raises(Malformed, match="tile/0/000 is missing"):
        Tree(read(files), 300).leaf(3)
    del files["tile/0/001.p/44"]
    with pytest.raises(Malformed, match=r"tile/0/001.p/44 is missing, and so is the full tile"):
        Tree(read(files), 300).leaf(299)


@pytest.mark.parametrize("cut", [-1, 1])
def test_a_tile_of_another_size_is_refused(cut: int) -> None:
    files = laid(300)
    files["tile/0/000"] = (files["tile/0/000"] + b"x")[: 8192 + cut]
    with pytest.raises(Malformed, match=r"tile/0/000 holds \d+ bytes, not 8192"):
        Tree(read(files), 300).leaf(3)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert tiles.unbundled(tiles.bundled(entries)) == entries


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.data())
def test_a_bundle_that_is_cut_short_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    bundle = tiles.bundled(entries)
    cut = data.draw(st.integers(1, len(bundle) - 1))
    whole = {len(tiles.bundled(entries[:k])) for k in range(len(entries))}
    if cut not in whole:
        with pytest.raises(Malformed, match="cut short"):
            tiles.unbundled(bundle[:cut])


def test_a_bundle_with_an_entry_too_few_or_too_many_is_refused() -> None:
    files = laid(300)
    for there in (255, 257):
        files["tile/entries/000"] = tiles.bundled(ENTRIES[:there])
        with pytest.raises(Malformed, match=f"tile/entries/000 holds {there} entries"):
            Tree(read(files), 300).entry(3)


def test_an_entry_swapped_with_its_neighbour_is_refused() -> None:
    files = laid(300)
    files["tile/entries/000"] = tiles.bundled([ENTRIES[1], ENTRIES[0], *ENTRIES[2:256]])
    with pytest.raises(Malformed, match="entry 0 is not the one"):
        Tree(read(files), 300).entry(0)
