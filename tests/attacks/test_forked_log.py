"""A keeper who lies: each way that a log can be rewritten, taken back, split or damaged, and what the inspector reads.

The keeper has the keys, so every checkpoint here carries a good signature, unless the attack is on that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.ledger.entries import many

from garim.core.errors import Disproved
from garim.ledger import tiles
from garim.ledger.folder import Folder
from garim.ledger.log import Log, private
from garim.ledger.verify import Trust, verify

Attack = Callable[[Path], None]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log.create(tmp_path / "log", "log.example/one")
    log.append(many(700))
    return log


def inspect(path: Path, trust: Trust) -> None:
    verify(Folder(path).read, trust, said=lambda step: None, progress=lambda step, done, total: None)


def twin(log: Log, to: Path) -> Log:
    """Another log under the same keys, empty: what a keeper needs to tell two stories."""
    Log.create(to, "log.example/one").close()
    shutil.copy(private(log.path) / "keys", private(to) / "keys")
    (to / "checkpoint").unlink()
    return Log(to)


def test_history_rewritten(log: Log, tmp_path: Path) -> None:
    kept = log.note
    with twin(log, tmp_path / "two") as other:
        other.append([*many(300), *many(1, 9999), *many(500, 301)])
        inspect(other.path, Trust(log.vkeys))
        with pytest.raises(Disproved, match="history was rewritten: the first 700 entries"):
            inspect(other.path, Trust(log.vkeys, kept=kept))


def test_rolled_back(log: Log, tmp_path: Path) -> None:
    with twin(log, tmp_path / "two") as other:
        other.append(many(600))
        with pytest.raises(Disproved, match="holds 600 entries, and when you saw it last it held 700"):
            inspect(other.path, Trust(log.vkeys, kept=log.note))


def test_forked_between_two_readers(log: Log, tmp_path: Path) -> None:
    with twin(log, tmp_path / "two") as other:
        other.append([*many(699), *many(1, 9999)])
        inspect(log.path, Trust(log.vkeys))
        inspect(other.path, Trust(log.vkeys))
        for path, kept in ((log.path, other.note), (other.path, log.note)):
            with pytest.raises(Disproved, match="history was rewritten"):
                inspect(path, Trust(log.vkeys, kept=kept))


def test_another_log_under_the_same_key_name(log: Log, tmp_path: Path) -> None:
    with (
        Log.create(tmp_path / "two", "log.example/one") as other,
        pytest.raises(Disproved, match="no key that is known"),
    ):
        inspect(other.path, Trust(log.vkeys))


def test_another_origin(log: Log, tmp_path: Path) -> None:
    with Log.create(tmp_path / "two", "log.example/two") as other:
        with pytest.raises(Disproved, match=r"log\.example/two: is not a log that is known here"):
            inspect(other.path, Trust(log.vkeys))
        with pytest.raises(Disproved, match=r"you kept is of log\.example/two"):
            inspect(log.path, Trust((*log.vkeys, *other.vkeys), kept=other.note))


def changed(name: str, change: Callable[[bytes], bytes]) -> Attack:
    def attack(folder: Path) -> None:
        path = folder / name
        content = change(path.read_bytes())
        path.unlink()
        path.write_bytes(content)

    return attack


def swapped(bundle: bytes) -> bytes:
    entries = tiles.unbundled(bundle)
    entries[7], entries[8] = entries[8], entries[7]
    return tiles.bundled(entries)


def swapped_hashes(tile: bytes) -> bytes:
    return tile[:224] + tile[256:288] + tile[224:256] + tile[288:]


def both(*attacks: Attack) -> Attack:
    def attack(folder: Path) -> None:
        for one in attacks:
            one(folder)

    return attack


def removed(name: str) -> Attack:
    return lambda folder: (folder / name).unlink()


def resigned(old: str, new: str) -> Attack:
    return changed("checkpoint", lambda note: note.replace(old.encode(), new.encode()))


def _other_signature(note: bytes) -> bytes:
    text, lines = note.decode().split("\n\n")
    first, rest = lines.split("\n", 1)
    dash, name, value = first.split(" ")
    return f"{text}\n\n{dash} {name} {value[:20]}{'A' if value[20] != 'A' else 'B'}{value[21:]}\n{rest}".encode()


ATTACKS: dict[str, tuple[Attack, str]] = {
    "tile truncated": (changed("tile/0/000", lambda tile: tile[:-32]), "tile/0/000 holds 8160 bytes, not 8192"),
    "tile one byte short": (changed("tile/0/001", lambda tile: tile[:-1]), "tile/0/001 holds 8191 bytes"),
    "one bit of a tile": (
        changed("tile/0/001", lambda tile: bytes([tile[0] ^ 1]) + tile[1:]),
        "tile/0/001 is not what",
    ),
    "one bit of a partial tile": (
        changed("tile/0/002.p/188", lambda tile: tile[:-1] + bytes([tile[-1] ^ 1])),
        "tile/0/002.p/188 is not what",
    ),
    "one bit above": (changed("tile/1/000.p/2", lambda tile: bytes([tile[0] ^ 1]) + tile[1:]), "tile/1/000.p/2 is not"),
    "leaf swapped with its neighbour": (changed("tile/entries/000", swapped), "tile/0/000 is not what the entries"),
    "leaf and hash swapped with their neighbours": (
        both(changed("tile/entries/000", swapped), changed("tile/0/000", swapped_hashes)),
        "tile/1/000.p/2 is not what|do not hash to the root",
    ),
    "entry taken away": (
        changed("tile/entries/001", lambda bundle: tiles.bundled(tiles.unbundled(bundle)[1:])),
        "tile/entries/001 holds 255 entries",
    ),
    "bundle cut": (changed("tile/entries/001", lambda bundle: bundle[:-5]), "cut short"),
    "entry altered": (
        changed("tile/entries/001", lambda bundle: bundle.replace(b"subject", b"officer", 1)),
        "tile/0/001 is not what",
    ),
    "entry with a name in it": (
        changed("tile/entries/001", lambda bundle: bundle.replace(b"subject", b"Kim Min", 1)),
        "entry 256: no entry that garim knows",
    ),
    "tile missing": (removed("tile/1/000.p/2"), "tile/1/000.p/2 is missing, and so is the full tile"),
    "bundle missing": (removed("tile/entries/000"), "tile/entries/000 is missing"),
    "size raised": (resigned("\n700\n", "\n701\n"), "signature does not hold"),
    "size as +700": (resigned("\n700\n", "\n+700\n"), "not a number as it must be written"),
    "size with a space": (resigned("\n700\n", "\n 700\n"), "not a number as it must be written"),
    "size as 0700": (resigned("\n700\n", "\n0700\n"), "not a number as it must be written"),
    "origin changed": (resigned("log.example/one\n", "log.example/own\n"), "is not a log that is known here"),
    "signature line gone": (
        changed("checkpoint", lambda note: note.partition(b"\n\n")[0] + b"\n\n"),
        "a note is a text, an empty line and lines of signatures",
    ),
    "a known key's line that does not verify": (
        changed("checkpoint", _other_signature),
        "signature does not hold",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_damaged(log: Log, name: str) -> None:
    attack, told = ATTACKS[name]
    attack(log.path)
    with pytest.raises(Disproved, match=told):
        inspect(log.path, Trust(log.vkeys))


def test_without_the_attacks_it_holds(log: Log) -> None:
    inspect(log.path, Trust(log.vkeys))
