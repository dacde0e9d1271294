"""One input to one output: look, plan, then write and check until nothing is seen; and publish, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from garim.core.errors import Misuse, StillShowing, Unreadable
from garim.core.plan import Lane, Plan
from garim.cover import Style
from garim.files import refuse_clash, sha256, whole
from garim.inference.weights import Weight
from garim.media import BARE, Encoding, output_suffix, probe
from garim.pictures import HEAD, SUFFIXES, kind_of, moves
from garim.redact.animation import AnimationSubject
from garim.redact.cover import Cover
from garim.redact.effort import Effort
from garim.redact.film import FilmSubject
from garim.redact.models import Models
from garim.redact.result import Ask, Check, Made, Progress, Redaction, Residual
from garim.redact.still import StillSubject
from garim.vision.centerface import CenterFace
from garim.vision.faces import Faces
from garim.vision.people import People

ROUNDS = 3
_AS_IT_WAS = Encoding()


class Subject(Protocol):
    """A film or a still on its way: what it is, and the steps that it goes through."""

    @property
    def made(self) -> Made:
        """What the source is; known once it was looked through."""
        ...

    def look(self, sha256: str) -> Plan:
        """Look through the source, and plan what to destroy."""
        ...

    def take(self, plan: Plan) -> None:
        """Go by a plan made before. Raises `Misuse` where it is not for this source."""
        ...

    def write(self, plan: Plan, path: Path) -> float:
        """Write to `path` what `plan` leaves; gives the share of all pixels that was destroyed."""
        ...

    def check(self, plan: Plan, path: Path) -> Sequence[tuple[Lane, Residual]]:
        """What still shows at `path`, a face or what else was to be covered: how to destroy it, and where it is."""
        ...


def _silent(step: str, done: int, total: int | None) -> None:
    """Progress for callers who want none."""


def _nobody() -> None:
    """Whom to ask again where nobody was asked."""


def output_for(source: Path, check: Check = Check.ALL, encoding: Encoding = _AS_IT_WAS, *, mute: bool = False) -> Path:
    """The output's name where none is given: beside the input, marked where it will not be checked.

    A film whose container cannot hold what it becomes goes to the nearest that can. Raises `Unreadable`, or
    `Unsupported` where none can.
    """
    mark = ".redacted.UNCHECKED" if check is Check.OFF else ".redacted"
    kind = _kind(source)
    if kind is None:
        suffix = output_suffix(probe(source), encoding, mute=mute)
    else:
        own = source.suffix.lower()
        suffix = source.suffix if own in SUFFIXES.get(kind, (own,)) else SUFFIXES[kind][0]
    return source.with_name(f"{source.stem}{mark}{suffix}")


def redact(
    source: Path,
    output: Path | None = None,
    *,
    plan: Plan | None = None,
    style: Style = Style.FILL,
    check: Check = Check.ALL,
    mute: bool = False,
    encoding: Encoding | None = None,
    accept_residual: bool = False,
    force: bool = False,
    effort: Effort = Effort.NORMAL,
    cover: Cover = Cover.FACES,
    ask_again: Callable[[], None] = _nobody,
    progress: Progress = _silent,
) -> Redaction:
    """Destroy every face in the film or still at `source`, and what else `cover` names, and write the rest to `output`.

    With a `plan` (made by `planned`, corrected by people) nothing is looked for before writing; the check still
    looks at the result, and what it sees outside the plan is destroyed too. For each person whom it leaves visible
    a consent must have been proven (`Plan.agreed`); hours may pass before it counts, and so `ask_again` is called just
    before the output gets its name, and nothing is published where it raises.

    The output appears whole, after it was looked at again, or not at all. Raises `Misuse` (nothing was begun),
    `Unreadable`, `Unwritable`, `NoWeights`, or `StillShowing` where faces remain after three rounds and
    `accept_residual` is not given; then nothing was published.
    """
    _refuse_missing(source)
    if plan is not None:
        _refuse_unproven(plan)
    encoding = encoding or _AS_IT_WAS
    output = output or output_for(source, check, encoding, mute=mute)
    ask = Ask(source, output, style, check, mute, encoding, accept_residual, force, effort, cover)
    refuse_clash(ask.output, [source], force=force)
    digest = sha256(source)
    models = _models(ask)
    subject = _subject(ask, models, progress)
    if plan is None:
        plan = subject.look(digest)
    else:
        _refuse_other(plan, digest, source)
        subject.take(plan)
    with whole(ask.output, force=force) as path:
        done = _until_clean(subject, ask, models.weights, plan, path, digest)
        ask_again()
        return done


def planned(
    source: Path, *, effort: Effort = Effort.NORMAL, cover: Cover = Cover.FACES, progress: Progress = _silent
) -> Plan:
    """What `redact` would destroy in the film or still at `source`; nothing is written.

    Raises `Misuse`, `Unreadable`, `NoWeights`.
    """
    _refuse_missing(source)
    nowhere = Ask(source, output_for(source), Style.FILL, Check.ALL, False, _AS_IT_WAS, False, False, effort, cover)
    return _subject(nowhere, _models(nowhere), progress).look(sha256(source))


def _until_clean(
    subject: Subject, ask: Ask, weights: tuple[Weight, ...], plan: Plan, path: Path, digest: str
) -> Redaction:
    """Write and check, three times at most; what a check sees is destroyed in the next round."""
    left: Sequence[tuple[Lane, Residual]] = ()
    rounds = 0
    while rounds == 0 or (left and rounds < ROUNDS):
        rounds += 1
        plan = plan.with_lanes([lane for lane, _ in left])
        masked = subject.write(plan, path)
        left = () if ask.check is Check.OFF else subject.check(plan, path)
    if left and not ask.accept_residual:
        raise StillShowing(
            f"{ask.source}: after {rounds} rounds {len(left)} places still look like a {ask.cover.shows}; nothing was "
            "published. "
            "--accept-residual publishes it all the same, and says so"
        )
    if sha256(ask.source) != digest:
        raise Unreadable(f"{ask.source}: changed while it was read; nothing was published. Run it again")
    made = subject.made
    return Redaction(
        source=ask.source,
        output=ask.output,
        input_sha256=digest,
        output_sha256=sha256(path),
        frames=made.frames,
        seconds=made.seconds,
        tracks=len(plan.lanes),
        masked=masked,
        rounds=rounds,
        style=ask.style,
        check=ask.check,
        cover=ask.cover,
        weights=weights,
        residual=tuple(residual for _, residual in left),
        sound=() if ask.mute else made.sound,
        left_out=made.left_out,
        copied=made.copied,
        why_whole=made.why_whole,
        encoding=ask.encoding,
        plan=plan,
    )


@cache
def _faces() -> Faces:
    # compiling for a picture's size takes a quarter of a second: many files of one camera share it
    return Faces()


@cache
def _people() -> People:
    return People()


@cache
def _second() -> CenterFace:
    return CenterFace()


def _refuse_missing(source: Path) -> None:
    if not source.is_file():
        raise Misuse(f"{source}: {'is a folder' if source.is_dir() else 'no such file'}; nothing was written")


def _refuse_other(plan: Plan, digest: str, source: Path) -> None:
    if plan.input_sha256 != digest:
        raise Misuse(
            f"{source}: the plan is for another file (SHA-256 {plan.input_sha256[:12]}…, this one has {digest[:12]}…); "
            "nothing was written. Make a new one with --plan-only"
        )


def _refuse_unproven(plan: Plan) -> None:
    if plan.unproven:
        raise Misuse(
            f"the plan leaves {', '.join(plan.unproven)} visible, and nobody proved that they agreed; nothing was "
            "written. Give each one's consent with --consent FILE"
        )


def _subject(ask: Ask, models: Models, progress: Progress) -> Subject:
    if _kind(ask.source) is None:
        return FilmSubject(ask, models, progress)
    return (AnimationSubject if moves(ask.source) else StillSubject)(ask, models, progress)


def _models(ask: Ask) -> Models:
    """Those that the effort and what is to be covered want."""
    second = None if ask.effort is Effort.FAST else _second()
    people = None if ask.cover is Cover.FACES else _people()
    return Models(_faces(), second, people)


def _kind(source: Path) -> str | None:
    """The kind of picture that `source` is by its first bytes, since a name can be wrong; None for a film."""
    if source.suffix.lower() in BARE:
        return None  # JPEG after JPEG: only its name tells it from a photo
    try:
        with source.open("rb") as file:
            return kind_of(file.read(HEAD))
    except OSError as error:
        raise Unreadable(f"{source}: cannot be read: {error.strerror}; nothing was written") from None
