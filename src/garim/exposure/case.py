"""A case: where and when a patient says they were, which glyph on the map was theirs, and an officer's word for it.

    {"schema_version": "garim-exposure-case-1", "case_id": ..., "patient": "P-01",
     "visits": [{"camera": "hall", "from": ..., "to": ..., "points": [{"at": ..., "x_m": 1.5, "y_m": -2}]}],
     "consent": <commitment>, "officer": {"key": ..., "at": ...}, "signature": ...}

Laws: its JSON reads back to the same canonical bytes (RFC 8785), or is refused; what is signed begins with `DOMAIN`
and is all of it but the signature, the commitment of the patient's consent included: whoever would change a point, a
time or the patient needs the officer's key. A click on a screen signs nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import uuid
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from garim.consent import Consent, Data, Known, OtherPurpose, Purpose, Signer, public_of, time_text
from garim.consent.errors import Expired, NotYet
from garim.core.errors import Disproved, Malformed, Misuse
from garim.core.vkey import Kind, SigningKey, VerifierKey, unbase64
from garim.exposure.seal import camera_id
from garim.signing import derived

T = TypeVar("T", str, list[Any], dict[str, Any])

SCHEMA = "garim-exposure-case-1"
DOMAIN = b"garim exposure case v1\n"
SHORTEST = timedelta(minutes=5)  # of one second an answer would say where the patient was in that second
LONGEST = timedelta(hours=24)
MOST_VISITS = 100
MOST_POINTS = 20
_FURTHEST_M = 327.67  # what a store's centimetres hold
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class NotBound(Disproved):
    """The case, the consent and the officer's signature do not belong together."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where the patient says they were `at` that second: metres on the camera's map."""

    at: datetime
    x_m: float
    y_m: float

    def __post_init__(self) -> None:
        _refuse_odd_time(self.at)
        if not all(math.isfinite(m) and abs(m) <= _FURTHEST_M for m in (self.x_m, self.y_m)):
            raise ValueError("points: x_m and y_m are metres, 327.67 at most")


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay before one camera, `start` included and `end` not, and the patient's own points in it."""

    camera: str
    start: datetime
    end: datetime
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        camera_id(self.camera)
        _refuse_odd_time(self.start, self.end)
        if not SHORTEST <= self.end - self.start <= LONGEST:
            raise ValueError(f"visits: {self.camera}: to lies after from, by 5 minutes at least and a day at most")
        if not 0 < len(self.points) <= MOST_POINTS:
            raise ValueError(f"visits: {self.camera}: 1 to {MOST_POINTS} points. garim exposure map shows where")
        if not all(self.start <= point.at < self.end for point in self.points):
            raise ValueError(f"visits: {self.camera}: a point's time lies within the visit")


@dataclass(frozen=True, slots=True)
class Binding:
    """Which consent the officer's `key` bound the case to, 32 bytes, and when."""

    consent: bytes
    key: VerifierKey
    at: datetime

    def __post_init__(self) -> None:
        _refuse_odd_time(self.at)
        if len(self.consent) != 32 or self.key.kind is not Kind.ED25519:
            raise ValueError("consent is 32 bytes in hex, and officer's key an Ed25519 one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands in its file; a draft until it is `bound` and signed. Raises `ValueError`."""

    patient: str
    visits: tuple[Visit, ...]
    test: bool = False
    case_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    bound: Binding | None = None
    signature: bytes | None = None

    def __post_init__(self) -> None:
        if not _PSEUDONYM.fullmatch(self.patient):
            raise ValueError("patient: a pseudonym is up to 64 letters, digits, '.', '_' and '-', as P-01")
        if str(uuid.UUID(self.case_id)) != self.case_id or uuid.UUID(self.case_id).version != 4:
            raise ValueError("case_id is no random UUID")
        if not 0 < len(self.visits) <= MOST_VISITS:
            raise ValueError(f"visits: 1 to {MOST_VISITS}")
        if (self.bound is None) != (self.signature is None) or len(self.signature or bytes(64)) != 64:
            raise ValueError("consent, officer and a signature of 64 bytes come together")
        _refuse_overlap(self.visits)

    @property
    def asked(self) -> str:
        """What is asked, by whomever it was signed: SHA-256 in hex. It holds random bits, so nobody can guess it."""
        draft = replace(self, bound=None, signature=None)
        return hashlib.sha256(rfc8785.dumps(plain(draft))).hexdigest()


def sign(case: Case, consent: Consent, key: SigningKey, at: datetime) -> Case:
    """`case` bound to the patient's consent, on the word of an officer's key.

    Raises `Misuse` where it is signed already, `NotBound` or a `NoConsent` where the consent is not the one for it.
    """
    if case.bound is not None:
        raise Misuse("the case is signed already; nothing was changed. A new case is a new file")
    _refuse_other(case, consent, at)
    bound = Binding(consent.commitment, public_of(key), at.replace(microsecond=0))
    signature = derived(key).sign(_message(case, bound))
    return replace(case, bound=bound, signature=signature)


def refuse_unsigned(case: Case, known: Known) -> Binding:
    """What an officer who is known bound `case` to, whatever consent that is. Raises `NotBound` otherwise."""
    bound, whose = case.bound, f"the case of {case.patient}"
    if bound is None or case.signature is None:
        raise NotBound(f"{whose} is a draft: no officer has signed it. garim exposure sign does")
    try:
        Ed25519PublicKey.from_public_bytes(bound.key.public).verify(case.signature, _message(case, bound))
    except InvalidSignature:
        raise NotBound(f"{whose} is not what {bound.key.name} signed: it was altered afterwards") from None
    if not known.has(bound.key, Signer.OFFICER, case.patient):
        line = f"{bound.key} {Signer.OFFICER}"
        raise NotBound(f"{whose} is signed by {bound.key.name}, who is not known as officer here. If so, add: {line}")
    return bound


def refuse_unbound(case: Case, consent: Consent, known: Known, at: datetime) -> Binding:
    """What binds `case` to `consent` at the time `at`, on the word of an officer who is known. Raises otherwise.

    `NotBound`, or the `NoConsent` that fits: nothing of a store was opened.
    """
    bound = refuse_unsigned(case, known)
    if bound.consent != consent.commitment:
        raise NotBound("the case was signed for another consent than this one")
    _refuse_other(case, consent, at)
    return bound


def refuse_unfit(consent: Consent, at: datetime) -> None:
    """Raise the `NoConsent` that fits where `consent` allows no case at the time `at`."""
    if consent.purpose is not Purpose.EXPOSURE_CASE or Data.ITINERARY not in consent.data:
        raise OtherPurpose(f"the consent is for {consent.purpose}, and not for {Purpose.EXPOSURE_CASE}")
    if at < consent.valid_from:
        raise NotYet(f"the consent holds from {time_text(consent.valid_from)} on")
    if at > consent.valid_until:
        raise Expired(f"the consent held until {time_text(consent.valid_until)}. Ask the person again")


def _refuse_other(case: Case, consent: Consent, at: datetime) -> None:
    refuse_unfit(consent, at)
    if consent.pseudonym != case.patient:
        raise NotBound(f"the consent is of {consent.pseudonym}, and the case of {case.patient}")
    if consent.test != case.test:
        raise NotBound("either the case or the consent was made for tests, and the other was not")
    if max(visit.end for visit in case.visits) > at:
        raise Misuse("a visit is not over yet; nothing was asked. Come back when it is")


def _message(case: Case, bound: Binding) -> bytes:
    tree = plain(replace(case, bound=bound, signature=bytes(64)))
    del tree["signature"]
    return DOMAIN + rfc8785.dumps(tree)


def plain(case: Case) -> dict[str, Any]:
    """The case as JSON has it."""
    tree: dict[str, Any] = {
        "schema_version": SCHEMA,
        "case_id": case.case_id,
        **({"test": True} if case.test else {}),
        "patient": case.patient,
        "visits": [_plain_visit(visit) for visit in case.visits],
    }
    if case.bound is None or case.signature is None:
        return tree
    officer = {"key": str(case.bound.key), "at": time_text(case.bound.at)}
    signed = {"consent": case.bound.consent.hex(), "officer": officer}
    return tree | signed | {"signature": b64encode(case.signature).decode()}


def _plain_visit(visit: Visit) -> dict[str, Any]:
    points = [{"at": time_text(point.at), "x_m": point.x_m, "y_m": point.y_m} for point in visit.points]
    return {"camera": visit.camera, "from": time_text(visit.start), "to": time_text(visit.end), "points": points}


def written(case: Case) -> str:
    """The case as JSON, for a file."""
    return json.dumps(plain(case), indent=1) + "\n"


def read(text: str) -> Case:
    """The case that `text` holds; a draft need not bring a case_id. Raises `Malformed` with the place that is wrong."""
    try:
        tree = json.loads(text, object_pairs_hook=_once)
        if type(tree) is dict and "signature" not in tree:
            tree = {"case_id": str(uuid.uuid4())} | tree
        case = _parsed(tree)
        if rfc8785.dumps(plain(case)) != rfc8785.dumps(tree):
            raise ValueError("there is a field too many, or a value is not written as garim writes it")
    except json.JSONDecodeError as error:
        raise Malformed(f"the case is not JSON: line {error.lineno}: {error.msg}") from None
    except (ValueError, OverflowError, RecursionError, Malformed, Misuse) as error:
        raise Malformed(f"the case is not one of garim's: {error}") from None
    return case


def _parsed(tree: Any) -> Case:
    if _field(str, tree, "schema_version") != SCHEMA:
        raise ValueError(f"this garim reads {SCHEMA}")
    signed = "signature" in tree
    return Case(
        case_id=_field(str, tree, "case_id"),
        test="test" in tree,  # any other value than true does not read back
        patient=_field(str, tree, "patient"),
        visits=tuple(_visit(row) for row in _field(list, tree, "visits")),
        bound=_binding(tree) if signed else None,
        signature=unbase64(_field(str, tree, "signature")) if signed else None,
    )


def _visit(row: Any) -> Visit:
    times = [_time(_field(str, row, name)) for name in ("from", "to")]
    points = tuple(
        Point(_time(_field(str, point, "at")), _metres(point, "x_m"), _metres(point, "y_m"))
        for point in _field(list, row, "points")
    )
    return Visit(_field(str, row, "camera"), times[0], times[1], points)


def _binding(tree: Any) -> Binding:
    officer = _field(dict, tree, "officer")
    consent = bytes.fromhex(_field(str, tree, "consent"))
    return Binding(consent, VerifierKey.parse(_field(str, officer, "key")), _time(_field(str, officer, "at")))


def _field(kind: type[T], tree: Any, name: str) -> T:
    value = tree.get(name) if type(tree) is dict else None
    if type(value) is not kind:
        raise ValueError(f"{name} is missing, or no {kind.__name__}")
    return value


def _metres(tree: Any, name: str) -> float:
    value = tree.get(name) if type(tree) is dict else None
    if type(value) is not int and type(value) is not float:
        raise ValueError(f"{name} is missing, or no number")
    return float(value)


def _time(text: str) -> datetime:
    at = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    if time_text(at) != text:
        raise ValueError(f"{text}: a time is written as 2026-11-22T06:11:44Z")
    return at


def _refuse_odd_time(*times: datetime) -> None:
    for at in times:
        if at.tzinfo is not UTC or at.microsecond or at.year < 2000:
            raise ValueError("times are of whole seconds since 2000, in UTC")


def _refuse_overlap(visits: tuple[Visit, ...]) -> None:
    """Nobody stays twice at once before one camera, and the difference of two windows would single somebody out.

    Of two that touch, whoever stayed on would be told for each.
    """
    by_camera = sorted((visit.camera, visit.start, visit.end) for visit in visits)
    for (camera, _, end), (other, start, _) in pairwise(by_camera):
        if camera == other and start <= end:
            raise ValueError(f"visits: {camera}: two overlap or touch. Write them as one, with the points of both")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once each: of two, readers would not agree on which was signed."""
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return tree
