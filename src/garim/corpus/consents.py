"""WHICH CONSENT IS WHOSE: of photos that came one by one, as the record has it; of rows by the million, in runs.

    DIR/subjects/NAME.consents   as a run of subjects: ids of consents sorted, u8[n,16], then whose they are, u32[n]

Laws: a consent is one person's; what a run shows of it is made with a key that is not in the folder, so that whoever
steals the folder and has a file of records learns of no row whose it is. An id is the first 16 bytes of the consent's
commitment under AES-128 (FIPS 197): to meet another's takes 2^128 tries, with the key or without.
"""

from __future__ import annotations

import hmac
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from garim.corpus import record, subjects
from garim.corpus.corpus import Corpus
from garim.corpus.subjects import Ids, Run
from garim.corpus.values import I64, U8, U32, Bools

BYTES = 32
"""Of a consent's commitment."""


def ids_of(key: bytes, commitments: U8) -> Ids:
    """u8[n,16]: what stands in a run for each of `commitments` u8[n,32], under `key` (`Secrets.same`)."""
    own = hmac.digest(key, b"consents", "sha256")[:16]
    encryptor = Cipher(algorithms.AES(own), modes.ECB()).encryptor()  # noqa: S305 - a permutation of single blocks
    blocks = np.ascontiguousarray(commitments[:, : subjects.ID]).tobytes()
    return np.frombuffer(encryptor.update(blocks), np.uint8).reshape(-1, subjects.ID)


def write(folder: Path, serial: int, ids: Ids, numbers: U32) -> Run:
    """The run of consents that begin with this serial. Raises `Unwritable`, `Misuse` where one is there twice."""
    path = folder / "subjects" / f"{serial:010d}.consents"
    path.unlink(missing_ok=True)  # of one that was killed
    return subjects.write(path, ids, numbers)


def holders(corpus: Corpus, commitments: U8) -> I64:
    """Whose each of the consents u8[n,32] is, by number; -1 where none of this corpus has it. Raises `Unreadable`."""
    found = np.full(len(commitments), -1, np.int64)
    with corpus.state.reading() as db:
        runs = record.consent_runs(db)
        if db.execute("SELECT 1 FROM consents LIMIT 1").fetchone():
            for place, each in enumerate(commitments):
                row = db.execute("SELECT subject FROM consents WHERE commitment = ?", (each.tobytes(),)).fetchone()
                found[place] = -1 if row is None else row[0]
    ids = ids_of(corpus.secrets.same, commitments)
    for run in runs:
        missing = np.flatnonzero(found < 0)
        found[missing] = corpus.run(run).numbers_of(ids[missing])
    return found


def holder(corpus: Corpus, commitment: bytes) -> int | None:
    """Whose one consent is."""
    (number,) = holders(corpus, np.frombuffer(commitment, np.uint8).reshape(1, BYTES)).tolist()
    return None if number < 0 else int(number)


def taken_back(corpus: Corpus, commitments: U8) -> Bools:
    """Which of the consents u8[n,32] were withdrawn, as the ledger says."""
    with corpus.state.reading() as db:
        gone = b"".join(row[0] for row in db.execute("SELECT commitment FROM taken_back"))
    names = np.frombuffer(gone, np.uint8).reshape(-1, BYTES)
    maybe = np.flatnonzero(np.isin(_start(commitments), _start(names)))
    known = {each.tobytes() for each in names} if len(maybe) else set()
    told = np.zeros(len(commitments), np.bool_)
    told[maybe] = [commitments[row].tobytes() in known for row in maybe]
    return told


def _start(commitments: U8) -> I64:
    return np.ascontiguousarray(commitments[:, :8]).view(np.int64).reshape(-1)
