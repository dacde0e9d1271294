"""EVIDENCE -> DECISION: one table, pure. What a traveller and a log are told follows from it and from nothing else.

Laws: MATCH only where each step was reached and each holds; a step that was not reached is no step that held; the first
step that does not hold makes the verdict; any verdict but MATCH goes to a person, and none is final without one; the
passive model's word is a flag beside the verdict, and never the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from garim.gate.answer import Answered
from garim.gate.passport.outcomes import Verdict as Document


class Verdict(StrEnum):
    """What all evidence comes to."""

    MATCH = "match"
    NO_MATCH = "no_match"  # everything could be looked at, and the two faces are not alike enough
    ATTACK = "attack"  # what was shown to the camera does not look like the traveller who was asked
    UNFIT = "unfit"  # it could not be looked at well enough: not the traveller's doing
    DOCUMENT = "document"  # the document has to be looked at by a person; no face was compared


class Reason(StrEnum):
    """Why it is no MATCH: one word each, which a log may carry."""

    DOCUMENT_REFUSED = "document_refused"
    DOCUMENT_UNPROVEN = "document_unproven"
    DOCUMENT_FLAGGED = "document_flagged"
    PORTRAIT_UNUSABLE = "portrait_unusable"  # no face, or several, in the document's picture
    CAPTURE_UNREADABLE = "capture_unreadable"
    CAPTURE_TIME = "capture_time"  # pictures from before the session or after its deadline
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_FEW = "too_few"
    NO_FRONTAL = "no_frontal"
    NO_MOVE = "no_move"
    OTHER_MOVES = "other_moves"
    MISSING_MOVES = "missing_moves"
    JUMP = "jump"
    GAP = "gap"
    FLAT = "flat"
    QUALITY = "quality"
    OTHER_PERSON = "other_person"  # who turned the head is not who looked into the camera
    UNLIKE = "unlike"
    STOPPED = "stopped"  # the comparison did not come to an end


class Flag(StrEnum):
    """What a person may want to know beside a verdict."""

    PASSIVE = "passive"  # a model that looks for screens and paper is not sure
    NO_REVOCATION_LIST = "no_revocation_list"
    NO_TIMES = "no_times"  # nobody noted when the pictures were taken


class Portrayed(StrEnum):
    """The picture in the document."""

    ONE_FACE = "one_face"
    UNUSABLE = "unusable"


class Captured(StrEnum):
    """The pictures of the traveller."""

    READ = "read"
    UNREADABLE = "unreadable"
    TIME = "time"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"


class Quality(StrEnum):
    """The picture that is compared, by its components."""

    FIT = "fit"
    UNFIT = "unfit"


class Person(StrEnum):
    """Whether who turned the head is who looked into the camera."""

    ONE = "one"
    SEVERAL = "several"


class Alike(StrEnum):
    """The traveller and the picture in the document."""

    YES = "yes"
    NO = "no"


class Passive(StrEnum):
    """What the model thinks that looks for screens and paper. A weak signal."""

    LIVE = "live"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, in the order in which it is looked at; None where it was not looked at."""

    document: Document | None = None
    portrait: Portrayed | None = None
    capture: Captured | None = None
    turns: Answered | None = None
    quality: Quality | None = None
    person: Person | None = None
    alike: Alike | None = None
    passive: Passive | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, its reasons (the first made it), what else to know, and the similarity from which on it is a MATCH."""

    verdict: Verdict
    threshold: float
    reasons: tuple[Reason, ...] = ()
    flags: tuple[Flag, ...] = ()

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.MATCH) != (not self.reasons):
            raise ValueError("decision: reasons for all but a match")

    @property
    def reason(self) -> Reason | None:
        """The one that made the verdict."""
        return self.reasons[0] if self.reasons else None

    @property
    def to_a_person(self) -> bool:
        """Whether a person goes on from here."""
        return self.verdict is not Verdict.MATCH


Found = tuple[Verdict, Reason]

# in the order in which it is looked at: the first that does not hold makes the verdict; None: it holds
TABLE: Mapping[str, Mapping[StrEnum, Found | None]] = MappingProxyType(
    {
        "document": {
            Document.PROVEN: None,
            Document.FLAGGED: (Verdict.DOCUMENT, Reason.DOCUMENT_FLAGGED),
            Document.UNPROVEN: (Verdict.DOCUMENT, Reason.DOCUMENT_UNPROVEN),
            Document.REFUSED: (Verdict.DOCUMENT, Reason.DOCUMENT_REFUSED),
        },
        "portrait": {
            Portrayed.ONE_FACE: None,
            Portrayed.UNUSABLE: (Verdict.DOCUMENT, Reason.PORTRAIT_UNUSABLE),
        },
        "capture": {
            Captured.READ: None,
            Captured.UNREADABLE: (Verdict.UNFIT, Reason.CAPTURE_UNREADABLE),
            Captured.TIME: (Verdict.ATTACK, Reason.CAPTURE_TIME),
            Captured.NO_FACE: (Verdict.UNFIT, Reason.NO_FACE),
            Captured.SEVERAL_FACES: (Verdict.UNFIT, Reason.SEVERAL_FACES),
        },
        "turns": {
            Answered.ANSWERED: None,
            Answered.TOO_FEW: (Verdict.UNFIT, Reason.TOO_FEW),
            Answered.NO_FRONTAL: (Verdict.UNFIT, Reason.NO_FRONTAL),
            Answered.NO_MOVE: (Verdict.ATTACK, Reason.NO_MOVE),
            Answered.OTHER_MOVES: (Verdict.ATTACK, Reason.OTHER_MOVES),
            Answered.MISSING_MOVES: (Verdict.UNFIT, Reason.MISSING_MOVES),
            Answered.JUMP: (Verdict.ATTACK, Reason.JUMP),
            Answered.GAP: (Verdict.UNFIT, Reason.GAP),
            Answered.FLAT: (Verdict.ATTACK, Reason.FLAT),
        },
        "quality": {Quality.FIT: None, Quality.UNFIT: (Verdict.UNFIT, Reason.QUALITY)},
        "person": {Person.ONE: None, Person.SEVERAL: (Verdict.ATTACK, Reason.OTHER_PERSON)},
        "alike": {Alike.YES: None, Alike.NO: (Verdict.NO_MATCH, Reason.UNLIKE)},
    }
)


def decide(evidence: Evidence, *, threshold: float, flags: Iterable[Flag] = ()) -> Decision:
    """What `evidence` comes to. `threshold` is the similarity that `alike` was found by: it is told, and not used."""
    found = list(_found(evidence))
    doubtful = [Flag.PASSIVE] if evidence.passive is Passive.DOUBTFUL else []
    verdict = found[0][0] if found else Verdict.MATCH
    return Decision(verdict, threshold, tuple(reason for _, reason in found), (*doubtful, *flags))


def _found(evidence: Evidence) -> Iterator[Found]:
    """Each step that does not hold; where none does that was reached, and not all were, that it was stopped."""
    values = [(step, getattr(evidence, step)) for step in TABLE]
    found = [TABLE[step][value] for step, value in values if value is not None]
    failed = [each for each in found if each is not None]
    yield from failed
    if len(found) < len(TABLE) and not failed:
        yield Verdict.UNFIT, Reason.STOPPED
