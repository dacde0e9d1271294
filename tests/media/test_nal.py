"""NAL units taken apart and put together; messages that may tell on people are left out, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.media.nal import (
    IDR,
    PPS,
    SEI,
    SPS,
    Configuration,
    Malformed,
    bare,
    from_start_codes,
    hidden,
    joined,
    kind,
    pps_ids,
    split,
    sps_id,
)

units = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8)
# of x264, 320 x 240, both numbered 0
OWN = bytes.fromhex("6764000dacd94141fa1000000300100000030320f1429960"), bytes.fromhex("68ef833cb0")


@given(units, st.sampled_from([2, 4]))
def test_what_is_joined_is_split_again(some: list[bytes], length: int) -> None:
    assert split(joined(some, length), length) == some


@given(st.binary(max_size=60), st.sampled_from([1, 2, 4]))
def test_any_bytes_are_split_or_refused(data: bytes, length: int) -> None:
    try:
        some = split(data, length)
    except Malformed:
        return
    assert joined(some, length) == data


def test_a_unit_too_long_for_its_length_is_refused() -> None:
    with pytest.raises(Malformed, match="too long"):
        joined([b"\x65" * 300], 1)


@given(st.binary(max_size=200))
def test_an_avcc_is_written_as_it_was_read_or_refused(data: bytes) -> None:
    try:
        read = Configuration.parsed(b"\1" + data)
    except Malformed:
        return
    assert Configuration.parsed(read.written()) == read


def message(type_: int, payload: bytes) -> bytes:
    return bytes([type_, len(payload)]) + payload


def test_messages_with_text_time_and_place_go_and_the_light_stays() -> None:
    light = message(144, b"\x03\xe8\x01\x90")
    told = message(5, b"u" * 16 + b"filmed at 37.5N 126.9E") + light + message(1, b"\x12\x34")
    sei = bytes([SEI]) + told + b"\x80"
    picture = bytes([0x60 | IDR]) + b"slice"
    filler = b"\x0c\xff\xff\x80"
    assert bare([sei, picture, filler]) == [bytes([SEI]) + light + b"\x80", picture]
    assert bare([bytes([SEI]) + message(4, b"captions") + b"\x80", picture]) == [picture]


def test_a_kept_message_is_escaped_again() -> None:
    sei = bytes([SEI, 144, 4]) + b"\x00\x00\x03\x01\x00" + b"\x80"
    assert bare([sei]) == [sei]


@pytest.mark.parametrize("other", [12, 14, 15, 19, 20, 21, 24, 30])
def test_what_is_never_shown_is_left_out(other: int) -> None:
    """Filler, a second eye's view, an alpha plane, what a maker made up."""
    picture = bytes([0x60 | IDR]) + b"slice"
    assert bare([bytes([0x60 | other]) + b"a face", picture]) == [picture]


def test_what_stands_behind_an_avcc_is_left_out() -> None:
    box = Configuration(b"\x64\x00\x0a", 4, OWN[:1], OWN[1:], b"\xfd\xf8\xf8\x00")
    assert Configuration.parsed(box.written() + b"filmed by Jane Doe") == box


@pytest.mark.parametrize("body", [b"\x05\xff", b"\x05\x20ab\x80", b"\xff\xff"])
def test_a_message_that_ends_too_early_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        bare([bytes([SEI]) + body])


def test_start_codes() -> None:
    assert from_start_codes(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65de\0") == [b"\x67ab", b"\x68c", b"\x65de"]
    assert [kind(unit) for unit in from_start_codes(b"\0\0\1\x67ab\0\0\1\x68c")] == [SPS, PPS]


def test_what_a_parameter_set_crops() -> None:
    assert hidden(OWN[0]) == (0, 0)
    with pytest.raises(Malformed):
        hidden(OWN[0][:6])


def test_numbers_of_parameter_sets() -> None:
    assert sps_id(OWN[0]) == 0
    assert pps_ids(OWN[1]) == (0, 0)
    # an id of 3 is 00100 in Exp-Golomb, and 2 is 011
    assert sps_id(b"\x67\x64\x00\x0a\x27\xff") == 3
    assert pps_ids(bytes([0x68, 0b00100011, 0xFF])) == (3, 2)
    with pytest.raises(Malformed):
        sps_id(b"\x67\x64\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x00")
