"""The command as a records office uses it: a consent drafted, signed, read, proved, withdrawn; each refusal a line.

Real processes; config and state folders are the test's own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.attacks.harness import Ran, garim

from garim.consent import load

Run = Callable[..., Ran]
TEXT = "May your face stay visible in the film of 3 March? You may say no.\n"
NEW = (
    *("consent", "new", "--subject", "P-01", "--purpose", "redact.keep", "--text", "text.md", "--language", "en"),
    *("--controller", "City of Examples", "--contact", "records@city.example, or room 12", "--until", "2126-03-31"),
    *("--refusal", "none: your face is covered"),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    places = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "text.md").write_text(TEXT)
    (tmp_path / "config" / "garim").mkdir(parents=True)

    def run(*words: str) -> Ran:
        return garim(*words, cwd=tmp_path, env=os.environ | places | {"COLUMNS": "100"})

    return run


@pytest.fixture
def known(run: Run, tmp_path: Path) -> Path:
    """Two keys, and the list that knows them."""
    lines = []
    for name, role in (("P-01", "subject P-01"), ("office", "officer")):
        made = run("consent", "key", "-o", f"{name}.key", "--name", name)
        assert made.code == 0 and "who reads it can sign" in made.err
        lines.append(f"{made.out.strip()} {role}")
    path = tmp_path / "config" / "garim" / "known-keys"
    path.write_text("\n".join(lines))
    return path


def check(run: Run, *words: str) -> Ran:
    return run("consent", "check", "P-01.consent.json", "--purpose", "redact.keep", *words)


@pytest.mark.parametrize(("key", "role"), [("P-01.key", "subject"), ("office.key", "officer")])
def test_from_the_draft_to_the_withdrawal(run: Run, known: Path, tmp_path: Path, key: str, role: str) -> None:
    drafted = run(*NEW)
    assert (drafted.code, drafted.out) == (0, "") and drafted.err.startswith("P-01.consent.json: a draft")
    path = tmp_path / "P-01.consent.json"
    assert path.stat().st_mode & 0o777 == 0o600
    unsigned = check(run)
    assert (unsigned.code, unsigned.out) == (1, "") and "nobody has signed it" in unsigned.err

    assert run("consent", "sign", "P-01.consent.json", "--key", key, "--as", role).code == 0
    holds = check(run, "--controller", "City of Examples")
    assert holds.code == 0
    assert holds.out == f"P-01: redact.keep holds until 2126-03-31 23:59:59 UTC, on the word of the {role}\n"

    shown = run("consent", "show", "P-01.consent.json")
    assert shown.code == 0 and shown.err == ""
    for words in ("P-01", "your face stays visible", "2126-03-31 23:59:59 UTC", "room 12", "holds now"):
        assert words in shown.out
    assert hashlib.sha256(TEXT.encode()).hexdigest() in shown.out
    assert load(path).commitment_key.hex() not in shown.out

    gone = run("consent", "withdraw", "P-01.consent.json", "--key", key, "--as", role)
    assert gone.code == 0 and "for good" in gone.err
    after = check(run)
    assert after.code == 1 and "withdrawn" in after.err and "stays so" in after.err
    assert "withdrawn, for good" in run("consent", "show", "P-01.consent.json").out
    logged = run("ledger", "show", str(tmp_path / "state" / "garim" / "ledger"), "--json")
    assert load(path).commitment.hex() in logged.out and f'"by": "{role}"' in logged.out
    for telling in ("P-01", "City", load(path).record_id, load(path).commitment_key.hex()):
        assert telling not in logged.out


def test_json_is_for_machines_and_keeps_the_key_to_itself(run: Run, known: Path, tmp_path: Path) -> None:
    made = json.loads(run(*NEW, "--json").out)
    assert (made["output"], made["state"], made["purpose"]) == ("P-01.consent.json", "drafted", "redact.keep")
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    record = load(tmp_path / "P-01.consent.json")
    shown = json.loads(run("consent", "show", "P-01.consent.json", "--json").out)
    assert shown["state"] == "given" and shown["commitment"] == record.commitment.hex()
    proved = json.loads(check(run, "--json").out)
    assert proved["signer"] == "subject" and proved["valid_until"] == "2126-03-31T23:59:59Z"
    assert proved["commitment"] == record.commitment.hex() and proved["test"] is False
    for facts in (made, shown, proved):
        assert "commitment_key" not in facts and record.commitment_key.hex() not in json.dumps(facts)
    key = json.loads(run("consent", "key", "-o", "new.key", "--name", "new", "--json").out)
    assert key["output"] == "new.key" and key["key"].startswith("new+")
    refused = check(run, "--processor", "Faces Inc", "--json")
    told = json.loads(refused.out)
    assert told["exit_code"] == refused.code == 1 and "Faces Inc" in told["error"]


def test_a_test_record_says_so_at_every_step(run: Run, known: Path) -> None:
    assert "TEST P-01.TEST.consent.json" in run(*NEW, "--test").err
    name = "P-01.TEST.consent.json"
    signed = run("consent", "sign", name, "--key", "P-01.key", "--as", "subject")
    assert signed.err.startswith("TEST ")
    assert "TEST" in run("consent", "show", name).out
    words = ("consent", "check", name, "--purpose", "redact.keep")
    refused = run(*words)
    assert (refused.code, refused.out) == (1, "") and "made for tests" in refused.err
    taken = run(*words, "--test")
    assert taken.code == 0 and taken.out.startswith("TEST: P-01") and "TEST" in taken.err
    machine = run(*words, "--test", "--json")
    assert json.loads(machine.out)["test"] is True and "TEST" in machine.err
    held_back = run("consent", "withdraw", name, "--key", "P-01.key", "--as", "subject")
    assert held_back.code == 1 and "--test does it" in held_back.err
    assert run("consent", "withdraw", name, "--key", "P-01.key", "--as", "subject", "--test").code == 0
    assert "withdrawn" in run(*words, "--test").err
    misnamed = run(*NEW, "--test", "-o", "P-01.consent.json")
    assert misnamed.code == 2 and "NAME.TEST.consent.json" in misnamed.err


def test_an_unknown_key_is_told_with_the_line_that_would_make_it_known(run: Run, known: Path, tmp_path: Path) -> None:
    run(*NEW)
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    lines = known.read_text()
    known.unlink()
    refused = check(run)
    assert refused.code == 1 and "not known as subject" in refused.err
    line = refused.err.rpartition("--known FILE: ")[2].strip()
    assert line in lines
    (tmp_path / "mine").write_text(line)
    assert check(run, "--known", "mine").code == 0
    (tmp_path / "broken").write_text("office officer\n")
    assert check(run, "--known", "broken").code == 3, "nothing was disproved: it could not be checked"
    missing = check(run, "--known", "theirs")
    assert missing.code == 3 and "theirs: cannot be read" in missing.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--purpose", "marketing"), "is one of redact.keep"),
        (("--data", "itinerary"), "redact.keep takes picture and nothing else"),
        (("--data", "shoes"), "is one of picture"),
        (("--subject", "Kim Minsu"), "a pseudonym is"),
        (("--until", "next spring"), "is a day, as 2027-03-31"),
        (("--until", "2126-03-31T12:00:00"), "says no zone"),
        (("--until", "2000-03-31"), "before valid_from"),
        (("--from", "2126-04-01"), "before valid_from"),
        (("--language", "Korean, I think"), "BCP 47"),
        (("--refusal", "a\nb"), "one line"),
        (("--processor", "A", "--processor", "A"), "named twice"),
    ],
)
def test_what_makes_no_record_is_misuse(run: Run, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    refused = run(*NEW, *words)
    assert refused.code == 2 and says in refused.err, refused.err
    assert refused.err.count("\n") == 1 and not list(tmp_path.glob("*.consent.json"))


def test_what_cannot_be_done_says_why(run: Run, known: Path, tmp_path: Path) -> None:
    assert run(*NEW, "--text", "gone.md").code == 3
    assert run(*NEW).code == 0
    again = run(*NEW)
    assert again.code == 2 and "exists already" in again.err
    assert run(*NEW, "--force").code == 0
    assert run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "guardian").code == 2
    assert run("consent", "sign", "P-01.consent.json", "--key", "gone.key", "--as", "subject").code == 3
    assert run("consent", "sign", "P-01.consent.json", "--key", "text.md", "--as", "subject").code == 2
    never = run("consent", "withdraw", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    assert never.code == 2 and "was never given" in never.err
    assert not (tmp_path / "state").exists()
    assert run("consent", "show", "gone.json").code == 3
    assert run("consent", "show", "text.md").code == 1
    kept = run("consent", "key", "-o", "P-01.key", "--name", "P-01")
    assert kept.code == 2 and kept.out == "" and "a key is never overwritten" in kept.err and "--force" not in kept.err


def test_days_and_moments_are_utc(run: Run, tmp_path: Path) -> None:
    words = (
        "--from",
        "2027-01-01",
        "--until",
        "2027-03-31T18:00:00+09:00",
        "--alternative",
        "none",
        "--data",
        "picture",
    )
    assert run(*NEW, *words, "--processor", "A", "--processor", "B").code == 0
    record = load(tmp_path / "P-01.consent.json")
    assert record.valid_from == datetime(2027, 1, 1, tzinfo=UTC)
    assert record.valid_until == datetime(2027, 3, 31, 9, tzinfo=UTC)
    assert (record.processors, record.alternative) == (("A", "B"), "none")


def test_a_record_behind_a_link_is_signed_where_it_lies(run: Run, known: Path, tmp_path: Path) -> None:
    (tmp_path / "drawer").mkdir()
    run(*NEW, "-o", "drawer/P-01.consent.json")
    (tmp_path / "P-01.consent.json").symlink_to("drawer/P-01.consent.json")
    assert run("consent", "sign", "P-01.consent.json", "--key", "office.key", "--as", "officer").code == 0
    assert (tmp_path / "P-01.consent.json").is_symlink()
    assert len(load(tmp_path / "drawer" / "P-01.consent.json").events) == 1


def test_a_named_ledger_is_asked_and_told(run: Run, known: Path, tmp_path: Path) -> None:
    run(*NEW)
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    was = (tmp_path / "P-01.consent.json").read_bytes()
    words = ("--key", "office.key", "--as", "officer", "--ledger", "log")
    assert run("ledger", "init", "log", "--origin", "city.example/log").code == 0
    gone = run("consent", "withdraw", "P-01.consent.json", *words)
    assert gone.code == 0 and "the ledger at log knows" in gone.err
    (tmp_path / "P-01.consent.json").write_bytes(was)
    assert "ledger says" in check(run, "--ledger", "log").err
    assert check(run).code == 0  # a ledger that is not asked knows nothing
    assert run("consent", "withdraw", "P-01.consent.json", *words).code == 0  # mends the old copy, logs nothing more
    assert run("ledger", "show", "log", "--json").out.count("consent.withdrawn") == 1


def test_what_ones_own_ledger_knows_counts_beside_a_named_one(run: Run, known: Path, tmp_path: Path) -> None:
    run(*NEW)
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    was = (tmp_path / "P-01.consent.json").read_bytes()
    assert run("consent", "withdraw", "P-01.consent.json", "--key", "P-01.key", "--as", "subject").code == 0
    (tmp_path / "P-01.consent.json").write_bytes(was)
    assert run("ledger", "init", "log", "--origin", "city.example/log").code == 0
    refused = check(run, "--ledger", "log")
    assert refused.code == 1 and "ledger says" in refused.err


def test_a_withdrawal_that_the_ledger_refuses_is_kept_and_can_be_told_again(
    run: Run, known: Path, tmp_path: Path
) -> None:
    run(*NEW)
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    words = ("consent", "withdraw", "P-01.consent.json", "--key", "P-01.key", "--as", "subject", "--ledger", "log")
    kept = run(*words)  # there is no such ledger yet
    assert kept.code == 3 and kept.err.count("\n") == 1
    assert "withdrawn in the record; NOT on the ledger: log" in kept.err and "run it again" in kept.err
    record = load(tmp_path / "P-01.consent.json")
    assert [event.act for event in record.events] == ["sign", "withdraw"]
    assert check(run).code == 1
    assert run("ledger", "init", "log", "--origin", "city.example/log").code == 0
    (tmp_path / "log" / "checkpoint").write_bytes(b"broken")
    (tmp_path / "log.private" / "keys").rename(tmp_path / "keys")
    assert run(*words).code == 3
    (tmp_path / "keys").rename(tmp_path / "log.private" / "keys")
    shutil.rmtree(tmp_path / "log")
    shutil.rmtree(tmp_path / "log.private")
    assert run("ledger", "init", "log", "--origin", "city.example/log").code == 0
    told = run(*words, "--json")
    assert told.code == 0 and json.loads(told.out)["ledger"] == "log"
    assert load(tmp_path / "P-01.consent.json") == record


def test_a_withdrawal_is_told_to_a_second_ledger_without_a_key(run: Run, known: Path, tmp_path: Path) -> None:
    run(*NEW)
    given = run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    assert given.code == 0
    without = run("consent", "withdraw", "P-01.consent.json", "--ledger", "records")
    assert without.code == 2 and "takes --key and --as" in without.err
    own = run("consent", "withdraw", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    assert own.code == 0 and f"the ledger at {tmp_path / 'state' / 'garim' / 'ledger'} knows" in own.err
    assert run("ledger", "init", "records", "--origin", "city.example/records").code == 0
    for _ in range(2):
        second = run("consent", "withdraw", "P-01.consent.json", "--ledger", "records")
        assert second.code == 0 and "the ledger at records knows" in second.err
    assert run("ledger", "show", "records", "--json").out.count("consent.withdrawn") == 1
    assert len(load(tmp_path / "P-01.consent.json").events) == 2


def test_a_record_that_cannot_be_written_keeps_no_withdrawal_from_the_ledger(
    run: Run, known: Path, tmp_path: Path
) -> None:
    run(*NEW)
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    text = (tmp_path / "P-01.consent.json").read_text()
    os.mkfifo(tmp_path / "pipe.consent.json")
    writer = threading.Thread(target=(tmp_path / "pipe.consent.json").write_text, args=(text,))
    writer.start()
    done = run("consent", "withdraw", "pipe.consent.json", "--key", "P-01.key", "--as", "subject")
    writer.join()
    assert done.code == 3 and "NOT in the record: " in done.err and "withdrawn on the ledger at " in done.err
    assert "ledger says" in check(run).err


def test_a_check_says_which_ledgers_it_asked(run: Run, known: Path, tmp_path: Path) -> None:
    run(*NEW)
    run("consent", "sign", "P-01.consent.json", "--key", "P-01.key", "--as", "subject")
    own = tmp_path / "state" / "garim" / "ledger"
    holds = check(run)
    assert f"the ledger at {own} is your own and was never made: it knows nothing" in holds.err
    assert run("ledger", "init", "log", "--origin", "city.example/log").code == 0
    holds = check(run, "--ledger", "log", "--json")
    assert json.loads(holds.out)["ledgers"] == [{"path": "log", "exists": True}, {"path": str(own), "exists": False}]
    assert "the ledger at log was asked, and knows of no withdrawal" in holds.err
