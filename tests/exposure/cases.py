"""Cases for tests: a patient who agreed, an officer who signed, a store with made-up people, a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.consent.papers import KNOWN, OFFICER, draft, never
from tests.exposure.walks import HOUR, Walk, positions, straight

from garim.consent import Consent, Data, Purpose, Record, Signer, give, valid
from garim.exposure.case import Case, Point, Visit, sign
from garim.exposure.positions import TICKS, Mask
from garim.exposure.seal import Covered
from garim.exposure.store import Store
from garim.ledger import now

SECOND = timedelta(seconds=1)
MINUTE = 60 * SECOND
LONG_AGO, FAR_OFF = datetime(2025, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
WHOLE: Covered = ((0, TICKS),)


def record(**parts: Any) -> Record:
    """P-01's record, signed by the officer, to be asked about for a hundred years."""
    whole = {
        "purpose": Purpose.EXPOSURE_CASE,
        "data": (Data.ITINERARY,),
        "valid_from": LONG_AGO,
        "valid_until": FAR_OFF,
    }
    return give(draft(**whole | parts), OFFICER, by=Signer.OFFICER, at=LONG_AGO)


def agreed(**parts: Any) -> Consent:
    """The consent that it proves."""
    made = record(**parts)
    return valid(made, purpose=made.purpose, at=made.valid_from, known=KNOWN, withdrawn=never, allow_test=made.test)


def visit(start: int = 0, minutes: float = 30, *, camera: str = "hall", at: tuple[float, float] = (0, 0)) -> Visit:
    """A stay that begins `start` minutes after HOUR, its point a minute later."""
    begin = HOUR + start * MINUTE
    end = begin + timedelta(seconds=round(minutes * 60))
    return Visit(camera, begin, end, (Point(begin + min(MINUTE, (end - begin) // 2), *at),))


def drawn(*visits: Visit, **parts: Any) -> Case:
    """A draft."""
    return Case(patient="P-01", visits=visits or (visit(),), **parts)


def signed(consent: Consent, *visits: Visit, **parts: Any) -> Case:
    """The same, signed by the officer for `consent`."""
    return sign(drawn(*visits, **parts), consent, OFFICER, now())


def about(count: int, minutes: float, *, start: int = 0, mask: Mask = Mask.UNKNOWN, first: int = 1) -> list[Walk]:
    """So many people 1.2 m from nothing for so long."""
    from math import cos, sin

    ticks = range(start, start + round(minutes * 120))
    ring = [(1.2 * cos(0.7 * n), 1.2 * sin(0.7 * n)) for n in range(count)]
    return [
        straight(ticks.start, ticks.stop, spot, mask=mask, number=first + n, sd=0.05) for n, spot in enumerate(ring)
    ]


def patient(minutes: float = 60) -> Walk:
    """Somebody who stands where the map has its origin."""
    return straight(0, round(minutes * 120), (0, 0), number=0, sd=0.05)


def stored(
    path: Path, walks: Sequence[Walk], *, camera: str = "hall", hour: datetime = HOUR, covered: Covered = WHOLE
) -> Store:
    """A store that holds them."""
    store = Store(path, lambda: hour)
    store.put(camera, hour, "settings", positions(walks), covered)
    return store
