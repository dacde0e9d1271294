"""The commands as an officer uses them: a map, a draft, a signature, an answer; each refusal a line.

The whole way once in real processes, what is refused in this one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.attacks.harness import Ran, garim, here
from tests.consent.papers import OFFICER
from tests.exposure.cases import about, drawn, patient, record, stored
from tests.exposure.cases import visit as visit_at
from tests.exposure.walks import HOUR as LONG_AGO_HOUR

from garim.consent import Data, Purpose, public_of, save, save_key
from garim.exposure.budget import MAPS
from garim.exposure.case import Visit, read, written
from garim.exposure.positions import Mask

HOUR = (datetime.now(UTC) - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
"""Not long ago: a store tells nothing finer or older than it may keep."""
Run = Callable[..., Ran]
CASE = ("exposure", "case", "case.json", "--store", "store")
MAP = ("exposure", "map", "--store", "store", "--camera", "hall", "-o", "map.svg", "--consent", "P-01.consent.json")


AT = f"{HOUR:%Y-%m-%dT%H:}01:00Z"


def seen(*words: float, **more: str) -> Visit:
    """A visit of that hour."""
    made = visit_at(*words, **more)  # type: ignore[arg-type]
    by = HOUR - LONG_AGO_HOUR
    points = tuple(replace(point, at=point.at + by) for point in made.points)
    return replace(made, start=made.start + by, end=made.end + by, points=points)


PLACES = {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "COLUMNS": "100"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """An office: a key that is known, a consent of P-01, a draft, a store with eight people in an hour."""
    monkeypatch.chdir(tmp_path)
    for name, value in PLACES.items():
        monkeypatch.setenv(name, value)
    save_key(OFFICER, tmp_path / "office.key")
    (tmp_path / "config" / "garim").mkdir(parents=True)
    (tmp_path / "config" / "garim" / "known-keys").write_text(f"{public_of(OFFICER)} officer\n")
    save(record(), tmp_path / "P-01.consent.json")
    (tmp_path / "case.json").write_text(written(drawn(seen())))
    stored(tmp_path / "store", [patient(), *about(7, 10, mask=Mask.WORN)], hour=HOUR)
    return here


def sign(run: Run, consent: str = "P-01.consent.json") -> Ran:
    return run("exposure", "sign", "case.json", "--key", "office.key", "--consent", consent)


def ask(run: Run, *words: str) -> Ran:
    return run(*CASE, "--consent", "P-01.consent.json", *words)


def test_from_the_map_to_the_answer(run: Run, tmp_path: Path) -> None:
    run = garim
    shown = run(*MAP, "--at", AT)
    assert (shown.code, shown.out) == (0, "") and "on the ledger as entry 0" in shown.err
    assert "x_m 0, y_m 0" in (tmp_path / "map.svg").read_text()
    assert (tmp_path / "map.svg").stat().st_mode & 0o777 == 0o600

    assert sign(run).code == 0
    assert read((tmp_path / "case.json").read_text()).bound is not None
    answered = ask(run, "--picture", "out.svg")
    assert answered.code == 0, answered.err
    assert [line.split("  ")[0] for line in answered.out.splitlines()] == [
        "within 2 m for",
        "1 min or more",
        "5 min or more",
        "15 min or more",
        "counted while the patient was seen: all of the time that was asked for",
    ]
    cells = [cell.strip() for cell in answered.out.splitlines()[1].split("  ") if cell]
    assert cells == ["1 min or more", "5 or more", "0 to 4 at once", "5 or more", "0 to 4 at once", "0 to 4 at once"]
    assert "unnamed" in answered.err and "on the ledger as entry 1" in answered.err
    ElementTree.parse(tmp_path / "out.svg")
    assert (tmp_path / "out.svg").stat().st_mode & 0o777 == 0o600, "the patient's own points are in it"

    again = json.loads(ask(run, "--json").out)
    assert again["people"]["60_s"]["worn"] == {"at_least": 5} and again["outcome"] == "answered"
    assert again["receipt"]["kind"] == "exposure.case" and again["receipt"]["index"] == 2
    logged = run("ledger", "show", str(tmp_path / "state" / "garim" / "ledger"), "--json").out
    for telling in ("P-01", "hall", "City", AT[:16]):
        assert telling not in logged
    holds = run("consent", "check", "P-01.consent.json", "--purpose", "exposure.case")
    assert holds.code == 0, "a case on the ledger is no withdrawal"


def test_footage_that_is_missing_or_damaged_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text(written(drawn(seen(), seen(camera="yard"))))
    sign(run)
    partly = ask(run)
    assert partly.code == 1 and "no footage" in partly.err and "5 or more" in partly.out
    (tmp_path / "case.json").write_text(written(drawn(seen(camera="yard"))))
    sign(run)
    nothing = ask(run)
    assert nothing.code == 1 and nothing.out == "no count: the patient was found in no visit\n"
    (tmp_path / "case.json").write_text(written(drawn(seen(35, 10))))
    sign(run)
    (file,) = (tmp_path / "store").rglob("hall.garim")
    file.write_bytes(file.read_bytes()[:-1])
    damaged = ask(run)
    assert damaged.code == 1 and f"left out: {file.relative_to(tmp_path)}" in damaged.err and "no count" in damaged.out


def test_a_patient_who_was_seen_for_a_part_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    stored(tmp_path / "store", [patient(5), *about(7, 30)], camera="lobby", hour=HOUR)
    (tmp_path / "case.json").write_text(written(drawn(seen(camera="lobby"))))
    sign(run)
    partly = ask(run)
    assert partly.code == 1 and "patient seen in less than 20 % of it" in partly.err
    assert partly.out.splitlines()[-1] == (
        "counted while the patient was seen: less than 20 % of the time that was asked for"
    )


def test_a_map_that_has_nowhere_to_go_costs_nothing(run: Run) -> None:
    away = tuple("gone/map.svg" if word == "map.svg" else word for word in MAP)
    for _ in range(MAPS + 1):
        refused(run(*away, "--at", AT), "its folder")
    assert run(*MAP, "--at", AT).code == 0


def refused(ran: Ran, *says: str) -> None:
    assert (ran.code, ran.out) == (2, ""), ran
    assert ran.err.startswith("garim: ") and ran.err.count("\n") == 1, ran.err
    assert "nothing was" in ran.err and all(words in ran.err for words in says), ran.err


def test_what_is_refused_opens_nothing(run: Run, tmp_path: Path) -> None:
    refused(ask(run), "a draft")
    save(record(purpose=Purpose.REDACT_KEEP, data=(Data.PICTURE,)), tmp_path / "other.consent.json")
    refused(sign(run, "other.consent.json"), "redact.keep")
    sign(run)
    refused(sign(run), "signed already")
    refused(run(*CASE, "--consent", "other.consent.json"), "redact.keep")
    save(record(pseudonym="P-02"), tmp_path / "P-02.consent.json")
    refused(run(*CASE, "--consent", "P-02.consent.json"), "another consent")
    refused(ask(run, "--picture", "case.json"), "the output is the input")
    (tmp_path / "none").write_text("")
    refused(ask(run, "--known", "none"), "not known as officer")
    case = tmp_path / "case.json"
    was = case.read_text()
    case.write_text(was.replace('"x_m": 0.0', '"x_m": 0.5').replace('"x_m": 0,', '"x_m": 0.5,'))
    refused(ask(run), "altered afterwards")
    case.write_text(was.replace("patient", "name"))
    refused(ask(run), "patient is missing")
    case.write_text(was)
    gone = run("exposure", "case", "case.json", "--store", "gone", "--consent", "P-01.consent.json")
    assert gone.code == 2 and "is no store" in gone.err
    assert not (tmp_path / "store" / "budget.sqlite").exists()


def test_a_withdrawn_consent_asks_no_more(run: Run, tmp_path: Path) -> None:
    sign(run)
    was = (tmp_path / "P-01.consent.json").read_bytes()
    assert ask(run).code == 0
    run("consent", "withdraw", "P-01.consent.json", "--key", "office.key", "--as", "officer")
    refused(ask(run), "withdrawn")
    (tmp_path / "P-01.consent.json").write_bytes(was)
    refused(ask(run), "ledger says")
    refused(run(*MAP, "--at", AT), "ledger says")


def test_a_window_that_overlaps_is_refused(run: Run, tmp_path: Path) -> None:
    sign(run)
    assert ask(run).code == 0
    (tmp_path / "case.json").write_text(written(drawn(seen(0, 29))))
    sign(run)
    refused(ask(run), "a part of the window", "Ask for the time before or after it")


def test_maps_are_few_and_only_of_what_was_watched(run: Run, tmp_path: Path) -> None:
    for at, says in (
        ("2025-03-03T12:00:00Z", "no footage"),
        (AT[:-1], "says no zone"),
        ("noon", "is a moment"),
        ("2126-01-01T10:00:00Z", "yet to come"),
    ):
        refused(run(*MAP, "--at", at), says)
    assert not (tmp_path / "map.svg").exists()
    for minute in range(MAPS):
        assert run(*MAP, "--at", f"{HOUR:%Y-%m-%dT%H:}0{minute}:00Z", "--force").code == 0
    refused(run(*MAP, "--at", f"{HOUR:%Y-%m-%dT%H:}30:00Z", "--force"), "maps of this hour")


def test_a_case_made_for_tests_says_so(run: Run, tmp_path: Path) -> None:
    test = "P-01.TEST.consent.json"
    save(record(test=True), tmp_path / test)
    (tmp_path / "case.json").write_text(written(drawn(seen(), test=True)))
    refused(sign(run, test), "made for tests")
    assert run("exposure", "sign", "case.json", "--key", "office.key", "--consent", test, "--test").code == 0
    refused(run(*CASE, "--consent", "P-01.consent.json"), "another consent")
    answered = run(*CASE, "--consent", test, "--test", "--json")
    assert answered.code == 0 and json.loads(answered.out)["test"] is True
