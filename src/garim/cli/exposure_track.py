"""`garim exposure track`: a film or a camera watched, positions kept; no pixel, and nobody's looks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.progress import bar
from garim.cli.stops import stops
from garim.core.errors import Misuse, Unreadable

if TYPE_CHECKING:
    from garim.exposure.recording import Ask, Kept, Missed, Recorded
    from garim.exposure.watch import Detect
    from garim.exposure.worn import Worn

Video = Annotated[str, typer.Argument(metavar="VIDEO", help="A film, or a camera's address, rtsp://...")]
Camera = Annotated[str, typer.Option(metavar="ID", help="The camera's id in the store.")]
GroundFile = Annotated[Path, typer.Option("--ground", metavar="FILE", help="What `garim exposure calibrate` wrote.")]
StoreFolder = Annotated[Path, typer.Option("--store", metavar="DIR", help="The store; it is made if it is not there.")]
At = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="When the film's first picture was shown, as 2026-11-22T10:00:00Z; container: when the film says that it "
        "was made. Not for a camera: that is now.",
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        "--for", min=1, metavar="SECONDS", help="How long to watch a camera; without it, until SIGTERM or Ctrl-C."
    ),
]
Hz = Annotated[float, typer.Option(min=5, max=60, help="Pictures a second that are looked at, at least.")]
Width = Annotated[
    int, typer.Option(min=64, max=4096, metavar="PX", help="The longer side of what the detector sees: less is faster.")
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace",
        help="Write minutes anew that are there. The hour's others go if coarse or of other settings: it is said.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

UNNAMED = "Rows are unnamed, not anonymous: whoever knows where somebody was can find their track."


def track(
    video: Video,
    *,
    camera: Camera,
    ground: GroundFile,
    store: StoreFolder,
    at: At = "",
    seconds: Seconds = None,
    hz: Hz = 5.0,
    width: Width = 640,
    replace: Replace = False,
    as_json: Json = False,
) -> int:
    """Watch a film or a camera, and keep where unnamed people were, twice a second, in metres.

    No pixel is kept. Each track gets a random number that means nothing outside its camera and hour, and a mask state:
    worn, absent, incorrect, or unknown, as for everybody whose head is small; without the model yunet all are unknown.
    The same minutes again under the same settings change nothing. Of a camera each clock hour is kept when it is over,
    and the rest when it is stopped; started again, it goes on.

    Exit codes: 0 all of it was watched; 1 done, and a part was not covered, or other minutes were dropped, which is
    said; 2 misuse; 3 not finished.
    """
    from garim.exposure.ground import read
    from garim.exposure.recording import Ask, Settings, record_film
    from garim.exposure.store import Store
    from garim.media.live import is_address
    from garim.vision.people import People

    ask = Ask(camera, _text(ground), Store(store), Settings(hz, width), replace, masks())
    for line in warned(ask.ground):
        typer.echo(line, err=True)
    if is_address(video):
        if at:
            raise Misuse("a camera is watched now: --at is for films; nothing was begun")
        done = _watched(video, seconds, ask, People(), as_json=as_json)
    else:
        if seconds is not None:
            raise Misuse("--for is for cameras; a film is watched to its end. Nothing was begun")
        start = _start(Path(video), at)
        with bar(Path(video).name) as progress:
            done = record_film(Path(video), start, ask, People(), progress)
        if not as_json:
            typer.echo("\n".join(told(done, masks_said(ask))))
    if as_json:
        typer.echo(json.dumps(plain(done, ask) | {"ground_heights": read(ask.ground).people.value}))
    return 1 if done.missed or done.cut or any(each.dropped_s for each in done.kept) else 0


def _watched(url: str, seconds: float | None, ask: Ask, people: Detect, *, as_json: bool) -> Recorded:
    """A camera watched until its time is over or it is stopped; for people, each hour is told when it is kept."""
    from garim.exposure.camera import joined, record_camera
    from garim.media.live import shown_as

    parts: list[Recorded] = []
    with stops() as stopped, bar(shown_as(url), unit="seconds") as drawn:
        pictures = count()

        def progress(step: str, done: int, total: int | None) -> None:
            if next(pictures) == 1:  # the detector has seen the first one
                typer.echo(f"{shown_as(url)}: is watched; SIGTERM or Ctrl-C keeps what was seen, and ends it", err=True)
            drawn(step, done, total)

        for part in record_camera(url, seconds, ask, people, stopped=stopped, progress=progress):
            parts.append(part)
            if not as_json:
                typer.echo("\n".join(told(part, masks_said(ask))))
        if stopped():
            typer.echo("stopped; what was seen until then is kept", err=True)
    return joined(parts)


def masks() -> Worn | None:
    """What tells mask states; None where its finder of faces is not there. Raises `NoWeights` for a wrong one."""
    from garim.core.errors import NoWeights
    from garim.exposure.worn import Worn
    from garim.inference.weights import find
    from garim.vision.faces import Faces
    from garim.vision.masks import Masks
    from garim.vision.weights import MASKS, YUNET

    try:
        find(YUNET)
    except NoWeights:
        return None
    return Worn(Faces(), Masks(), (YUNET, MASKS))


def masks_said(ask: Ask) -> str:
    """Whether mask states are told, and by what."""
    from garim.vision.weights import YUNET

    if ask.worn is None:
        return f"mask states are unknown: the model {YUNET.name} is not there, and {YUNET.pull} brings it"
    names = " and ".join(model.name for model in ask.worn.models)
    return f"mask states by the models {names}, of those whose faces are near enough"


def warned(ground: str) -> list[str]:
    """What is to be known of the text of a ground before its metres are believed. Raises `Misuse`."""
    from garim.exposure.ground import Verdict, read

    match read(ground).people:
        case Verdict.AGREE:
            return []
        case Verdict.DISAGREE:
            return ["People's heights DISAGREE with this ground: its metres, and every count from them, may be wrong."]
        case Verdict.UNKNOWN:
            return ["This ground was not checked by people's heights."]


def plain(done: Recorded, ask: Ask) -> dict[str, Any]:
    """The stable JSON of what was done."""
    return {
        "camera": done.camera,
        "hours": [
            {
                "hour": f"{each.hour:%Y-%m-%dT%H}Z",
                "state": each.put.value,
                "watched_s": each.watched_s,
                "tracks": each.tracks,
                "person_s": each.person_s,
                "unsure_s": each.unsure_s,
                "already_s": each.already_s,
                "dropped_s": each.dropped_s,
            }
            for each in done.kept
        ],
        "people_tracks": done.people,
        "person_s": sum(each.person_s for each in done.kept),
        "things_left_out": done.things,
        "not_covered": [{"from": _utc(each.start), "to": _utc(each.end), "why": each.why} for each in done.missed],
        "pictures": done.pictures,
        "looked_at": done.looks,
        "ended_early": done.cut,
        "masks": "told" if ask.worn else "unknown",
        "mask_models": [model.name for model in ask.worn.models] if ask.worn else [],
    }


def told(done: Recorded, of_masks: str) -> list[str]:
    """The same in lines for people; `of_masks` is what is said of those."""
    seconds = sum(each.person_s for each in done.kept)
    lines = [f"{each.hour:%Y-%m-%d %H}h UTC  {_kept(each)}" for each in done.kept]
    lines.append(f"{done.people} people-tracks, {seconds:g} person-seconds; {of_masks}.")
    if unsure := sum(each.unsure_s for each in done.kept):
        lines.append(
            f"{unsure:g} person-seconds more were too far from the camera to be placed within 2.5 m: left out."
        )
    if done.things:
        lines.append(f'{done.things} places where a "person" never moved were taken for things, and left out.')
    lines += [f"Not covered: {_missed(each)}" for each in done.missed]
    if done.cut:
        lines.append(f"Ended early: {done.cut}.")
    lines.append(UNNAMED)
    return lines


def _kept(hour: Kept) -> str:
    told = f"{hour.put.value}: {hour.watched_s:g} s watched, {hour.tracks} tracks, {hour.person_s:g} person-seconds"
    if hour.already_s and hour.put != "unchanged":
        told += f"; {hour.already_s:g} s of them were there already, and stay as they were"
    if hour.dropped_s:
        told += f"; DROPPED: {hour.dropped_s:g} s of this hour that were there, coarse or under other settings"
    return told


def _missed(missed: Missed) -> str:
    return f"{missed.start:%H:%M:%S} to {missed.end:%H:%M:%S}, {missed.why}"


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _start(film: Path, at: str) -> datetime:
    """The clock time of a film's first picture, in UTC. Raises `Misuse`."""
    if at not in ("", "container"):
        return _read(at)
    from garim.media.probe import made_at

    made = made_at(film)
    if at and made:
        return made
    if at:
        raise Misuse(f"{film}: does not say when it was made; nothing was begun. --at 2026-11-22T10:00:00Z says it")
    also = f" (it says that it was made {_utc(made)}: --at container takes that)" if made else ""
    raise Misuse(f"--at says when the first picture was shown, as 2026-11-22T10:00:00Z{also}; nothing was begun")


def _read(at: str) -> datetime:
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        time = None
    if time is None or time.utcoffset() is None:
        raise Misuse(f"--at {at}: is a day, a time and a zone, as 2026-11-22T10:00:00Z or +09:00; nothing was begun")
    return time.astimezone(UTC)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: cannot be read: {error}; nothing was begun") from None
