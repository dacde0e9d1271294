"""A checkpoint has one text; a log signs its own; what is opened was signed by a key of its origin."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.trees import AT, signer

from garim.core.errors import Disproved, Malformed, Misuse
from garim.core.vkey import Kind
from garim.ledger import note as notes
from garim.ledger.checkpoint import Checkpoint, opened, read, signed
from garim.ledger.checkpoint_text import decimal
from garim.ledger.note import Note

ROOT = bytes(range(32))
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@given(LINES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=2))
def test_reads_back_what_it_writes(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert read(checkpoint.text) == checkpoint


def test_three_lines_each_with_its_newline() -> None:
    assert Checkpoint("a b", 7, ROOT).text == f"a b\n7\n{base64.b64encode(ROOT).decode()}\n"


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, ROOT, ()),
        ("a\nb", 1, ROOT, ()),
        ("a\tb", 1, ROOT, ()),
        ("a", -1, ROOT, ()),
        ("a", 2**63, ROOT, ()),
        ("a", 1, ROOT[:-1], ()),
        ("a", 1, ROOT + b"\0", ()),
        ("a", 1, ROOT, ("",)),
        ("a", 1, ROOT, ("x\ny",)),
    ],
)
def test_what_no_checkpoint_says(origin: str, size: int, root: bytes, extensions: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        Checkpoint(origin, size, root, extensions)


def test_other_lines_are_refused() -> None:
    good = Checkpoint("a", 7, ROOT).text
    read(good)
    for text in ("", "a\n", "a\n7\n", good[:-1], "\n" + good, good + "\n", good + "x", good.replace("7", "7 ")):
        with pytest.raises(Malformed):
            read(text)


@given(st.integers(0, 2**63 - 1))
def test_a_number_has_one_form(number: int) -> None:
    assert decimal(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", "+7", " 7", "7 ", "007", "-0", "-7", "7_0", "7.0", "0x7", "\u0667", "\uff17", "9" * 20, "9" * 5000]
)
def test_and_no_other(text: str) -> None:
    with pytest.raises(Malformed):
        decimal(text)


def test_signed_and_opened_by_both_kinds_of_key() -> None:
    signers = [signer("log.example/a"), signer("log.example/a", Kind.COSIGN_ML_DSA_44)]
    tree = Checkpoint("log.example/a", 7, ROOT)
    note = signed(tree, signers, AT)
    assert note.text == tree.text
    for known in (signers, signers[:1], signers[1:]):
        assert opened(note, [one.vkey for one in known]) == tree
    assert opened(notes.parse(bytes(note)), [signer("log.example/b").vkey, signers[0].vkey]) == tree


def test_a_log_signs_no_other_origin_and_no_extension() -> None:
    with pytest.raises(Misuse, match="not the key of"):
        signed(Checkpoint("log.example/b", 7, ROOT), [signer("log.example/a")], AT)
    with pytest.raises(Misuse, match="extension"):
        signed(Checkpoint("log.example/a", 7, ROOT, ("more",)), [signer("log.example/a")], AT)
    with pytest.raises(Malformed):
        signed(Checkpoint("log.example/a", 7, ROOT), [], AT)


def test_what_no_known_key_signed_is_not_opened() -> None:
    one, other = signer("log.example/a"), signer("log.example/a")
    note = signed(Checkpoint("log.example/a", 7, ROOT), [one], AT)
    with pytest.raises(Disproved, match="no key"):
        opened(note, [other.vkey])
    with pytest.raises(Disproved, match="known: none"):
        opened(note, [])
    with pytest.raises(Disproved, match="does not hold"):
        opened(Note(note.text.replace("7", "8", 1), note.signatures), [one.vkey])


def test_lines_that_the_signature_may_leave_out_are_refused() -> None:
    one = signer("log.example/a", Kind.COSIGN_ML_DSA_44)
    note = signed(Checkpoint("log.example/a", 7, ROOT), [one], AT)
    with pytest.raises(Malformed, match="extension lines"):
        opened(Note(note.text + "slipped in\n", note.signatures), [one.vkey])


def test_what_is_signed_and_no_checkpoint_is_not_opened() -> None:
    one = signer("log.example/a")
    for text in ("log.example/a\n", "log.example/a\n+7\n" + "A" * 43 + "=\n"):
        with pytest.raises(Malformed):
            opened(notes.signed(text, [one], AT), [one.vkey])
