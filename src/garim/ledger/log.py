"""ONE WRITER'S VIEW OF A LOG: append, durably, and say where it stands.

    DIR          checkpoint, tiles: for anybody
    DIR.private  signing keys, state: for the keeper alone

Laws: an index is given out only once the entry is durable and the head that covers it is published; two writers
take turns; a log that was signed to some size never grows from a smaller one: a folder, or a keeper's state, that
was restored from an old copy is refused, and where both were, a witness knows (`collect`).

The order of an append: full tiles on disk, then the head in the keeper's database together with what no full tile
holds, then the public checkpoint. Killed anywhere, the next opening mends the folder from the database.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.core.vkey import Kind, VerifierKey
from garim.files import unwritable
from garim.ledger import keys, merkle, note, tiles
from garim.ledger.checkpoint import Checkpoint, opened, read, signed
from garim.ledger.edge import Edge
from garim.ledger.entry import kind_of
from garim.ledger.folder import CHECKPOINT, WITNESSED, Folder
from garim.ledger.state import Head, Pending, State
from garim.ledger.tiles import WIDTH, Name


class OldCopy(Unreadable):
    """The ledger is older than what it has signed before: a restored backup. To go on would fork it."""


def private(path: Path) -> Path:
    """Where the keeper's half of the log at `path` is: beside the folder itself, not beside a link to it."""
    real = path.resolve()
    return real.with_name(real.name + ".private")


class Log:
    """A log open for appending. Close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """Open the log at `path`, and mend what a killed process left. Raises `Misuse`, `Unreadable`, `OldCopy`."""
        self.path = path
        if not private(path).is_dir():
            raise Misuse(
                f"{path}: is no ledger that can be written here: there is no {private(path)}. "
                f"garim ledger init {path} makes one"
            )
        self._signers = keys.load(private(path) / "keys")
        try:
            path.mkdir(parents=True, exist_ok=True)  # the public half follows from the other while it is small
        except OSError as error:
            raise unwritable(path, error) from None
        self._folder = Folder(path)
        self._state = State(private(path) / "state.sqlite")
        self._hand = ThreadPoolExecutor(1)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            with self._turn():
                self._head, self._edge, self._tail = self._read()
                self._refuse_old()
                self._refuse_other()
                self._mend()
            undo.pop_all()

    @classmethod
    def create(cls, path: Path, origin: str) -> Self:
        """A new, empty log under the name `origin`, with keys of its own. Raises `Misuse` where there is one."""
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise Misuse(f"{path}: exists already; nothing was made. A ledger begins in a new folder")
        signers = [keys.new(origin, kind) for kind in (Kind.ED25519, Kind.COSIGN_ML_DSA_44)]
        empty = bytes(signed(Checkpoint(origin, 0, merkle.EMPTY), signers, _now()))
        target = private(path)
        begun = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            begun.mkdir(mode=0o700, parents=True)
            keys.write(begun / "keys", signers)
            State.create(begun / "state.sqlite", Head(0, empty), bytes(Edge())).close()
            begun.rename(target)  # all of it at once, or another process was first
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise Misuse(f"{target}: exists already; nothing was made. A ledger begins in a new folder") from None
            raise unwritable(path, error) from None
        finally:
            shutil.rmtree(begun, ignore_errors=True)
        return cls(path)

    @property
    def note(self) -> bytes:
        """The last checkpoint, signed."""
        return self._head.note

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.vkeys[0].name

    @property
    def vkeys(self) -> tuple[VerifierKey, ...]:
        """The public keys that the log signs with."""
        return tuple(signer.vkey for signer in self._signers)

    @property
    def tree(self) -> tiles.Tree:
        """The tree that the last checkpoint covers."""
        return tiles.Tree(self._folder.read, self._head.size)

    def append(self, entries: Sequence[bytes]) -> range:
        """Append `entries`, all or none; their indexes, once they are durable and the checkpoint covers them.

        Raises `Malformed` for what is no entry, `Unwritable` where the disk is full: then nothing was logged.
        """
        for entry in entries:
            kind_of(entry)
        with self._turn():
            self._refresh()
            first = self._head.size
            if entries:
                self._grow(entries)
            return range(first, self._head.size)

    def refresh(self) -> None:
        """See what other processes have appended."""
        with self._turn():
            self._refresh()

    def publish(self, cosigned: bytes) -> bool:
        """Publish the last checkpoint with what witnesses put under it; False where it is not the last any more.

        It is kept under a name of its own too: the next append publishes one that nobody has cosigned yet.
        """
        opened(note.parse(cosigned), self.vkeys)
        with self._turn():
            self._refresh()
            if note.parse(cosigned).text != note.parse(self._head.note).text:
                return False
            head = Head(self._head.size, cosigned)
            self._folder.stage(cosigned, mode=0o644, durable=True)
            self._folder.publish(WITNESSED)
            self._folder.stage(cosigned, mode=0o644, durable=True)
            self._state.move(self._head, head, Pending(self._head.size, b""))
            self._head = head
            self._folder.publish(CHECKPOINT)
        return True

    def close(self) -> None:
        """Let go of the log."""
        self._hand.shutdown()
        self._state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _grow(self, entries: Sequence[bytes]) -> None:
        laid, tail = _laid(self._edge.size, self._tail, entries)
        writing = [self._hand.submit(self._lay, laid)]  # files are written while hashes and signatures are made
        edge, grown = self._edge.grown(merkle.leaves(entries))
        writing.append(self._hand.submit(self._lay, grown))
        head = Head(edge.size, bytes(signed(Checkpoint(self.origin, edge.size, edge.root), self._signers, _now())))
        for each in writing:
            each.result()
        kept = [name for name, _ in (*grown, *laid) if _must_last(name)]
        self._folder.sync(kept)
        self._folder.stage(head.note, mode=0o644, durable=False)
        if kept:
            added = Pending(edge.size - len(tail), tiles.bundled(tail))
            self._state.move(self._head, head, added, edge=bytes(Edge(((), *edge.levels[1:]))))
        else:
            self._state.move(self._head, head, Pending(self._edge.size, tiles.bundled(entries)))
        self._head, self._edge, self._tail = head, edge, tail
        self._folder.publish(CHECKPOINT)
        self._folder.drop_partial(name for name in kept if name.width == WIDTH)

    def _lay(self, made: Sequence[tuple[Name, bytes]]) -> None:
        for name, tile in made:
            self._folder.place(name, tile, durable=_must_last(name))

    def _refresh(self) -> None:
        if self._state.head() != self._head:  # another process has appended
            self._head, self._edge, self._tail = self._read()

    def _read(self) -> tuple[Head, Edge, list[bytes]]:
        """What the database holds: the head, the edge, the entries that no full bundle holds."""
        tail = [entry for row in self._state.pending() for entry in tiles.unbundled(row.bundle)]
        head = self._state.head()
        edge, _ = Edge.kept(self._state.base()).grown(merkle.leaves(tail))
        if edge.root != read(note.parse(head.note).text).root:
            raise Unreadable(f"{private(self.path)}: does not hold what it signed; nothing was logged. Restore it")
        return head, edge, tail

    def _mend(self) -> None:
        """Write again what a killed process, or a power cut, took from the folder."""
        rows, edge = self._state.pending(), Edge.kept(self._state.base())
        entries: list[bytes] = []
        for row in rows:
            more = tiles.unbundled(row.bundle)
            entries += more
            edge, grown = edge.grown(merkle.leaves(more))
            bundle = Name(None, row.start // WIDTH, len(entries))
            for name, tile in (*grown, (bundle, tiles.bundled(entries))):
                if not self._folder.holds(str(name), tile):
                    self._folder.place(name, tile, durable=False)
        if not self._folder.holds(CHECKPOINT, self._head.note):
            self._folder.stage(self._head.note, mode=0o644, durable=False)
            self._folder.publish(CHECKPOINT)

    def _refuse_other(self) -> None:
        """Raise `OldCopy` where the folder's checkpoint, which was signed here, is not a beginning of this log."""
        try:
            public = opened(note.parse(self._folder.read(CHECKPOINT)), self.vkeys)
        except (FileNotFoundError, Malformed):  # never written, or half of it: a power cut
            return
        if public.size > self._head.size:
            raise OldCopy(
                f"{private(self.path)}: is an older copy: it knows {self._head.size} entries, and {self.path} "
                f"holds a signed checkpoint of {public.size}. Nothing was logged. Restore the newer one"
            )
        if self._root_of(public.size) != public.root:
            raise OldCopy(
                f"{self.path}: the checkpoint of {public.size} entries there was signed with this log's key, and is "
                f"not a beginning of what {private(self.path)} holds: two histories. Nothing was logged or changed. "
                "Keep both copies, and find out which one others have seen"
            )

    def _root_of(self, size: int) -> bytes:
        """The root that this log had at `size`, from what is durable."""
        base = Edge.kept(self._state.base())
        if size < base.size:
            return tiles.Tree(self._folder.read, base.size).span(0, size)
        return base.grown(merkle.leaves(self._tail[: size - base.size]))[0].root

    def _refuse_old(self) -> None:
        """Raise `OldCopy` where the folder lacks what the keeper's state says was on disk before the head moved."""
        base = Edge.kept(self._state.base())
        level = next((level for level, row in enumerate(base.levels) if row), None)
        if level is None:
            return
        last = Name(level - 1, base.size // WIDTH**level - 1)
        try:
            there = merkle.root(tiles.hashes(self._folder.read(str(last))))
        except FileNotFoundError:
            there = b""
        if there != base.levels[level][-1]:
            raise OldCopy(
                f"{self.path}: is an older copy, or damaged: {last} is not what the log was signed with up to "
                f"{self._head.size} entries. Nothing was logged. Restore the newer folder"
            )

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Writers take turns; the lock goes with the process that held it."""
        try:
            handle = os.open(private(self.path) / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unwritable(private(self.path), error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _laid(size: int, tail: Sequence[bytes], more: Sequence[bytes]) -> tuple[list[tuple[Name, bytes]], list[bytes]]:
    """The bundles that `more` entries change or begin in a log of `size`, whose last bundle holds `tail`; the rest."""
    entries = [*tail, *more]
    first = (size - len(tail)) // WIDTH
    laid = []
    for number, start in enumerate(range(0, len(entries), WIDTH), first):
        bundle = entries[start : start + WIDTH]
        laid.append((Name(None, number, len(bundle)), tiles.bundled(bundle)))
    return laid, entries[len(entries) // WIDTH * WIDTH :]


def _must_last(name: Name) -> bool:
    """Whether a tile is on disk before the head moves: all but those that follow from the keeper's database."""
    return bool(name.level) or name.width == WIDTH


def _now() -> int:
    return int(time.time())
