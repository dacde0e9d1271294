"""THE PHOTOS OF A MANIFEST, OUT: those that still stand and nothing else.

    manifest's serials  -> still allowed now? -> decrypted, into an unfinished tar -> who withdrew meanwhile left out
    -> the corpus's turn: who withdrew since left out -> ledger -> kept -> OUT.tar -> the turn's end

Laws: a photo leaves only if a manifest lists it and the same question would list it again at the end; nobody who
withdraws waits for the photos of others to be decrypted; the entry is on the ledger before the file has its name, and
no withdrawal comes between the two; what could not leave is a value. Nothing in the file names a person: photos are
called by their serials, and were admitted bare.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from garim.core.errors import Malformed
from garim.corpus.errors import Gone
from garim.corpus.holdings import Holdings, Question
from garim.corpus.manifest import About, Own, listed, named, opens
from garim.corpus.released_file import Out
from garim.corpus.rows_tree import RowsTree, tree
from garim.corpus.values import U64
from garim.files import unwritable, whole
from garim.ledger import Entry, Log, Proof, commitment, key, now, record

Opened = Callable[[int], bytes | None]
"""The bytes of a photo, decrypted; None where the vault never had them. Raises `Gone` where its subject withdrew
meanwhile, and where the bytes are not what was admitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """What left: `photos`, the `tree` over them, the SHA-256 of their list. `withheld` were on the manifest and do not
    stand any more; of `without_bytes` the corpus holds a record and no picture. `key` as a manifest's."""

    photos: U64
    key: bytes
    tree: RowsTree
    list_sha256: str
    withheld: U64
    without_bytes: U64

    def facts(self, about: About, own: Own) -> dict[str, str | int]:
        """For the ledger."""
        opening = opens(self.key)
        name = commitment(opening, "release", self.tree.root.hex().encode())
        return {
            "corpus": own(name),
            "list": commitment(opening, "list", self.list_sha256.encode()),
            "manifest": named(about.opens, about.root),
            "photos": len(self.photos),
            "release": name,
            "withheld": len(self.withheld),
        }


Keep = Callable[[Released, Proof], None]


def release(
    about: About,
    photos: U64,
    output: Path,
    *,
    asked: Question,
    holdings: Callable[[], Holdings],
    opened: Opened,
    turn: Callable[[], AbstractContextManager[None]],
    log: Log,
    own: Own,
    keep: Keep,
    force: bool = False,
) -> Released:
    """Decrypt those of `photos` (the manifest's, ascending) that `asked` may have now, into a tar at `output`.

    `asked` is the manifest's own question, at this moment; `holdings` gives the corpus as it is when called; in `turn`
    nobody else changes it, and `keep` is called in there. Raises `Malformed` where the question is not the manifest's,
    `Disproved`, `Unwritable`, `Misuse`.
    """
    if (asked.purpose.value, asked.processor) != (about.purpose, about.processor):
        raise Malformed("the question is not that of the manifest; nothing was released")
    standing = np.intersect1d(photos, listed(holdings(), asked).photos, assume_unique=True)
    try:
        # the turn ends last: the file has its name while nobody can withdraw
        with ExitStack() as last, whole(output, force=force, mode=0o600) as unfinished, unfinished.open("r+b") as file:
            out = Out(file)
            without = _written(out, standing, opened)
            held, blinds = holdings(), key()
            done = _left(out, photos, without, held, asked, blinds)
            last.enter_context(turn())
            if (after := holdings()).withdrawn != held.withdrawn:
                done = _left(out, photos, without, after, asked, blinds)
            keep(done, record(log, Entry("corpus.released", now(), done.facts(about, own))))
    except OSError as error:
        raise unwritable(output, error) from None
    return done


def _written(out: Out, standing: U64, opened: Opened) -> U64:
    """Write those that can be opened; the serials of which the vault has no bytes."""
    without = []
    for photo in standing.tolist():
        try:
            octets = opened(photo)
        except Gone:
            continue  # withheld, as all who are not in the file at its end
        if octets is None:
            without.append(photo)
        else:
            out.add(photo, octets)
    return np.array(without, np.uint64)


def _left(out: Out, photos: U64, without: U64, held: Holdings, asked: Question, blinds: bytes) -> Released:
    """What leaves, once those who do not stand in `held` are left out of it."""
    stand = listed(held, asked).photos
    out.leave_out(np.setdiff1d(out.photos, stand, assume_unique=True))
    left, records = out.photos, np.intersect1d(without, stand, assume_unique=True)
    withheld = np.setdiff1d(photos, np.union1d(left, records), assume_unique=True)
    return Released(left, blinds, tree(blinds, left), out.finished(), withheld, records)
