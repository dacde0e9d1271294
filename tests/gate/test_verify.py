"""One traveller, one passport, one answer: the whole way through a real child, a real ledger and a real passport."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.gate.filmed import FPS, U8, WOMAN, clip
from tests.gate.travellers import (
    MOVES,
    PERSON,
    Inside,
    agreed,
    asked,
    captured,
    issued_to,
    london,
    moving,
    record,
    trusting,
)

from garim.consent import OtherPurpose, Purpose, public_of, save
from garim.core.errors import Disproved, Misuse, NoWeights, Unwritable
from garim.gate import verify as module
from garim.gate.answer import Answered
from garim.gate.challenge import Spent
from garim.gate.child import Child
from garim.gate.decide import Decision, Flag, Reason, Verdict
from garim.gate.moves import Move
from garim.gate.verify import Verification, verify
from garim.gate.words import LANE
from garim.ledger import Log, Trust
from garim.ledger.entry import KINDS, read
from garim.ledger.verify import verify_receipt

WHO, OTHER = "070", "013"

pytestmark = pytest.mark.weights


@dataclass(frozen=True)
class Gate:
    """A traveller's passport, whose picture is the neutral one, and stills of the same person, smiling and moving."""

    folder: Path
    document: Path
    trust: Path
    stills: tuple[U8, ...]

    def verified(
        self,
        name: str,
        *,
        log: Log,
        stills: tuple[U8, ...] | None = None,
        document: Path | None = None,
        trusted: bool = True,
        moves: tuple[Move, ...] = MOVES,
        late_s: float = 0,
        child: Child | None = None,
    ) -> Verification:
        place = self.folder / name
        place.mkdir()
        session = asked(moves, place / "session", log)
        capture = captured(
            self.stills if stills is None else stills, place / "capture", session.issued_at + timedelta(seconds=late_s)
        )
        return verify(
            document=document or self.document,
            capture=capture,
            session=place / "session",
            consent=agreed(),
            log=log,
            trust=self.trust if trusted else None,
            child=child or Inside(),
        )


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    folder = tmp_path_factory.mktemp("gate")
    document, passport = issued_to(london(WHO, "neutral"), folder / "passport")
    stills = tuple(moving(london(WHO, "smiling"), MOVES))
    try:
        Inside().ready()
    except NoWeights as missing:
        pytest.skip(str(missing))
    return Gate(folder, document, trusting(passport, folder / "trust"), stills)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(tmp_path / "ledger", "gate.example/log") as made:
        yield made


def last(log: Log) -> dict[str, str | int]:
    return dict(read(log.tree.entry(log.tree.size - 1)).facts)


def test_the_same_person_smiling_is_a_match_with_a_receipt_that_holds(gate: Gate, log: Log) -> None:
    done = gate.verified("match", log=log, child=Child(most_seconds=300))
    assert done.decision == Decision(Verdict.MATCH, 0.55, (), (Flag.NO_REVOCATION_LIST,)), done
    assert done.made == done.asked == MOVES
    assert done.said[-1] == LANE
    facts = last(log)
    assert set(facts) == set(KINDS["gate.session"])
    assert (facts["decision"], facts["reason"], facts["check_portrait"]) == ("match", "none", "passed")
    assert facts["threshold_thousandths"] == 550
    assert set(done.receipt.opened) == {"capture", "content", "session"}
    assert not [value for value in facts.values() if value in done.receipt.opened.values()]  # none of them bare
    steps: list[str] = []
    verify_receipt(done.receipt, Trust(log.vkeys), said=steps.append)
    content = next(step for step in steps if done.receipt.opened["content"] in step)
    assert "gate inspect" in content and not [step for step in steps if "the file that you have" in step]


def test_somebody_else_with_the_passport_is_none(gate: Gate, log: Log) -> None:
    done = gate.verified("other", log=log, stills=tuple(moving(london(OTHER, "smiling"), MOVES)))
    assert (done.decision.verdict, done.decision.reason) == (Verdict.NO_MATCH, Reason.UNLIKE)
    assert last(log)["decision"] == "no_match"


def test_a_filmed_woman_and_her_own_picture_are_a_match(gate: Gate, log: Log) -> None:
    """The one who really turns her head. There is no other picture of hers: one of the capture's is the passport's."""
    film = tuple(clip(WOMAN))
    document, passport = issued_to(film[8][:, 105:315], gate.folder / "hers")
    folder = gate.folder / "filmed"
    folder.mkdir()
    session = asked((Move.RIGHT, Move.LEFT, Move.RIGHT), folder / "session", log)
    done = verify(
        document=document,
        capture=captured(film, folder / "capture", session.issued_at, apart_s=1 / FPS),
        session=folder / "session",
        consent=agreed(),
        log=log,
        trust=trusting(passport, folder / "trust"),
        child=Inside(),
    )
    assert done.decision.verdict is Verdict.MATCH, done


def test_two_people_in_one_capture_are_no_one(gate: Gate, log: Log) -> None:
    """She looks into the camera; another one turns the head. As if it were cut where nobody sees it."""
    other = list(moving(london(OTHER, "smiling"), MOVES))
    stills = tuple(
        mine if i in (0, 1) else theirs for i, (mine, theirs) in enumerate(zip(gate.stills, other, strict=False))
    )
    done = gate.verified("two", log=log, stills=stills)
    assert done.decision.verdict in (Verdict.ATTACK, Verdict.UNFIT, Verdict.NO_MATCH), done


@pytest.mark.parametrize(
    ("name", "answered"),
    [("still", Answered.NO_MOVE), ("wrong", Answered.OTHER_MOVES), ("half", Answered.MISSING_MOVES)],
)
def test_what_does_not_answer_is_not_compared(gate: Gate, log: Log, name: str, answered: Answered) -> None:
    stills = {"still": gate.stills[:1] * 9, "wrong": gate.stills, "half": gate.stills[:10] + gate.stills[:3]}[name]
    moves = (Move.RIGHT, Move.TILT_LEFT) if name == "wrong" else MOVES
    gate.verified(name, log=log, stills=stills, moves=moves)
    facts = last(log)
    assert facts["turns"] == answered and facts["decision"] != "match"
    assert facts["person"] == "none"  # no template was made


def test_pictures_of_another_time_are_not_looked_at(gate: Gate, log: Log) -> None:
    done = gate.verified("late", log=log, late_s=700)
    assert (done.decision.verdict, done.decision.reason) == (Verdict.ATTACK, Reason.CAPTURE_TIME)
    assert last(log)["turns"] == "none"


def test_pictures_that_are_not_taken_yet_are_not_looked_at(gate: Gate, log: Log) -> None:
    """Within the session, and after the moment of the question: made beforehand, or a clock that nobody set."""
    done = gate.verified("early", log=log, late_s=180)
    assert (done.decision.verdict, done.decision.reason) == (Verdict.ATTACK, Reason.CAPTURE_TIME)
    assert last(log)["turns"] == "none" and last(log)["capture"] != "none"


def test_of_a_document_that_is_not_proven_no_face_is_looked_at(gate: Gate, log: Log) -> None:
    done = gate.verified("untrusted", log=log, trusted=False)
    assert (done.decision.verdict, done.decision.reason) == (Verdict.DOCUMENT, Reason.DOCUMENT_UNPROVEN)
    facts = last(log)
    assert (facts["capture"], facts["quality"], facts["check_chain"]) == ("none", "none", "unchecked")
    assert "capture" not in done.receipt.opened


def test_a_changed_document_is_refused(gate: Gate, log: Log, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    forged.mkdir()
    for path in gate.document.iterdir():
        octets = bytearray(path.read_bytes())
        octets[-1] ^= "DG2" in path.name
        (forged / path.name).write_bytes(octets)
    done = gate.verified("forged", log=log, document=forged)
    assert (done.decision.verdict, done.decision.reason) == (Verdict.DOCUMENT, Reason.DOCUMENT_REFUSED)


def test_a_child_that_is_killed_is_unfit_and_logged(gate: Gate, log: Log) -> None:
    with Child() as child:
        child.ready()
        os.kill(child.pid, signal.SIGSTOP)
        threading.Timer(1, os.kill, (child.pid, signal.SIGKILL)).start()
        done = gate.verified("killed", log=log, child=child)
    assert (done.decision.verdict, done.decision.reason) == (Verdict.UNFIT, Reason.STOPPED)
    assert "issue a new session" in done.note
    assert (last(log)["decision"], last(log)["reason"], last(log)["content"]) == ("unfit", "stopped", "none")


def test_no_answer_leaves_before_its_entry_is_durable(gate: Gate, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Unwritable("no room left on the disk")

    monkeypatch.setattr(module, "record", full)
    with pytest.raises(Unwritable):
        gate.verified("full", log=log, trusted=False)
    assert not (gate.folder / "full" / "session").exists()


def test_a_session_is_used_once(gate: Gate, log: Log) -> None:
    gate.verified("once", log=log, trusted=False)
    with pytest.raises(Spent):
        verify(
            document=gate.document,
            capture=gate.folder / "once" / "capture",
            session=gate.folder / "once" / "session",
            consent=agreed(),
            log=log,
            trust=None,
            child=Inside(),
        )
    assert log.tree.size == 2


def test_a_slip_does_not_use_the_session_up(gate: Gate, log: Log, tmp_path: Path) -> None:
    asked(MOVES, tmp_path / "session")
    capture = captured(gate.stills[:4], tmp_path / "capture", None)

    def tried(**other: object) -> None:
        whole = {"document": gate.document, "capture": capture, "consent": agreed(), "trust": None} | other
        whole["child"] = Inside()
        verify(session=tmp_path / "session", log=log, **whole)  # type: ignore[arg-type]

    with pytest.raises(OtherPurpose):
        tried(consent=agreed(Purpose.GATE_EVALUATE))
    for other in ({"document": tmp_path / "none"}, {"capture": tmp_path / "none"}, {"trust": tmp_path / "none"}):
        with pytest.raises(Misuse):
            tried(**other)
    (tmp_path / "a.crl").write_bytes(b"0")
    with pytest.raises((Misuse, Disproved)):
        tried(trust=gate.trust, crls=[tmp_path / "a.crl"])
    assert (tmp_path / "session").exists() and log.tree.size == 0


LEFT_OVER = Path(__file__).with_name("left_over.py")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("holds", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_nothing_of_a_face_is_left(gate: Gate, tmp_path: Path, holds: bool) -> None:
    """Of the document, of each still, coded and decoded: not in the caller's memory, nor in any file that is new.

    Where the process `holds` a still on purpose, it is found: the search does find.
    """
    with Log.create(tmp_path / "ledger", "gate.example/log") as made:
        session = asked(MOVES, tmp_path / "session", made)
    capture = captured(gate.stills, tmp_path / "capture", session.issued_at)
    needles = _needles(capture, gate.document)
    save(record(), tmp_path / "p.TEST.consent.json")
    (tmp_path / "known").write_text(f"{public_of(PERSON)} subject P-01\n")
    places = {name: tmp_path / "home" / name for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
    for place in places.values():
        place.mkdir(parents=True)
    call = {
        "turned_over": [bytes(255 - octet for octet in needle).hex() for needle in needles],
        "hold": str(capture / "frame0.jpg") if holds else None,
        **{name: str(tmp_path / name) for name in ("capture", "session", "known")},
        "log": str(tmp_path / "ledger"),
        "consent": str(tmp_path / "p.TEST.consent.json"),
        "document": str(gate.document),
        "trust": str(gate.trust),
    }
    shared = set(Path("/dev/shm").iterdir())
    ran = subprocess.run(
        [sys.executable, "-P", str(LEFT_OVER)],
        input=json.dumps(call) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {name: str(place) for name, place in places.items()},
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["verdict"] == "match"
    assert told["loaded"] == []  # what decodes and what compares was never in the caller
    assert bool(sum(told["found"])) == holds, told
    assert set(Path("/dev/shm").iterdir()) <= shared
    new = [path for path in tmp_path.rglob("*") if path.is_file() and capture not in path.parents]
    assert not [path for path in new if any(needle in path.read_bytes() for needle in needles)]


def _needles(capture: Path, document: Path) -> list[bytes]:
    """Of each still and of the portrait: some of its coded bytes, and a row of what they decode to, each way round."""
    needles = []
    for path in (*sorted(capture.glob("*.jpg")), document / "EF_DG2.bin"):
        octets = path.read_bytes()
        needles += [octets[at : at + 32] for at in (len(octets) // 3, len(octets) // 2)]
        rgb = np.asarray(Image.open(io.BytesIO(octets[octets.index(b"\xff\xd8\xff") :])).convert("RGB"))
        row = rgb[rgb.shape[0] // 2, rgb.shape[1] // 2 :][:24]
        needles += [row.tobytes(), np.ascontiguousarray(row[:, ::-1]).tobytes()]
    return needles
