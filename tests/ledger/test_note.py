"""A note has one form; what a known key says of it is verified, and what an unknown one says is not heard."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.trees import AT, signer

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind, VerifierKey
from garim.ledger.note import MOST_BYTES, Note, Signature, parse, signature, signed, signers, verified

TEXT = "one line\n\nanother\n"
HEAD = "log.example/a\n7\n" + "A" * 43 + "=\n"
LINES = st.builds(
    Signature,
    st.text(st.characters(exclude_characters="+", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=8),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=80),
)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n"), max_size=60).map(
    lambda text: text + "\n"
)


@given(TEXTS, st.lists(LINES, min_size=1, max_size=5))
def test_reads_back_what_it_writes(text: str, lines: list[Signature]) -> None:
    note = Note(text, tuple(lines))
    assert parse(bytes(note)) == note


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode(errors="replace")))
def test_what_is_read_writes_the_same_bytes(octets: bytes) -> None:
    line = "\n\n\u2014 a AAAAAAE=\n".encode()
    for given_bytes in (octets, octets + line):
        try:
            note = parse(given_bytes)
        except Malformed:
            continue
        assert bytes(note) == given_bytes


def test_the_text_ends_at_the_last_empty_line() -> None:
    note = parse("a\n\n\u2014 x AAAAAAE=\n\n\u2014 y AAAAAAE=\n".encode())
    assert note.text == "a\n\n\u2014 x AAAAAAE=\n"
    assert note.signatures == (Signature("y", bytes(4), b"\x01"),)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        "text\n\u2014 a AAAAAAE=\n".encode(),
        "text\n\n\u2014 a AAAAAAE=".encode(),
        "text\n\n\u2014 a AAAAAAE=\nmore\n".encode(),
        "text\n\n\u2014  AAAAAAE=\n".encode(),
        "text\n\n\u2014 a\n".encode(),
        "text\n\n\u2014 a  AAAAAAE=\n".encode(),
        "text\n\n\u2014 a b AAAAAAE=\n".encode(),
        "text\n\n\u2014 a+b AAAAAAE=\n".encode(),
        "text\n\n\u2014 a AAAAAA==\n".encode(),
        "text\n\n\u2014 a AAAA\n".encode(),
        b"text\n\n- a AAAAAAE=\n",
        b"text\n\n\xe2\x80\x93 a AAAAAAE=\n",
        "text\r\n\n\u2014 a AAAAAAE=\n".encode(),
        b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAE=\n",
        b"text\n\n" + "\u2014 a AAAAAAE=\n".encode() * 65,
        b"x" * MOST_BYTES + "\n\n\u2014 a AAAAAAE=\n".encode(),
    ],
)
def test_any_other_form_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed):
        parse(octets)


def test_a_note_made_here_keeps_the_form_too() -> None:
    line = Signature("a", bytes(4), b"x")
    for text in ("", "text", "te\txt\n", "te\x00xt\n"):
        with pytest.raises(Malformed):
            Note(text, (line,))
    with pytest.raises(Malformed):
        Note("text\n", ())
    for name, id_, value in (("a b", bytes(4), b"x"), ("a", bytes(3), b"x"), ("a", bytes(4), b"")):
        with pytest.raises(Malformed):
            Signature(name, id_, value)


def test_sixteen_post_quantum_signatures_fit_four_times() -> None:
    lines = tuple(Signature("witness.example/" + "w" * 200, bytes(4), bytes(2428)) for _ in range(64))
    assert parse(bytes(Note("text\n", lines))).signatures == lines


def test_known_keys_are_named_once_and_in_the_order_of_the_lines() -> None:
    first, second, third = signer("a"), signer("b"), signer("c")
    note = signed(TEXT, [second, first, second, third], AT)
    assert verified(note, [first.vkey, second.vkey]) == (second.vkey, first.vkey)
    assert signers(note, [signer("a").vkey]) == ()


def test_unknown_keys_are_ignored_and_alone_do_not_suffice() -> None:
    one = signer("a")
    note = signed(TEXT, [one], AT)
    same_name, nobody = signer("a"), ()
    for known in ([same_name.vkey], nobody):
        with pytest.raises(Disproved, match="in the name of a"):
            verified(note, known)
    false = Signature("a", same_name.vkey.id, one.sign(TEXT, AT))
    assert verified(Note(TEXT, (*note.signatures, false)), [one.vkey]) == (one.vkey,)


@pytest.mark.parametrize("kind", Kind)
def test_one_false_line_of_a_known_key_rejects_the_note(kind: Kind) -> None:
    one, other = signer("a", kind), signer("b", kind)
    good, bad = signature(one, HEAD, AT), signature(one, HEAD.replace("7", "8"), AT)
    for lines in ((bad,), (good, bad), (bad, good), (signature(other, HEAD, AT), bad)):
        with pytest.raises(Disproved, match="does not hold"):
            verified(Note(HEAD, lines), [one.vkey, other.vkey])
        with pytest.raises(Disproved, match="does not hold"):
            signers(Note(HEAD, lines), [one.vkey, other.vkey])


def test_two_known_keys_of_one_name_and_id_are_refused() -> None:
    seen: dict[bytes, VerifierKey] = {}
    name = "a"
    # 4 bytes collide among about 2^16 keys; the public halves need not be points for their ids to collide
    for number in range(1 << 19):
        key = VerifierKey(name, Kind.ED25519, number.to_bytes(32))
        if seen.setdefault(key.id, key) != key:
            break
    with pytest.raises(Disproved, match="two known keys"):
        verified(signed(TEXT, [signer(name)], AT), [seen[key.id], key])


def test_a_line_is_its_name_and_the_base64_of_id_and_value() -> None:
    one = signer("a")
    line = signature(one, TEXT, AT)
    assert str(line) == f"\u2014 a {base64.b64encode(one.vkey.id + line.value).decode()}\n"
