"""A session counts once, on the ledger that issued it, as it was issued; a consent allows one comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.gate.travellers import MOVES, agreed, asked

from garim.consent import Consent
from garim.core.errors import Misuse, Unwritable
from garim.gate import uses as module
from garim.gate.answer import Answered
from garim.gate.challenge import Challenge, drawn, read, written
from garim.gate.child import Child, Name, Question, Ready
from garim.gate.decide import Alike, Captured, Evidence, Passive, Person, Portrayed, Quality, Reason, Verdict
from garim.gate.hardened import Swap
from garim.gate.passport.outcomes import Verdict as Document
from garim.gate.seen import Seen
from garim.gate.uses import ConsentUsed, NotIssued, Reused, issued, session_mark
from garim.gate.verify import Verification, verify
from garim.ledger import Log
from garim.ledger.entry import read as read_entry

ALIKE = Evidence(
    Document.PROVEN, Portrayed.ONE_FACE, Captured.READ, Answered.ANSWERED, Quality.FIT, Person.ONE, Alike.YES,
    Passive.LIVE,
)  # fmt: skip


class Saying(Child):
    """A child that looks at nothing and says one thing; it counts how often it was asked."""

    def __init__(self, evidence: Evidence = ALIKE) -> None:
        self.matcher, self.evidence, self.asked = Name.OMZ_0095, evidence, 0

    def ready(self) -> Ready:
        return Ready(Swap.NONE, "")

    def ask(self, question: Question) -> Seen:
        self.asked += 1
        return Seen(self.evidence)

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(tmp_path / "ledger", "gate.example/log") as made:
        yield made


def verified(session: Path, log: Log, *, consent: Consent | None = None, child: Child | None = None) -> Verification:
    (session.parent / "document").mkdir(exist_ok=True)
    return verify(
        document=session.parent / "document",
        capture=session.parent / "document",
        session=session,
        consent=consent or agreed(),
        log=log,
        trust=None,
        child=child or Saying(),
    )


def real() -> Consent:
    return replace(agreed(), test=False)


def facts(log: Log, index: int) -> dict[str, str | int]:
    return dict(read_entry(log.tree.entry(index)).facts)


def test_each_draw_is_on_the_log_under_the_commitment_of_its_use(log: Log, tmp_path: Path) -> None:
    made = issued(log, tmp_path / "session", moves=2, seconds=90)
    assert read((tmp_path / "session").read_bytes()) == made
    assert facts(log, 0) == {"moves": 2, "seconds": 90, "session": session_mark(made)}
    verified(tmp_path / "session", log)
    assert facts(log, 1)["session"] == facts(log, 0)["session"]


def test_no_file_appears_before_its_entry(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        assert not (tmp_path / "session").exists()
        raise Unwritable("no room left on the disk")

    monkeypatch.setattr(module, "record", full)
    with pytest.raises(Unwritable):
        issued(log, tmp_path / "session")
    assert not (tmp_path / "session").exists()


def test_what_cannot_be_issued_leaves_no_entry(log: Log, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"")
    for path, moves in ((tmp_path / "there", 3), (tmp_path / "session", 1)):
        with pytest.raises(Misuse):
            issued(log, path, moves=moves)
    with pytest.raises(Unwritable):
        issued(log, tmp_path / "nowhere" / "session")
    assert log.tree.size == 0


def copied(session: Path, name: str, octets: bytes | None = None) -> Path:
    copy = session.with_name(name)
    copy.write_bytes(octets or session.read_bytes())
    copy.chmod(0o600)
    return copy


def test_a_copy_of_a_session_is_not_looked_at(log: Log, tmp_path: Path) -> None:
    issued(log, tmp_path / "session")
    copy = copied(tmp_path / "session", "copy")
    verified(tmp_path / "session", log)
    child = Saying()
    with pytest.raises(Reused, match="copy"):
        verified(copy, log, child=child)
    assert (child.asked, log.tree.size) == (0, 2)


class Overtaken(Saying):
    """While it looks, another process uses the copy."""

    def __init__(self, copy: Path, log: Log, consent: Consent | None = None) -> None:
        super().__init__()
        self.copy, self.log, self.consent = copy, log, consent

    def ask(self, question: Question) -> Seen:
        verified(self.copy, self.log, consent=self.consent)
        return super().ask(question)


def test_of_two_copies_at_once_one_is_answered(log: Log, tmp_path: Path) -> None:
    issued(log, tmp_path / "session")
    child = Overtaken(copied(tmp_path / "session", "copy"), log)
    with pytest.raises(Reused):
        verified(tmp_path / "session", log, child=child)
    assert log.tree.size == 2


def test_a_session_of_another_ledger_is_none_here(log: Log, tmp_path: Path) -> None:
    with Log.create(tmp_path / "other", "gate.example/other") as other:
        issued(other, tmp_path / "session")
    child = Saying()
    with pytest.raises(NotIssued, match="did not issue"):
        verified(tmp_path / "session", log, child=child)
    assert (child.asked, log.tree.size) == (0, 0)


def test_other_moves_under_the_key_of_an_issued_session_were_not_issued(log: Log, tmp_path: Path) -> None:
    made = issued(log, tmp_path / "session")
    other = next(each for each in iter(drawn, None) if each.moves != made.moves)
    forged: Challenge = replace(made, moves=other.moves)
    child = Saying()
    with pytest.raises(NotIssued):
        verified(copied(tmp_path / "session", "forged", written(forged)), log, child=child)
    assert child.asked == 0


@pytest.mark.parametrize("alike", Alike)
def test_a_comparison_uses_the_consent_up(log: Log, tmp_path: Path, alike: Alike) -> None:
    consent = real()
    asked(MOVES, tmp_path / "one", log)
    verified(tmp_path / "one", log, consent=consent, child=Saying(replace(ALIKE, alike=alike)))
    asked(MOVES, tmp_path / "two", log)
    with pytest.raises(ConsentUsed, match="one comparison"):
        verified(tmp_path / "two", log, consent=consent)
    assert (tmp_path / "two").exists()  # unused
    verified(tmp_path / "two", log, consent=replace(consent, commitment=bytes(32)))


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (Evidence(), Verdict.UNFIT),
        (Evidence(Document.REFUSED), Verdict.DOCUMENT),
        (replace(ALIKE, turns=Answered.NO_MOVE, quality=None, person=None, alike=None), Verdict.ATTACK),
    ],
)
def test_what_was_not_compared_does_not(log: Log, tmp_path: Path, evidence: Evidence, verdict: Verdict) -> None:
    consent = real()
    asked(MOVES, tmp_path / "one", log)
    assert verified(tmp_path / "one", log, consent=consent, child=Saying(evidence)).decision.verdict is verdict
    asked(MOVES, tmp_path / "two", log)
    assert verified(tmp_path / "two", log, consent=consent).decision.verdict is Verdict.MATCH
    marks = {facts(log, index)["consent"] for index in (1, 3)}
    assert len(marks) == 1 and f"hmac-sha256:{consent.commitment.hex()}" not in marks


def test_a_consent_that_is_used_meanwhile_gives_no_second_match(log: Log, tmp_path: Path) -> None:
    consent = real()
    for name in ("one", "two"):
        asked(MOVES, tmp_path / name, log)
    done = verified(tmp_path / "one", log, consent=consent, child=Overtaken(tmp_path / "two", log, consent))
    assert (done.decision.verdict, done.decision.reason) == (Verdict.UNFIT, Reason.STOPPED)
    assert "one comparison" in done.note
    assert [facts(log, index)["decision"] for index in (2, 3)] == ["match", "unfit"]


def test_one_for_tests_is_never_used_up_and_each_entry_says_test(log: Log, tmp_path: Path) -> None:
    for name in ("one", "two"):
        asked(MOVES, tmp_path / name, log)
        assert verified(tmp_path / name, log).decision.verdict is Verdict.MATCH
    asked(MOVES, tmp_path / "real", log)
    verified(tmp_path / "real", log, consent=real())
    assert [facts(log, index)["test"] for index in (1, 3, 5)] == ["yes", "yes", "no"]


def test_whether_it_was_timed_and_revocation_was_asked_stands_in_the_entry(log: Log, tmp_path: Path) -> None:
    class Untimed(Saying):
        def ask(self, question: Question) -> Seen:
            return Seen(self.evidence, capture_sha256="0" * 64, timed=self.asked > 0)

    for number, (child, told) in enumerate(((Saying(), "none"), (Untimed(), "yes"))):
        asked(MOVES, tmp_path / f"{number}", log)
        verified(tmp_path / f"{number}", log, child=child)
        assert facts(log, log.tree.size - 1)["untimed"] == told
        assert facts(log, log.tree.size - 1)["revocation"] == "none"
    assert datetime.now(UTC) > read_entry(log.tree.entry(0)).at
