"""The signed list: canonical, verifiable by other people's code, and refused wherever a byte is not as it was."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from tests.exposure.lists import signed

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind
from garim.exposure.mix import Risk, Window
from garim.exposure.notice import Notice, lasts, opened, read, written
from garim.ledger import keys

DAY = date(2026, 11, 20)
SIGNER, OTHER = keys.new("health.city.example", Kind.ED25519), keys.new("health.city.example", Kind.ED25519)
WINDOWS = (
    Window(DAY, 9, 10, "Central Station, main hall", Risk.HIGH),
    Window(DAY, 9, 10, "길음시장", Risk.MEDIUM),
    Window(DAY, 23, 24, "Naksan Park <east> & west", Risk.LOW),
)
NOTICE = Notice(
    by="City of Examples 보건소",
    advice="Feel ill? Call 1339.",
    made=date(2026, 11, 22),
    until=date(2026, 12, 6),
    time_zone="Asia/Seoul",
    windows=WINDOWS,
)

printable = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
lines = st.text(printable, min_size=1, max_size=40).filter(str.strip)


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    cells = draw(st.sets(st.tuples(st.dates(), st.integers(0, 23), lines), min_size=1, max_size=6))
    made = draw(st.dates(date(2020, 1, 1), date(2100, 1, 1)))
    return Notice(
        by=draw(lines),
        advice=draw(lines),
        made=made,
        until=date(2100, 2, 1),
        time_zone=draw(st.sampled_from(["Asia/Seoul", "Europe/Paris", "UTC"])),
        windows=tuple(
            Window(day, start, start + 1, place, draw(st.sampled_from(Risk))) for day, start, place in sorted(cells)
        ),
        test=draw(st.booleans()),
    )


@given(notices())
def test_what_is_signed_is_canonical_and_opens_again(notice: Notice) -> None:
    text = written(notice)
    assert rfc8785.dumps(json.loads(text)).decode() + "\n" == text
    assert opened(signed(notice, SIGNER), SIGNER.vkey) == notice


def test_anybody_can_verify_with_the_vkey_and_no_garim() -> None:
    """By the words of c2sp.org/signed-note, with nothing of ours."""
    name, _, key = str(SIGNER.vkey).split("+", 2)
    public = base64.b64decode(key)
    text, _, line = signed(NOTICE, SIGNER).partition("\n\n")
    dash, signer, value = line.strip().split(" ")
    octets = base64.b64decode(value)
    assert (dash, signer, public[0]) == ("\u2014", name, 1)
    assert octets[:4] == hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(octets[4:], text.encode() + b"\n")
    assert json.loads(text)["windows"][0] == {
        "day": "2026-11-20",
        "from": 9,
        "to": 10,
        "place": "Central Station, main hall",
        "risk": "high",
    }


def test_nothing_else_is_in_it() -> None:
    tree = json.loads(written(NOTICE))
    assert set(tree) == {"format", "by", "advice", "made", "until", "time_zone", "windows"}
    assert {name for row in tree["windows"] for name in row} == {"day", "from", "to", "place", "risk"}
    assert json.loads(written(replace(NOTICE, test=True)))["test"] is True


@given(st.data())
def test_a_changed_byte_is_not_the_list(data: st.DataObject) -> None:
    octets = bytearray(signed(NOTICE, SIGNER).encode())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= 1 << data.draw(st.integers(0, 6))
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(Disproved):
        opened(text, SIGNER.vkey)


def test_another_key_of_the_same_name_is_another() -> None:
    with pytest.raises(Disproved, match="no key that is known here"):
        opened(signed(NOTICE, OTHER), SIGNER.vkey)


@pytest.mark.parametrize(
    "parts",
    [
        {"windows": ()},
        {"windows": WINDOWS[::-1]},
        {"windows": (*WINDOWS, WINDOWS[-1])},
        {"windows": (WINDOWS[0], replace(WINDOWS[0], risk=Risk.LOW))},
        *({"windows": (replace(WINDOWS[0], start=a, end=b),)} for a, b in ((-1, 1), (9, 9), (10, 9), (23, 25))),
        {"windows": (replace(WINDOWS[0], place="two\nlines"),)},
        {"until": date(2026, 11, 21)},
        {"time_zone": "Seoul"},
        *({name: line} for name in ("by", "advice") for line in ("", " ", "a\nb", "\u202eabc", "x" * 501)),
    ],
)
def test_what_is_no_notice(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(NOTICE, **parts)


TREE: dict[str, Any] = json.loads(written(NOTICE))
ROW = TREE["windows"][0]


@pytest.mark.parametrize(
    "tree",
    [
        *([], None, {}, TREE | {"format": "garim-notice-2"}, TREE | {"cases": 3}, TREE | {"test": False}),
        *(TREE | {"windows": [ROW | parts]} for parts in ({"risk": "extreme"}, {"from": 9.5}, {"from": "9"})),
        *(TREE | {"windows": [ROW | parts]} for parts in ({"lat": 37.5}, {"to": True}, {"day": "2026-13-01"})),
        *({k: v for k, v in TREE.items() if k != name} for name in TREE),
    ],
)
def test_what_does_not_read_back_is_refused(tree: Any) -> None:
    with pytest.raises(Malformed, match="this is no notice"):
        read(rfc8785.dumps(tree).decode() + "\n")


def test_the_same_list_written_otherwise_is_refused() -> None:
    text = written(NOTICE)
    for other in (text[:-1], text + "\n", json.dumps(TREE) + "\n", text.replace("{", "{ ", 1)):
        with pytest.raises(Malformed):
            read(other)


def test_a_list_ends_with_the_first_consent_and_after_two_weeks_at_the_latest() -> None:
    late, early = datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert lasts(NOTICE.made, [late, late]) == date(2026, 12, 6)
    assert lasts(NOTICE.made, [late, early]) == date(2026, 11, 25)
