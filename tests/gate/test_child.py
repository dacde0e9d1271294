"""The process that looks, from outside: what it gave up, and what comes of it when it misbehaves."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import GarimError, Malformed, Misuse, NoWeights, Unreadable
from garim.gate import child
from garim.gate.answer import Answered
from garim.gate.child import Child, Question, Stopped, error_told
from garim.gate.child_main import in_force
from garim.gate.decide import Alike, Captured, Evidence, Passive, Person, Portrayed, Quality
from garim.gate.hardened import Swap
from garim.gate.moves import Move
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason
from garim.gate.passport.outcomes import Verdict as Document
from garim.gate.quality import Component, Name
from garim.gate.seen import Seen, plain, read

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTION = Question(
    document=Path("passport"),
    capture=Path("capture"),
    trust=None,
    crls=(),
    at=NOW,
    session="00" * 16,
    moves=(Move.LEFT, Move.UP),
    issued_at=NOW,
    deadline=NOW + timedelta(seconds=60),
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def ready() -> Iterator[Child]:
    """A child that waits for its traveller."""
    with Child() as waiting:
        try:
            waiting.ready()
        except NoWeights as missing:
            pytest.skip(str(missing))
        yield waiting


def of(waiting: Child, name: str) -> str:
    return Path(f"/proc/{waiting.pid}/{name}").read_text()


@linux
@pytest.mark.weights
def test_it_gave_up_dumps_files_and_more_than_it_needs(ready: Child) -> None:
    limits = {line[:26].strip(): line[26:].split()[:2] for line in of(ready, "limits").splitlines()}
    assert limits["Max core file size"] == ["1", "1"]
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max cpu time"] == ["30", "30"]
    assert limits["Max open files"] == ["64", "64"]
    assert int(limits["Max address space"][1]) <= 4 << 30


@linux
@pytest.mark.weights
def test_no_other_process_of_its_user_reads_its_memory(ready: Child) -> None:
    # what PR_SET_DUMPABLE 0 does: its files in /proc are root's, whoever started it
    assert Path(f"/proc/{ready.pid}/mem").stat().st_uid == 0
    if os.getuid():
        with pytest.raises(PermissionError):
            Path(f"/proc/{ready.pid}/mem").read_bytes()


@linux
@pytest.mark.weights
def test_it_inherits_nothing(ready: Child) -> None:
    names = {pair.partition("=")[0] for pair in of(ready, "environ").split("\0") if pair}
    assert names <= {*child._KEPT, *child._ITS_OWN}, names
    files = {str(each.readlink()) for each in Path(f"/proc/{ready.pid}/fd").iterdir()}
    assert all(each.startswith("pipe:") or Path(each) == Path(os.devnull).resolve() for each in files), files
    assert Path(f"/proc/{ready.pid}/cwd").readlink() == Path("/")


@linux
@pytest.mark.weights
def test_it_says_whether_it_can_be_swapped_out(ready: Child) -> None:
    locked = int(next(line for line in of(ready, "status").splitlines() if line.startswith("VmLck:")).split()[1])
    assert (ready.ready().swap is Swap.LOCKED) == (locked > 10_000)
    assert ready.ready().caution


@linux
@pytest.mark.weights
def test_within_its_memory(ready: Child) -> None:
    peak = next(line for line in of(ready, "status").splitlines() if line.startswith("VmHWM:")).split()[1]
    assert int(peak) < 250 << 10


FAKES = {
    "ends": "pass",
    "ends in failure": 'print(\'{"ready": {"swap": "none", "caution": ""}}\'); sys.exit(3)',
    "says nothing": "import time; time.sleep(60)",
    "says words": "print('hello'); sys.stdin.read()",
    "says a list": "print('[1]'); sys.stdin.read()",
    "says without end": "print('{' + '[' * 300000)",
    "is deep": "print('[' * 50000); sys.stdin.read()",
    "tells an error that there is not": 'print(\'{"error": {"kind": "Match", "said": ""}}\')',
    "tells an error of another form": "print('{\"error\": 1}')",
}
READY = 'print(\'{"ready": {"swap": "none", "caution": ""}}\', flush=True); sys.stdin.readline(); '


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(child, "PROGRAM", "fake")
    return tmp_path / "fake.py"


def writes(program: Path, script: str) -> Child:
    program.write_text(f"import sys; sys.stdout.reconfigure(line_buffering=True); sys.stdin.readline()\n{script}\n")
    return Child(most_seconds=1 if "sleep" in script else 20)


@pytest.mark.parametrize("name", FAKES)
def test_whatever_it_does_is_no_answer(program: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "says nothing":
        monkeypatch.setattr(child, "_MOST_SECONDS_TO_LOAD", 1)
    with writes(program, FAKES[name]) as odd, pytest.raises(Stopped):
        odd.ask(QUESTION)
    assert odd._process.poll() is not None


@pytest.mark.parametrize("name", FAKES)
def test_nor_after_it_was_ready(program: Path, name: str) -> None:
    with writes(program, READY + FAKES[name]) as odd, pytest.raises(Stopped):
        odd.ask(QUESTION)


def test_an_answer_is_taken_once(program: Path) -> None:
    script = READY + f"print({json.dumps({'seen': plain(WHOLE)})!r})"
    with writes(program, script) as told:
        assert told.ask(QUESTION) == WHOLE
        with pytest.raises(Stopped):
            told.ask(QUESTION)


@pytest.mark.parametrize("extra", [{"score": 0.9}, {"timed": 1}, {"checks": None}, {"moves": ["left", "backwards"]}])
def test_an_answer_with_more_in_it_is_none(program: Path, extra: dict[str, object]) -> None:
    script = READY + f"print({json.dumps({'seen': {**plain(WHOLE), **extra}})!r})"
    with writes(program, script) as odd, pytest.raises(Stopped):
        odd.ask(QUESTION)


@pytest.mark.parametrize("error", [NoWeights("none"), Misuse("so"), Unreadable("cut"), Malformed("odd")])
def test_an_error_comes_out_as_what_it_is(program: Path, error: GarimError) -> None:
    said = json.dumps({"error": error_told(error)})
    with writes(program, f"print({said!r})") as told, pytest.raises(GarimError, match=str(error)) as raised:
        told.ready()
    assert raised.value.exit_code == error.exit_code


@pytest.mark.weights
def test_killed_is_stopped(ready: Child) -> None:
    """The last that is done to the one that the other tests look at."""
    os.kill(ready.pid, signal.SIGSEGV)
    with pytest.raises(Stopped, match="nobody was compared"):
        ready.ask(QUESTION)
    assert not os.WCOREDUMP(-ready._process.returncode & 0xFF)


WHOLE = Seen(
    Evidence(
        Document.PROVEN,
        Portrayed.ONE_FACE,
        Captured.READ,
        Answered.ANSWERED,
        Quality.FIT,
        Person.ONE,
        Alike.YES,
        Passive.LIVE,
    ),
    checks=(
        Check(Code.DG_HASH, Outcome.PASSED, None, "as it was signed", "DG1"),
        Check(Code.REVOCATION, Outcome.UNCHECKED, Reason.NO_REVOCATION_LIST, "none", ""),
    ),
    components=(Component(Name.SHARPNESS, 0.5, 0.28, "share", True), Component(Name.EYES_OPEN, None, None, "", None)),
    moves=(Move.LEFT, Move.UP),
    content_sha256="a" * 64,
    signer_sha256="b" * 64,
    capture_sha256=None,
    timed=True,
)


def test_what_was_seen_is_read_as_it_was_written() -> None:
    assert read(json.loads(json.dumps(plain(WHOLE)))) == WHOLE
    assert read(json.loads(json.dumps(plain(Seen(Evidence()))))) == Seen(Evidence())


@pytest.mark.parametrize("told", [None, 1, "seen", [], {}, [{}], {"evidence": {}}, plain(WHOLE) | {"evidence": []}])
def test_nothing_else_is_read(told: object) -> None:
    with pytest.raises(Malformed):
        read(told)


@given(
    st.sampled_from(sorted(plain(WHOLE))),
    st.none() | st.integers() | st.text(max_size=70) | st.lists(st.text(max_size=5)),
)
def test_one_odd_field_and_nothing_is_read(name: str, value: object) -> None:
    told = plain(WHOLE) | {name: value}
    try:
        seen = read(told)
    except Malformed:
        return
    assert plain(seen) == told


@pytest.mark.parametrize(
    "other",
    [
        {"issued_at": NOW + timedelta(seconds=1)},
        {"deadline": NOW - timedelta(seconds=1)},
        {"session": ""},
        {"moves": ()},
    ],
)
def test_without_a_session_in_force_nothing_is_opened(other: dict[str, Any]) -> None:
    assert in_force(QUESTION, NOW) is in_force(QUESTION, QUESTION.deadline) is QUESTION
    with pytest.raises(Misuse, match="no session is in force"):
        in_force(replace(QUESTION, **other), NOW)


@pytest.mark.weights
def test_nor_does_the_process_answer() -> None:
    """Of a document that is not there it would say something else."""
    with Child() as waiting:
        try:
            waiting.ready()
        except NoWeights as missing:
            pytest.skip(str(missing))
        with pytest.raises(Misuse, match="no session is in force"):
            waiting.ask(replace(QUESTION, issued_at=NOW - timedelta(days=2), deadline=NOW - timedelta(days=1)))


def test_a_question_is_read_as_it_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    whole = replace(QUESTION, trust=Path("trust"), crls=(Path("a.crl"),))
    back = Question.read(json.loads(json.dumps(whole.plain())))
    assert back.document == tmp_path / "passport" and back.capture == tmp_path / "capture"
    assert back == replace(
        whole,
        document=tmp_path / "passport",
        capture=tmp_path / "capture",
        trust=tmp_path / "trust",
        crls=(tmp_path / "a.crl",),
    )
