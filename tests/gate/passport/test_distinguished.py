"""Names: many ways to write one, and no two that share a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.asn import oid, printable, seq, set_of, tlv, utf8
from tests.gate.passport.certificates import name

from garim.gate.passport import distinguished

BASE = name("DE", "csca-germany")


@pytest.mark.parametrize(
    "other",
    [
        name("DE", "csca-germany", printed=True),
        name("de", "CSCA-Germany"),
        name("DE", " csca-germany  "),
        name("DE", "csca-germany", organisation="made  FOR tests"),
    ],
)
def test_kind_of_string_case_and_spaces_do_not_matter(other: bytes) -> None:
    assert other != BASE
    assert distinguished.same(BASE, other)


@pytest.mark.parametrize(
    "other",
    [
        name("DE", "csca-germany 2"),
        name("AT", "csca-germany"),
        name("DE", "cscagermany"),
        seq(*reversed([set_of([seq(oid(f"2.5.4.{arc}"), utf8("x"))]) for arc in (3, 6)])),
        b"",
        b"\x30\x80",
        BASE[:-1],
        BASE + b"\0",
    ],
)
def test_another_name_has_another_key(other: bytes) -> None:
    assert not distinguished.same(BASE, other)


def test_order_matters_between_parts_and_not_within_one() -> None:
    country, common = seq(oid("2.5.4.6"), printable("DE")), seq(oid("2.5.4.3"), utf8("x"))
    parts = seq(set_of([country]), set_of([common]))
    assert not distinguished.same(parts, seq(set_of([common]), set_of([country])))
    both = (seq(tlv(0x31, country, common)), seq(tlv(0x31, common, country)))
    assert distinguished.same(*both)
    assert not distinguished.same(parts, both[0])


def test_a_value_that_is_no_text_is_known_by_its_bytes() -> None:
    def odd(value: bytes) -> bytes:
        return seq(set_of([seq(oid("2.5.4.45"), tlv(0x03, value))]))

    assert distinguished.same(odd(b"\0A"), odd(b"\0A"))
    assert not distinguished.same(odd(b"\0A"), odd(b"\0a"))


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_texts_share_a_key_only_where_their_words_are_the_same(one: str, other: str) -> None:
    def words(text: str) -> list[str]:
        return text.casefold().split()

    keys = [distinguished.key(seq(set_of([seq(oid("2.5.4.3"), utf8(text))]))) for text in (one, other)]
    if one.isascii() and other.isascii():
        assert (keys[0] == keys[1]) == (words(one) == words(other))


@given(st.binary(max_size=80))
def test_any_bytes_have_a_key_and_at_most_one_country(data: bytes) -> None:
    assert len(distinguished.key(data)) == 32
    assert distinguished.country(data) == ""


def test_a_country_is_the_only_one_and_in_capitals() -> None:
    assert distinguished.country(name("ro", "x")) == "RO"
    country = [set_of([seq(oid("2.5.4.6"), printable(two))]) for two in ("RO", "DE")]
    assert distinguished.country(seq(*country)) == ""
    assert distinguished.country(seq(set_of([seq(oid("2.5.4.3"), utf8("DE"))]))) == ""
