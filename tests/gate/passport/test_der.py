"""DER as it is read: what has one reading is taken, whatever else is refused with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.asn import integer, octets, oid, seq, tlv, utf8

from garim.gate.passport import der
from garim.gate.passport.der import Fields, Item
from garim.gate.passport.outcomes import Reason, Refused

FORMS = {
    "nothing": (b"", Reason.TRUNCATED),
    "a tag alone": (b"\x30", Reason.TRUNCATED),
    "a length cut off": (b"\x30\x82\x01", Reason.TRUNCATED),
    "shorter than its length": (b"\x30\x03\x05\x00", Reason.TRUNCATED),
    "an inner object that reaches out": (b"\x30\x03\x04\x02\x00", Reason.TRUNCATED),
    "half an object inside": (b"\x30\x01\x05", Reason.TRUNCATED),
    "bytes behind": (b"\x30\x00\x00", Reason.TRAILING_BYTES),
    "indefinite": (b"\x30\x80\x00\x00", Reason.INDEFINITE_LENGTH),
    "indefinite inside": (b"\x30\x04\x30\x80\x00\x00", Reason.INDEFINITE_LENGTH),
    "four bytes of length": (b"\x30\x84\x00\x00\x00\x00", Reason.LENGTH_TOO_LONG),
    "a length in two bytes": (b"\x30\x81\x02\x05\x00", Reason.LENGTH_NOT_SHORTEST),
    "a length in three bytes": (b"\x30\x82\x00\x80" + octets(bytes(126)), Reason.LENGTH_NOT_SHORTEST),
    "a length with a zero": (b"\x30\x82\x00\x02\x05\x00", Reason.LENGTH_NOT_SHORTEST),
    "a tag of two bytes": (b"\x30\x03\x5f\x1f\x00", Reason.UNEXPECTED_TAG),
    "an end of contents": (b"\x30\x02\x00\x00", Reason.NOT_DER),
    "a string in pieces": (seq(tlv(0x24, octets(b"a"), octets(b"b"))), Reason.NOT_DER),
    "a primitive SEQUENCE": (seq(b"\x10\x00"), Reason.NOT_DER),
    "another tag": (b"\x31\x00", Reason.UNEXPECTED_TAG),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_is_not_der(name: str) -> None:
    data, reason = FORMS[name]
    with pytest.raises(Refused) as refused:
        der.read(data)
    assert refused.value.reason is reason


@pytest.mark.parametrize("depth", [20, 2000])
def test_depth_ends(depth: int) -> None:
    data = b""
    for _ in range(depth):
        data = seq(data)
    if depth < der.MOST_DEPTH:
        assert der.read(data).whole == data
        return
    with pytest.raises(Refused, match="deep"):
        der.read(data)


TREES = st.recursive(
    st.builds(tlv, st.sampled_from([0x02, 0x04, 0x0C, 0x13, 0x80, 0x9E]), st.binary(max_size=200)),
    lambda inner: st.builds(
        lambda tag, parts: tlv(tag, *parts), st.sampled_from([0x30, 0x31, 0xA0, 0xA3]), st.lists(inner, max_size=4)
    ),
)


def written(item: Item) -> bytes:
    """`item` written again, from the leaves up."""
    return tlv(item.tag, *map(written, item.items())) if item.tag & 0x20 else tlv(item.tag, item.content)


@given(TREES)
def test_what_der_wrote_is_read_as_it_stands(data: bytes) -> None:
    assert written(der.read(data, data[0])) == data


@given(st.one_of(st.binary(max_size=80), TREES.flatmap(lambda data: st.binary(max_size=3).map(lambda b: data + b))))
def test_whatever_is_read_is_what_der_would_write(data: bytes) -> None:
    try:
        item = der.read(data, data[0] if data else der.SEQUENCE)
    except Refused:
        return
    assert written(item) == data


@given(st.integers(-(2**570), 2**570))
def test_whole_numbers(number: int) -> None:
    assert der.integer(der.read(integer_shortest(number), der.INTEGER)) == number


def integer_shortest(number: int) -> bytes:
    size = 1
    while not -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
        size += 1
    return tlv(0x02, number.to_bytes(size, signed=True))


@pytest.mark.parametrize("content", [b"", b"\x00\x7f", b"\xff\x80", b"\x01" * 73])
def test_whole_numbers_that_are_not(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        der.integer(der.read(tlv(0x02, content), der.INTEGER))
    assert refused.value.reason is Reason.NOT_DER


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**64), max_size=5))
def test_object_identifiers(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    assert der.oid(der.read(oid(dotted), der.OID)) == dotted


@pytest.mark.parametrize("content", [b"", b"\x2a\x80\x01", b"\x80\x01", b"\x2a\x81", b"\x2a" * 65])
def test_object_identifiers_with_a_second_writing(content: bytes) -> None:
    with pytest.raises(Refused):
        der.oid(der.read(tlv(0x06, content), der.OID))


@pytest.mark.parametrize(
    ("content", "bits"),
    [
        (b"\x05\xa0", {0, 2}),
        (b"\x00\xa0", {0, 2}),
        (b"\x07\x06\x80", {5, 6, 8}),
        (b"\x00", set()),
        (b"\x06\x00", set()),
    ],
)
def test_named_bits_with_and_without_zeros_at_the_end(content: bytes, bits: set[int]) -> None:
    assert der.named_bits(der.read(tlv(0x03, content), der.BITS)) == bits


@pytest.mark.parametrize("content", [b"", b"\x08\x00", b"\x01\x01", b"\x03", b"\x00" + bytes(9)])
def test_named_bits_of_no_form(content: bytes) -> None:
    with pytest.raises(Refused):
        der.named_bits(der.read(tlv(0x03, content), der.BITS))


@pytest.mark.parametrize("content", [b"", b"\x01\xfe"])
def test_bytes_in_a_bit_string_are_whole(content: bytes) -> None:
    with pytest.raises(Refused):
        der.bits(der.read(tlv(0x03, content), der.BITS))


def test_truth_of_any_byte() -> None:
    assert [der.boolean(der.read(tlv(1, bytes([each])), 1)) for each in (0, 1, 255)] == [False, True, True]
    for content in (b"", b"\xff\xff"):
        with pytest.raises(Refused):
            der.boolean(der.read(tlv(1, content), 1))


@pytest.mark.parametrize(
    ("tag", "text", "year"),
    [(0x17, b"491231235959Z", 2049), (0x17, b"501231235959Z", 1950), (0x18, b"99991231235959Z", 9999)],
)
def test_times(tag: int, text: bytes, year: int) -> None:
    assert der.time(der.read(tlv(tag, text), tag)) == datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, b"2612312359Z"),
        (0x17, b"261231235959+0100"),
        (0x17, b"20261231235959Z"),
        (0x18, b"20261231235959"),
        (0x18, b"20261231235959.5Z"),
        (0x18, b"20260230000000Z"),
        (0x18, b"00000101000000Z"),
        (0x18, b"20261231235960Z"),
        (0x0C, b"261231235959Z"),
    ],
)
def test_times_that_are_none(tag: int, text: bytes) -> None:
    with pytest.raises(Refused) as refused:
        der.time(der.read(tlv(tag, text), tag))
    assert refused.value.reason is Reason.NOT_DER


@pytest.mark.parametrize(
    ("tag", "text", "expected", "as_der"),
    [
        (0x17, b"261231235959Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (0x17, b"2612312359Z", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), False),
        (0x17, b"261231235959+0100", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), False),
        (0x17, b"2612312359-0030", datetime(2027, 1, 1, 0, 29, tzinfo=UTC), False),
        (0x18, b"20261231235959+0000", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (0x18, b"20261231235959-2359", datetime(2027, 1, 1, 23, 58, 59, tzinfo=UTC), False),
    ],
)
def test_times_in_another_writing(tag: int, text: bytes, expected: datetime, as_der: bool) -> None:
    assert der.any_time(der.read(tlv(tag, text), tag)) == (expected, as_der)


@pytest.mark.parametrize(
    "text", [b"00010101000000+0100", b"99991231235959-0100", b"20261231235959+2400", b"20261231235959", b"20261231Z"]
)
def test_times_in_no_writing(text: bytes) -> None:
    with pytest.raises(Refused) as refused:
        der.any_time(der.read(tlv(0x18, text), 0x18))
    assert refused.value.reason is Reason.NOT_DER


@pytest.mark.parametrize(("content", "number"), [(b"\0\0\x05", 5), (b"\xff\xff\x80", -128), (b"\0\x7f", 127)])
def test_whole_numbers_with_more_in_front(content: bytes, number: int) -> None:
    assert der.any_integer(der.read(tlv(0x02, content), 0x02)) == (number, False)


def test_text_shows_nothing_that_a_terminal_obeys() -> None:
    shown = der.text(der.read(utf8("Csca\x1b[2J\u202e\r\nnext"), 0x0C))
    assert shown == "Csca\ufffd[2J\ufffd\ufffd\ufffdnext"
    assert der.text(der.read(tlv(0x0C, b"\xff\xfeA"), 0x0C)) == "\ufffd\ufffdA"
    assert der.text(der.read(tlv(0x1E, "가림".encode("utf-16-be")), 0x1E)) == "가림"


def test_fields_are_neither_missing_nor_left() -> None:
    fields = Fields(der.read(seq(integer(1), octets(b""))))
    assert der.integer(fields.take(der.INTEGER)) == 1
    assert fields.maybe(der.INTEGER) is None
    with pytest.raises(Refused, match="too many"):
        fields.end()
    with pytest.raises(Refused, match="tag 04"):
        fields.take(der.INTEGER)
    fields.take()
    fields.end()
    with pytest.raises(Refused, match="lacks"):
        fields.take()
    assert fields.maybe(der.INTEGER) is None


def test_no_parameters() -> None:
    der.null(None)
    der.null(der.read(b"\x05\x00", der.NULL))
    for other in (b"\x30\x00", b"\x05\x01\x00"):
        with pytest.raises(Refused):
            der.null(der.read(other, other[0]))


def test_an_object_shows_no_bytes() -> None:
    assert repr(der.read(octets(b"the holder"), der.OCTETS)) == "Item(04, 12 bytes)"
