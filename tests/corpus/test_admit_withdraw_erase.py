"""In, out, and gone: what each does, and what it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.world import DETAILS, KNOWN, World, anybody, consent, new, photo

from garim.consent import Purpose, Signer
from garim.core.errors import Misuse
from garim.corpus import parts, record
from garim.corpus.admit import Admission, Refusal, admit, admit_all
from garim.corpus.check import check
from garim.corpus.compact import compact
from garim.corpus.erase import erase
from garim.corpus.errors import Gone, NoReceipt, NotAdmitted, Unknown, Why
from garim.corpus.provenance import Provenance, provenance
from garim.corpus.settle import turn
from garim.corpus.values import Purposes
from garim.corpus.withdraw import Counter, receipt, withdraw, withdraw_numbers
from garim.ledger import Entry, now
from garim.ledger import record as logged
from garim.ledger.entry import read as read_entry


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new(tmp_path)


def entries(world: World, kind: str) -> list[Entry]:
    from garim.ledger import standing

    return [read_entry(each) for each in standing(world.ledger, kind)]


def test_what_was_admitted_comes_back_to_the_byte(world: World) -> None:
    with world.open() as corpus:
        admitted = world.admit(corpus, "P-01", 1)
        assert photo(corpus, admitted.photo) == (world.root / "1.png").read_bytes()
        rows, (terms,) = corpus.recent(), corpus.terms().values()
        assert rows.subject.tolist() == [admitted.subject] and rows.held.all()
        assert terms.purposes is Purposes.CORPUS_TRAIN
        at = datetime.now(UTC)
        assert terms.allows(Purpose.CORPUS_TRAIN, "Trainers Ltd", at, test=True)
        assert not terms.allows(Purpose.CORPUS_TRAIN, "Trainers Ltd", at)  # a TEST consent allows nothing real
        assert not terms.allows(Purpose.CORPUS_TEST, "Trainers Ltd", at, test=True)
        assert not terms.allows(Purpose.CORPUS_TRAIN, "Others Ltd", at, test=True)
        assert check(corpus).found == ()
    (entry,) = entries(world, "corpus.admitted")
    assert entry.facts["photos"] == 1 and entry.facts["subjects"] == 1


def test_several_consents_of_one_person_are_one_photos_terms(world: World) -> None:
    with world.open() as corpus:
        more = consent("P-01", purpose=Purpose.CORPUS_TEST, processors=("Testers Ltd",))
        candidate = world.candidate("P-01", 1)
        admit(corpus, replace(candidate, consents=(*candidate.consents, more)), known=KNOWN, look=anybody)
        (terms,) = corpus.terms().values()
        at = datetime.now(UTC)
        assert terms.allows(Purpose.CORPUS_TEST, "Testers Ltd", at, test=True)
        assert not terms.allows(Purpose.CORPUS_TRAIN, "Testers Ltd", at, test=True)
        assert check(corpus).found == ()


@pytest.mark.parametrize(
    ("parts_", "why"),
    [
        ({"purpose": Purpose.GATE_EVALUATE}, Why.CONSENT),
        ({"controller": "Somebody else"}, Why.CONSENT),
        ({"valid_until": datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)}, Why.CONSENT),
    ],
)
def test_a_consent_that_does_not_hold_admits_nothing(world: World, parts_: dict[str, object], why: Why) -> None:
    from garim.consent import TAKES

    more = {"data": TAKES[parts_["purpose"]]} if "purpose" in parts_ else {}  # type: ignore[index]
    with world.open() as corpus:
        with pytest.raises(NotAdmitted) as caught:
            world.admit(corpus, "P-01", 1, **parts_, **more)
        assert caught.value.why is why
        assert len(corpus.recent()) == 0 and not corpus.vault.packs()


def test_no_consent_an_unsigned_one_and_a_strangers_admit_nothing(world: World) -> None:
    from garim.consent import Known

    with world.open() as corpus:
        candidate = world.candidate("P-01", 1)
        for consents, known in (((), KNOWN), (candidate.consents, Known())):
            with pytest.raises(NotAdmitted, match="not admitted"):
                admit(corpus, replace(candidate, consents=consents), known=known, look=anybody)
        altered = replace(candidate.consents[0], processors=("Anybody",))
        with pytest.raises(NotAdmitted):
            admit(corpus, replace(candidate, consents=(altered,)), known=KNOWN, look=anybody)


def test_a_test_consent_means_nothing_in_a_corpus_that_is_none(tmp_path: Path) -> None:
    world = new(tmp_path, test=False)
    with world.open() as corpus, pytest.raises(NotAdmitted, match="made for tests"):
        world.admit(corpus, "P-01", 1)


@pytest.mark.parametrize("word", ["web-scraping", "PUBLIC_CAMERA", "another authority", "police", "other", ""])
def test_an_origin_that_is_not_on_the_list_is_refused(word: str) -> None:
    with pytest.raises(Misuse, match="nothing was admitted"):
        provenance(word)
    assert provenance("subject-upload") is Provenance.SUBJECT_UPLOAD


def test_details_that_nobody_has_are_refused(world: World) -> None:
    with world.open() as corpus:
        candidate = world.candidate("P-01", 1)
        for details in (
            replace(DETAILS, nationality="Korea"),
            replace(DETAILS, birth_year=2030),
            replace(DETAILS, captured_on=date(2199, 1, 1)),
        ):
            with pytest.raises(NotAdmitted) as caught:
                admit(corpus, replace(candidate, details=details), known=KNOWN, look=anybody)
            assert caught.value.why is Why.DETAILS


def test_a_photo_is_taken_once_by_its_bytes_and_by_its_pixels(world: World) -> None:
    from PIL import Image

    with world.open() as corpus:
        candidate = world.candidate("P-01", 1)
        again = world.root / "again.png"
        Image.open(candidate.photo).save(again, compress_level=1)
        assert again.read_bytes() != candidate.photo.read_bytes()
        batch = [candidate, world.candidate("P-02", 1), replace(world.candidate("P-02", 2), photo=again)]
        told = list(admit_all(corpus, batch, known=KNOWN, look=anybody))
        assert [type(each) for each in told] == [Admission, Refusal, Refusal]
        told = list(admit_all(corpus, batch, known=KNOWN, look=anybody))
        assert [each.why for each in told if isinstance(each, Refusal)] == [Why.DUPLICATE] * 3
        assert check(corpus).found == ()
    assert [entry.facts["refused"] for entry in entries(world, "corpus.admitted")] == [2, 3]


def test_who_withdrew_is_given_out_nowhere_and_does_not_come_back(world: World) -> None:
    with world.open() as corpus:
        admitted, other = world.admit(corpus, "P-01", 1), world.admit(corpus, "P-02", 2)
        (told,) = withdraw(corpus, ["P-01"], by=Signer.SUBJECT)
        assert told.new
        with pytest.raises(Gone):
            photo(corpus, admitted.photo)
        assert corpus.standing(np.array([admitted.subject, other.subject], np.uint32)).tolist() == [False, True]
        assert not len(corpus.holdings().standing_of(admitted.subject))
        with pytest.raises(NotAdmitted) as caught:
            world.admit(corpus, "P-01", 3)
        assert caught.value.why is Why.WITHDRAWN
        (again,) = withdraw(corpus, ["P-01"], by=Signer.SUBJECT)
        assert not again.new and again.entry == told.entry
        paper = receipt(corpus, told)
        paper.proof.proven(corpus.log.vkeys)
        assert check(corpus).found == ()
        with pytest.raises(Unknown):
            withdraw(corpus, ["P-99"], by=Signer.SUBJECT)
    (entry,) = entries(world, "corpus.withdrawn")
    assert entry.facts["by"] == "subject"


def test_another_process_sees_a_withdrawal_at_its_next_read(world: World) -> None:
    with world.open() as corpus, world.open() as other:
        admitted = world.admit(corpus, "P-01", 1)
        assert photo(other, admitted.photo)
        withdraw(corpus, ["P-01"], by=Signer.OFFICER)
        with pytest.raises(Gone):
            photo(other, admitted.photo)


def test_a_consent_that_is_withdrawn_on_the_ledger_withdraws_its_subject(world: World) -> None:
    with world.open() as corpus:
        candidate = world.candidate("P-01", 1)
        admitted = admit(corpus, candidate, known=KNOWN, look=anybody)
        name = f"hmac-sha256:{candidate.consents[0].commitment.hex()}"
        logged(corpus.log, Entry("consent.withdrawn", now(), {"by": "subject", "record": name}))
        admit(corpus, world.candidate("P-02", 2), known=KNOWN, look=anybody)  # whoever takes a turn hears of it
        with pytest.raises(Gone):
            photo(corpus, admitted.photo)
        fresh = world.candidate("P-03", 3)
        name = f"hmac-sha256:{fresh.consents[0].commitment.hex()}"
        logged(corpus.log, Entry("consent.withdrawn", now(), {"by": "subject", "record": name}))
        with pytest.raises(NotAdmitted) as caught:
            admit(corpus, fresh, known=KNOWN, look=anybody)
        assert caught.value.why is Why.CONSENT


def test_many_who_withdraw_at_once_share_an_append(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with world.open() as corpus:
        for number in range(12):
            world.admit(corpus, f"P-{number}", number)
        with Counter(corpus) as counter, ThreadPoolExecutor(12) as people:
            told = list(people.map(lambda n: counter.withdraw(f"P-{n}", by=Signer.SUBJECT), range(12)))
        assert len({each.entry for each in told}) == 12
        assert len(corpus.gone()) == 12 and check(corpus).found == ()


def test_more_than_an_entry_each_is_a_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("garim.corpus.withdraw.EACH", 2)
    with world.open() as corpus:
        for number in range(4):
            world.admit(corpus, f"P-{number}", number)
        told = withdraw(corpus, ["P-0", "P-1", "P-2"], by=Signer.OFFICER)
        assert len({each.entry for each in told}) == 1
        assert sorted(corpus.gone().numbers().tolist()) == [0, 1, 2]
        again = withdraw(corpus, ["P-1"], by=Signer.SUBJECT)[0]
        assert again.entry == told[0].entry and not again.alone and not told[0].alone
        for each in (again, told[0]):
            with pytest.raises(NoReceipt, match=f"together with others, entry {each.entry} "):
                receipt(corpus, each)
    (entry,) = entries(world, "corpus.withdrawn")
    assert entry.facts["subjects"] == 3


def test_a_list_of_numbers_is_withdrawn_at_once(world: World) -> None:
    with world.open() as corpus:
        for number in range(4):
            world.admit(corpus, f"P-{number}", number)
        first = withdraw_numbers(corpus, np.array([3, 1, 3], np.uint32), by=Signer.OFFICER)
        assert first is not None and withdraw(corpus, ["P-3"], by=Signer.SUBJECT)[0].entry == first
        assert withdraw_numbers(corpus, np.array([1], np.uint32), by=Signer.OFFICER) is None
        with pytest.raises(Unknown):
            withdraw_numbers(corpus, np.array([4], np.uint32), by=Signer.OFFICER)
        assert withdraw_numbers(corpus, np.array([0], np.uint32), by=Signer.OFFICER) is not None
        assert corpus.gone().numbers().tolist() == [0, 1, 3] and check(corpus).found == ()
    entry, _ = entries(world, "corpus.withdrawn")
    assert entry.facts["subjects"] == 2


def in_parts(world: World) -> None:
    """Move all rows into a part."""
    with world.open() as corpus, turn(corpus):
        assert compact(corpus, rows=1)


def everything(world: World) -> dict[Path, bytes]:
    files = [path for path in world.folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("compacted", [False, True])
def test_no_byte_of_who_was_erased_is_left(world: World, compacted: bool) -> None:
    with world.open() as corpus:
        mine, other = world.admit(corpus, "P-01", 1), world.admit(corpus, "P-02", 2)
        world.admit(corpus, "P-01", 3)
    if compacted:
        in_parts(world)
    with world.open() as corpus:
        slot = corpus.keys.slots(mine.subject, 1).tobytes()
        seed = corpus.keys.seed(mine.subject)
        assert seed is not None
        dek = corpus.keys.photo_key(mine.subject)
        with corpus.state.reading() as db:
            sealed = [corpus.vault.read(place) for place, _ in record.blobs_of(db, mine.subject)]
            sql = "SELECT hex(pixels), hex(octets) FROM blobs WHERE subject = ?"
            digests = [bytes.fromhex(text) for row in db.execute(sql, (mine.subject,)) for text in row]
            (uuid,) = db.execute("SELECT record FROM consents WHERE subject = ?", (mine.subject,)).fetchone()[:1]
        wanted = [
            slot,
            seed,
            dek,
            *digests,
            uuid.encode(),
            *(each[at : at + 16] for each in sealed for at in (50, 900)),
        ]
        held = everything(world)
        for needle in (slot, *digests):
            assert any(needle in octets for octets in held.values()), "the search finds what is there"
        made = erase(corpus, "P-01", by=Signer.SUBJECT)
        assert made.facts["photos_overwritten"] == 2 and made.facts["key"] == "destroyed"
        assert len(made.facts["parts_rewritten"]) == compacted
        made.receipt.proof.proven(corpus.log.vkeys)
        assert erase(corpus, "P-01", by=Signer.SUBJECT) == made
        assert check(corpus).found == ()
        assert photo(corpus, other.photo) == (world.root / "2.png").read_bytes()
        _, left = corpus.parts()
        rows = [parts.read(corpus.folder, each) for each in left]
        assert all(mine.subject not in each.subject for each in (*rows, corpus.recent()))
        with pytest.raises((Gone, Unknown)):
            photo(corpus, mine.photo)
        after = everything(world)
    for needle in wanted:
        assert needle and not [path for path, octets in {**after, **everything(world)}.items() if needle in octets]
    assert len(entries(world, "corpus.erased")) == 1


def test_the_certificate_names_what_must_be_recalled(world: World) -> None:
    from garim.corpus.bitmap import Withdrawn

    with world.open() as corpus:
        mine, other = world.admit(corpus, "P-01", 1), world.admit(corpus, "P-02", 2)
        both = Withdrawn.of(np.array([mine.subject, other.subject], np.uint32)).written()
        lone = Withdrawn.of(np.array([other.subject], np.uint32)).written()
        with corpus.state.at_once() as db:
            for number, members in enumerate((both, both, lone), 1):
                row = (
                    number,
                    0,
                    "corpus.train",
                    f"Trainers {number}",
                    "{}",
                    bytes(32),
                    2,
                    2,
                    members,
                    bytes(32),
                    number,
                )
                db.execute("INSERT INTO manifests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO releases VALUES (1, 1, 0, 2, 0, ?, ?, 9)", (both, bytes(32)))
        exports = erase(corpus, "P-01", by=Signer.OFFICER).facts["exports_to_recall"]
        assert [each["processor"] for each in exports] == ["Trainers 1", "Trainers 2"]
        assert exports[0]["ledger_entry"] == 9 and "released_at" not in exports[1]


def test_the_ledger_names_nobody(world: World) -> None:
    with world.open() as corpus:
        world.admit(corpus, "P-01", 1)
        erase(corpus, "P-01", by=Signer.SUBJECT)
        text = b"".join(corpus.log.tree.entry(index) for index in range(corpus.log.tree.size))
        for needle in (b"P-01", corpus.made.id.encode(), corpus.id_of("P-01").hex().encode()):
            assert needle not in text
    assert [len(entries(world, f"corpus.{kind}")) for kind in ("admitted", "withdrawn", "erased")] == [1, 1, 1]
