"""A consent that does not hold any more, or never did, presented as one that does: nothing is left visible.

Real records and keys, a real ledger, real processes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from tests.attacks.harness import Ran, Running, garim, running
from tests.consent.papers import draft, given
from tests.films import film, pictures

from garim.consent import Act, Signer, give, load, new_key, plain, public_of, read, save, save_key, written
from garim.consent.sign import message
from garim.core.plan import Keep, Lane, Plan
from garim.core.plan import written as plan_text
from garim.files import sha256
from garim.media import probe

PERSON, OTHER, OFFICE = new_key("P-01"), new_key("P-02"), new_key("office")


class Desk:
    """A records office: keys, a list of known ones, a consent that P-01 gave, a photo and its plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record, self.photo, self.plan = folder / "P-01.consent.json", folder / "photo.png", folder / "plan.json"
        known = folder / "config" / "garim" / "known-keys"
        known.parent.mkdir(parents=True)
        lines = [
            f"{public_of(OFFICE)} officer",
            f"{public_of(PERSON)} subject P-01",
            f"{public_of(OTHER)} subject P-02",
        ]
        known.write_text("\n".join(lines))
        for key in (PERSON, OTHER, OFFICE):
            save_key(key, folder / f"{key.name}.key")
        draft_ = draft(valid_until=draft().valid_until.replace(year=2126))
        save(give(draft_, PERSON, by=Signer.SUBJECT, at=draft_.valid_from), self.record)
        Image.new("RGB", (64, 48), "white").save(self.photo)
        self.leave_visible(Keep("P-01", "their own record"))

    def leave_visible(self, keep: Keep) -> None:
        lane = Lane(1, np.array([0]), np.array([[8, 8, 40, 40]], np.float32), keep)
        self.plan.write_text(plan_text(Plan(sha256(self.photo), (64, 48), Fraction(1), (lane,))))

    def run(self, *words: str | Path) -> Ran:
        places = {"XDG_CONFIG_HOME": self.folder / "config", "XDG_STATE_HOME": self.folder / "state"}
        return garim(*words, env=os.environ | {name: str(path) for name, path in places.items()}, cwd=self.folder)

    def check(self, record: Path, *words: str | Path) -> Ran:
        return self.run("consent", "check", record, "--purpose", "redact.keep", *words)

    def redact(self, *words: str | Path) -> Ran:
        return self.run("redact", self.photo, "--plan", self.plan, "-o", "out.png", *words)

    def edited(self, change: Callable[[dict[str, Any]], Any]) -> Path:
        """A copy of the record, changed by hand."""
        tree = json.loads(self.record.read_text())
        change(tree)
        path = self.folder / "edited.consent.json"
        path.write_text(json.dumps(tree))
        return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def refused(ran: Ran, says: str, code: int = 1) -> None:
    assert (ran.code, ran.out) == (code, "") and says in ran.err, ran.err
    assert ran.err.count("\n") == 1


def test_the_consent_that_is_attacked_holds(desk: Desk) -> None:
    assert desk.check(desk.record).code == 0


def test_an_old_copy_does_not_outlive_the_withdrawal(desk: Desk) -> None:
    old = Path(shutil.copy(desk.record, desk.folder / "old.consent.json"))
    done = desk.run("consent", "withdraw", desk.record, "--key", "P-01.key", "--as", "subject")
    assert done.code == 0, done.err
    refused(desk.check(desk.record), "withdrawn")
    refused(desk.check(old), "as the ledger says")
    refused(desk.redact("--consent", old), "as the ledger says", code=2)
    assert not (desk.folder / "out.png").exists()


def test_the_withdrawal_cannot_be_cut_off(desk: Desk) -> None:
    desk.run("consent", "withdraw", desk.record, "--key", "office.key", "--as", "officer")
    cut = desk.edited(lambda tree: (tree["events"].pop(), tree["signatures"].pop()))
    refused(desk.check(cut), "as the ledger says")


def test_another_commitment_key_does_not_hide_it_from_the_ledger(desk: Desk) -> None:
    old = desk.record.read_text()
    desk.run("consent", "withdraw", desk.record, "--key", "P-01.key", "--as", "subject")
    desk.record.write_text(old)
    refused(desk.check(desk.edited(lambda tree: tree.update(commitment_key="00" * 32))), "altered")
    refused(desk.check(desk.edited(lambda tree: tree.update(record_id=draft().record_id))), "altered")


def test_a_withdrawal_is_not_signed_over_again(desk: Desk) -> None:
    desk.run("consent", "withdraw", desk.record, "--key", "P-01.key", "--as", "subject")
    was = desk.record.read_bytes()
    refused(desk.run("consent", "sign", desk.record, "--key", "P-01.key", "--as", "subject"), "for good", code=2)
    assert desk.run("consent", "withdraw", desk.record, "--key", "P-01.key", "--as", "subject").code == 0
    assert desk.record.read_bytes() == was
    before = desk.run("ledger", "show", desk.folder / "state" / "garim" / "ledger", "--json").out
    assert before.count("consent.withdrawn") == 1


def test_a_strangers_withdrawal_reaches_neither_record_nor_ledger(desk: Desk) -> None:
    was = desk.record.read_bytes()
    done = desk.run("consent", "withdraw", desk.record, "--key", "P-02.key", "--as", "subject")
    refused(done, "not known as subject")
    assert desk.record.read_bytes() == was and not (desk.folder / "state").exists()
    assert desk.check(desk.record).code == 0


def test_a_forged_withdrawal_is_not_put_on_another_ledger(desk: Desk) -> None:
    """The record's holder writes the person's withdrawal by hand: their key, no signature of theirs."""
    held = load(desk.record)
    event = replace(held.events[0], act=Act.WITHDRAW)
    forged = replace(held, events=(*held.events, event), signatures=(*held.signatures, bytes(64)))
    desk.record.write_text(written(forged))
    refused(desk.run("consent", "withdraw", desk.record), "altered")
    stranger = new_key("P-01")
    event = replace(event, key=public_of(stranger))
    signature = Ed25519PrivateKey.from_private_bytes(stranger.seed).sign(message(held, (*held.events, event)))
    forged = replace(held, events=(*held.events, event), signatures=(*held.signatures, signature))
    desk.record.write_text(written(forged))
    refused(desk.run("consent", "withdraw", desk.record), "not known as subject")
    assert not (desk.folder / "state").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda tree: tree.update(valid_until="2199-01-01T00:00:00Z"), "altered"),
        (lambda tree: tree.update(purpose="corpus.train", pii_information=["photo"]), "altered"),
        (lambda tree: tree.update(pii_principal_id="P-02"), "altered"),
        (lambda tree: tree.update(pii_processors=[*tree["pii_processors"], "Faces Inc"]), "altered"),
        (lambda tree: tree["events"][0].update(entity_role="officer"), "altered"),
        (lambda tree: tree["events"][0].update(entity_key=str(public_of(OFFICE))), "altered"),
        (lambda tree: tree.update(events=[], signatures=[]), "draft"),
        (lambda tree: tree.update(signatures=[]), "a signature for each event"),
        (lambda tree: tree.update(purpose="redact.everything"), "none of redact.keep"),
        (lambda tree: tree.update(note="agreed to more by phone"), "a field too many"),
    ],
)
def test_no_field_can_be_mended_by_hand(desk: Desk, change: Callable[[dict[str, Any]], Any], says: str) -> None:
    refused(desk.check(desk.edited(change)), says)


def test_a_test_record_cannot_drop_its_mark(desk: Desk) -> None:
    made = desk.folder / "P-01.TEST.consent.json"
    record = draft(test=True, valid_until=draft().valid_until.replace(year=2126))
    save(give(record, PERSON, by=Signer.SUBJECT, at=record.valid_from), made)
    refused(desk.check(made), "made for tests")
    refused(desk.redact("--consent", made), "made for tests", code=2)
    renamed = Path(shutil.copy(made, desk.folder / "real.consent.json"))
    refused(desk.check(renamed), "made for tests")
    renamed.write_text(made.read_text().replace(' "test": true,\n', ""))
    assert not read(renamed.read_text()).test
    refused(desk.check(renamed), "altered")


def test_a_signature_of_another_consent_does_not_fit(desk: Desk) -> None:
    other = plain(given())["signatures"]
    refused(desk.check(desk.edited(lambda tree: tree.update(signatures=other))), "altered")


def test_one_person_cannot_agree_for_another(desk: Desk) -> None:
    forged = desk.folder / "forged.consent.json"
    record = draft(valid_until=draft().valid_until.replace(year=2126))
    for key, by in ((OTHER, Signer.SUBJECT), (PERSON, Signer.OFFICER), (new_key("office"), Signer.OFFICER)):
        save(give(record, key, by=by, at=record.valid_from), forged, force=True)
        refused(desk.check(forged), "is not known as")


def test_a_name_that_stands_twice_is_no_record(desk: Desk) -> None:
    two = desk.folder / "two.consent.json"
    two.write_text(desk.record.read_text().replace("{", '{"valid_until": "2199-01-01T00:00:00Z",', 1))
    refused(desk.check(two), "a name stands twice")


def test_a_later_moment_is_not_a_way_around(desk: Desk) -> None:
    refused(desk.check(desk.record, "--at", "2126-12-31"), "held until 2126")
    refused(desk.check(desk.record, "--at", "2020-01-01"), "holds from")


def test_a_plan_that_says_who_agreed_is_not_believed(desk: Desk) -> None:
    refused(desk.redact(), "leaves P-01 visible, and nobody proved", code=2)
    tree = json.loads(desk.plan.read_text())
    tree["lanes"][0]["keep"]["commitment"] = load(desk.record).commitment.hex()
    desk.plan.write_text(json.dumps(tree))
    refused(desk.redact(), "leaves P-01 visible, and nobody proved", code=2)
    assert not (desk.folder / "out.png").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda record: replace(record, valid_until=record.valid_until.replace(year=2125)), "altered"),
        (lambda record: draft(), "draft"),
        (
            lambda record: give(
                draft(
                    valid_from=draft().valid_from.replace(year=2000), valid_until=draft().valid_from.replace(year=2001)
                ),
                PERSON,
                by=Signer.SUBJECT,
                at=draft().valid_from.replace(year=2000),
            ),
            "held until",
        ),
    ],
)
def test_a_consent_that_does_not_hold_keeps_nobody_visible(desk: Desk, change: Callable[[Any], Any], says: str) -> None:
    desk.record.write_text(written(change(load(desk.record))))
    refused(desk.redact("--consent", desk.record), says, code=2)
    refused(desk.redact("--keep", f"1={desk.record}"), says, code=2)
    assert not (desk.folder / "out.png").exists()


def test_the_consent_of_somebody_else_keeps_nobody_visible(desk: Desk) -> None:
    desk.leave_visible(Keep("P-02", "their own record"))
    refused(desk.redact("--consent", desk.record), "no P-01 visible", code=2)


def test_a_consent_for_something_else_keeps_nobody_visible(desk: Desk) -> None:
    other = desk.folder / "train.consent.json"
    done = desk.run(
        *("consent", "new", "--subject", "P-01", "--purpose", "corpus.train", "--text", desk.photo, "--language", "en"),
        *("--controller", "City", "--contact", "here", "--until", "2126-01-01", "--refusal", "none", "-o", other),
    )
    assert done.code == 0, done.err
    assert desk.run("consent", "sign", other, "--key", "P-01.key", "--as", "subject").code == 0
    refused(desk.redact("--consent", other), "is for corpus.train, and not for redact.keep", code=2)


def test_a_ledger_that_cannot_be_read_proves_nothing(desk: Desk) -> None:
    ran = desk.check(desk.record, "--ledger", desk.folder / "gone")
    assert ran.code in (2, 3) and "gone" in ran.err and not ran.out
    ran = desk.redact("--consent", desk.record, "--ledger", desk.folder / "gone")
    assert ran.code in (2, 3) and not (desk.folder / "out.png").exists()


def test_a_list_of_keys_that_cannot_be_read_knows_nobody(desk: Desk) -> None:
    known = desk.folder / "config" / "garim" / "known-keys"
    known.write_text(known.read_text() + "\noffice officer\n")
    refused(desk.check(desk.record), "nobody was taken as known", code=3)
    refused(desk.redact("--consent", desk.record), "nobody was taken as known", code=3)


def test_a_list_of_keys_that_others_can_write_to_knows_nobody(desk: Desk) -> None:
    (desk.folder / "config" / "garim" / "known-keys").chmod(0o666)
    refused(desk.check(desk.record), "others can write to this list", code=2)
    refused(desk.redact("--consent", desk.record), "others can write to this list", code=2)


def stopped_at(running: Running, step: str) -> None:
    """Hold the process still at `step`, whatever it is about to do."""
    running.until(step)
    running.process.send_signal(signal.SIGSTOP)


@pytest.mark.weights
@pytest.mark.parametrize("how", ["withdrawn", "gone", "another"])
def test_a_consent_that_ends_while_the_film_is_cut_keeps_nobody_visible(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    film_ = film(desk.folder / "film.mp4", pictures(40))
    lane = Lane(1, np.array([0, 512]), np.array([[8, 8, 40, 40]] * 2, np.float32), Keep("P-01", "their own record"))
    desk.plan.write_text(plan_text(Plan(sha256(film_), (320, 240), probe(film_).time_base, (lane,))))
    for name in ("config", "state"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(desk.folder / name))
    output = desk.folder / "out.mp4"
    with running(film_, output, "--plan", str(desk.plan), "--consent", str(desk.record)) as run:
        stopped_at(run, "write")
        if how == "withdrawn":
            assert desk.run("consent", "withdraw", desk.record, "--key", "P-01.key", "--as", "subject").code == 0
        elif how == "gone":
            desk.record.unlink()
        else:
            other = draft(valid_until=draft().valid_until.replace(year=2126))
            save(give(other, PERSON, by=Signer.SUBJECT, at=other.valid_from), desk.record, force=True)
        run.process.send_signal(signal.SIGCONT)
        refused(run.ended(), "nothing was published", code=3)
    assert not output.exists() and not list(desk.folder.glob(".garim*"))


def test_a_ledger_with_a_piece_missing_proves_nothing(desk: Desk) -> None:
    old = desk.record.read_text()
    desk.run("consent", "withdraw", desk.record, "--key", "P-01.key", "--as", "subject")
    desk.record.write_text(old)
    for bundle in (desk.folder / "state" / "garim" / "ledger" / "tile" / "entries").rglob("*"):
        if bundle.is_file():
            bundle.unlink()
    ran = desk.check(desk.record)
    assert ran.code in (1, 3) and ran.out == ""
    assert desk.redact("--consent", desk.record).code in (2, 3) and not (desk.folder / "out.png").exists()
