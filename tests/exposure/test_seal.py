"""A sealed hour: opens as it was, and no bit of it can be another."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from tests.exposure.rows import HOUR, SETTINGS, WHOLE

from garim.core.errors import Malformed, Misuse
from garim.exposure.positions import TICKS
from garim.exposure.seal import Covered, Label, Sealed, joined, sealed, seconds, without

KEY = bytes(range(32))
LABEL = Label("gate-3", HOUR, SETTINGS, WHOLE)

SPANS = st.sets(st.integers(0, TICKS), max_size=12).map(lambda s: sorted(s)[: len(s) // 2 * 2])
COVERED = SPANS.map(lambda e: tuple(zip(e[::2], e[1::2], strict=True)))


@given(
    camera=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
    at=st.integers(0, 24 * 365 * 50),
    covered=COVERED.filter(bool),
    coarse=st.booleans(),
    rows=st.binary(max_size=99),
)
def test_what_is_sealed_opens(camera: str, at: int, covered: tuple[()], coarse: bool, rows: bytes) -> None:
    label = Label(camera, datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=at), SETTINGS, covered, coarse)
    file = Sealed.parse(sealed(label, rows, KEY))
    assert file.label == label
    assert file.opened(KEY) == rows
    text = file.bound[12:]
    assert rfc8785.dumps(json.loads(text)) == text


@given(COVERED, COVERED)
def test_without_is_what_is_left(covered: Covered, gone: Covered) -> None:
    def ticks(spans: Covered) -> set[int]:
        return {tick for start, end in spans for tick in range(start, end)}

    left = without(covered, gone)
    assert ticks(left) == ticks(covered) - ticks(gone)
    assert all(a < b for a, b in pairwise(tick for span in left for tick in span))
    assert seconds(left) == len(ticks(left)) / 2


def test_no_bit_can_be_another() -> None:
    octets = sealed(LABEL, b"rows", KEY)
    for bit in range(8 * len(octets)):
        changed = bytearray(octets)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Malformed):
            Sealed.parse(bytes(changed)).opened(KEY)


def test_no_byte_can_be_missing_or_too_many() -> None:
    octets = sealed(LABEL, b"rows", KEY)
    for changed in [octets[:n] for n in range(len(octets))] + [octets + b"\0"]:
        with pytest.raises(Malformed):
            Sealed.parse(changed).opened(KEY)


@pytest.mark.parametrize(
    "other",
    [
        {"camera": "gate-4"},
        {"hour": HOUR + timedelta(hours=1)},
        {"settings": "b" * 64},
        {"ground": "c" * 64},
        {"covered": ((0, 7199),)},
        {"coarse": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_rows_are_bound_to_their_label(other: dict[str, object]) -> None:
    mine = Sealed.parse(sealed(LABEL, b"rows", KEY))
    theirs = Sealed.parse(sealed(replace(LABEL, **other), b"rows", KEY))  # type: ignore[arg-type]
    with pytest.raises(Malformed, match="damaged"):
        replace(mine, bound=theirs.bound).opened(KEY)


def test_another_key_does_not_open() -> None:
    with pytest.raises(Malformed, match="another key"):
        Sealed.parse(sealed(LABEL, b"rows", KEY)).opened(bytes(32))


def test_a_nonce_is_used_once() -> None:
    assert len({Sealed.parse(sealed(LABEL, b"", KEY)).nonce for _ in range(500)}) == 500


def test_a_label_in_another_form_is_refused() -> None:
    octets = sealed(LABEL, b"rows", KEY)
    text = octets[12 : octets.index(b"}") + 1]
    for changed in (text.replace(b":false", b": false"), text.replace(b"}", b',"who":1}'), b"[]", b"{}", b"\xff"):
        with pytest.raises(Malformed, match="label"):
            Sealed.parse(b"GARIMH02" + len(changed).to_bytes(4, "big") + changed + bytes(40))


@pytest.mark.parametrize("camera", ["", "a" * 65, "a/b", "../x", "a b", "카메라", "a\n", "a\0", ".", "..", "-a"])
def test_no_camera_has_such_an_id(camera: str) -> None:
    with pytest.raises(Misuse, match="camera"):
        replace(LABEL, camera=camera)


@pytest.mark.parametrize(
    "hour",
    [HOUR.replace(tzinfo=None), HOUR.replace(minute=1), HOUR.replace(microsecond=1), HOUR.astimezone(timezone.max)],
)
def test_hours_are_whole_and_utc(hour: datetime) -> None:
    with pytest.raises(ValueError, match="whole hour"):
        replace(LABEL, hour=hour)


@pytest.mark.parametrize("covered", [(), ((5, 5),), ((6, 5),), ((0, 9), (9, 12)), ((9, 12), (0, 3)), ((0, 7201),)])
def test_spans_rise_and_lie_apart(covered: tuple[()]) -> None:
    with pytest.raises(ValueError, match="covered"):
        replace(LABEL, covered=covered)


def test_settings_are_a_hash() -> None:
    with pytest.raises(ValueError, match="settings"):
        replace(LABEL, settings="two words")


@given(COVERED, COVERED)
def test_joined_covers_what_either_does(a: tuple[()], b: tuple[()]) -> None:
    def ticks(covered: tuple[tuple[int, int], ...]) -> set[int]:
        return {tick for start, end in covered for tick in range(start, end)}

    both = joined(a, b)
    assert ticks(both) == ticks(a) | ticks(b)
    assert all(end < start for (_, end), (start, _) in pairwise(both))
