"""THE PHOTOS OF A MANIFEST, OUT: those that still stand and nothing else.

    manifest's serials  -> still allowed now? -> decrypted, into an unfinished tar -> ledger -> kept -> OUT.tar

Laws: a photo leaves only if a manifest lists it and the same question would list it again now; what was withdrawn
while the files were written stops the release; the entry is on the ledger before the file has its name; what could not
leave is a value. Nothing in the file names a person: photos are called by their serials.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from garim.core.errors import Malformed, Unfinished
from garim.corpus.holdings import Holdings, Question
from garim.corpus.manifest import About, Own, listed, named, opens
from garim.corpus.rows_tree import RowsTree, tree
from garim.corpus.values import U64
from garim.files import whole
from garim.ledger import Entry, Log, Proof, commitment, key, now, record

LIST = "RELEASED.txt"
_ENDINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png"}

Opened = Callable[[int], bytes | None]
"""The bytes of a photo, decrypted; None where the vault never had them. Raises where they are not what was admitted."""


class Changed(Unfinished):
    """Somebody withdrew while their photo was on its way out."""


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """What left: `photos`, the `tree` over them, the SHA-256 of their list. `withheld` were on the manifest and do not
    stand any more; of those `without_bytes` the corpus holds a record and no picture. `key` as a manifest's."""

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
    log: Log,
    own: Own,
    keep: Keep,
    force: bool = False,
) -> Released:
    """Decrypt those of `photos` (the manifest's, ascending) that `asked` may have now, into a tar at `output`.

    `asked` is the manifest's own question, at this moment; `holdings` gives the corpus as it is when called. Raises
    `Malformed` where the question is not the manifest's, `Changed`, `Disproved`, `Unwritable`, `Misuse`.
    """
    if (asked.purpose.value, asked.processor) != (about.purpose, about.processor):
        raise Malformed("the question is not that of the manifest; nothing was released")
    standing = np.intersect1d(photos, listed(holdings(), asked).photos, assume_unique=True)
    withheld = np.setdiff1d(photos, standing, assume_unique=True)
    lines, without, left = list[str](), list[int](), list[int]()
    with whole(output, force=force, mode=0o600) as unfinished:
        with tarfile.open(unfinished, "w") as tar:
            for photo in standing.tolist():
                octets = opened(photo)
                if octets is None:
                    without.append(photo)
                    continue
                _put(tar, f"{photo}{_ending(octets)}", octets)
                lines.append(f"{photo} {sha256(octets).hexdigest()}\n")
                left.append(photo)
            told = "".join(lines).encode()
            _put(tar, LIST, told)
        _refuse_changed(np.array(left, np.uint64), holdings(), asked)
        out, blinds = np.array(left, np.uint64), key()
        listed_as = sha256(told).hexdigest()
        done = Released(out, blinds, tree(blinds, out), listed_as, withheld, np.array(without, np.uint64))
        keep(done, record(log, Entry("corpus.released", now(), done.facts(about, own))))
    return done


def released(path: Path) -> Iterator[tuple[int, bytes]]:
    """The photos of a release, each with the SHA-256 that its list names. Raises `Malformed`."""
    try:
        with tarfile.open(path, "r:") as tar:
            names = {Path(name).stem: name for name in tar.getnames()}
            claimed = _file(tar, LIST)
            for line in claimed.decode("ascii").splitlines():
                photo, _, hashed = line.partition(" ")
                octets = _file(tar, names[photo])
                if sha256(octets).hexdigest() != hashed:
                    raise Malformed(f"{path}: photo {photo} is not what was released")
                yield int(photo), octets
    except (tarfile.TarError, KeyError, ValueError, OSError):
        raise Malformed(f"{path}: is no release of a corpus, or is damaged") from None


def _refuse_changed(left: U64, held: Holdings, asked: Question) -> None:
    """Raise `Changed` unless all that is about to leave may leave still."""
    if len(np.setdiff1d(left, listed(held, asked).photos, assume_unique=True)):
        raise Changed("somebody withdrew while their photo was being written; nothing was released. Release again")


def _put(tar: tarfile.TarFile, name: str, octets: bytes) -> None:
    about = tarfile.TarInfo(name)  # no owner, no time: nothing but the name and the bytes
    about.size, about.mode = len(octets), 0o600
    tar.addfile(about, io.BytesIO(octets))


def _file(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found.read()


def _ending(octets: bytes) -> str:
    return next((ending for start, ending in _ENDINGS.items() if octets.startswith(start)), ".bin")
