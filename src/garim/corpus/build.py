"""A GENERATION OF PARTS, MADE: from rows in any order, or from the parts before it.

Laws: a generation appears by one rename, durable and complete, or not at all; memory does not grow with the rows (they
are dealt to files by subject and sorted a part at a time); a part that nothing changed in is linked, not copied.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse
from garim.corpus import parts
from garim.corpus.parts import FOLDER, ROWS_A_PART
from garim.corpus.values import COLUMNS, U32, Part, Records
from garim.files import unwritable

_DEALT = np.dtype([(name, dtype) for name, dtype in COLUMNS.items()])  # packed: what lies between the two passes
_ALONE = 1 << 20  # rows under which a second process costs more than it gives

Dealt = NDArray[Any]
Made = Callable[[Path], Sequence[Part]]
Job = Callable[..., Sequence[Part]]
Submit = Callable[..., Future[Sequence[Part]]]


def built(
    folder: Path, generation: int, batches: Iterable[Records], *, last: int, rows: int, rows_a_part: int = ROWS_A_PART
) -> tuple[Part, ...]:
    """The parts of a new generation from `batches` in any order, whose subjects are numbered 0 to `last`.

    `rows` is about how many there are: it sizes the parts and nothing more. Raises `Misuse` where the generation is
    there, or a subject is past `last`; `Unwritable`.
    """
    count = max(1, -(-rows // rows_a_part))
    each = -(-(last + 1) // count)

    def made(unfinished: Path) -> Sequence[Part]:
        spill = unfinished / "dealt"
        spill.mkdir()
        dealt = _dealt(spill, batches, each, last)
        jobs = [(unfinished, spill / f"{at}", f"{generation}/{at:04}.parquet") for at in sorted(dealt)]
        with _hands(sum(dealt.values())) as submit:
            done = [submit(_sorted, *job) for job in jobs]
            told = [part for each in done for part in each.result()]
        spill.rmdir()
        return told

    return _appears(folder, generation, made)


def rewritten(
    folder: Path, generation: int, old: Sequence[Part], *, drop: U32, add: Records | None = None
) -> tuple[Part, ...]:
    """The next generation: the `old` parts without the subjects to `drop` (ascending), with the rows of `add`.

    A part that neither touches is linked. Rows of `add` go where their subject's number lies, the newest numbers into
    new parts. Raises `Misuse` where the generation is there; `Unreadable`, `Unwritable`.
    """
    rows = parts.by_subject(add if add is not None else Records.empty())
    kept = rows[~np.isin(rows.subject, drop)]

    def made(unfinished: Path) -> Sequence[Part]:
        told, number, begin = list[Part](), 0, 0
        with _hands(sum(part.rows for part in old if _touches(part, drop))) as submit:
            waiting = list[Future[Sequence[Part]]]()
            for place, part in enumerate(old):
                following = old[place + 1].first if place + 1 < len(old) else None
                stop = _upto(kept.subject, begin, part, following)
                mine = kept[begin:stop]
                begin = stop
                if not len(mine) and not _touches(part, drop):
                    waiting.append(submit(_linked, folder, part, unfinished, generation, place))
                else:
                    waiting.append(submit(_replaced, folder, part, unfinished, generation, place, drop, mine))
            told += [part for each in waiting for part in each.result()]
        number = len(old)
        for start, stop in _chunks(kept.subject, begin, ROWS_A_PART):
            told.append(_named(unfinished, generation, number, kept[start:stop]))
            number += 1
        return told

    return _appears(folder, generation, made)


def current_only(folder: Path, generation: int) -> None:
    """Delete every other generation and what a killed process left: their rows are not to be found any more."""
    for other in (folder / FOLDER).iterdir():
        if other.name != str(generation):
            shutil.rmtree(other, ignore_errors=True)
    parts.synced_folder(folder / FOLDER)


def _appears(folder: Path, generation: int, made: Made) -> tuple[Part, ...]:
    """What `made` lays into a folder that becomes the generation's at once."""
    target = folder / FOLDER / f"{generation}"
    if target.exists():
        raise Misuse(f"{target}: is there already; nothing was written")
    unfinished = target.with_name(f".{generation}.{os.getpid()}.unfinished")
    try:
        unfinished.mkdir(mode=0o700, parents=True)
        told = tuple(made(unfinished))
        parts.synced_folder(unfinished)
        unfinished.rename(target)
        parts.synced_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return told


def _dealt(spill: Path, batches: Iterable[Records], each: int, last: int) -> dict[int, int]:
    """Deal rows to a file a part; how many lie in each."""
    rows: dict[int, int] = {}
    with contextlib.ExitStack() as files, ThreadPoolExecutor(1) as hand:
        opened: dict[int, BinaryIO] = {}
        waiting: Future[tuple[Dealt, NDArray[np.int64]]] | None = None
        for batch in itertools.chain(batches, [None]):
            # packed by the other thread, while whoever gives batches makes the next
            following = hand.submit(_packed, batch, each, last) if batch is not None else None
            if waiting is not None:
                packed, counts = waiting.result()
                start = 0
                for part, count in enumerate(counts.tolist()):
                    if count:
                        if part not in opened:
                            opened[part] = files.enter_context((spill / f"{part}").open("wb"))
                        opened[part].write(packed[start : start + count].data)
                        start, rows[part] = start + count, rows.get(part, 0) + count
            waiting = following
    return rows


def _packed(batch: Records, each: int, last: int) -> tuple[Dealt, NDArray[np.int64]]:
    """The rows by part, and how many are of each."""
    if len(batch) and int(batch.subject.max()) > last:
        raise Misuse("a row's subject is past the last that there is; nothing was written")
    into = (batch.subject // np.uint32(each)).astype(np.uint16)
    packed = np.empty(len(batch), _DEALT)
    for name in COLUMNS:
        packed[name] = getattr(batch, name)
    return packed[np.argsort(into, kind="stable")], np.bincount(into)  # of 16 bits: a radix sort


def _sorted(unfinished: Path, dealt: Path, name: str) -> Sequence[Part]:
    packed = np.fromfile(dealt, _DEALT)
    dealt.unlink()
    order = np.argsort(packed["subject"].astype(np.uint64) << 32 | packed["photo"] & 0xFFFFFFFF)
    if (packed["photo"] >> 32).any():
        order = np.lexsort((packed["photo"], packed["subject"]))
    packed = packed[order]  # a row at a time, and then the columns: each place in memory is gone to once
    records = Records(**{each: np.ascontiguousarray(packed[each]) for each in COLUMNS})
    del packed
    return [parts.written(unfinished / Path(name).name, name, records)]


def _linked(folder: Path, part: Part, unfinished: Path, generation: int, place: int) -> Sequence[Part]:
    source = parts.path_of(folder, part)
    name = f"{generation}/{place:04}.parquet"
    target = unfinished / Path(name).name
    os.link(source, target)
    with contextlib.suppress(FileNotFoundError):
        os.link(source.with_suffix(".index"), target.with_suffix(".index"))
    return [Part(name, part.rows, part.first, part.last, part.octets, part.sha256)]


def _replaced(
    folder: Path, part: Part, unfinished: Path, generation: int, place: int, drop: U32, add: Records
) -> Sequence[Part]:
    rows = parts.read(folder, part)
    stay = rows[~np.isin(rows.subject, drop)] if _touches(part, drop) else rows
    together = parts.by_subject(Records.joined([stay, add])) if len(add) else stay
    return [_named(unfinished, generation, place, together)] if len(together) else []


def _named(unfinished: Path, generation: int, number: int, rows: Records) -> Part:
    name = f"{generation}/{number:04}.parquet"
    return parts.written(unfinished / Path(name).name, name, rows)


def _upto(subjects: U32, begin: int, part: Part, following: int | None) -> int:
    """Where the rows end that go into `part`: all before the `following` part, or what the last has room for."""
    if following is not None:
        return int(np.searchsorted(subjects, following))
    end = int(np.searchsorted(subjects, part.last, side="right"))
    room = begin + ROWS_A_PART - part.rows
    if room > end:
        end = next(_chunks(subjects, begin, room), (0, end))[1]
    return end


def _touches(part: Part, drop: U32) -> bool:
    return bool(np.searchsorted(drop, part.first) < np.searchsorted(drop, part.last, side="right"))


def _chunks(subjects: U32, begin: int, most: int) -> Iterator[tuple[int, int]]:
    """From `begin` on, ranges of about `most` rows that do not cut a subject in two."""
    while begin < len(subjects):
        stop = min(begin + most, len(subjects))
        stop = int(np.searchsorted(subjects, subjects[stop - 1], side="right"))
        yield begin, stop
        begin = stop


@contextlib.contextmanager
def _hands(rows: int) -> Iterator[Submit]:
    """What does a job: a process a core, or this one where there is little to do."""
    if rows < _ALONE or (os.cpu_count() or 1) < 2:
        yield _here
        return
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield pool.submit


def _here(job: Job, *args: object) -> Future[Sequence[Part]]:
    done: Future[Sequence[Part]] = Future()
    done.set_result(job(*args))
    return done
