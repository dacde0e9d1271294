"""What a traveller is told, in words that accuse nobody; and that there is a lane without biometrics, each time.

Law: each reason has its words, and none of them says more than was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from garim.gate.decide import Flag, Reason, Verdict

LANE = (
    "You need not have your face compared: an officer checks your passport as before, in the lane without a camera, "
    "now and at any time. Choosing it has no disadvantage for you"
)
"""The lane without biometrics, named with every answer."""

GOES_ON = "Please go to the officer, who decides. A machine alone never turns you away"

VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.MATCH: "Your face and the picture in your passport are alike",
        Verdict.NO_MATCH: "Your face could not be matched with the picture in your passport",
        Verdict.ATTACK: "The camera did not see what it had asked for",
        Verdict.UNFIT: "Your face could not be compared",
        Verdict.DOCUMENT: "Your passport has to be looked at by an officer; your face was not compared",
    }
)

REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.DOCUMENT_REFUSED: "Something on the passport's chip is not as it was signed, or it has expired",
        Reason.DOCUMENT_UNPROVEN: "It could not be checked here who signed your passport's chip. That is often a "
        "certificate that this gate lacks, and says nothing against your passport",
        Reason.DOCUMENT_FLAGGED: "Your passport's chip holds, in an older form that an officer has to weigh",
        Reason.PORTRAIT_UNUSABLE: "The picture on the chip does not show one face that can be compared",
        Reason.CAPTURE_UNREADABLE: "The camera's pictures could not be read. That is a fault of the gate",
        Reason.CAPTURE_TIME: "The pictures are not from the time in which you were asked to turn your head",
        Reason.NO_FACE: "The camera did not see your face well enough",
        Reason.SEVERAL_FACES: "The camera saw more than one face. Step before it alone",
        Reason.TOO_FEW: "The camera took too few pictures. That is a fault of the gate",
        Reason.NO_FRONTAL: "The camera did not see you look straight at it",
        Reason.NO_MOVE: "The camera did not see your head turn",
        Reason.OTHER_MOVES: "The camera saw other head turns than those it had asked for",
        Reason.MISSING_MOVES: "Not all of the head turns were seen. Turn a little further, and come back to the middle "
        "each time",
        Reason.JUMP: "The pictures do not follow each other as those of one camera do",
        Reason.GAP: "There is a gap between the camera's pictures. That is a fault of the gate",
        Reason.FLAT: "The camera saw a flat picture turn, and not a head",
        Reason.QUALITY: "The picture was not good enough: too dark or too bright, blurred, too far, or partly covered",
        Reason.OTHER_PERSON: "The pictures could not be shown to be all of one person",
        Reason.UNLIKE: "Passports' pictures age, and people change: the officer looks at it",
        Reason.STOPPED: "The comparison did not come to an end. That is a fault of the gate",
    }
)

FLAGS: Mapping[Flag, str] = MappingProxyType(
    {
        Flag.PASSIVE: "a model that looks for screens and paper is not sure; it is often wrong, and decided nothing",
        Flag.NO_REVOCATION_LIST: "no revocation list of the issuing country was asked",
        Flag.NO_TIMES: "the capture does not say when its pictures were taken",
    }
)
"""For the officer."""


def told(verdict: Verdict, reason: Reason | None) -> tuple[str, ...]:
    """The sentences for the traveller, in their order; the last one names the lane without biometrics."""
    if reason is None:
        return VERDICTS[verdict], LANE
    return VERDICTS[verdict], REASONS[reason], GOES_ON, LANE
