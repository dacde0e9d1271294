"""Many inputs: folders and lists, one bad file no reason to stop, what is done already skipped by content.

Laws: each input ends as a value, done, skipped or failed; what is skipped was written by this Garim from the same
bytes with the same settings, and still is what was written; the order of results is the order of the inputs.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from garim.core.errors import GarimError, Misuse, Unwritable
from garim.cover import Style
from garim.files import sha256, unwritable
from garim.media import Encoding
from garim.redact.result import Check, Progress, Redaction
from garim.redact.run import output_for, redact

DONE = ".garim-done.jsonl"
"""In the folder of the outputs: a line for each that is clean, by which a second run knows what to skip."""

SUFFIXES = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mjpeg", ".mjpg", ".3gp",
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif",
}  # fmt: skip


class State(StrEnum):
    """How an input ended."""

    DONE = "done"
    RESIDUAL = "residual"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for every input; see `garim.redact.redact`."""

    style: Style = Style.FILL
    check: Check = Check.ALL
    mute: bool = False
    encoding: Encoding = field(default_factory=Encoding)
    accept_residual: bool = False

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
    """How one input ended: `done` where it was redacted now, `message` where it failed, with its exit code."""

    task: Task
    state: State
    done: Redaction | None = None
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


def batch(
    wanted: Sequence[Task], settings: Settings, *, jobs: int = 1, force: bool = False, progress: Progress
) -> Iterator[Outcome]:
    """Redact every task, `jobs` at once, and say how each ended, in order. `progress` is told of files."""
    records = {root: _recorded(root) for root in {task.root for task in wanted}}
    todo = ((task, settings, records[task.root], force) for task in wanted)
    for number, outcome in enumerate(_run(todo, jobs), 1):
        _remember(outcome, settings)
        progress("files", number, len(wanted))
        yield outcome


_Work = tuple[Task, Settings, dict[str, tuple[str, str]], bool]


def _run(todo: Iterable[_Work], jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        yield from map(_one, todo)
        return
    # spawned, not forked: the runtime's threads do not survive a fork
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_one, todo)


def _one(work: _Work) -> Outcome:
    task, settings, recorded, force = work
    try:
        if not force and _is_done(task, settings, recorded):
            return Outcome(task, State.SKIPPED)
        task.output.parent.mkdir(parents=True, exist_ok=True)
        done = redact(
            task.source,
            task.output,
            style=settings.style,
            check=settings.check,
            mute=settings.mute,
            encoding=settings.encoding,
            accept_residual=settings.accept_residual,
            force=force,
        )
    except GarimError as error:
        return Outcome(task, State.FAILED, message=str(error), exit_code=error.exit_code)
    except OSError as error:
        refused = unwritable(task.output, error)
        return Outcome(task, State.FAILED, message=str(refused), exit_code=refused.exit_code)
    return Outcome(task, State.RESIDUAL if done.residual else State.DONE, done, exit_code=1 if done.residual else 0)


def _is_done(task: Task, settings: Settings, recorded: dict[str, tuple[str, str]]) -> bool:
    """Whether the output there was made from the same bytes with the same settings, and is as it was."""
    name = str(task.output.relative_to(task.root))
    if name not in recorded or not task.output.is_file():
        return False
    made_of, is_now = recorded[name]
    return made_of == _key(sha256(task.source), settings) and is_now == sha256(task.output)


def _key(digest: str, settings: Settings) -> str:
    return f"{digest} {settings.digest}"


def _recorded(root: Path) -> dict[str, tuple[str, str]]:
    """By output: what it was made of, and its own SHA-256. A line cut short by a kill says nothing."""
    record = root / DONE
    lines = record.read_text("utf-8").splitlines() if record.is_file() else []
    rows = {}
    for line in lines:
        try:
            output, made_of, is_now = json.loads(line)
        except ValueError:
            continue
        rows[str(output)] = (str(made_of), str(is_now))
    return rows


def _remember(outcome: Outcome, settings: Settings) -> None:
    if outcome.done is None or outcome.state is not State.DONE:
        return
    task = outcome.task
    made_of = _key(outcome.done.input_sha256, settings)
    row = json.dumps([str(task.output.relative_to(task.root)), made_of, outcome.done.output_sha256])
    try:
        with (task.root / DONE).open("a", encoding="utf-8") as record:
            record.write(row + "\n")
            record.flush()
            os.fsync(record.fileno())
    except OSError as error:
        raise Unwritable(
            f"{task.root / DONE}: cannot be written ({error.strerror}); what is done is kept, but will be done again"
        ) from None
