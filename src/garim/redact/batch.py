"""Many inputs: folders and lists, one bad file no reason to stop, what is done already skipped by content.

Laws: each input ends as a value, done, skipped or failed; what is skipped was written by this Garim from the same
bytes with the same settings, still is what was written, and is on the ledger that was asked for; the order of results
is the order of the inputs.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from garim.core.errors import GarimError, Misuse
from garim.cover import Style
from garim.files import sha256, unwritable
from garim.media import Encoding
from garim.redact.cover import Cover
from garim.redact.done import Made, recorded, remember
from garim.redact.effort import Effort
from garim.redact.report import reports_for
from garim.redact.result import Check, Progress, Published, Redaction
from garim.redact.run import output_for, redact

SUFFIXES = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mjpeg", ".mjpg", ".3gp",
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif",
}  # fmt: skip


class State(StrEnum):
    """How an input ended."""

    DONE = "done"
    RESIDUAL = "residual"
    SKIPPED = "skipped"
    LOGGED = "logged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for every input; see `garim.redact.redact`."""

    style: Style = Style.FILL
    check: Check = Check.ALL
    mute: bool = False
    encoding: Encoding = field(default_factory=Encoding)
    accept_residual: bool = False
    effort: Effort = Effort.NORMAL
    cover: Cover = Cover.FACES

    @property
    def digest(self) -> str:
        """A name for these settings: outputs made with others are not taken for the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Task:
    """One input, what people call it, and where its output goes; `root` is the folder that knows what is done."""

    source: Path
    name: str
    output: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one input ended: `done` where it was redacted now, `message` where it failed, with its exit code.

    `unlogged` is what the ledger that was asked for has still to be told, whether it was redacted now or before.
    """

    task: Task
    state: State
    done: Redaction | None = None
    unlogged: Published | None = None
    message: str = ""
    exit_code: int = 0


def tasks(inputs: Sequence[Path], output: Path | None, settings: Settings) -> list[Task]:
    """A task for each film and still among `inputs`, folders searched whole; outputs mirror the folders.

    Outputs go under `output`, or to FOLDER.redacted beside a folder, or beside a file. Raises `Misuse` where an
    input is not there, nothing is found, or two outputs would have one name.
    """
    found = [task for place in inputs for task in _tasks(place, output, settings)]
    if not found:
        raise Misuse(f"{', '.join(map(str, inputs))}: no film and no picture in it; nothing was written")
    seen: dict[Path, Path] = {}
    for task in found:
        other = seen.setdefault(task.output, task.source)
        if other != task.source:
            raise Misuse(f"{other} and {task.source} would both become {task.output}; nothing was written")
    return found


def _tasks(place: Path, output: Path | None, settings: Settings) -> Iterator[Task]:
    if place.is_file():
        root = output or place.parent
        yield Task(place, place.name, root / _named(place, settings).name, root)
        return
    if not place.is_dir():
        raise Misuse(f"{place}: no such file or folder; nothing was written")
    root = output or place.with_name(f"{place.resolve().name}.redacted")
    for source in sorted(place.rglob("*")):
        inside = source.is_relative_to(root) or ".redacted" in source.suffixes or source.name.startswith(".")
        if source.suffix.lower() in SUFFIXES and source.is_file() and not inside:
            name = source.relative_to(place)
            yield Task(source, str(name), root / name.with_name(_named(source, settings).name), root)


def _named(source: Path, settings: Settings) -> Path:
    try:
        return output_for(source, settings.check, settings.encoding, mute=settings.mute)
    except GarimError:
        return source  # it will fail in its turn, and be named then


@dataclass(frozen=True, slots=True)
class _Work:
    task: Task
    settings: Settings
    made: Made | None
    force: bool
    ledger: str | None
    report: bool


def batch(
    wanted: Sequence[Task],
    settings: Settings,
    *,
    jobs: int = 1,
    force: bool = False,
    ledger: str | None = None,
    report: bool = False,
    progress: Progress,
) -> Iterator[Outcome]:
    """Redact every task, `jobs` at once, and say how each ended, in order. `progress` is told of files.

    What is done already is skipped; where the ledger of the origin `ledger` does not know of it, that is `unlogged`. It
    is redacted again for want of a report alone, where a `report` is to carry the receipt. Raises `Unreadable` where
    what is done cannot be told.
    """
    records = {root: recorded(root) for root in {task.root for task in wanted}}
    todo = (_Work(task, settings, records[task.root].get(_inside(task)), force, ledger, report) for task in wanted)
    for number, outcome in enumerate(_run(todo, jobs), 1):
        if outcome.done is not None and outcome.state is State.DONE:
            made_of = _key(outcome.done.input_sha256, settings)
            remember(outcome.task.root, outcome.task.output, made_of, outcome.done.published)
        progress("files", number, len(wanted))
        yield outcome


def _run(todo: Iterable[_Work], jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        yield from map(_one, todo)
        return
    # spawned, not forked: the runtime's threads do not survive a fork
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_one, todo)


def _one(work: _Work) -> Outcome:
    try:
        return _redacted(work)
    except GarimError as error:
        return Outcome(work.task, State.FAILED, message=str(error), exit_code=error.exit_code)
    except OSError as error:
        refused = unwritable(work.task.output, error)
        return Outcome(work.task, State.FAILED, message=str(refused), exit_code=refused.exit_code)


def _redacted(work: _Work) -> Outcome:
    task, settings = work.task, work.settings
    as_it_was = not work.force and _is_done(work)
    if as_it_was and work.made is not None:
        if work.ledger is None or work.ledger in work.made.ledgers:
            return Outcome(task, State.SKIPPED)
        if not work.report or reports_for(task.output)[1].exists():
            return Outcome(task, State.SKIPPED, unlogged=work.made.published)
    task.output.parent.mkdir(parents=True, exist_ok=True)
    done = redact(
        task.source,
        task.output,
        style=settings.style,
        check=settings.check,
        mute=settings.mute,
        encoding=settings.encoding,
        accept_residual=settings.accept_residual,
        effort=settings.effort,
        cover=settings.cover,
        force=work.force or as_it_was,
    )
    state, exit_code = (State.RESIDUAL, 1) if done.residual else (State.DONE, 0)
    return Outcome(task, state, done, done.published if work.ledger else None, exit_code=exit_code)


def _is_done(work: _Work) -> bool:
    """Whether the output there was made from the same bytes with the same settings, and is as it was."""
    task, made = work.task, work.made
    if made is None or not task.output.is_file():
        return False
    return made.of == _key(sha256(task.source), work.settings) and made.published.output_sha256 == sha256(task.output)


def _inside(task: Task) -> str:
    return str(task.output.relative_to(task.root))


def _key(digest: str, settings: Settings) -> str:
    return f"{digest} {settings.digest}"
