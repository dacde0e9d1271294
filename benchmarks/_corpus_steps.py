"""ONE STEP OF THE CORPUS'S BENCHMARK, in a process of its own, so that its memory is its own.

    python -m benchmarks._corpus_steps STEP FOLDER ROWS      the last line of stdout is the step's figures, as JSON

The rows are handed over as arrays, subjects numbered: what stands before that (consents, faces, one photo at a time)
is `garim corpus admit`'s, and is not what is measured here. Everything else is what a corpus is: ids of pseudonyms,
wrapped keys, parts with their index, the record and its seal.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TypeVar

import duckdb
import numpy as np
from benchmarks._corpus_people import NOW, PROCESSOR, batches, people, pseudonym, pseudonyms, terms

from garim.consent import Purpose, Signer
from garim.corpus import answering, build, consents, eligible, erase, kept, made, masterkey, record, subjects, vault
from garim.corpus.corpus import Corpus
from garim.corpus.holdings import Question
from garim.corpus.opening import opened
from garim.corpus.settle import turn
from garim.corpus.subjects import Run
from garim.corpus.vault import Bound
from garim.corpus.withdraw import Counter, withdraw_numbers
from garim.ledger import Log, now

T = TypeVar("T")

RUN = 1 << 21  # subjects whose ids are sorted together
ASKED = Question(Purpose.CORPUS_TRAIN, PROCESSOR, NOW)
PHOTO = 20_000  # bytes

Figures = dict[str, float]


def build_all(folder: Path, rows: int) -> Figures:
    """A corpus of `rows` photos: subjects, keys, parts, record."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    count, told, cpu = people(rows), Figures(), _cpu()
    with Log.create(folder / "log", "bench.example/corpus") as log:
        master = masterkey.made(folder / "master")
        made.make(folder / "corpus", master, log, controller="bench", at=now())
        with opened(folder / "corpus", master, log) as corpus, turn(corpus):
            runs, told["ids_s"] = _timed(lambda: _runs(corpus, count))
            _, told["keys_s"] = _timed(lambda: corpus.keys.add(0, count))
            parts, told["parts_s"] = _timed(
                lambda: build.built(corpus.folder, 1, batches(rows), last=count - 1, rows=rows)
            )
            started = time.perf_counter()
            with corpus.state.at_once() as db:
                record.put(db, subjects=count, photos=rows, generation=1)
                record.add_parts(db, parts)
                for mine, theirs in runs:
                    record.add_run(db, mine)
                    record.add_run(db, theirs, table="consent_runs")
                for each in terms():
                    record.terms_id(db, each)
            told["record_s"] = time.perf_counter() - started
    told |= {"built_s": sum(told.values()), "built_cpu_s": _cpu() - cpu}
    _, told["made_up_s"] = _timed(lambda: sum(map(len, batches(rows))))
    octets = {
        kind: sum(path.stat().st_size for path in (folder / "corpus").rglob(glob)) for kind, glob in _KINDS.items()
    }
    return told | {f"{kind}_bytes": value for kind, value in octets.items()} | {"parts": len(parts), "subjects": count}


_KINDS = {
    "parquet": "*.parquet",
    "index": "*.index",
    "ids": "*.idx",
    "consents": "*.consents",
    "keys": "keys/*",
    "record": "record.sqlite*",
}


def _runs(corpus: Corpus, count: int) -> list[tuple[Run, Run]]:
    secrets = corpus.secrets
    jobs = [(corpus.folder, secrets.ids, secrets.same, at, min(at + RUN, count)) for at in range(0, count, RUN)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_run, *zip(*jobs, strict=True)))


def _run(folder: Path, key: bytes, same: bytes, start: int, stop: int) -> tuple[Run, Run]:
    """The ids of people, and those of a consent of each."""
    numbers = np.arange(start, stop, dtype=np.uint32)
    ids = subjects.ids_of(key, pseudonyms(start, stop))
    drawn = np.random.default_rng((6, start)).integers(0, 256, (stop - start, consents.BYTES), np.uint8)
    return (
        subjects.write(folder / "subjects" / f"1-{start:010}.idx", ids, numbers),
        consents.write(folder, start, consents.ids_of(same, drawn), numbers),
    )


def ask(folder: Path, rows: int) -> Figures:
    """Eligible for a purpose, and by group: by garim, and by DuckDB over the same Parquet."""
    with _corpus(folder) as corpus:
        held, opened_s = _timed(corpus.holdings)
        told = {"opened_ms": opened_s * 1e3, "withdrawn": float(len(held.withdrawn))}
        count, told["count_first_s"] = _timed(lambda: eligible.count(held, ASKED))
        told["count_s"] = median(_timed(lambda: eligible.count(held, ASKED))[1] for _ in range(5))
        cells, told["groups_first_s"] = _timed(lambda: eligible.by_group(held, ASKED))
        told["groups_s"] = median(_timed(lambda: eligible.by_group(held, ASKED))[1] for _ in range(5))
        if int(cells.photos.sum()) != count:
            sys.exit("a count and its groups differ")
        told |= {"eligible": float(count), "cells": float(len(cells.photos))}
        if not len(held.withdrawn):
            told |= _duckdb(corpus, count, len(cells.photos))
        return told


def _duckdb(corpus: Corpus, count: int, cells: int) -> Figures:
    """The same of DuckDB, which is to say the same."""
    con, yes = duckdb.connect(), np.flatnonzero(ASKED.allowed(corpus.terms()))
    con.execute(f"set threads = {os.cpu_count()}")
    con.execute("create table yes as select unnest(?) as terms", [yes.tolist()])
    of = f"from '{corpus.folder}/parts/1/*.parquet' where terms in (select terms from yes)"  # noqa: S608 - our own names
    plain = f"select count(*) {of}"
    age = "case when birth_year = 0 or year(captured_on) < birth_year then 255 else year(captured_on) - birth_year end"
    grouped = f"select count(*) from (select nationality, {age} as age, sex, count(*) {of} group by all)"  # noqa: S608 - as above
    if con.execute(plain).fetchone() != (count,) or con.execute(grouped).fetchone() != (cells,):
        sys.exit("garim and DuckDB count differently")
    return {
        "duckdb_count_s": median(_timed(lambda: con.execute(plain).fetchall())[1] for _ in range(3)),
        "duckdb_groups_s": median(_timed(lambda: con.execute(grouped).fetchall())[1] for _ in range(3)),
    }


def withdraw(folder: Path, rows: int) -> Figures:
    """A million (of 170 million rows; else as many of these) withdraw together, and one after the other."""
    with _corpus(folder) as corpus:
        before = len(corpus.gone())
        numbers = np.random.default_rng(3).choice(people(rows), max(1, rows // 170), replace=False)
        who = numbers.astype(np.uint32)
        _, took = _timed(lambda: withdraw_numbers(corpus, who, by=Signer.OFFICER))
        if len(corpus.gone()) != before + len(who) or corpus.standing(who).any():
            sys.exit("who withdrew stands")
        lone = np.setdiff1d(np.arange(min(people(rows), 40_000)), numbers)[:2400].tolist()
        names = [pseudonym(number) for number in lone]
        with Counter(corpus) as counter, ThreadPoolExecutor(64) as many:
            _, together = _timed(lambda: list(many.map(lambda name: counter.withdraw(name, by=Signer.SUBJECT), names)))
        return {"list": float(len(who)), "list_s": took, "lone_a_second": len(names) / together}


def manifest(folder: Path, rows: int) -> Figures:
    """A new manifest, after the withdrawals: listed, hashed, logged, kept, published."""
    with _corpus(folder) as corpus:
        output = folder / "train.parquet"
        started, cpu = time.perf_counter(), _cpu()
        number, it = kept.list_photos(corpus, ASKED, output, force=True)
        took, cpu = time.perf_counter() - started, _cpu() - cpu
        if it.about.photos != eligible.count(corpus.holdings(), ASKED):
            sys.exit("a manifest lists other photos than are counted")
        lists = sum(path.stat().st_size for path in (corpus.folder / "manifests").iterdir())
        return {
            "manifest_s": took,
            "manifest_cpu_s": cpu,
            "manifest_photos": float(it.about.photos),
            "manifest_bytes": float(output.stat().st_size),
            "members_bytes": lists / number,
        }


def subject(folder: Path, rows: int) -> Figures:
    """Subjects drawn by lot ask whether they were used: rows, manifest, proofs."""
    took, proofs = [], 0
    with _corpus(folder) as corpus:
        for number in np.random.default_rng(5).integers(0, people(rows), 60).tolist():
            started = time.perf_counter()
            who = corpus.subject(pseudonym(number))
            # as if they had proved it: that is a signature, or a receipt
            answer = answering.answer(corpus, answering.Person(pseudonym(number), who))
            took.append(time.perf_counter() - started)
            proofs += sum(len(listed.rows) for listed in answer.listed)
    took.sort()
    return {"subject_s": median(took), "subject_p95_s": took[56], "subject_first_s": took[-1], "proofs": float(proofs)}


def erased(folder: Path, rows: int) -> Figures:
    """One subject is erased: key, parts, certificate."""
    with _corpus(folder) as corpus:
        _, took = _timed(lambda: erase.erase(corpus, pseudonym(people(rows) // 3), by=Signer.SUBJECT))
        return {"erase_s": took}


def encrypt(folder: Path, rows: int) -> Figures:
    """Photos of 20 kB sealed, each under its subject's key, on all cores; and put into packs, durably."""
    photos, cores = min(rows, 100_000), os.cpu_count() or 1
    each = photos // cores
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_seal, [16] * cores))
        _, took = _timed(lambda: list(pool.map(_seal, [each] * cores)))
    place = vault.Vault(folder / "vault")
    place.folder.mkdir(exist_ok=True)
    sealed, end = list(_sealed(1024)), (0, 0)
    started = time.perf_counter()
    for _ in range(20):
        last = place.add(end, sealed)[-1]
        end = (last.pack, last.offset + last.length)
    stored = 20 * len(sealed) / (time.perf_counter() - started)
    shutil.rmtree(place.folder)
    return {"sealed_a_second": each * cores / took, "stored_a_second": stored}


def _seal(photos: int) -> int:
    return sum(map(len, _sealed(photos)))


def _sealed(photos: int) -> Iterator[bytes]:
    octets = bytes(range(250)) * (PHOTO // 250)
    for number in range(photos):
        yield vault.sealed(number.to_bytes(32, "big"), b"corpus", Bound(number, number, b"c" * 32), octets)


@contextmanager
def _corpus(folder: Path) -> Iterator[Corpus]:
    with Log(folder / "log") as log, opened(folder / "corpus", masterkey.MasterFile(folder / "master"), log) as corpus:
        yield corpus


def _timed(job: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    told = job()
    return told, time.perf_counter() - started


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


STEPS: dict[str, Callable[[Path, int], Figures]] = {
    "build": build_all,
    "ask": ask,
    "withdraw": withdraw,
    "ask again": ask,
    "manifest": manifest,
    "subject": subject,
    "erase": erased,
    "encrypt": encrypt,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
