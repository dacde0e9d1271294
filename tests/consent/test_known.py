"""Lists of known keys: what a line may be, and that a wrong one is never skipped."""

from __future__ import annotations

import pytest
from tests.consent.papers import OFFICER, PERSON, STRANGER

from garim.consent import Signer, public_of
from garim.consent.known import read
from garim.core.errors import Malformed
from garim.core.vkey import Kind, VerifierKey

OFFICE, OWN, OTHER = public_of(OFFICER), public_of(PERSON), public_of(STRANGER)


def test_roles_and_comments_are_read() -> None:
    text = f"# ours\n\n  {OFFICE}  officer   # since March\n{OWN}\tsubject P-01\n{OWN} subject P-02 # twice\n"
    known = read(text)
    assert known.has(OFFICE, Signer.OFFICER, "P-01") and known.has(OFFICE, Signer.OFFICER, "P-77")
    assert known.has(OWN, Signer.SUBJECT, "P-01") and known.has(OWN, Signer.SUBJECT, "P-02")
    assert not known.has(OWN, Signer.SUBJECT, "P-03")
    assert not known.has(OWN, Signer.OFFICER, "P-01")
    assert not known.has(OFFICE, Signer.SUBJECT, "P-01")
    assert not known.has(OTHER, Signer.OFFICER, "P-01")


def test_an_empty_list_knows_nobody() -> None:
    for text in ("", "\n\n", "# nobody yet"):
        assert not read(text).has(OFFICE, Signer.OFFICER, "P-01")


def test_a_number_sign_in_a_name_begins_no_comment() -> None:
    key = VerifierKey("office#2", Kind.ED25519, OFFICE.public)
    assert read(f"{key} officer #yes").has(key, Signer.OFFICER, "x")


# named, since the keys are new each time, and runs on several cores compare names
WRONG = {
    "no role": f"{OFFICE}",
    "a role of one's own": f"{OFFICE} boss",
    "a role in another language": f"{OFFICE} offizier",
    "an officer for one person": f"{OFFICE} officer P-01",
    "a subject of no pseudonym": f"{OWN} subject",
    "a subject of two": f"{OWN} subject P-01 P-02",
    "the role first": f"officer {OFFICE}",
    "a key cut short": f"{str(OFFICE)[:-2]} officer",
    "a witness's key": f"{VerifierKey('w', Kind.COSIGN_ED25519, OFFICE.public)} officer",
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG.keys())
def test_a_line_that_is_wrong_is_named(line: str) -> None:
    with pytest.raises(Malformed, match="line 3:"):
        read(f"# ours\n{OFFICE} officer\n{line}\n")
