"""A process of its own that looks at one traveller and one document, and ends with its answer.

    child = Child()         a process that loads its models: while the traveller turns the head
    child.ready()           they are loaded, or the error that says what is missing
    child.ask(question)     one answer, in words; then the process is gone, and all it saw

Laws: one process looks at one traveller; no picture, template or score comes out of it, and none goes in: it is told
paths, and reads them itself; it inherits no open file and of the environment only where its modules and models are;
what it says is read strictly; where it is too slow, killed, or says anything else, that is `Stopped`, never an answer.

`Question` and `Child.ask` are for `garim.gate.verify` alone, which has a consent and a log; they have neither. Law 3
binds `verify`, not the process: it cannot prove who asks, since a program that runs its own code can load the models
and compare by itself. What it does refuse is a question without a session that is in force.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from garim.core.errors import Disproved, GarimError, Malformed, Misuse, NoWeights, Unfinished, Unreadable
from garim.gate.hardened import Swap
from garim.gate.moves import Move
from garim.gate.seen import Seen, read
from garim.recognise.matcher import Name

__all__ = ["Child", "Name", "Ready", "Stopped", "error_told"]

PROGRAM = "garim.gate.child_main"
_KEPT = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME", "GARIM_WEIGHTS", "XDG_CACHE_HOME")
_ITS_OWN = {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_LONGEST = 1 << 17  # bytes of a line; a path has 4096 at most
_MOST_SECONDS_TO_LOAD = 120
_ERRORS: dict[str, type[GarimError]] = {
    error.__name__: error for error in (Disproved, Misuse, NoWeights, Unfinished, Unreadable)
}


def error_told(error: GarimError) -> dict[str, str]:
    """How the process tells of an error: by the nearest kind that its parent knows."""
    kind = next((each.__name__ for each in type(error).__mro__ if each.__name__ in _ERRORS), Unfinished.__name__)
    return {"kind": kind, "said": str(error)}


class Stopped(Unfinished):
    """The process was too slow, was killed, or said what it may not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """One document, one capture, one session: where they are, and what was asked of the traveller until when.

    `trust` is a folder of trusted certificates, or None where nobody is trusted; `at` is the moment of the decision.
    """

    document: Path
    capture: Path
    trust: Path | None
    crls: tuple[Path, ...]
    at: datetime
    session: str
    moves: tuple[Move, ...]
    issued_at: datetime
    deadline: datetime

    def plain(self) -> dict[str, Any]:
        """As JSON has it. Paths are made absolute: the process stands in another folder."""
        return {
            "document": str(self.document.absolute()),
            "capture": str(self.capture.absolute()),
            "trust": None if self.trust is None else str(self.trust.absolute()),
            "crls": [str(path.absolute()) for path in self.crls],
            "at": self.at.isoformat(),
            "session": self.session,
            "moves": [str(move) for move in self.moves],
            "issued_at": self.issued_at.isoformat(),
            "deadline": self.deadline.isoformat(),
        }

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Self:
        """The question that `plain` made."""
        return cls(
            document=Path(plain["document"]),
            capture=Path(plain["capture"]),
            trust=None if plain["trust"] is None else Path(plain["trust"]),
            crls=tuple(map(Path, plain["crls"])),
            at=datetime.fromisoformat(plain["at"]),
            session=plain["session"],
            moves=tuple(map(Move, plain["moves"])),
            issued_at=datetime.fromisoformat(plain["issued_at"]),
            deadline=datetime.fromisoformat(plain["deadline"]),
        )


@dataclass(frozen=True, slots=True)
class Ready:
    """Whether the system may swap the process out, and what is known against the matcher that it loaded."""

    swap: Swap
    caution: str


class Child:
    """The process, from its start on. Use it in a `with`. Raises `Unfinished` where it cannot be started."""

    def __init__(self, matcher: Name = Name.OMZ_0095, *, most_seconds: float = 20.0) -> None:
        self.matcher = matcher
        self._most_seconds = most_seconds
        self._ready: Ready | None = None
        self._process = _started()
        self._say({"matcher": matcher.value})

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ready(self) -> Ready:
        """Wait until its models are loaded; what it says of itself.

        Raises `NoWeights` and `Misuse` for what is missing here, `Stopped`.
        """
        if self._ready is None:
            told = self._heard(_MOST_SECONDS_TO_LOAD)
            try:
                self._ready = Ready(Swap(told["ready"]["swap"]), str(told["ready"]["caution"]))
            except (KeyError, TypeError, ValueError):
                raise self._stopped() from None
        return self._ready

    def ask(self, question: Question) -> Seen:
        """What it sees; then it is gone. Once, and for `verify` alone: see above.

        Raises `Stopped`, `Misuse` where no session is in force, and what it says that it could not open.
        """
        self.ready()
        try:
            self._say(question.plain())
            told = self._heard(self._most_seconds)
            code = self._process.wait(1)
            if code != 0:
                raise self._stopped()
            return read(told["seen"])
        except (KeyError, TypeError, Malformed, subprocess.TimeoutExpired):
            raise self._stopped() from None
        finally:
            self.close()

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _say(self, what: dict[str, Any]) -> None:
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            raise self._stopped()
        with contextlib.suppress(OSError):  # it is gone: what it said before, or that it said nothing, is the answer
            pipe.write(json.dumps(what).encode("ascii") + b"\n")

    def _heard(self, most_seconds: float) -> dict[str, Any]:
        """The next line. Raises what it tells as an error."""
        try:
            told = json.loads(_line(self._process, time.monotonic() + most_seconds).decode("ascii"))
        except (ValueError, RecursionError):
            raise self._stopped() from None
        if not isinstance(told, dict):
            raise self._stopped()
        if (error := told.get("error")) is not None:
            raise self._told(error)
        return told

    def _told(self, error: Any) -> GarimError:
        match error:
            case {"kind": str(kind), "said": str(said)} if kind in _ERRORS:
                self.close()
                return _ERRORS[kind](said)
            case _:
                return self._stopped()

    def _stopped(self) -> Stopped:
        self.close()
        return Stopped(
            "the process that looks at the traveller did not come to an end as it should, and was stopped; nobody was "
            "compared, and nothing of it is kept. Have a person go on, and issue a new session"
        )


def _started() -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback could quote what it saw
            bufsize=0,
            cwd="/",
            env=kept | _ITS_OWN,
            start_new_session=True,  # Ctrl-C is for the parent, which ends it
        )
    except OSError as error:
        raise Unfinished(f"the process that compares did not start: {error.strerror}; nothing was read") from None


def _line(process: subprocess.Popen[bytes], until: float) -> bytes:
    """What it writes up to a line's end; what there is where it ends, says too much, or is too slow."""
    pipe, got = process.stdout, b""
    if pipe is None or pipe.closed:
        return got
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while not got.endswith(b"\n") and len(got) < _LONGEST:
            if not ready.select(max(0.0, until - time.monotonic())):
                return b""
            more = os.read(pipe.fileno(), _LONGEST)
            if not more:
                return b""
            got += more
    return got
