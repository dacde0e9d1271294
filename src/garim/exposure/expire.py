"""WHAT TIME DOES TO THE STORE: fine rows become coarse after a day, and after `keep_days` nothing is left.

Laws: what is due is a table (`due`), and no file, key or folder that cannot be used holds it up, neither for its own
hour nor for others; fine rows die by their hour's key once the coarse ones are durable under the day's, or could not
be made, so that a backup of them dies too; killed at any point a file is the old one or the new one, and the next run
goes on; a second run finds nothing to do. What could not be destroyed is a value. What was asked of destroyed days is
forgotten after them, never before: positions without their budget could be asked anew.

Nothing runs by itself: expire every hour (a cron job, a systemd timer), or rows live longer than was promised.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from garim.core.errors import GarimError, Misuse
from garim.exposure.budget import NAME, Budget
from garim.exposure.coarse import coarsened
from garim.exposure.due import MOST_DAYS, Due, due
from garim.exposure.keys import fine_key, sync
from garim.exposure.seal import Label, camera_id
from garim.exposure.store import SUFFIX, Damaged, Store, day_named


@dataclass(frozen=True, slots=True)
class Expired:
    """What was done: files made coarse an hour, files destroyed a day.

    `forgotten`: how many windows, answers and maps of cases the budget no longer knows, since their days are destroyed.
    `damaged` files were met and could not be made coarse: their fine rows died with the hour's key. `undone` are keys,
    folders and the register, where what is due could not be done: they outlive what was promised. `ahead` are hours
    that have not come yet by the clock: their rows were given a wrong time, and would be kept too long.
    """

    coarsened: dict[datetime, int]
    destroyed: dict[date, int]
    forgotten: int
    damaged: tuple[Damaged, ...]
    undone: tuple[Damaged, ...]
    ahead: tuple[datetime, ...]


def expire(
    store: Store,
    *,
    now: datetime,
    keep_days: int = MOST_DAYS,
    progress: Callable[[str, int, int | None], None] = lambda *_: None,
) -> Expired:
    """Do what is due at `now`. Raises `Misuse` for more days than may be; whatever else fails is in the result."""
    if not 1 <= keep_days <= MOST_DAYS:
        raise Misuse(f"{keep_days} days: rows are kept 1 to {MOST_DAYS} days; nothing was done")
    names = store.keys.names()
    days = {*store.days(), *(day for name in names if (day := day_named(name[:10])))}
    gone = sorted(day for day in days if due(_midnight(day), now=now, keep_days=keep_days) is Due.DESTROY)
    destroyed: dict[date, int] = {}
    made: dict[datetime, int] = {}
    damaged: list[Damaged] = []
    undone: list[Damaged] = []
    for day in gone:  # first: it makes room
        destroyed[day] = _destroy(store, day, names, undone)
    # who has no key of its own has no fine rows any more, and none of its files need be opened
    fine = [hour for name in names if (hour := _hour_named(name)) and hour.date() not in destroyed]
    asked = [hour for hour in fine if due(hour, now=now, keep_days=keep_days) is Due.COARSEN]
    for number, hour in enumerate(asked, 1):
        made[hour] = _coarsen(store, hour, damaged)
        _destroy_key(store, fine_key(hour), undone)
        progress("coarsen", number, len(asked))
    # last: a register that cannot be used holds no positions up
    forgotten = _forget(store, now - timedelta(days=keep_days), undone)
    return Expired(
        made, destroyed, forgotten, tuple(damaged), tuple(undone), tuple(hour for hour in fine if hour > now)
    )


def _coarsen(store: Store, hour: datetime, damaged: list[Damaged]) -> int:
    """Make an hour coarse; how many files it were. Which could not be is added to `damaged`."""
    made = 0
    try:
        with store.hour_alone(hour):
            for path in store.stored(hour):
                done = _coarsen_file(store, path, hour)
                if isinstance(done, Damaged):
                    damaged.append(done)
                made += done is True
    except GarimError as error:
        damaged.append(Damaged(store.hour(hour), str(error)))
    return made


def _coarsen_file(store: Store, path: Path, hour: datetime) -> bool | Damaged:
    """Whether the file was fine, and is coarse now."""
    camera = path.name.removesuffix(SUFFIX)
    if not _of_a_camera(camera):
        return Damaged(path, "no file of this store")
    found = store.read(camera, hour)
    assert found is not None  # nobody else is in this hour
    if isinstance(found, Damaged):
        return found
    if found.coarse:
        return False
    label = Label(camera, hour, found.settings, found.covered, coarse=True, ground=found.ground)
    try:
        store.write(label, coarsened(found.positions, np.random.default_rng()), force=True)
    except GarimError as error:  # a day's key that is none, a full disk: an hour's rows, and no other's
        return Damaged(path, str(error))
    return True


def _of_a_camera(name: str) -> bool:
    try:
        return camera_id(name) == name
    except Misuse:
        return False


def _destroy(store: Store, day: date, names: tuple[str, ...], undone: list[Damaged]) -> int:
    """Destroy a day's keys, and then its files; how many there were."""
    for name in names:
        if name.startswith(f"{day}"):
            _destroy_key(store, name, undone)
    folder = store.path / f"{day}"
    files = sum(1 for _ in folder.glob(f"*/*{SUFFIX}"))
    try:
        if folder.exists():
            shutil.rmtree(folder)
            sync(store.path)
    except OSError as error:
        undone.append(Damaged(folder, f"cannot be removed: {error}"))
    return files


def _destroy_key(store: Store, name: str, undone: list[Damaged]) -> None:
    try:
        store.keys.destroy(name)
    except GarimError as error:
        undone.append(Damaged(store.keys.folder / f"{name}.key", str(error)))


def _forget(store: Store, over: datetime, undone: list[Damaged]) -> int:
    """Forget what was asked of the days that began until `over`, be their files destroyed by this run or an earlier."""
    if not (store.path / NAME).exists():  # nothing was ever asked
        return 0
    try:
        with Budget(store.path) as budget:
            return budget.forget(_midnight(over.date()) + timedelta(days=1))
    except GarimError as error:
        undone.append(Damaged(store.path / NAME, str(error)))
        return 0


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _hour_named(name: str) -> datetime | None:
    """The hour that a key of fine rows is named for; None for a key of a day."""
    try:
        hour = datetime.strptime(name, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None
    return hour if fine_key(hour) == name else None
