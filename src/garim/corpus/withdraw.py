"""A PERSON CHANGES THEIR MIND: at once, durably, with a receipt.

Laws: whoever is told "withdrawn" is withdrawn, whatever happens next; withdrawing twice is withdrawing; many who ask
at the same time share one sync, and each is told only after it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Self

import numpy as np

from garim.consent import Signer
from garim.core.errors import GarimError
from garim.corpus import record, withdrawals
from garim.corpus.bitmap import Withdrawn
from garim.corpus.claims import opened_as
from garim.corpus.corpus import Corpus, Seen
from garim.corpus.errors import NoReceipt, Unknown
from garim.corpus.settle import turn
from garim.corpus.values import U32, Subject
from garim.corpus.withdrawals import Withdrawal
from garim.ledger import Log, now, prove
from garim.ledger.receipt import Receipt

EACH = 10_000
"""How many are put down by an entry each; more are a list, which has one."""


def withdraw(corpus: Corpus, pseudonyms: Iterable[str], *, by: Signer) -> tuple[Withdrawal, ...]:
    """Withdraw each of `pseudonyms`: all, durably, or nobody. Raises `Unknown`, `Unwritable`."""
    who = [corpus.subject(pseudonym) for pseudonym in dict.fromkeys(pseudonyms)]
    return withdraw_subjects(corpus, who, by=by)


def withdraw_subjects(corpus: Corpus, who: Sequence[Subject], *, by: Signer) -> tuple[Withdrawal, ...]:
    """The same of subjects who are known already."""
    with turn(corpus):
        return _put(corpus, [(each, by) for each in who])


def withdraw_numbers(corpus: Corpus, numbers: U32, *, by: Signer) -> int | None:
    """Withdraw the subjects `numbers` together, by one entry over their list; its index, None where all had before.

    Raises `Unknown` where there is one that nobody has, `Unwritable`.
    """
    with turn(corpus):
        with corpus.state.reading() as db:
            subjects = record.count(db, "subjects")
        if len(numbers) and int(numbers.max()) >= subjects:
            raise Unknown(f"there are {subjects} subjects, numbered from 0 on; nobody was withdrawn")
        new = np.unique(numbers[corpus.standing(numbers)]) if len(numbers) else numbers
        if len(new) == 1:
            lone = Subject(int(new[0]), corpus.ids_among(new).tobytes())
            return withdrawals.put(corpus, [lone], by=by, at=now())[0]
        return withdrawals.put_list(corpus, new, by=by, at=now()) if len(new) else None


def receipt(corpus: Corpus, withdrawal: Withdrawal) -> Receipt:
    """What the person takes home: the entry's proof, and the key that shows that it is of them.

    Raises `NoReceipt` where the withdrawal was by list: its entry is of the list.
    """
    if not withdrawal.alone:
        raise NoReceipt(
            f"withdrawn together with others, entry {withdrawal.entry} of the ledger; there is no receipt of one person"
        )
    of = withdrawal.subject.id
    proof = prove(corpus.log.tree, withdrawal.entry, corpus.log.note)
    made = Receipt(proof, corpus.claims.subject_key(of), {"subject": opened_as(of).decode()})
    made.refuse_false()
    return made


def _put(corpus: Corpus, wanted: Sequence[tuple[Subject, Signer]]) -> tuple[Withdrawal, ...]:
    gone, at = corpus.gone(), now()
    indexes: dict[int, tuple[int, bool]] = {}
    for by in Signer:
        new = list({each.number: each for each, whose in wanted if whose is by and each.number not in gone}.values())
        new = [each for each in new if each.number not in indexes]
        if len(new) > EACH:
            numbers = np.array([each.number for each in new], np.uint32)
            index = withdrawals.put_list(corpus, numbers, by=by, at=at)
            indexes |= dict.fromkeys(numbers.tolist(), (index, False))
        elif new:
            rows = withdrawals.put(corpus, new, by=by, at=at)
            indexes |= {each.number: (index, True) for each, index in zip(new, rows, strict=True)}
    return tuple(_told(corpus, each, indexes.get(each.number), at) for each, _ in wanted)


def _told(corpus: Corpus, subject: Subject, put: tuple[int, bool] | None, at: datetime) -> Withdrawal:
    if put is not None:
        return Withdrawal(subject, at, put[0], new=True, alone=put[1])
    return known(corpus, subject)


def known(corpus: Corpus, subject: Subject) -> Withdrawal:
    """The withdrawal of `subject`, who withdrew before. Raises `Unknown` where they did not."""
    with corpus.state.reading() as db:
        row = alone = db.execute("SELECT at, entry FROM withdrawn WHERE subject = ?", (subject.number,)).fetchone()
        for *listed, octets in db.execute("SELECT at, entry, subjects FROM lists ORDER BY number"):
            if row is None and subject.number in Withdrawn.read(octets):
                row = listed
    if row is None:
        raise Unknown("this subject has not withdrawn")
    return Withdrawal(
        subject, datetime.fromtimestamp(row[0]).astimezone(), int(row[1]), new=False, alone=alone is not None
    )


@dataclass(slots=True, eq=False)
class _Asked:
    subject: Subject
    by: Signer
    done: threading.Event = field(default_factory=threading.Event)
    answer: Withdrawal | None = None
    error: GarimError | None = None


class Counter:
    """Withdrawals of many who ask at once, from any thread: `counter.withdraw(pseudonym, by=…)` returns once it holds.

    Whoever asks while one sync is under way goes into the next one together with all others who do.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._waiting: list[_Asked] = []
        self._change = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="withdrawals", daemon=True)
        self._thread.start()

    def withdraw(self, pseudonym: str, *, by: Signer) -> Withdrawal:
        """Withdraw one; durable when it returns. Raises `Unknown`, `Unwritable`."""
        asked = _Asked(self._corpus.subject(pseudonym), by)
        with self._change:
            if not self._open:
                raise RuntimeError("the counter is closed")
            self._waiting.append(asked)
            self._change.notify()
        asked.done.wait()
        if asked.answer is None:
            assert asked.error is not None
            raise asked.error
        return asked.answer

    def close(self) -> None:
        """Let all who wait be served, and end."""
        with self._change:
            self._open = False
            self._change.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _work(self) -> None:
        # a log belongs to the thread that opened it
        with Log(self._corpus.log.path) as log:
            self._serve_all(replace(self._corpus, log=log, seen=Seen()))

    def _serve_all(self, corpus: Corpus) -> None:
        while True:
            with self._change:
                while self._open and not self._waiting:
                    self._change.wait()
                if not self._waiting:
                    return
                batch, self._waiting = self._waiting[:EACH], self._waiting[EACH:]
            _serve(corpus, batch)


def _serve(corpus: Corpus, batch: Sequence[_Asked]) -> None:
    try:
        with turn(corpus):
            told = _put(corpus, [(each.subject, each.by) for each in batch])
        for each, answer in zip(batch, told, strict=True):
            each.answer = answer
    except GarimError as error:
        for each in batch:
            each.error = error
    finally:
        for each in batch:
            each.error = each.error or GarimError("the corpus could not go on; ask again")
            each.done.set()
