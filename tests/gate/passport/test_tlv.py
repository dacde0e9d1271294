"""What is written reads back; what is cut, padded, indefinite or longer than needed is refused by its own name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.files import dump, tlv

from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.tlv import MOST, Tlv, every, inside, one, only, outer_tag

TAGS = st.sampled_from([0x02, 0x30, 0x5C, 0x75, 0xA1, 0x5F01, 0x5F1F, 0x7F60, 0x9F05, 0x5F8101, 0x7FFF7F])
VALUES = st.one_of(st.binary(max_size=300), st.integers(0x7E, 0x10002).map(bytes))
OBJECTS = st.lists(st.tuples(TAGS, VALUES), max_size=5)


def refused(data: bytes, reason: Reason, *, tag: int | None = None, lenient: bool = False) -> None:
    """`data` is refused for `reason`, read as one object."""
    with pytest.raises(Refused) as caught:
        one(data, tag=tag, lenient_length=lenient)
    assert caught.value.reason is reason


@given(TAGS, VALUES)
def test_one_reads_back(tag: int, value: bytes) -> None:
    assert one(tlv(tag, value)) == Tlv(tag, value)
    assert one(tlv(tag, value), tag=tag).value == value
    assert outer_tag(tlv(tag, value)) == tag


@given(OBJECTS)
def test_every_reads_back(objects: list[tuple[int, bytes]]) -> None:
    assert every(b"".join(tlv(*each) for each in objects)) == [Tlv(*each) for each in objects]


@given(TAGS, VALUES, st.data())
def test_no_part_of_an_object_is_one(tag: int, value: bytes, data: st.DataObject) -> None:
    whole = tlv(tag, value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    refused(whole[:cut], Reason.TRUNCATED)


@given(st.binary(max_size=200))
def test_what_is_read_is_what_its_objects_write(data: bytes) -> None:
    try:
        objects = every(data)
    except Refused:
        return
    assert b"".join(tlv(each.tag, each.value) for each in objects) == data


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, lenient: bool) -> None:
    for reader in (one, every):
        try:
            reader(data, lenient_length=lenient)
        except Refused as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", Reason.TRUNCATED),
        ("61", Reason.TRUNCATED),
        ("6105", Reason.TRUNCATED),
        ("5F", Reason.TRUNCATED),
        ("5F81", Reason.TRUNCATED),
        ("6182", Reason.TRUNCATED),
        ("618201", Reason.TRUNCATED),
        ("6100 00", Reason.TRAILING_BYTES),
        ("6100 9000", Reason.TRAILING_BYTES),
        ("6180 0201010000", Reason.INDEFINITE_LENGTH),
        ("6184 00000000", Reason.LENGTH_TOO_LONG),
        ("61FF", Reason.LENGTH_TOO_LONG),
        ("618100", Reason.LENGTH_NOT_SHORTEST),
        ("61820001AA", Reason.LENGTH_NOT_SHORTEST),
        ("6183000000", Reason.LENGTH_NOT_SHORTEST),
        ("0000", Reason.UNEXPECTED_TAG),
        ("FF00", Reason.UNEXPECTED_TAG),
        ("5F0000", Reason.UNEXPECTED_TAG),
        ("5F808000", Reason.UNEXPECTED_TAG),
        ("5F818101", Reason.UNEXPECTED_TAG),
    ],
)
def test_each_fault_has_its_name(data: str, reason: Reason) -> None:
    refused(bytes.fromhex(data), reason)


@pytest.mark.parametrize("data", ["61017F", "61810180", "6182000180", "618300000180"])
def test_a_longer_length_is_taken_where_the_caller_says_so(data: str) -> None:
    assert len(one(bytes.fromhex(data), lenient_length=True).value) == 1


def test_lenient_is_lenient_in_nothing_else() -> None:
    refused(bytes.fromhex("6184 00000001 AA"), Reason.LENGTH_TOO_LONG, lenient=True)
    refused(bytes.fromhex("6180 0000"), Reason.INDEFINITE_LENGTH, lenient=True)
    refused(bytes.fromhex("618200 02 AA"), Reason.TRUNCATED, lenient=True)


def test_another_tag_is_refused() -> None:
    refused(tlv(0x61, b""), Reason.UNEXPECTED_TAG, tag=0x75)


def test_padding_between_objects_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        every(tlv(0x02, b"\1") + b"\0\0" + tlv(0x02, b"\1"))
    assert caught.value.reason is Reason.UNEXPECTED_TAG


def test_inside_steps_through_and_wants_each_once() -> None:
    outer = one(tlv(0x75, tlv(0x7F61, tlv(0x02, b"\1") + tlv(0x7F60, b"face"))))
    assert inside(outer, 0x7F61, 0x7F60).value == b"face"
    assert inside(outer) == outer
    for tags, reason in (((0x7F60,), Reason.UNEXPECTED_TAG), ((0x7F61, 0x04), Reason.UNEXPECTED_TAG)):
        with pytest.raises(Refused) as caught:
            inside(outer, *tags)
        assert caught.value.reason is reason


def test_only_refuses_two() -> None:
    assert only([], 0x02) is None
    with pytest.raises(Refused) as caught:
        only([Tlv(0x02, b"\1"), Tlv(0x02, b"\1")], 0x02)
    assert caught.value.reason is Reason.DUPLICATE_ENTRY


def test_so_many_objects_and_no_more() -> None:
    assert len(every(tlv(0x02, b"") * MOST)) == MOST
    with pytest.raises(Refused) as caught:
        every(tlv(0x02, b"") * (MOST + 1))
    assert caught.value.reason is Reason.TOO_LARGE


def test_deep_nesting_costs_steps_and_no_stack() -> None:
    data = b""
    for _ in range(5000):
        data = tlv(0x30, data)
    here = one(data)
    for _ in range(4999):
        here = inside(here, 0x30)
    assert here.value == b""


def test_no_repr_shows_a_value() -> None:
    assert repr(Tlv(0x5F1F, b"MUSTERMANN")) == "Tlv(5F1F, 10 bytes)"


@pytest.mark.parametrize(
    ("name", "tag"), [("bsi2008/Datagroup2.bin", 0x75), ("loes2006/ef0102.bin", 0x75), ("tsemrtd_dgs/EF_SOD.bin", 0x77)]
)
def test_real_files_are_one_object(name: str, tag: int) -> None:
    assert tlv(tag, one(dump(name).read_bytes(), tag=tag).value) == dump(name).read_bytes()


def test_a_real_face_is_reached() -> None:
    group = one(dump("bsi2008/Datagroup2.bin").read_bytes())
    assert inside(group, 0x7F61, 0x7F60, 0x5F2E).value[:4] == b"FAC\0"
