"""Keys, packs and lists of subjects by themselves: against published vectors, and where files end."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Disproved, Misuse, Unreadable
from garim.corpus import keys as keys_module
from garim.corpus import subjects, vault
from garim.corpus.keys import Keys
from garim.corpus.keywrap import unwrapped, wrapped
from garim.corpus.values import packed, unpacked
from garim.corpus.vault import Bound, Place, Vault, sealed, unsealed


def test_number_0_is_wrapped_as_rfc_3394_has_it() -> None:
    # RFC 3394, 4.3: 128 bits of key data with a 256-bit key
    key = bytes.fromhex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
    seed = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    said = bytes.fromhex("64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7")
    slots = wrapped(key, np.zeros(1, np.uint32), np.frombuffer(seed, np.uint8).reshape(1, 16))
    assert slots.tobytes() == said == aes_key_wrap(key, seed)
    assert aes_key_unwrap(key, said) == seed


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40, unique=True))
def test_each_comes_back_at_its_number_and_at_no_other(key: bytes, numbers: list[int]) -> None:
    at = np.array(numbers, np.uint32)
    seeds = np.frombuffer(os.urandom(16 * len(at)), np.uint8).reshape(-1, 16)
    slots = wrapped(key, at, seeds)
    back, right = unwrapped(key, at, slots)
    assert right.all() and (back == seeds).all()
    assert not unwrapped(key, at ^ np.uint32(1), slots)[1].any()
    slots = slots.copy()
    slots[0, numbers[0] % 24] ^= 1
    assert unwrapped(key, at, slots)[1].tolist() == [False] + [True] * (len(at) - 1)


def test_slots_go_on_in_the_next_file_and_a_destroyed_one_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_module, "SLOTS", 4)
    held = Keys(tmp_path, os.urandom(32), os.urandom(16))
    held.add(0, 3)
    held.add(3, 7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0000", "0001", "0002"]
    seeds = [held.seed(number) for number in range(10)]
    assert len(set(seeds)) == 10 and None not in seeds
    held.destroy(np.array([2, 5, 9], np.uint32))
    wrong, destroyed = held.wrong(0, 10)
    assert not wrong.any() and np.flatnonzero(destroyed).tolist() == [2, 5, 9]
    assert held.seed(5) is None and held.seed(4) == seeds[4]
    held.cut(6)
    assert held.slots(0, 6).any() and sorted(path.name for path in tmp_path.iterdir()) == ["0000", "0001"]
    with pytest.raises(Unreadable, match="cut short"):
        held.seed(6)
    with pytest.raises(Disproved):
        Keys(tmp_path, os.urandom(32), held.corpus).seed(0)


def test_packs_begin_anew_when_full_and_every_binding_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "MOST_PACK", 300)
    packs, key, corpus = Vault(tmp_path), os.urandom(32), os.urandom(16)
    bounds = [Bound(number, number // 2, os.urandom(32)) for number in range(5)]
    octets = [os.urandom(100) for _ in bounds]
    places = packs.add((0, 0), [sealed(key, corpus, bound, each) for bound, each in zip(bounds, octets, strict=True)])
    assert packs.packs() == [0, 1, 2] and [place.pack for place in places] == [0, 0, 1, 1, 2]
    for place, bound, each in zip(places, bounds, octets, strict=True):
        record = packs.read(place)
        assert unsealed(key, corpus, bound, record) == each
        for other in (
            Bound(bound.photo + 1, bound.subject, bound.consent),
            Bound(bound.photo, bound.subject + 1, bound.consent),
            Bound(bound.photo, bound.subject, bytes(32)),
            Bound(bound.photo, bound.subject, bound.consent, kind=2),
        ):
            with pytest.raises(Disproved):
                unsealed(key, corpus, other, record)
        for wrong_key, wrong_corpus in ((os.urandom(32), corpus), (key, os.urandom(16))):
            with pytest.raises(Disproved):
                unsealed(wrong_key, wrong_corpus, bound, record)
        for at in range(len(record)):
            with pytest.raises(Disproved):
                unsealed(key, corpus, bound, record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :])
        with pytest.raises(Disproved):
            unsealed(key, corpus, bound, b"")
    packs.wipe([places[1]])
    assert not any(packs.read(places[1])) and packs.read(places[0])
    with pytest.raises(Unreadable):
        packs.read(Place(2, 0, 1000))
    with pytest.raises(Unreadable):
        packs.read(Place(9, 0, 1))


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=60, unique=True))
def test_each_id_leads_to_its_number(tmp_path_factory: pytest.TempPathFactory, ids: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("subjects")
    rows = np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)
    run = subjects.write(folder / "0.idx", rows, np.arange(len(ids), dtype=np.uint32))
    index = subjects.opened(folder, run)
    assert [index.number(each) for each in ids] == list(range(len(ids)))
    assert index.number(os.urandom(16)) is None
    with pytest.raises(Misuse, match="twice"):
        subjects.write(folder / "1.idx", np.concatenate([rows, rows[:1]]), np.arange(len(ids) + 1, dtype=np.uint32))


def test_an_id_needs_the_key_and_a_pseudonym_that_is_one() -> None:
    assert len({subjects.id_of(key, name) for key in (b"a" * 32, b"b" * 32) for name in ("P-01", "P-02")}) == 4
    for name in ("", "p 01", "../x", "x" * 65, "P-01\n"):
        with pytest.raises(Misuse):
            subjects.id_of(b"a" * 32, name)


def test_three_letters_go_into_a_number_and_back() -> None:
    assert len({packed(unpacked(code)) for code in range(26**3)}) == 26**3
    for word in ("", "KO", "kor", "KORE", "K1R", "ÄÖÜ"):
        with pytest.raises(ValueError, match="three capital letters"):
            packed(word)
