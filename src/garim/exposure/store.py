"""WHERE POSITIONS ARE KEPT: one file a camera and hour, at a place that follows from both.

    STORE/2026-11-22/10/<camera>.garim   rows of one camera and hour, sealed
    STORE/cameras/<camera>/ground.json   where that camera's ground is now, beside it each that it ever had
    STORE/keys/                          what opens the files

Laws: a file is there whole or not at all; the same minutes again under the same settings change nothing, other
settings are refused unless `replace` is asked; what is damaged is a value that says where and why, and never taken
for an empty hour; no footage (None) is not nobody there; rows say in which ground's metres they are, and that ground
stays; what is read is no finer and no older than `expire` would have left it by now, be there a timer or not.

Whoever writes has the camera alone, and whoever makes an hour coarse has the hour alone (flock: the store wants a
local file system), so that a key never dies between its being read and its being used.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as alike
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self, assert_never

import numpy as np

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.exposure import parquet
from garim.exposure.coarse import NUMBERS, coarsened
from garim.exposure.due import MOST_DAYS, Due, due
from garim.exposure.keys import Keys, coarse_key, fine_key, sync
from garim.exposure.positions import TICKS, Positions
from garim.exposure.seal import Covered, Label, Sealed, camera_id, ground_named, joined, sealed, whole_hour, without
from garim.files import unwritable, whole

SUFFIX = ".garim"


class Put(StrEnum):
    """What became of an hour that was put."""

    WRITTEN = "written"
    ADDED = "added"
    """To minutes that were there."""
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an hour that was put, and of which of its ticks.

    Those `taken` of what was given are written; those that were there `stay`, or were `dropped`: the hour holds rows
    of one kind. What was given and not taken was there already.
    """

    put: Put
    taken: Covered
    stays: Covered = ()
    dropped: Covered = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One camera's hour: its rows, which ticks were watched, under which settings; `coarse` rows know cells of 5 m.

    Rows of one `ground` are in the same metres, and rows of two are not. It is a name for `Store.ground`; empty where
    whoever put them said none.
    """

    positions: Positions
    covered: Covered
    settings: str
    coarse: bool
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that is there and cannot be used."""

    path: Path
    why: str


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Store:
    """The store at `path`, which need not be there yet for who puts; `clock` tells the time in UTC."""

    path: Path
    clock: Callable[[], datetime] = field(default=_now, compare=False)

    @classmethod
    def existing(cls, path: Path, clock: Callable[[], datetime] = _now) -> Self:
        """A store that something was put into. Raises `Misuse`."""
        if not (path / "cameras").is_dir():
            raise Misuse(f"{path}: is no store: there are no cameras in it. garim exposure track makes one")
        return cls(path, clock)

    @property
    def keys(self) -> Keys:
        """What opens the files."""
        return Keys(self.path / "keys")

    def put(
        self,
        camera: str,
        hour: datetime,
        settings: str,
        positions: Positions,
        covered: Covered,
        *,
        ground: str = "",
        replace: bool = False,
    ) -> Stored:
        """Keep what was seen in the ticks of `hour` that are `covered`; what became of it, once it is durable.

        Minutes that are not there yet are added to those that are, their tracks numbered anew where a number is
        taken. With `replace`, minutes that are there are written anew; the hour's others stay, where they are fine
        and of these settings. `ground` is the name of one that was put. Raises as `foreseen`; `Unwritable`,
        `Unreadable`; `ValueError`.
        """
        label = Label(camera, hour, settings, covered, ground=ground)
        if ground and not isinstance(self.ground(camera, ground), str):
            raise ValueError(f"camera {camera}: the ground of these rows was not put")
        with self._camera_alone(camera, hour):
            old = self.read(camera, hour)
            what = self._planned(old, label, replace=replace)
            if what.put is not Put.UNCHANGED:
                rows = _within(positions, what.taken) if what.taken != covered else positions
                if isinstance(old, Found) and what.stays:
                    rows = _side_by_side(_within(old.positions, what.stays), rows)
                self.write(alike(label, covered=joined(what.stays, what.taken)), rows, force=old is not None)
        return what

    def foreseen(
        self,
        camera: str,
        hour: datetime,
        settings: str,
        covered: Covered,
        *,
        ground: str = "",
        replace: bool = False,
    ) -> Stored:
        """What `put` would do, and nothing is done.

        Raises `Misuse` where the hour is there under other settings or another ground, was damaged or made coarse,
        unless `replace` is asked; `ValueError`.
        """
        label = Label(camera, hour, settings, covered, ground=ground)
        return self._planned(self.read(camera, hour), label, replace=replace)

    def get(self, camera: str, hour: datetime) -> Found | Damaged | None:
        """What is kept of one camera's hour; None where nobody watched. Raises `Misuse` for a camera's id.

        It is as if the store had just been expired: an hour that is `MOST_DAYS` old by the `clock` is None, and fine
        rows of more than a day are `coarse`, under numbers that are drawn for this reading.
        """
        what = due(whole_hour(hour), now=self.clock(), keep_days=MOST_DAYS)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(_turn(self.file(camera, hour).parent, fcntl.LOCK_SH))
            except FileNotFoundError:
                return None
            except OSError as error:
                return Damaged(self.file(camera, hour), f"cannot be read: {error.strerror}")
            found = self.read(camera, hour)
        return found if isinstance(found, Damaged) else _aged(found, what)

    def put_ground(self, camera: str, text: str, *, replace: bool = False) -> Put:
        """Keep a camera's ground, beside those that it had: rows are in their metres.

        Raises `Misuse` where it has another and `replace` is not asked, `Unwritable`.
        """
        path, named = self._ground(camera), ground_named(text)
        _folder(path.parent)
        old = self.ground(camera)
        if (old in (None, text) or replace) and self.ground(camera, named) != text:  # not there, or damaged
            with whole(self._ground(camera, named), force=True, mode=0o600) as unfinished:
                unfinished.write_bytes(text.encode())
        if old == text:
            return Put.UNCHANGED
        if old is not None and not replace:
            raise Misuse(f"{path}: camera {camera} has another ground; nothing was changed. Replace it, or do not")
        with whole(path, force=replace, mode=0o600) as unfinished:
            unfinished.write_bytes(text.encode())
        return Put.WRITTEN if old is None else Put.REPLACED

    def ground(self, camera: str, named: str | None = None) -> str | Damaged | None:
        """The ground that a camera has now, or that which `Found.ground` named; None where none was put."""
        path = self._ground(camera, named)
        try:
            text = path.read_bytes().decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            return Damaged(path, f"cannot be read: {error}")
        if named is not None and ground_named(text) != named:
            return Damaged(path, "is another ground than it is named for")
        return text

    def cameras(self) -> tuple[str, ...]:
        """The cameras that ever put an hour or a ground."""
        return _listed(self.path / "cameras")

    def hours(self, camera: str) -> tuple[datetime, ...]:
        """The hours that are kept of a camera, as they went by."""
        return tuple(hour for day in self.days() for hour in _hours(day) if self.file(camera, hour).exists())

    def days(self) -> tuple[date, ...]:
        """The days of which something is kept."""
        return tuple(day for name in _listed(self.path) if (day := day_named(name)) is not None)

    def stored(self, hour: datetime) -> tuple[Path, ...]:
        """The files of an hour, whatever is in them."""
        return tuple(sorted(self.hour(hour).glob(f"*{SUFFIX}")))

    def file(self, camera: str, hour: datetime) -> Path:
        """Where a camera's hour is, if it is. Raises `Misuse` for a camera's id."""
        return self.hour(hour) / f"{camera_id(camera)}{SUFFIX}"

    @contextlib.contextmanager
    def hour_alone(self, hour: datetime) -> Iterator[None]:
        """Nobody else reads or writes files of this hour; inside, only `read` and `write` do. Raises `Unwritable`."""
        _folder(self.hour(hour))
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(_turn(self.hour(hour), fcntl.LOCK_EX))
            except OSError as error:
                raise unwritable(self.hour(hour), error) from None
            yield

    def read(self, camera: str, hour: datetime) -> Found | Damaged | None:
        """What lies there, whatever its age, for whoever has the hour or the camera alone."""
        path = self.file(camera, hour)
        try:
            file = Sealed.parse(path.read_bytes())
            if (file.label.camera, file.label.hour) != (camera, hour):
                return Damaged(path, f"holds {file.label.hour:%Y-%m-%d %H}h of camera {file.label.camera}")
            key = self.keys.key(_key_of(file.label))
            if key is None:
                return Damaged(path, "its key was destroyed")
            positions = parquet.read(file.opened(key))
        except FileNotFoundError:
            return None
        except OSError as error:
            return Damaged(path, f"cannot be read: {error.strerror}")
        except (Malformed, Unreadable, Misuse) as error:  # Misuse: others can read its key
            return Damaged(path, str(error))
        label = file.label
        return Found(positions, label.covered, label.settings, label.coarse, label.ground)

    def write(self, label: Label, positions: Positions, *, force: bool = False) -> None:
        """Seal and publish, for whoever has the hour or the camera alone. Raises `Unwritable`, `Unreadable`."""
        octets = sealed(label, parquet.written(positions), self.keys.made(_key_of(label)))
        with whole(self.file(label.camera, label.hour), force=force, mode=0o600) as path:
            path.write_bytes(octets)

    def _planned(self, old: Found | Damaged | None, label: Label, *, replace: bool) -> Stored:
        path = self.file(label.camera, label.hour)
        match old:
            case None:
                return Stored(Put.WRITTEN, label.covered)
            case Damaged():
                if not replace:
                    raise Misuse(f"{path}: {old.why}; it was left as it is. Replacing it writes the hour anew")
                return Stored(Put.REPLACED, label.covered)
            case Found():
                if replace:
                    others = without(old.covered, label.covered)
                    one_kind = (old.settings, old.ground, old.coarse) == (label.settings, label.ground, False)
                    return Stored(Put.REPLACED, label.covered, *((others, ()) if one_kind else ((), others)))
                if (old.settings, old.ground) != (label.settings, label.ground):
                    raise Misuse(f"{path}: is there under other settings; it was left as it is. Replace it, or do not")
                new = without(label.covered, old.covered)
                if new and old.coarse:
                    raise Misuse(f"{path}: was made coarse; it was left as it is. Replacing it writes the hour anew")
                return Stored(Put.ADDED if new else Put.UNCHANGED, new, old.covered)
            case _:
                assert_never(old)

    def hour(self, hour: datetime) -> Path:
        """The folder of an hour's files."""
        return Path(self.path, f"{whole_hour(hour):%Y-%m-%d}", f"{hour:%H}")

    def _ground(self, camera: str, named: str | None = None) -> Path:
        file = "ground.json" if named is None else f"ground-{named}.json"
        return Path(self.path, "cameras", camera_id(camera), file)

    @contextlib.contextmanager
    def _camera_alone(self, camera: str, hour: datetime) -> Iterator[None]:
        folders = {self.hour(hour): fcntl.LOCK_SH, self._ground(camera).parent: fcntl.LOCK_EX}
        with contextlib.ExitStack() as held:
            for folder, kind in folders.items():
                _folder(folder)
                try:
                    held.enter_context(_turn(folder, kind))
                except OSError as error:
                    raise unwritable(folder, error) from None
            yield


def _aged(found: Found | None, what: Due) -> Found | None:
    if found is None or what is Due.DESTROY:
        return None
    if what is Due.KEEP or found.coarse:
        return found
    return alike(found, positions=coarsened(found.positions, np.random.default_rng()), coarse=True)


def day_named(name: str) -> date | None:
    """The day that a folder or a key is named for; None where it is no day."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if str(day) == name else None


def _hours(day: date) -> Iterator[datetime]:
    return (datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in range(24))


def _key_of(label: Label) -> str:
    return coarse_key(label.hour) if label.coarse else fine_key(label.hour)


def _within(positions: Positions, covered: Covered) -> Positions:
    """The rows of the ticks that are `covered`."""
    ticks = np.zeros(TICKS, bool)
    for start, end in covered:
        ticks[start:end] = True
    inside = ticks[positions.tick]
    return Positions(**{name: getattr(positions, name)[inside] for name in parquet.COLUMNS})


def _side_by_side(old: Positions, new: Positions) -> Positions:
    """The rows of both; a track of `new` whose number is taken gets one that is free."""
    numbers, which = np.unique(new.track, return_inverse=True)
    taken = np.isin(numbers, old.track)
    free = np.setdiff1d(np.arange(NUMBERS, dtype=np.uint16), np.union1d(old.track, numbers))
    numbers[taken] = np.random.default_rng().choice(free, taken.sum(), replace=False)
    columns = {name: np.concatenate([getattr(old, name), getattr(new, name)]) for name in parquet.COLUMNS}
    columns["track"] = np.concatenate([old.track, numbers[which]])
    order = np.lexsort((columns["tick"], columns["track"]))
    return Positions(**{name: column[order] for name, column in columns.items()})


def _listed(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.name for path in folder.iterdir()))
    except FileNotFoundError:
        return ()


def _folder(folder: Path) -> None:
    """Make `folder` and what is above it, for the owner alone, and durable. Raises `Unwritable`."""
    if folder.is_dir():
        return
    _folder(folder.parent)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        sync(folder.parent)
    except OSError as error:
        raise unwritable(folder, error) from None


@contextlib.contextmanager
def _turn(folder: Path, kind: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)
