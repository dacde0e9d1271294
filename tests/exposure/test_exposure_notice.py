"""The command as a health office uses it: signed cases and consents in, a list, a page and entries out."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.exposure.commands import garim

from garim.consent import (
    Data,
    Known,
    Purpose,
    Record,
    Signer,
    give,
    new_key,
    public_of,
    save,
    save_key,
    valid,
    withdraw,
)
from garim.core.vkey import SigningKey, VerifierKey
from garim.exposure.case import Case, Point, Visit, sign, written
from garim.exposure.notice import Notice, opened
from garim.ledger.log import Log
from garim.ledger.receipt import Receipt

NOW = datetime.now(UTC).replace(microsecond=0)
MIDNIGHT = (NOW - timedelta(days=2)).replace(hour=0, minute=0, second=0)
OFFICER, OFFICE, STRANGER = new_key("officer"), new_key("health.city.example"), new_key("stranger")
PEOPLE = ("P-01", "P-02", "P-03", "P-04")
KEYS = {name: new_key(name) for name in PEOPLE}
ZONES = {
    "format": "garim-zones-1",
    "time_zone": "UTC",
    "zones": [
        {"name": "Central Station, main hall", "air": "closed", "cameras": ["hall-1", "hall-2"]},
        {"name": "Naksan Park, east side", "air": "open", "cameras": ["park"]},
    ],
    "left_out": ["home-street"],
}
KNOWN = Known(frozenset({public_of(OFFICER)}), frozenset((public_of(key), name) for name, key in KEYS.items()))
VISITS = {
    "P-01": (("hall-1", 9, 20), ("park", 12, 5), ("park", 15, 30)),
    "P-02": (("hall-2", 9, 20), ("park", 15, 5), ("park", 16, 5)),
    "P-03": (("park", 12, 40), ("park", 16, 5), ("home-street", 22, 50)),
    "P-04": (("park", 15, 5), ("hall-1", 18, 30)),
}


def consent(name: str, purpose: Purpose, **parts: object) -> Record:
    given: dict[str, object] = {
        "pseudonym": name,
        "purpose": purpose,
        "data": (Data.ITINERARY,),
        "controller": "City of Examples",
        "contact": "health@city.example",
        "processors": (),
        "valid_from": NOW - timedelta(days=5),
        "valid_until": NOW + timedelta(days=60),
        "text_sha256": hashlib.sha256(b"May we?").hexdigest(),
        "language": "en",
        "refusal": "none",
        "alternative": None,
    }
    return give(Record(**given | parts), KEYS[name], by=Signer.SUBJECT, at=NOW - timedelta(hours=1))  # type: ignore[arg-type]


def case_of(name: str, *, officer: SigningKey = OFFICER, test: bool = False, day: int = 0) -> Case:
    """A signed case: each visit begins at ten past its hour and lasts some minutes."""
    visits = []
    for camera, hour, minutes in VISITS[name]:
        start = MIDNIGHT + timedelta(days=day, hours=hour, minutes=10)
        visits.append(Visit(camera, start, start + timedelta(minutes=minutes), (Point(start, 4.25, -1.5),)))
    record = consent(name, Purpose.EXPOSURE_CASE, test=test)
    agreed = valid(
        record, purpose=Purpose.EXPOSURE_CASE, at=NOW, known=KNOWN, withdrawn=lambda _: False, allow_test=test
    )
    return sign(Case(patient=name, visits=tuple(visits), test=test), agreed, officer, NOW)


@dataclass(frozen=True)
class Office:
    """A folder with everything that the command wants."""

    path: Path

    def put(self, name: str, *, case: Case | None = None, record: Record | None = None) -> None:
        (self.path / f"{name}.case.json").write_text(written(case or case_of(name)))
        record = record or consent(name, Purpose.EXPOSURE_NOTICE)
        save(record, self.path / f"{name}.{'TEST.' if record.test else ''}consent.json", force=True)

    def notice(
        self, *names: str, words: tuple[str, ...] = (), output: str = "notice.json"
    ) -> subprocess.CompletedProcess[str]:
        cases = [f"{name}.case.json" for name in names]
        consents = [word for name in names for word in ("--consent", self.consent(name))]
        rest = ("--zones", "zones.json", "--key", "office.key", "--advice", "Call 1339.", "-o", output)
        return garim("notice", *cases, *consents, *rest, *words, cwd=self.path)

    def consent(self, name: str) -> str:
        plain = f"{name}.consent.json"
        return plain if (self.path / plain).exists() else f"{name}.TEST.consent.json"

    def made(self, output: str = "notice.json", key: VerifierKey | None = None) -> Notice:
        tree = json.loads((self.path / output).read_text())
        return opened(tree["note"], key or public_of(OFFICE))

    def logged(self) -> list[str]:
        with Log(self.path / "state" / "garim" / "ledger") as log:
            return [log.tree.entry(n).decode() for n in range(log.tree.size)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    place = Office(tmp_path)
    (tmp_path / "config" / "garim").mkdir(parents=True)
    lines = [f"{key} officer" for key in KNOWN.officers] + [f"{key} subject {name}" for key, name in KNOWN.subjects]
    (tmp_path / "config" / "garim" / "known-keys").write_text("\n".join(lines))
    (tmp_path / "zones.json").write_text(json.dumps(ZONES))
    save_key(OFFICE, tmp_path / "office.key")
    for name in PEOPLE:
        place.put(name)
    return place


def test_three_people_become_a_list_a_page_and_entries(office: Office) -> None:
    ran = office.notice("P-01", "P-02", "P-03", words=("--page", "notice.html"))
    assert ran.returncode == 0, ran.stderr
    assert "4 windows of 3 people" in ran.stderr and str(public_of(OFFICE)) in ran.stderr
    made = office.made()
    assert (made.by, made.advice, made.test) == ("City of Examples", "Call 1339.", False)
    assert (made.made, made.until) == (NOW.date(), NOW.date() + timedelta(days=14))
    assert [(w.day, w.start, w.place.split()[0], w.risk.value) for w in made.windows] == [
        (MIDNIGHT.date(), 9, "Central", "high"),
        (MIDNIGHT.date(), 12, "Naksan", "medium"),
        (MIDNIGHT.date(), 15, "Naksan", "medium"),
        (MIDNIGHT.date(), 16, "Naksan", "low"),
    ]
    public = (
        (office.path / "notice.json").read_text() + (office.path / "notice.html").read_text() + str(office.logged())
    )
    for telling in ("P-01", "hall-1", "4.25", "09:10", "home-street", consent("P-01", Purpose.EXPOSURE_NOTICE).contact):
        assert telling not in public
    entries = [json.loads(line) for line in office.logged()]
    assert [entry["kind"] for entry in entries] == ["exposure.notice"] + 3 * ["exposure.noticed"]
    assert (entries[0]["facts"]["cases"], entries[0]["facts"]["windows"]) == (3, 4)
    tree = json.loads((office.path / "notice.json").read_text())
    receipt = Receipt.read(tree["receipt"])
    receipt.refuse_false()
    assert receipt.opened == {"notice": hashlib.sha256(tree["note"].encode()).hexdigest()}


def test_the_order_of_cases_shows_nowhere(office: Office) -> None:
    assert office.notice("P-01", "P-02", "P-03").returncode == 0
    assert office.notice("P-03", "P-01", "P-02", output="again.json").returncode == 0  # the very same list
    notes = [json.loads((office.path / name).read_text())["note"] for name in ("notice.json", "again.json")]
    assert notes[0] == notes[1]
    kinds = [json.loads(line)["kind"] for line in office.logged()]
    assert kinds.count("exposure.notice") == 2 and kinds.count("exposure.noticed") == 3


def test_a_second_list_with_one_more_is_refused(office: Office) -> None:
    assert office.notice("P-01", "P-02", "P-03").returncode == 0
    ran = office.notice("P-01", "P-02", "P-03", "P-04", output="more.json")
    assert ran.returncode == 2 and "the difference of two lists" in ran.stderr
    assert not (office.path / "more.json").exists() and len(office.logged()) == 4
    # nor the same people in other windows
    assert office.notice("P-01", "P-02", "P-03", output="more.json", words=("--hours", "2")).returncode == 2
    # the same person may come with another case, and another consent
    for name in PEOPLE[1:]:
        office.put(name)
    assert office.notice("P-02", "P-03", "P-04", output="more.json").returncode == 1  # with windows held back


def test_another_ledger_does_not_make_another_list_of_the_same_people(office: Office) -> None:
    """The difference of two lists is the same, whichever ledgers they stand on."""
    for name in ("one", "two"):
        Log.create(office.path / name, f"health.example/{name}").close()
    assert office.notice("P-01", "P-02", "P-03", words=("--ledger", "one")).returncode == 0
    for words in ((), ("--ledger", "two"), ("--ledger", "one")):
        ran = office.notice("P-01", "P-02", "P-03", "P-04", output="more.json", words=words)
        assert ran.returncode == 2 and "the difference of two lists" in ran.stderr, words
    assert not (office.path / "more.json").exists()
    assert office.notice("P-01", "P-02", "P-03", output="same.json", words=("--ledger", "two")).returncode == 0
    assert sum('"exposure.noticed"' in line for line in office.logged()) == 3


def test_windows_of_one_person_are_held_back_and_counted(office: Office) -> None:
    ran = office.notice(*PEOPLE, words=("--json",))
    said = json.loads(ran.stdout)
    assert (ran.returncode, said["windows_held_back"], said["held_back"]) == (1, 1, [])
    assert 18 not in {window.start for window in office.made().windows}
    told = office.notice(*PEOPLE, output="same.json")
    assert told.returncode == 1 and "1 windows of other days: one person alone was there" in told.stderr


@pytest.mark.parametrize("names", [("P-01",), ("P-01", "P-02"), ("P-01", "P-02", "P-01", "P-02")])
def test_fewer_than_three_people_publish_nothing(office: Office, names: tuple[str, ...]) -> None:
    ran = office.notice(*dict.fromkeys(names))
    assert ran.returncode == 2 and "of one alone it would be that person's day" in ran.stderr
    assert not (office.path / "notice.json").exists() and not (office.path / "state").exists()


def test_days_of_too_few_are_held_back_and_told(office: Office) -> None:
    late = replace(case_of("P-04", day=1))
    office.put("P-04", case=late)
    ran = office.notice(*PEOPLE, words=("--json",))
    said = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert said["held_back"] == [str((MIDNIGHT + timedelta(days=1)).date())] and said["people"] == 3
    assert {window.day for window in office.made().windows} == {MIDNIGHT.date()}
    # whose days were all held back is in no list yet
    assert sum('"exposure.noticed"' in line for line in office.logged()) == 3


def refusal(office: Office, *names: str, words: tuple[str, ...] = ()) -> str:
    ran = office.notice(*(names or PEOPLE[:3]), words=words)
    assert ran.returncode in (1, 2, 3) and ran.stderr.count("\n") == 1, ran.stderr
    assert not (office.path / "notice.json").exists() and not (office.path / "state").exists()
    return ran.stderr


def test_a_consent_for_another_purpose_is_none(office: Office) -> None:
    office.put("P-01", record=consent("P-01", Purpose.EXPOSURE_CASE))
    assert "for exposure.case, and not for exposure.notice" in refusal(office)


def test_a_consent_that_was_withdrawn_is_none(office: Office) -> None:
    record = consent("P-01", Purpose.EXPOSURE_NOTICE)
    office.put("P-01", record=withdraw(record, KEYS["P-01"], by=Signer.SUBJECT, at=NOW, known=KNOWN))
    assert "was withdrawn" in refusal(office)


def test_a_list_ends_when_the_first_consent_does(office: Office) -> None:
    office.put("P-01", record=consent("P-01", Purpose.EXPOSURE_NOTICE, valid_until=NOW + timedelta(days=3)))
    assert office.notice(*PEOPLE[:3]).returncode == 0
    assert office.made().until == (NOW + timedelta(days=3)).date()


def test_consents_to_two_offices_are_two_lists(office: Office) -> None:
    office.put("P-01", record=consent("P-01", Purpose.EXPOSURE_NOTICE, controller="Elsewhere"))
    assert "City of Examples and to Elsewhere" in refusal(office)


def test_a_case_on_nobodys_word_is_none(office: Office) -> None:
    office.put("P-01", case=case_of("P-01", officer=STRANGER))
    assert "not known as officer" in refusal(office)
    office.put("P-01", case=replace(case_of("P-01"), bound=None, signature=None))
    assert "no officer has signed it" in refusal(office)
    was = case_of("P-01")
    office.put("P-01", case=replace(was, visits=was.visits[:1]))
    assert "altered afterwards" in refusal(office)


def test_cases_and_consents_are_of_the_same_people(office: Office) -> None:
    ran = garim(
        *("notice", "P-01.case.json", "P-02.case.json", "P-03.case.json", "--zones", "zones.json", "--key"),
        *("office.key", "--advice", "x", "-o", "notice.json", "--consent", "P-01.consent.json"),
        cwd=office.path,
    )
    assert ran.returncode == 2 and "no --consent of P-02" in ran.stderr
    assert "P-04: a consent, and no case" in refusal(office, words=("--consent", "P-04.consent.json"))
    office.put("P-02", case=case_of("P-03"))
    assert "P-02: a consent, and no case" in refusal(office)


def test_what_was_made_for_tests_says_so_everywhere(office: Office) -> None:
    for name in PEOPLE[:3]:
        (office.path / f"{name}.consent.json").unlink()
        office.put(name, case=case_of(name, test=True), record=consent(name, Purpose.EXPOSURE_NOTICE, test=True))
    assert "made for tests" in refusal(office)
    assert "says TEST in its name" in refusal(office, words=("--test",))
    ran = office.notice(*PEOPLE[:3], output="notice.TEST.json", words=("--test", "--page", "notice.TEST.html"))
    assert ran.returncode == 0 and "TEST: the list says so" in ran.stderr
    assert office.made("notice.TEST.json").test


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--hours", "5"), "do not divide a day"),
        (("--least", "2"), "3 people at least"),
        (("--least", "4"), "4 people at least"),
        (("--advice", "two\nlines"), "the advice is one line"),
        (("--page", "notice.json"), "named twice"),
        (("--page", "zones.json"), "the output is the input"),
        (("--zones", "P-01.case.json"), "no zones are in it"),
        (("--zones", "gone.json"), "cannot be read"),
        (("--key", "gone.key"), "cannot be read"),
        (("--key", "zones.json"), "others can read this key"),
        (("--ledger", "nowhere"), "is no ledger"),
    ],
)
def test_what_cannot_be_done_says_why(office: Office, words: tuple[str, ...], says: str) -> None:
    assert says in refusal(office, words=words)


def test_a_camera_that_nobody_placed_stops_the_list(office: Office) -> None:
    (office.path / "zones.json").write_text(json.dumps(ZONES | {"left_out": []}))
    assert "home-street: is in no zone" in refusal(office)
