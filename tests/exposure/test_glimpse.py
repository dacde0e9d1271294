"""A map of one moment: with a consent, on the ledger, a few times, and only of what was watched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.exposure.cases import FAR_OFF, LONG_AGO, agreed, stored
from tests.exposure.walks import HOUR, straight

from garim.consent import Consent, Data, Expired, NotYet, OtherPurpose, Purpose
from garim.core.errors import Misuse, Unreadable
from garim.exposure.budget import MAPS, NAME, Spent
from garim.exposure.coarse import coarsened
from garim.exposure.glimpse import Glimpse, NoFootage, glimpse
from garim.exposure.ground import Ground, written
from garim.exposure.lens import Lens
from garim.exposure.seal import Label
from garim.exposure.store import Found, Store
from garim.ledger import Log
from garim.ledger.entry import read
from garim.ledger.receipt import Receipt

CONSENT = agreed()
PEOPLE = [straight(0, 1200, (0, 0)), straight(0, 1200, (3.3, -1.2)), straight(60, 100, (7, 7))]
LATER = HOUR + timedelta(minutes=5)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(tmp_path / "log", "log.example/one") as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return stored(tmp_path / "store", PEOPLE, covered=((0, 1200),))


def shown_to(store: Store, camera: str, at: datetime, consent: Consent, log: Log) -> tuple[Glimpse, Receipt]:
    """A map that was handed out."""
    with glimpse(store, camera, at, consent, log) as handed:
        return handed


def test_whoever_is_there_then_is_a_glyph_and_nobody_else(store: Store, log: Log) -> None:
    shown, receipt = shown_to(store, "hall", LATER, CONSENT, log)
    assert "1: x_m 0, y_m 0<" in shown.svg and "2: x_m 3.5, y_m -1<" in shown.svg
    assert "3:" not in shown.svg and "picture" not in shown.svg and not shown.coarse
    entry = read(log.tree.entry(receipt.proof.index))
    assert entry.kind == "exposure.map" and set(entry.facts) == set(receipt.opened)
    receipt.refuse_false()
    assert receipt.opened["map"] == hashlib.sha256(shown.svg.encode()).hexdigest()
    assert CONSENT.commitment.hex() not in log.tree.entry(0).decode()


def test_where_the_ground_is_known_left_and_right_are_told(store: Store, log: Log) -> None:
    flat = np.array([[0.01, 0, -3.2], [0, -0.01, 2.4], [0, 0, 1]])
    view = Ground(flat, Lens(0.0, (320.0, 240.0), 1.0, 400.0), None, (640, 480), 0.5, None, "points")
    store.put_ground("hall", written(view))
    shown, _ = shown_to(store, "hall", LATER, CONSENT, log)
    assert "left of the picture" in shown.svg and "right of the picture" in shown.svg


def test_coarse_positions_say_so(store: Store, log: Log) -> None:
    fine = store.get("hall", HOUR)
    assert isinstance(fine, Found)
    with store.hour_alone(HOUR):
        label = Label("hall", HOUR, fine.settings, fine.covered, coarse=True)
        store.write(label, coarsened(fine.positions, np.random.default_rng(1)), force=True)
    shown, _ = shown_to(store, "hall", LATER, CONSENT, log)
    assert shown.coarse and "x_m 2.5" in shown.svg


def test_a_moment_without_footage_costs_nothing_and_is_not_nobody(store: Store, log: Log) -> None:
    for _ in range(MAPS + 1):
        with pytest.raises(NoFootage, match="no footage"):
            shown_to(store, "hall", HOUR + timedelta(minutes=10), CONSENT, log)
    with pytest.raises(NoFootage):
        shown_to(store, "yard", LATER, CONSENT, log)
    assert log.tree.size == 0
    for _ in range(MAPS):
        shown_to(store, "hall", LATER, CONSENT, log)
    with pytest.raises(Spent):
        shown_to(store, "hall", LATER, CONSENT, log)
    assert log.tree.size == MAPS


def test_a_map_that_was_not_handed_out_costs_nothing(store: Store, log: Log) -> None:
    for _ in range(MAPS + 1):
        with pytest.raises(OSError, match="full"), glimpse(store, "hall", LATER, CONSENT, log):
            raise OSError("the disk is full")
    for _ in range(MAPS):
        shown_to(store, "hall", LATER, CONSENT, log)


def test_a_map_that_cannot_be_logged_costs_nothing(store: Store, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Log, entries: object) -> range:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Log, "append", refuse)
        for _ in range(MAPS + 1):
            with pytest.raises(OSError, match="No space"):
                shown_to(store, "hall", LATER, CONSENT, log)
    shown_to(store, "hall", LATER, CONSENT, log)


def test_a_damaged_hour_is_named(store: Store, log: Log) -> None:
    store.file("hall", HOUR).write_bytes(b"")
    with pytest.raises(Unreadable, match=r"hall\.garim.*nothing was shown"):
        shown_to(store, "hall", LATER, CONSENT, log)


@pytest.mark.parametrize(
    ("consent", "error"),
    [
        (replace(CONSENT, purpose=Purpose.REDACT_KEEP, data=(Data.PICTURE,)), OtherPurpose),
        (replace(CONSENT, valid_until=LONG_AGO), Expired),
        (replace(CONSENT, valid_from=FAR_OFF), NotYet),
    ],
)
def test_without_a_consent_that_holds_nothing_is_opened(
    store: Store, log: Log, consent: Consent, error: type[Exception]
) -> None:
    with pytest.raises(error):
        shown_to(store, "hall", LATER, consent, log)
    assert not (store.path / NAME).exists()


def test_what_is_yet_to_come_is_not_shown(store: Store, log: Log) -> None:
    with pytest.raises(Misuse, match="yet to come"):
        shown_to(store, "hall", FAR_OFF, CONSENT, log)
