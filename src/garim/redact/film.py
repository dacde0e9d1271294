"""A film, from look to publication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from garim.core.errors import StillShowing, Unreadable
from garim.core.plan import Plan
from garim.core.sightings import Sightings
from garim.core.tracks import Track
from garim.files import sha256, whole
from garim.media import Film, Reader, probe
from garim.media.writer import muxer
from garim.redact.check import check
from garim.redact.look import look
from garim.redact.plan import lanes
from garim.redact.result import Ask, Check, Progress, Redaction, Residual
from garim.redact.write import write
from garim.vision.faces import Faces
from garim.vision.tracker import Linking, tracks

ROUNDS = 3
LOOKED = Linking(strong=0.5, weak=0.35, patience=2.5, doubt=0.4)


@dataclass(frozen=True, slots=True)
class _Written:
    """What the last round left: its plan, the share of pixels destroyed, and what its check still saw."""

    plan: Plan
    masked: float
    rounds: int
    residual: tuple[Residual, ...]


def redact_film(ask: Ask, faces: Faces, progress: Progress) -> Redaction:
    """Redact one film; see `garim.redact.redact`."""
    muxer(ask.output)
    film = probe(ask.source)
    digest = sha256(ask.source)
    with Reader(ask.source) as reader:
        seen = look(reader, faces, progress)
    found = tracks(seen, LOOKED.at(film.rate))
    plan = Plan(digest, film.upright, film.time_base, tuple(lanes(found, seen, film)))
    with whole(ask.output, force=ask.force) as path:
        done = _until_clean(ask, film, plan, seen, path, faces, progress)
        if done.residual and not ask.accept_residual:
            raise StillShowing(
                f"{ask.source}: after {done.rounds} rounds {len(done.residual)} places still look like a face; "
                "nothing was published. --accept-residual publishes it all the same, and says so"
            )
        if sha256(ask.source) != digest:
            raise Unreadable(f"{ask.source}: changed while it was read; nothing was published. Run it again")
        output_digest = sha256(path)
    return Redaction(
        source=ask.source,
        output=ask.output,
        input_sha256=digest,
        output_sha256=output_digest,
        frames=len(seen.pts),
        seconds=film.seconds,
        tracks=len(done.plan.lanes),
        masked=done.masked,
        rounds=done.rounds,
        style=ask.style,
        check=ask.check,
        residual=done.residual,
        sound=() if ask.mute else film.sound,
        left_out=film.left_out,
    )


def _until_clean(
    ask: Ask, film: Film, plan: Plan, seen: Sightings, path: Path, faces: Faces, progress: Progress
) -> _Written:
    """Write and check, three times at most; what a check sees is destroyed in the next round."""
    for number in range(1, ROUNDS + 1):
        with Reader(ask.source) as reader:
            masked = write(reader, plan, path, ask, progress)
        off = ask.check is Check.OFF
        suspects = [] if off else check(ask.source, path, plan, seen, faces, ask.check, progress)
        if not suspects:
            return _Written(plan, masked, number, ())
        if number < ROUNDS:
            plan = plan.with_lanes(lanes(suspects, seen, film))
    residual = tuple(_residual(track, seen, film) for track in suspects)
    return _Written(plan, masked, ROUNDS, residual)


def _residual(track: Track, seen: Sightings, film: Film) -> Residual:
    where = int(track.score.argmax())
    at = float(int(seen.pts[track.index[where]]) * film.time_base)
    x1, y1, x2, y2 = track.xyxy[where].tolist()
    return Residual(at, (x1, y1, x2, y2), float(track.score[where]))
