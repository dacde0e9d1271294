"""Travellers before a gate: a passport around a face, a capture that answers a challenge, a consent, for tests.

A traveller of one photograph turns over a depth that was made up (`filmed.turned`). That is an attack, too: a film
rendered to order while the challenge is open, which no camera tells from a person (tests/attacks/test_presentation.py
says so). A MATCH of such a one shows that the parts fit together; the filmed woman is the one who really turned.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.conftest import SHARED
from tests.consent.papers import draft
from tests.gate.filmed import F32, U8, looker, turned
from tests.gate.passport.pki import Passport, made_passport

from garim.consent import Consent, Known, Purpose, Record, Signer, give, new_key, public_of, valid
from garim.consent.purposes import TAKES
from garim.gate.answer import BACK, MOVED_DEG
from garim.gate.challenge import KEY_BYTES, Challenge, save
from garim.gate.child import Child, Name, Question, Ready
from garim.gate.hardened import Swap
from garim.gate.look import Models, look
from garim.gate.moves import SHOWS, Move
from garim.gate.passport import Decoder
from garim.gate.passport.adding import add
from garim.gate.passport.trust import opened
from garim.gate.seen import Seen, plain, read
from garim.gate.uses import log_issued
from garim.ledger import Log

PERSON = new_key("P-01")
KNOWN = Known(frozenset(), frozenset({(public_of(PERSON), "P-01")}))
MOVES = (Move.LEFT, Move.TILT_RIGHT)
SIDE = 400  # px of a made-up capture's stills
FURTHER_DEG = (20.0, 26.0, 32.0, 38.0, 44.0, 50.0)
STEPS = (0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25)
APART_S = 0.2


def london(number: str, kind: str) -> U8:
    """One of the London set's photographs: BGR u8[640,640,3]. Skips where it is not beside the checkout."""
    path = SHARED / "data" / "faces_london" / f"{number}_{kind}.jpg"
    if not path.exists():
        pytest.skip("faces_london: not beside the checkout")
    return np.asarray(Image.open(path).convert("RGB"))[..., ::-1].copy()


def numbers() -> list[str]:
    """Of all who are in the London set."""
    return sorted(path.name[:3] for path in (SHARED / "data" / "faces_london").glob("*_neutral.jpg"))


def jpeg(bgr: U8) -> bytes:
    """A picture as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(bgr[..., ::-1]).save(file, "JPEG", quality=92)
    return file.getvalue()


def issued_to(bgr: U8, folder: Path, like: Passport | None = None) -> tuple[Path, Passport]:
    """A passport around the middle of a photograph, 413 by 531 px, and its folder; signed by whom signed `like`."""
    height, width = bgr.shape[:2]
    wide = min(width, round(height * 413 / 531))
    left = (width - wide) // 2
    portrait = np.asarray(Image.fromarray(bgr[:, left : left + wide]).resize((413, 531)))
    today, coded = datetime.now(UTC).date(), jpeg(portrait)
    made = made_passport(coded, today=today, root=like.root if like else None, signer=like.signer if like else None)
    written = made.written(folder)
    (written / "csca.cer").unlink()
    return written, made


def trusting(passport: Passport, folder: Path) -> Path:
    """A folder of trusted certificates in which its country is."""
    certificate = folder.with_suffix(".cer")
    certificate.write_bytes(passport.csca)
    with opened(folder, new=True) as store:
        add(store, certificate, roots=[], fingerprint=sha256(passport.csca).hexdigest(), at=datetime.now(UTC))
    return folder


def asked(moves: Sequence[Move], path: Path, log: Log | None = None, *, seconds: int = 600) -> Challenge:
    """A session that asked for just these moves a minute ago: the traveller has made them since. Issued on `log`."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    made = Challenge(sha256(str(path).encode()).hexdigest()[:32], tuple(moves), now, now + timedelta(seconds=seconds),
                     bytes(KEY_BYTES - 1) + b"1")  # fmt: skip
    if log is not None:
        log_issued(log, made)
    save(made, path)
    return made


def moving(bgr: U8, moves: Sequence[Move], *, side: int = SIDE, steps: Sequence[float] = STEPS) -> Iterator[U8]:
    """Somebody made of one photograph, who makes each move until it is seen, and comes back."""
    small = np.asarray(Image.fromarray(bgr).resize((side, side)))
    _, points = looker().face(small)
    rest = looker().motion([small]).poses[0]
    yield from (small, turned(small, points, yaw=1))
    for move in moves:
        full = _far_enough(small, points, rest, move)
        yield from (turned(small, points, *(step * full)) for step in steps)
        yield turned(small, points, pitch=1)
    yield turned(small, points, roll=1)


def _far_enough(bgr: U8, points: F32, rest: F32, move: Move) -> F32:
    """The least turn that the pose model sees as this move, and as no other."""
    axis, sign = SHOWS[move]
    for deg in FURTHER_DEG:
        angles = np.zeros(3, np.float32)
        angles[axis] = sign * deg
        shown = turned(bgr, points, *angles)
        away = (looker().motion([shown]).poses[0] - rest) / MOVED_DEG
        if sign * away[axis] > 1.15 and np.delete(np.abs(away), axis).max() < 1 - BACK / 4:
            break
    return angles


def captured(pictures: Iterable[U8], folder: Path, begin: datetime | None, *, apart_s: float = APART_S) -> Path:
    """A capture's folder of BGR `pictures` from `begin` on; without it nobody noted the times."""
    folder.mkdir(parents=True)
    rows = []
    for number, picture in enumerate(pictures):
        name = f"frame{number}.jpg"
        (folder / name).write_bytes(jpeg(picture))
        if begin is not None:
            at = begin + timedelta(seconds=number * apart_s)
            rows.append((name, f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"))
    if begin is not None:
        with (folder / "capture.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("file", "at"), *rows])
    return folder


def record(purpose: Purpose = Purpose.GATE_VERIFY) -> Record:
    """P-01 agrees, for tests."""
    now = datetime.now(UTC).replace(microsecond=0)
    made = draft(
        purpose=purpose, data=TAKES[purpose], test=True, valid_from=now - timedelta(1), valid_until=now + timedelta(1)
    )
    return give(made, PERSON, by=Signer.SUBJECT, at=now - timedelta(hours=1))


def agreed(purpose: Purpose = Purpose.GATE_VERIFY) -> Consent:
    """The consent that `record` proves."""
    return valid(
        record(purpose), purpose=purpose, at=datetime.now(UTC), known=KNOWN, withdrawn=lambda _: False, allow_test=True
    )


class Inside(Child):
    """The same work in the test's own process: what takes seconds to start is started once."""

    models: Models | None = None

    def __init__(self) -> None:
        self.matcher = Name.OMZ_0095

    def ready(self) -> Ready:
        Inside.models = Inside.models or Models.loaded(self.matcher)
        return Ready(Swap.NONE, "")

    def ask(self, question: Question) -> Seen:
        assert self.models is not None
        with Decoder() as decoder:
            return read(plain(look(question, self.models, decoder)))

    def close(self) -> None:
        """Nothing to end."""
