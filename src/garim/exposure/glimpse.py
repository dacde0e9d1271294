"""ONE MOMENT OF A CAMERA, as glyphs, for a patient to find their own: what was looked at is paid for and logged first.

Laws: it takes a patient's consent, as a case does; a glyph has half a metre and nothing else, so two who stand
together are one; an hour of a camera is shown at `MAPS` moments, to whomever, and no more: each is a look at where
everybody stood. The map is on the log, durably, before it is handed out; one that could not be handed out costs
nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from garim.consent import Consent
from garim.core.errors import Misuse, Unreadable
from garim.exposure import ground
from garim.exposure.budget import Budget
from garim.exposure.case import refuse_unfit
from garim.exposure.chart import moment
from garim.exposure.coarse import MINUTE
from garim.exposure.persons import persons, tick
from garim.exposure.store import Damaged, Found, Store
from garim.ledger import Entry, Log, commitment, key, now, record
from garim.ledger.receipt import Receipt


class NoFootage(Misuse):
    """Nobody watched then: which is not nobody there."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The map as SVG, and whether positions were known to 5 m only."""

    svg: str
    coarse: bool


@contextlib.contextmanager
def glimpse(store: Store, camera: str, at: datetime, consent: Consent, log: Log) -> Iterator[tuple[Glimpse, Receipt]]:
    """The map of `camera` at the second `at`, UTC, and the receipt of its entry on `log`.

    Hand it out inside the `with`: what fails there, or before, is given back. Raises `OtherPurpose`, `NotYet`,
    `Expired`, `Misuse` before anything is opened; `Spent`; `NoFootage`; `Unreadable`.
    """
    refuse_unfit(consent, now())
    if at > now():
        raise Misuse("that moment is yet to come; nothing was shown")
    with Budget(store.path) as budget:
        budget.spend_map(camera, at)
        try:
            shown = _shown(store, camera, at)
            yield shown, _logged(log, consent, shown.svg)
        except BaseException:  # a key pressed, too: nobody has seen the map
            budget.give_back_map(camera, at)
            raise


def _shown(store: Store, camera: str, at: datetime) -> Glimpse:
    """Raises `NoFootage` where nobody watched then."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found = store.get(camera, hour)
    if isinstance(found, Damaged):
        raise Unreadable(f"{found.path}: {found.why}; nothing was shown")
    in_hour = tick(at) - tick(hour)
    if found is None or not any(start <= in_hour < stop for start, stop in found.covered):
        raise NoFootage(f"camera {camera}: no footage of {at:%Y-%m-%d %H:%M:%S} UTC; nothing was shown")
    lasts = MINUTE if found.coarse else 1
    everybody = persons([(hour, found.positions)], lasts=[lasts])
    there = everybody.only(everybody.at // lasts == tick(at) // lasts)
    return Glimpse(moment(there.xy, camera, f"{at:%Y-%m-%d %H:%M:%S}", _foot(store, camera, found)), found.coarse)


def _foot(store: Store, camera: str, found: Found) -> NDArray[np.float64] | None:
    """Where the lower corners of the camera's picture are, f64[2,2] m; None where that is not known."""
    text = store.ground(camera, found.ground or None)
    if text is None:
        return None
    if isinstance(text, Damaged):
        raise Unreadable(f"{text.path}: {text.why}; nothing was shown")
    view = ground.read(text)
    wide, high = view.size
    corners, _ = view.metres(np.array([(0.0, high), (wide, high)]))
    return corners if np.isfinite(corners).all() else None


def _logged(log: Log, consent: Consent, svg: str) -> Receipt:
    opened = {"consent": consent.commitment.hex(), "map": hashlib.sha256(svg.encode()).hexdigest()}
    secret = key()
    facts: dict[str, str | int] = {fact: commitment(secret, fact, value.encode()) for fact, value in opened.items()}
    return Receipt(record(log, Entry("exposure.map", now(), facts)), secret, opened)
