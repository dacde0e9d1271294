"""A CORPUS, OPEN: what it holds and who still agrees. Everything here reads; what changes it takes a `turn`.

Laws: nothing of a subject who withdrew is given out by any path: each asks `standing`, which asks the record each time;
no photo is decrypted here: a release alone does, and is on the ledger (`garim.corpus.kept`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from garim.corpus import record, subjects
from garim.corpus.bitmap import Withdrawn
from garim.corpus.claims import Claims
from garim.corpus.errors import Gone, Unknown
from garim.corpus.holdings import Holdings
from garim.corpus.keys import Keys
from garim.corpus.made import Made
from garim.corpus.masterkey import Secrets
from garim.corpus.state import State
from garim.corpus.subjects import Index, Run, id_of
from garim.corpus.values import I64, U8, U32, Bools, Part, Records, Subject, Terms
from garim.corpus.vault import Vault
from garim.ledger import Log


@dataclass(slots=True)
class Seen:
    """What was read of the record so far."""

    gone: Withdrawn = field(default_factory=lambda: Withdrawn.of(np.zeros(0, np.uint32)))
    withdrawn: int = 0
    lists: int = 0
    runs: dict[Run, Index] = field(default_factory=dict)
    note: bytes = b""
    """The ledger's checkpoint that the record was compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """What `garim.corpus.opening.opened` gives. `log` is the ledger that it answers to."""

    folder: Path
    made: Made
    log: Log
    state: State
    keys: Keys
    vault: Vault
    claims: Claims
    secrets: Secrets = field(repr=False)
    waiting: Callable[[str], None] = field(default=lambda told: None, repr=False)
    """Told where somebody else has the turn for long."""
    seen: Seen = field(default_factory=Seen, repr=False)

    def standing(self, numbers: U32) -> Bools:
        """Which of the subjects `numbers` have not withdrawn, now."""
        return self.gone().standing(numbers)

    def gone(self) -> Withdrawn:
        """All who withdrew, as the record has them now."""
        seen = self.seen
        with self.state.reading() as db:
            last, lists = record.last_withdrawn(db)
            if (last, lists) != (seen.withdrawn, seen.lists):
                seen.gone = seen.gone.grown(record.withdrawn_since(db, seen.withdrawn, seen.lists))
                seen.withdrawn, seen.lists = last, lists
        return seen.gone

    def refuse_gone(self, number: int) -> None:
        """Raise `Gone` where the subject withdrew."""
        if number in self.gone():
            raise Gone("the subject withdrew: nothing of theirs is given out. It stays so")

    def id_of(self, pseudonym: str) -> bytes:
        """The id that a pseudonym leads to, here or not. Raises `Misuse`."""
        return id_of(self.secrets.ids, pseudonym)

    def subject(self, pseudonym: str) -> Subject:
        """Who that is. Raises `Unknown`."""
        of = self.id_of(pseudonym)
        number = self.number(of)
        if number is None:
            raise Unknown("there is nobody of this pseudonym in this corpus")
        return Subject(number, of)

    def number(self, of: bytes) -> int | None:
        """The number of an id; None where nobody has it."""
        with self.state.reading() as db:
            if (number := record.number(db, of)) is not None:
                return number
            runs = record.runs(db)
        return next((found for run in runs if (found := self.run(run).number(of)) is not None), None)

    def numbers(self, ids: U8) -> I64:
        """The numbers of many ids u8[n,16]; -1 where nobody has one."""
        with self.state.reading() as db:
            newest, runs = record.ids(db), record.runs(db)
        octets = np.frombuffer(b"".join(of for _, of in newest), np.uint8).reshape(-1, subjects.ID)
        found = subjects.in_memory(octets, np.array([number for number, _ in newest], np.uint32)).numbers_of(ids)
        for run in runs:
            missing = np.flatnonzero(found < 0)
            found[missing] = self.run(run).numbers_of(ids[missing])
        return found

    def ids(self) -> Iterator[tuple[int, bytes]]:
        """Each subject's number and id, in no order."""
        with self.state.reading() as db:
            newest, runs = record.ids(db), record.runs(db)
        yield from newest
        for run in runs:
            index = self.run(run)
            for start in range(0, run.subjects, 1 << 16):
                octets = index.ids[start : start + (1 << 16)].tobytes()
                for place, number in enumerate(index.numbers[start : start + (1 << 16)].tolist()):
                    yield number, octets[place * subjects.ID : (place + 1) * subjects.ID]

    def ids_among(self, numbers: U32) -> U8:
        """The ids of the subjects `numbers`, u8[n,16], in no order."""
        wanted = np.zeros(int(numbers.max(initial=0)) + 2, np.bool_)  # the last: of all that are past the others
        wanted[numbers] = True
        with self.state.reading() as db:
            newest, runs = record.ids(db), record.runs(db)
        mine = b"".join(of for number, of in newest if number < len(wanted) and wanted[number])
        found = [np.frombuffer(mine, np.uint8).reshape(-1, subjects.ID)]
        for run in runs:
            index = subjects.opened(self.folder / "subjects", run)  # let go of again: together they may be gigabytes
            for start in range(0, run.subjects, 1 << 20):
                there = np.take(wanted, index.numbers[start : start + (1 << 20)], mode="clip")
                found.append(np.array(index.ids[start + np.flatnonzero(there)]))
        return np.concatenate(found)

    def photos_of(self, number: int) -> Sequence[int]:
        """The serials of a subject's photos that the vault holds."""
        with self.state.reading() as db:
            return [bound.photo for _, bound in record.blobs_of(db, number)]

    def recent(self) -> Records:
        """The rows that are in no part yet."""
        with self.state.reading() as db:
            return record.recent(db)

    def parts(self) -> tuple[int, tuple[Part, ...]]:
        """The generation, and its parts in order of their subjects."""
        with self.state.reading() as db:
            return record.generation(db), record.parts(db)

    def terms(self) -> dict[int, Terms]:
        """What each number in the column `terms` means."""
        with self.state.reading() as db:
            return record.terms(db)

    def holdings(self) -> Holdings:
        """What is held at this moment, for reading."""
        with self.state.reading() as db:
            parts, recent, terms = record.parts(db), record.recent(db), record.terms(db)
            return Holdings(self.folder, parts, recent, terms, self.gone())

    def run(self, run: Run) -> Index:
        """A run of ids and numbers, read where it lies. Raises `Unreadable`."""
        if run not in self.seen.runs:
            self.seen.runs[run] = subjects.opened(self.folder / "subjects", run)
        return self.seen.runs[run]
