"""WHAT THE CHILD DOES: a document and a capture -> evidence, in words. It runs in a process that ends with it.

    document proven -> its one face -> stills, each with its face and pose -> moves -> quality -> templates -> alike

Laws: a step that fails is the last one that costs the traveller anything: of a document that is not proven no face is
looked at, and before the challenge is answered no template is made; what is compared is one lawful pair at a time; of
a capture one still at a time is held, and one that is opened again has to be the same; what comes out is `Seen`, which
has no field for a picture or a score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from secrets import SystemRandom
from statistics import median

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import GarimError
from garim.core.image import Image
from garim.gate import capture as captures
from garim.gate.answer import Answered, Motion, answer
from garim.gate.capture import Listed, Still
from garim.gate.child import Question
from garim.gate.decide import Alike, Captured, Evidence, Passive, Person, Portrayed, Quality
from garim.gate.one_face import LOOK, Face, Others, one_face, shown
from garim.gate.passive import DOUBTFUL_UNDER
from garim.gate.passive import Passive as PassiveModel
from garim.gate.passport import Decoder, Inspection, Refused, inspect, opened, read, unread
from garim.gate.passport.adding import read_crl
from garim.gate.passport.outcomes import Verdict
from garim.gate.pose import HeadPose
from garim.gate.quality import fit, measured
from garim.gate.seen import Seen
from garim.pictures.coded import rgb
from garim.recognise.matcher import Matcher, Name
from garim.recognise.matchers import loaded
from garim.recognise.portrait import Origin, Portrait
from garim.recognise.template import Template
from garim.recognise.thresholds import Pair, threshold
from garim.vision.faces import Faces

U8 = NDArray[np.uint8]

CLOSE = 640  # px of the longer side of a still that is compared: a face that fills a fifth of it has the 128 it needs
MOST_COMPARED = 3  # frontal stills
MOST_SAMPLED = 8  # of the other stills: of a capture that shows somebody else in half of them, 1 in 256 would pass
SAMPLED_DEG = np.array([35, 30], np.float32)  # yaw and roll up to which a face is compared with a frontal one
CLOCKS_APART = timedelta(seconds=5)
MOST_MISSED = 0.2  # of the stills: so many may show no face, as where a head is turned furthest


@dataclass(frozen=True, slots=True)
class Models:
    """All that look, loaded, and tried once so that the first traveller does not wait for it."""

    faces: Faces
    pose: HeadPose
    passive: PassiveModel
    matcher: Matcher

    @classmethod
    def loaded(cls, name: Name) -> Models:
        """Raises `NoWeights`, `Misuse`."""
        models = cls(Faces(), HeadPose(), PassiveModel(), loaded(name))
        blank = np.zeros((LOOK, LOOK, 3), np.uint8)
        one_face(models.faces, blank)
        box = np.array([80, 80, 240, 240], np.float32)
        models.pose(shown(blank), box)
        models.passive(shown(blank), box)
        points = np.array([[120, 130], [200, 130], [160, 170], [130, 210], [190, 210]], np.float32)
        measured(shown(blank), box, points, np.zeros(3, np.float32))
        models.matcher.template(Portrait(blank, points, Origin.LIVE, "none"))
        return models


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where one still is, and its one face, in px of the still at the size LOOK, and its pose."""

    number: int
    sha256: bytes
    at: datetime | None
    width: int
    face: Face
    pose: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Close:
    """One still as large as it is compared, `scale` of its pixels for each of the camera's, with its one face."""

    pixels: U8
    scale: float
    face: Face
    pose: NDArray[np.float32]

    @property
    def image(self) -> Image:
        """As a model sees it."""
        return Image(shown(self.pixels).bgr, self.scale)

    @property
    def original(self) -> Face:
        """The face in px of the camera's still."""
        return self.face.scaled(1 / self.scale)


def look(question: Question, models: Models, decoder: Decoder) -> Seen:
    """What is seen of one traveller and one document. Raises `GarimError` where it cannot be looked at at all."""
    done = _inspected(question, decoder)
    seen = Seen(
        Evidence(document=done.verdict),
        checks=done.checks,
        content_sha256=done.content_sha256,
        signer_sha256=done.signer,
    )
    if done.verdict is not Verdict.PROVEN or done.portrait is None:
        return seen
    portrait = _portrait(done.portrait, models, question.session)
    if portrait is None:
        return _with(seen, portrait=Portrayed.UNUSABLE)
    return _captured(_with(seen, portrait=Portrayed.ONE_FACE), portrait, question, models)


def _with(seen: Seen, **found: object) -> Seen:
    return replace(seen, evidence=replace(seen.evidence, **found))  # type: ignore[arg-type]


def _inspected(question: Question, decoder: Decoder) -> Inspection:
    try:
        files = read(question.document)
    except Refused as error:
        return unread(error, question.document, at=question.at)
    if question.trust is None:
        return inspect(files, None, at=question.at, decoder=decoder)
    with opened(question.trust) as store:
        crls = [*store.revocations(), *(read_crl(path, store, at=question.at) for path in question.crls)]
        return inspect(files, store, at=question.at, decoder=decoder, crls=crls)


def _portrait(pixels: U8, models: Models, session: str) -> Portrait | None:
    found = one_face(models.faces, pixels)
    return None if not isinstance(found, Face) else _of(pixels, found.points, Origin.DOCUMENT, session)


def _of(pixels: U8, points: NDArray[np.float32], origin: Origin, session: str) -> Portrait | None:
    try:
        return Portrait(pixels, points, origin, session)
    except ValueError:  # lies on its side, or upside down
        return None


def _captured(seen: Seen, portrait: Portrait, question: Question, models: Models) -> Seen:
    try:
        listed = captures.listed(question.capture)
        seen = replace(seen, timed=listed.times is not None)
        # a camera's clock may be a little ahead; nothing else was taken after it was asked about
        until = min(question.deadline, question.at + CLOCKS_APART)
        lost = None if listed.times is None or listed.within(question.issued_at, until) else Captured.TIME
        found, digest = _faces(listed, models, lost)
        seen = replace(seen, capture_sha256=digest)
        if isinstance(found, Captured):
            return _with(seen, capture=found)
        return _moved(_with(seen, capture=Captured.READ), listed, found, portrait, question, models)
    except GarimError:
        return _with(seen, capture=Captured.UNREADABLE)


def _faces(listed: Listed, models: Models, lost: Captured | None) -> tuple[list[Frame] | Captured, str]:
    """The one face of each still; why not, where there is another one, or none in too many of them. All are hashed.

    No still is looked at once the answer is `lost`.
    """
    found, digests, missed = [], hashlib.sha256(), 0
    for still in captures.read(listed):
        digest = hashlib.sha256(still.data).digest()
        digests.update(digest)
        if lost is not None:
            continue
        pixels = _pixels(still, LOOK)
        face = one_face(models.faces, pixels)
        if isinstance(face, Face):
            pose = models.pose(shown(pixels), face.box)
            found.append(Frame(still.number, digest, still.at, pixels.shape[1], face, pose))
        elif face is Others.SEVERAL:
            lost = Captured.SEVERAL_FACES
        else:
            missed += 1
            if missed > MOST_MISSED * len(listed.names):
                lost = Captured.NO_FACE
    return lost or found, digests.hexdigest()


def _pixels(still: Still, long_side: int) -> U8:
    size = still.width, still.height
    return rgb(still.data, still.kind, size, name=f"still {still.number}", long_side=long_side)


def _moved(
    seen: Seen, listed: Listed, frames: Sequence[Frame], portrait: Portrait, question: Question, models: Models
) -> Seen:
    did = answer(_motion(frames), question.moves)
    seen = _with(replace(seen, moves=did.seen), turns=did.outcome)
    seen, frontal = _measured(seen, [_close(listed, frames[i]) for i in did.frontal[:MOST_COMPARED]], models)
    if did.outcome is not Answered.ANSWERED or not frontal:
        return seen
    sampled = _sampled(frames, {*did.frontal[:MOST_COMPARED], *did.turning})
    others = (_close(listed, frames[i]) for i in (*sampled, *did.turning))  # one at a time, as far as they are one's
    return _compared(seen, frontal, others, portrait, question.session, models.matcher)


def _measured(seen: Seen, frontal: Sequence[Close], models: Models) -> tuple[Seen, list[Close]]:
    """With the quality of what is to be compared: the components of the first still that is fit, and those that are."""
    if not frontal:
        return seen, []
    rows = [
        measured(each.image, each.original.box, each.original.points, each.pose, faces=1)  # of one size, as was seen
        for each in frontal
    ]
    kept = [each for each, row in zip(frontal, rows, strict=True) if fit(row)]
    row = next((row for row in rows if fit(row)), rows[0])
    best = kept[0] if kept else frontal[0]
    score = models.passive(best.image, best.original.box)
    passive = Passive.DOUBTFUL if score < DOUBTFUL_UNDER else Passive.LIVE
    quality = Quality.FIT if kept else Quality.UNFIT
    return _with(replace(seen, components=tuple(row)), quality=quality, passive=passive), kept


def _close(listed: Listed, frame: Frame) -> Close:
    still = captures.again(listed, frame.number, frame.sha256)
    pixels = _pixels(still, CLOSE)
    scale = max(pixels.shape) / max(still.width, still.height)
    return Close(pixels, scale, frame.face.scaled(pixels.shape[1] / frame.width), frame.pose)


def _compared(
    seen: Seen, frontal: Sequence[Close], others: Iterable[Close], portrait: Portrait, session: str, matcher: Matcher
) -> Seen:
    """Whether all are of one person; then, whether that is the document's."""
    same = threshold(matcher.name, Pair.CAPTURE).similarity
    templates: list[Template] = []
    for each in chain(frontal, others):
        live = _of(each.pixels, each.face.points, Origin.LIVE, session)
        template = None if live is None else matcher.template(live)
        if template is None or (templates and matcher.similarity(templates[0], template) < same):
            return _with(seen, person=Person.SEVERAL)
        if len(templates) < len(frontal):
            templates.append(template)
    document = matcher.template(portrait)
    # the middle one: no single lucky still makes a match
    score = median(matcher.similarity(each, document) for each in templates)
    alike = Alike.YES if score >= threshold(matcher.name, Pair.DOCUMENT).similarity else Alike.NO
    return _with(seen, person=Person.ONE, alike=alike)


def _sampled(frames: Sequence[Frame], taken: Collection[int]) -> list[int]:
    """Some of the other stills in which a face can be compared; nobody foresees which."""
    rest = [i for i, frame in enumerate(frames) if i not in taken and (np.abs(frame.pose[[0, 2]]) <= SAMPLED_DEG).all()]
    return SystemRandom().sample(rest, min(MOST_SAMPLED, len(rest)))


def _motion(frames: Sequence[Frame]) -> Motion:
    times = [frame.at for frame in frames]
    at = None if None in times else np.array([time.timestamp() for time in times if time is not None])
    return Motion(
        np.array([frame.pose for frame in frames], np.float32).reshape(-1, 3),
        np.array([frame.face.points for frame in frames], np.float32).reshape(-1, 5, 2),
        np.array([frame.face.box for frame in frames], np.float32).reshape(-1, 4),
        at,
    )
