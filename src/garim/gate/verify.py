"""ONE TRAVELLER, ONE DOCUMENT, ONE ANSWER: from a consent and a session to a receipt, and nothing kept.

    consent -> session used up -> a process that looks (child) -> evidence -> decision (decide) -> entry -> answer

Laws: without a consent to gate.verify, under which nobody was compared yet, nothing is opened; a session counts once,
on the log that issued it, and is used up before anything is looked at; this process holds no picture, no template and
no score; no answer leaves before its entry is durable; whatever went wrong is no MATCH. One document, one capture: no
second can be named. A session that expired, was edited, or whose process was killed has no entry of its use: the log
shows it as issued, and never used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from garim.consent import Consent, OtherPurpose, Purpose
from garim.core.errors import GarimError, Misuse
from garim.gate.challenge import Challenge, consumed
from garim.gate.child import Child, Question
from garim.gate.decide import Decision, Evidence, Flag, decide
from garim.gate.hardened import Swap
from garim.gate.moves import Move
from garim.gate.passport import opened
from garim.gate.passport.adding import read_crl
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason
from garim.gate.quality import Component
from garim.gate.seen import Seen
from garim.gate.uses import (
    ConsentUsed,
    consent_mark,
    opened_session,
    refuse_spent_consent,
    refuse_unissued,
    refuse_used,
    turn,
)
from garim.gate.words import told
from garim.ledger import Entry, Log, commitment, now, record
from garim.ledger.receipt import Receipt
from garim.recognise.matcher import Name
from garim.recognise.thresholds import Pair, threshold

_WORST = (Outcome.FAILED, Outcome.FLAGGED, Outcome.UNCHECKED, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of one traveller: look at `decision` first.

    `checks` are the document's, `components` the quality of the picture that was compared, `asked` and `made` the moves
    of the head, `caution` what is known against
    the matcher. `receipt` is the traveller's: its key opens what the entry
    commits to, and nobody else has it. `note` says what stopped it, where something did.
    """

    decision: Decision
    said: tuple[str, ...]
    checks: tuple[Check, ...]
    components: tuple[Component, ...]
    asked: tuple[Move, ...]
    made: tuple[Move, ...]
    matcher: Name
    caution: str
    swap: Swap
    test: bool
    receipt: Receipt
    note: str = ""


def verify(
    *,
    document: Path,
    capture: Path,
    session: Path,
    consent: Consent,
    log: Log,
    trust: Path | None,
    crls: Sequence[Path] = (),
    child: Child | None = None,
) -> Verification:
    """Whether the traveller in `capture` is the one whom the picture in `document` shows, once its entry is on `log`.

    `session` is the file of a challenge, which is used up; `trust` is the folder of trusted certificates, None for
    nobody's. `child` is one that was started ahead, if any; it is used up, too.

    Raises `NoConsent`, `Misuse` (`ConsentUsed` is one), `NoWeights` before the session is used; what
    `challenge.consumed` raises; `NotIssued` and `Reused` before anything is looked at; `Unwritable` and its like where
    the entry cannot be made: then there is no answer.
    """
    _refuse_unfit(document, capture, consent)
    _refuse_unproved(trust, crls)
    refuse_spent_consent(log, consent)
    with child or Child() as looking:
        ready = looking.ready()
        used = consumed(session)
        refuse_unissued(log, used)
        refuse_used(log, used)
        asked = Question(
            document=document,
            capture=capture,
            trust=trust,
            crls=tuple(crls),
            at=datetime.now(UTC),
            session=used.session_id,
            moves=used.moves,
            issued_at=used.issued_at,
            deadline=used.deadline,
        )
        try:
            seen, note = looking.ask(asked), ""
        except GarimError as error:
            seen, note = Seen(Evidence()), str(error)
    row = threshold(looking.matcher, Pair.DOCUMENT)
    with turn(log):  # from here on no other process can use the same session, or the same consent
        refuse_used(log, used)
        try:
            refuse_spent_consent(log, consent)
        except ConsentUsed as error:
            seen, note = Seen(Evidence()), str(error)
        decision = decide(seen.evidence, threshold=row.similarity, flags=_flags(seen))
        receipt = _logged(log, used, consent, seen, decision, looking.matcher)
    return Verification(
        decision=decision,
        said=told(decision.verdict, decision.reason),
        checks=seen.checks,
        components=seen.components,
        asked=used.moves,
        made=seen.moves,
        matcher=looking.matcher,
        caution=ready.caution,
        swap=ready.swap,
        test=consent.test,
        receipt=receipt,
        note=note,
    )


def _refuse_unfit(document: Path, capture: Path, consent: Consent) -> None:
    """What can be known before the session is used up, so that a slip of the hand does not use it up."""
    if consent.purpose is not Purpose.GATE_VERIFY:
        raise OtherPurpose(f"the consent is for {consent.purpose}, and not for {Purpose.GATE_VERIFY}")
    if not document.exists():
        raise Misuse(f"{document}: is not there; nothing was opened. Name the folder or zip of the chip's files")
    if not capture.is_dir():
        raise Misuse(f"{capture}: is no folder; nothing was opened. Name the folder of the camera's stills")


def _refuse_unproved(trust: Path | None, crls: Sequence[Path]) -> None:
    """Raise what the folder of trusted certificates, or a revocation list, is wrong with."""
    if trust is None:
        if crls:
            raise Misuse(f"{crls[0]}: whose signature is it to have? Nothing is trusted; nothing was opened")
        return
    with opened(trust) as store:
        for path in crls:
            read_crl(path, store, at=datetime.now(UTC))


def _flags(seen: Seen) -> Iterator[Flag]:
    if _unlisted(seen):
        yield Flag.NO_REVOCATION_LIST
    if seen.capture_sha256 is not None and not seen.timed:
        yield Flag.NO_TIMES


def _logged(log: Log, used: Challenge, consent: Consent, seen: Seen, decision: Decision, matcher: Name) -> Receipt:
    """Under the session's own key, which the receipt has; the consent's mark is under a key of the consent's."""
    opened = {"capture": seen.capture_sha256, "content": seen.content_sha256, "session": opened_session(used)}
    there = {fact: value for fact, value in opened.items() if value is not None}
    facts = _facts(seen, decision, matcher)
    facts |= {"consent": consent_mark(consent), "test": "yes" if consent.test else "no"}
    facts |= {fact: commitment(used.key, fact, there[fact].encode()) if fact in there else "none" for fact in opened}
    return Receipt(record(log, Entry("gate.session", now(), facts)), used.key, there)


def _facts(seen: Seen, decision: Decision, matcher: Name) -> dict[str, str | int]:
    found = seen.evidence
    return {
        **{f"check_{code}": _worst(seen.checks, code) for code in Code},
        "decision": decision.verdict.value,
        "matcher": matcher.value,
        "passive": found.passive or "none",
        "person": found.person or "none",
        "quality": found.quality or "none",
        "reason": decision.reason or "none",
        "revocation": _revocation(seen),
        "signer": seen.signer_sha256 or "none",
        "threshold_thousandths": round(1000 * decision.threshold),
        "turns": found.turns or "none",
        "untimed": "none" if seen.capture_sha256 is None else "no" if seen.timed else "yes",
    }


def _revocation(seen: Seen) -> str:
    found = {check.outcome for check in seen.checks if check.code is Code.REVOCATION}
    return "none" if not found else "unchecked" if Outcome.UNCHECKED in found or _unlisted(seen) else "checked"


def _unlisted(seen: Seen) -> bool:
    return any(check.reason is Reason.NO_REVOCATION_LIST for check in seen.checks)


def _worst(checks: Sequence[Check], code: Code) -> str:
    found = {check.outcome for check in checks if check.code is code}
    return next((outcome.value for outcome in _WORST if outcome in found), "none")
