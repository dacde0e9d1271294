"""Documents signed in every way that passports use are proven, whatever kind, standard and signer's name they have."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from tests.gate.passport.borders import reasons, shown, told
from tests.gate.passport.certificates import csca, document_signer, link
from tests.gate.passport.dg2s import SIZE, Face, dg2, jpeg_2000, portrait, record, templates
from tests.gate.passport.pki import TODAY, Passport, made_passport
from tests.gate.passport.suites import BY_NAME, SUITES, USUAL, Suite

from garim.gate.passport.decoder import Decoder
from garim.gate.passport.inspection import Inspection
from garim.gate.passport.outcomes import Outcome, Verdict


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as ready:
        yield ready


def at_border(made: Passport, decoder: Decoder | None = None) -> Inspection:
    return shown(made.files, [made.csca], made.at, decoder=decoder)


def proven(made: Passport, decoder: Decoder) -> Inspection:
    done = at_border(made, decoder)
    assert done.verdict is Verdict.PROVEN, told(done)
    assert done.mrz is not None and done.csca == made.root.sha256 and done.signer == made.signer.sha256
    return done


EACH = [(suite, lds) for suite in SUITES for lds in ("1.7", "1.8")]


@pytest.mark.parametrize(
    ("suite", "lds"),
    # by default one LDS a suite, the other in the slow run
    [pytest.param(*each, marks=[pytest.mark.slow] * (at % 4 in (1, 2))) for at, each in enumerate(EACH)],
    ids=[f"{suite}, LDS {lds}" for suite, lds in EACH],
)
def test_every_algorithm_is_accepted_and_sha1_flagged(suite: Suite, lds: str, decoder: Decoder) -> None:
    made = made_passport(portrait(), suite=suite, lds=lds, by_ski=lds == "1.8")
    if suite.hash != "sha1":
        proven(made, decoder)
        return
    done = at_border(made, decoder)
    assert done.verdict is Verdict.FLAGGED, told(done)
    assert reasons(done, Outcome.FLAGGED) == {"weak_hash"}, told(done)


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_no_algorithm_lets_a_changed_hash_through(suite: Suite) -> None:
    made = made_passport(portrait(), suite=suite)
    for name in ("DG1", "DG2"):
        changed = bytearray(made.files[name])
        changed[len(changed) // 2] ^= 1
        done = at_border(made.swapped(**{name: bytes(changed)}))
        assert "hash_differs" in reasons(done, Outcome.FAILED), told(done)
    at = made.files["SOD"].index(made.cms.content) + len(made.cms.content) - 1
    sod = bytearray(made.files["SOD"])
    sod[at] ^= 1
    done = at_border(made.swapped(SOD=bytes(sod)))
    assert done.verdict is Verdict.REFUSED, told(done)


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_no_algorithm_lets_a_flipped_signature_through(suite: Suite) -> None:
    made = made_passport(portrait(), suite=suite)
    sod = bytearray(made.files["SOD"])
    sod[-3] ^= 1
    done = at_border(made.swapped(SOD=bytes(sod)))
    assert "bad_signature" in reasons(done, Outcome.FAILED), told(done)


@pytest.mark.parametrize(("kind", "code"), [("TD1", "I<"), ("TD1", "AC"), ("TD2", "I<"), ("TD3", "P<"), ("TD3", "PP")])
def test_every_kind_of_document(kind: str, code: str, decoder: Decoder) -> None:
    assert proven(made_passport(portrait(), kind=kind, code=code), decoder).kind == kind


@pytest.mark.parametrize("standard", ["19794-5:2005", "19794-5:2011", "39794-5:2019"])
@pytest.mark.parametrize("form", ["JPEG", "JP2", "codestream"])
def test_every_form_of_portrait(standard: str, form: str, decoder: Decoder) -> None:
    image = portrait() if form == "JPEG" else jpeg_2000(portrait(), codestream=form == "codestream")
    done = proven(made_passport(image, standard=standard), decoder)
    assert done.portrait is not None and done.portrait.shape == (SIZE[1], SIZE[0], 3)


def test_the_portrait_is_the_one_that_was_signed(decoder: Decoder) -> None:
    first, second = portrait(1), portrait(9)
    done = proven(made_passport(first), decoder)
    with Image.open(io.BytesIO(first)) as one, Image.open(io.BytesIO(second)) as other:
        near, far = (np.abs(done.portrait.astype(int) - np.asarray(each)).mean() for each in (one, other))  # type: ignore[union-attr]
    assert near < 1 < far


def test_several_images_in_one_record_and_in_several_templates(decoder: Decoder) -> None:
    faces = [Face(portrait(number)) for number in (1, 9)]
    for made in (
        templates(record(faces)),
        templates(*(record([face]) for face in faces)),
        dg2(portrait(1), portrait(9)),
    ):
        proven(made_passport(portrait(), groups={2: made}), decoder)


def test_feature_points_and_the_other_tag_of_a_template(decoder: Decoder) -> None:
    pointed = record([Face(portrait(), points=17)])
    for made in (templates(pointed), templates(pointed, kind=0x7F2E)):
        proven(made_passport(portrait(), groups={2: made}), decoder)


@pytest.mark.parametrize("suite", ["RSA 3072 PSS sha256", "brainpoolP384r1 sha384 explicit"])
def test_a_new_root_is_reached_over_its_link(suite: str, decoder: Decoder) -> None:
    """Only the old root is known, and the link that it signed."""
    old = csca("KR", USUAL)
    new = csca("KR", BY_NAME[suite], label="2")
    signer = document_signer(new, BY_NAME[suite], "KR")
    made = made_passport(portrait(), root=new, signer=signer)
    linked = link(new, old)
    done = shown(made.files, [old.certificate, linked.certificate], made.at, decoder=decoder)
    assert done.verdict is Verdict.PROVEN, told(done)


def test_an_expired_root_that_was_valid_then_still_proves(decoder: Decoder) -> None:
    made = made_passport(portrait())
    root = made.root.again(last=made.at - timedelta(days=100))
    done = shown(made.files, [root.certificate], made.at, decoder=decoder)
    assert done.verdict is Verdict.PROVEN, told(done)


@pytest.mark.parametrize("count", [2, 12])
def test_the_right_root_is_found_among_many_of_one_name(count: int, decoder: Decoder) -> None:
    made = made_passport(portrait())
    namesakes = [csca("KR", USUAL, label=f"other {number}").certificate for number in range(count)]
    done = shown(made.files, [*namesakes, made.csca], made.at, decoder=decoder)
    assert done.verdict is Verdict.PROVEN, told(done)


@pytest.mark.parametrize("country", ["KOR", "D", "NLD", "JPN"])
def test_countries_are_held_against_their_signers(country: str, decoder: Decoder) -> None:
    assert proven(made_passport(portrait(), country=country, today=TODAY), decoder).issuer == country
