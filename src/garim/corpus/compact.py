"""PHOTOS THAT CAME ONE BY ONE GO INTO PARTS, once there are many: the record stays small, and is read whole each time.

    rows of the record -> a generation of parts -> record, without them -> the old generation goes

Laws: a row is in the record or in a part, and never in both or in neither, whenever a process dies; nothing is dropped:
whoever withdrew is held in the part as they were in the record, unread, until they are erased.
"""

from __future__ import annotations

import shutil

import numpy as np

from garim.corpus import build, parts, record
from garim.corpus.corpus import Corpus

ROWS = 1 << 16
"""From how many on: to read them from the record takes about a tenth of a second, at each count and each answer."""


def compact(corpus: Corpus, *, rows: int | None = None) -> int:
    """Move the rows that are in no part into parts where they are `rows` (`ROWS`) or more; how many were moved.

    Wants the turn. Raises `Unreadable`, `Unwritable`.
    """
    with corpus.state.reading() as db:
        (waiting,) = db.execute("SELECT count(*) FROM recent").fetchone()
    if not waiting or waiting < (ROWS if rows is None else rows):
        return 0
    generation, old = corpus.parts()
    following = generation + 1
    shutil.rmtree(corpus.folder / parts.FOLDER / f"{following}", ignore_errors=True)  # of one that was killed
    made = build.rewritten(corpus.folder, following, old, drop=np.zeros(0, np.uint32), add=corpus.recent())
    with corpus.state.at_once() as db:
        db.execute("DELETE FROM recent")
        record.drop_parts(db, old)
        record.add_parts(db, made)
        record.put(db, generation=following)
    build.current_only(corpus.folder, following)
    return int(waiting)
