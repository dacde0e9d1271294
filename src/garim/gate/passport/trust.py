"""WHAT THIS MACHINE TRUSTS, ON DISK: master lists, single country certificates, revocation lists. One SQLite file.

Laws: what comes in was proved before (`adding` does that); a certificate is trusted as long as a list or a fingerprint
that is held stands for it, and no longer; of one country's master lists one is held, and it never goes back in time
unasked, nor does a revocation list. A certificate whose bytes are not those of its fingerprint is damage, and an error:
never a country that is silently unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from garim.core.errors import Misuse
from garim.gate.passport import distinguished
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.links import LeftOut
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import RevocationList
from garim.gate.passport.signatures import Made
from garim.gate.passport.stored import Database, Value

NAME = "trust.sqlite"
_APPLICATION, _FORM = 0x4741524D, 1  # "GARM"
_TABLES = """
CREATE TABLE held (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, country TEXT NOT NULL, subject TEXT NOT NULL, issued INTEGER NOT NULL,
    until INTEGER, added INTEGER NOT NULL, read INTEGER NOT NULL) STRICT;
CREATE TABLE certificates (
    sha256 TEXT PRIMARY KEY, der BLOB NOT NULL, name BLOB NOT NULL, ski BLOB, country TEXT NOT NULL) STRICT;
CREATE INDEX by_name ON certificates (name);
CREATE INDEX by_key ON certificates (ski);
CREATE TABLE trusted (
    id TEXT NOT NULL REFERENCES held ON DELETE CASCADE, sha256 TEXT NOT NULL REFERENCES certificates,
    PRIMARY KEY (id, sha256)) STRICT, WITHOUT ROWID;
CREATE INDEX by_certificate ON trusted (sha256);
CREATE TABLE left_out (
    id TEXT NOT NULL REFERENCES held ON DELETE CASCADE, sha256 TEXT NOT NULL, subject TEXT NOT NULL, serial TEXT,
    country TEXT NOT NULL, reason TEXT NOT NULL, said TEXT NOT NULL) STRICT;
CREATE TABLE crls (
    id TEXT PRIMARY KEY REFERENCES held ON DELETE CASCADE, issuer BLOB NOT NULL, name BLOB NOT NULL, aki BLOB,
    number TEXT, made TEXT NOT NULL, weak TEXT NOT NULL) STRICT;
CREATE TABLE revoked (
    id TEXT NOT NULL REFERENCES held ON DELETE CASCADE, serial TEXT NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (id, serial)) STRICT, WITHOUT ROWID
"""
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """What is held."""

    LIST = "master list"
    CERTIFICATE = "certificate"
    CRL = "revocation list"


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that is held. `id` is what `remove` takes: SHA-256, in hex, of a list's signed content or of the file.

    `country`: who vouches for it; `issued`: when it was signed, or valid from; `until`: when its signer expires, or the
    next one is due. `read` and `trusted` count its certificates; of a revocation list, `read` counts what it revokes.
    """

    id: str
    kind: Kind
    country: str
    subject: str
    issued: datetime
    until: datetime | None
    added: datetime
    read: int
    trusted: int = 0
    left_out: tuple[LeftOut, ...] = ()


def own() -> Path:
    """The user's own folder, under XDG_DATA_HOME."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    # the specification of XDG says that a relative path is to be ignored
    return (named if named.is_absolute() else Path.home() / ".local" / "share") / "garim" / "trust"


def opened(folder: Path | None = None, *, new: bool = False) -> TrustStore:
    """The store in `folder`, or the user's own; with `new` it is made where there is none.

    Raises `Misuse` where there is none, where others may write to it, or where a later Garim wrote it; `Unreadable`,
    `Unwritable`.
    """
    path = (own() if folder is None else folder) / NAME
    if not new and not path.exists():
        raise Misuse(f"{path}: nothing is trusted here yet; add a master list: garim gate trust add LIST --root CERT")
    return TrustStore(Database(path, _TABLES, application=_APPLICATION, form=_FORM, new=new))


class TrustStore:
    """What is trusted: a `Trust`, and what changes it. Use it in a `with`. Raises `Unreadable`, `Unwritable`."""

    def __init__(self, database: Database) -> None:
        self._held = database

    @property
    def countries(self) -> frozenset[str]:
        """The countries that a trusted certificate signs for."""
        asked = "SELECT DISTINCT country FROM certificates JOIN trusted USING (sha256) WHERE country != ''"
        return frozenset(str(country) for (country,) in self._held.rows(asked))

    def candidates(self, issuer_der: bytes, aki: bytes | None) -> Sequence[Certificate]:
        """Trusted certificates with the issuer's name, or with the key."""
        rows = self._held.rows(
            "SELECT sha256, der FROM certificates "
            "WHERE (name = ? OR ski = ?) AND sha256 IN (SELECT sha256 FROM trusted)",
            (distinguished.key(issuer_der), aki),
        )
        return [self._certificate(str(digest), _bytes(der)) for digest, der in rows]

    def revocations(self) -> list[RevocationList]:
        """The revocation lists that are held; who is on them is looked up as long as the store is open."""
        asked = (
            "SELECT id, issuer, country, aki, number, issued, until, made, weak, subject FROM crls JOIN held USING (id)"
        )
        return [
            RevocationList(
                sha256=str(id_),
                issuer_der=_bytes(issuer),
                country=str(country),
                aki=None if aki is None else _bytes(aki),
                number=None if number is None else int(str(number)),
                this_update=_moment(issued),
                next_update=None if until is None else _moment(until),
                revoked=_Serials(self._held, str(id_)),
                made=Made(str(made), tuple(map(Reason, str(weak).split()))),
                issuer=str(subject),
            )
            for id_, issuer, country, aki, number, issued, until, made, weak, subject in self._held.rows(asked)
        ]

    def listed(self) -> tuple[Held, ...]:
        """All that is held: master lists, certificates, revocation lists, each by country."""
        asked = (
            "SELECT id, kind, country, subject, issued, until, added, read, "
            "(SELECT count(*) FROM trusted WHERE trusted.id = held.id) FROM held "
            "ORDER BY kind != 'master list', kind, country, issued"
        )
        return tuple(
            Held(
                id=str(id_),
                kind=Kind(str(kind)),
                country=str(country),
                subject=str(subject),
                issued=_moment(issued),
                until=None if until is None else _moment(until),
                added=_moment(added),
                read=_int(read),
                trusted=_int(trusted),
                left_out=self._left_out(str(id_)),
            )
            for id_, kind, country, subject, issued, until, added, read, trusted in self._held.rows(asked)
        )

    def put(self, held: Held, certificates: Iterable[Certificate], *, older: bool = False) -> str | None:
        """Trust `certificates`, because of `held`. The id of the list of the same country that it replaced.

        Raises `Misuse` where that one is newer, unless `older`.
        """
        with self._held.at_once():
            replaced = self._replace(held, older=older) if held.kind is Kind.LIST else None
            self._put(held)
            for one in certificates:
                name = distinguished.key(one.subject_der)
                self._held.change(
                    "INSERT INTO certificates VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET der = excluded.der",
                    (one.sha256, one.der, name, one.extensions.ski, one.country),
                )
                self._held.change("INSERT OR IGNORE INTO trusted VALUES (?, ?)", (held.id, one.sha256))
            self._sweep()
        return replaced

    def put_crl(self, held: Held, read: RevocationList, *, older: bool = False) -> str | None:
        """Hold a revocation list that was proved. The id of its issuer's one before. Raises as `put`."""
        if read.made is None:
            raise ValueError("trust: a revocation list that nobody proved")
        name = distinguished.key(read.issuer_der)
        number = None if read.number is None else str(read.number)
        with self._held.at_once():
            replaced = self._replace(held, older=older, name=name)
            self._put(held)
            row = (held.id, read.issuer_der, name, read.aki, number, read.made.words, " ".join(read.made.weak))
            self._held.change("INSERT INTO crls VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            for serial, since in read.revoked.items():
                self._held.change("INSERT INTO revoked VALUES (?, ?, ?)", (held.id, str(serial), _stamp(since)))
        return replaced

    def remove(self, beginning: str) -> Held:
        """Let go of the one thing whose id begins so, and of the certificates that nothing else stands for.

        Raises `Misuse` where none or several begin so.
        """
        with self._held.at_once():
            found = [held for held in self.listed() if beginning and held.id.startswith(beginning.lower())]
            if len(found) != 1:
                raise Misuse(
                    f"{beginning}: {len(found) or 'none'} of what is trusted has an id that begins so; nothing was "
                    "removed. garim gate trust list shows them"
                )
            self._held.change("DELETE FROM held WHERE id = ?", (found[0].id,))
            self._sweep()
        return found[0]

    def close(self) -> None:
        """Let go of the store."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _certificate(self, digest: str, der: bytes) -> Certificate:
        if sha256(der).hexdigest() != digest:
            raise self._held.damaged(f"the certificate {digest[:16]} has other bytes")
        try:
            return certificate(der)
        except Refused as refused:
            raise self._held.damaged(str(refused)) from None

    def _left_out(self, id_: str) -> tuple[LeftOut, ...]:
        asked = "SELECT sha256, subject, serial, country, reason, said FROM left_out WHERE id = ? ORDER BY rowid"
        return tuple(
            LeftOut(
                str(digest),
                str(subject),
                None if serial is None else int(str(serial)),
                str(country),
                Reason(str(reason)),
                str(said),
            )
            for digest, subject, serial, country, reason, said in self._held.rows(asked, (id_,))
        )

    def _replace(self, held: Held, *, older: bool, name: bytes | None = None) -> str | None:
        """Take out the list of the same kind and issuer, unless that one is newer."""
        rows = self._held.rows(
            "SELECT id, issued FROM held LEFT JOIN crls USING (id) WHERE kind = ? AND country = ? AND name IS ?",
            (held.kind.value, held.country, name),
        )
        if not rows:
            return None
        (id_, issued), *_ = rows
        if _int(issued) > _stamp(held.issued) and not older:
            raise Misuse(
                f"the {held.kind} of {held.country} that is trusted is of {_moment(issued):%Y-%m-%d}, this one of "
                f"{held.issued:%Y-%m-%d}: going back can bring back what was withdrawn; nothing was changed. "
                "--older does it all the same"
            )
        self._held.change("DELETE FROM held WHERE id = ?", (id_,))
        return None if id_ == held.id else str(id_)

    def _put(self, held: Held) -> None:
        self._held.change("DELETE FROM held WHERE id = ?", (held.id,))  # the same again: as it is told now
        until = None if held.until is None else _stamp(held.until)
        row = (held.id, held.kind.value, held.country, held.subject, _stamp(held.issued), until, _stamp(held.added))
        self._held.change("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, held.read))
        for out in held.left_out:
            serial = None if out.serial is None else str(out.serial)  # up to 20 bytes: too long for SQLite's integers
            row_out = (held.id, out.sha256, out.subject, serial, out.country, out.reason.value, out.said)
            self._held.change("INSERT INTO left_out VALUES (?, ?, ?, ?, ?, ?, ?)", row_out)

    def _sweep(self) -> None:
        self._held.change("DELETE FROM certificates WHERE sha256 NOT IN (SELECT sha256 FROM trusted)")


class _Serials(Mapping[int, datetime]):
    """Who is on a revocation list that is held, looked up one at a time."""

    def __init__(self, held: Database, id_: str) -> None:
        self._held, self._id = held, id_

    def __getitem__(self, serial: int) -> datetime:
        asked = "SELECT since FROM revoked WHERE id = ? AND serial = ?"
        rows = self._held.rows(asked, (self._id, str(serial)))
        if not rows:
            raise KeyError(serial)
        return _moment(rows[0][0])

    def __iter__(self) -> Iterator[int]:
        rows = self._held.rows("SELECT serial FROM revoked WHERE id = ?", (self._id,))
        return iter([int(str(serial)) for (serial,) in rows])

    def __len__(self) -> int:
        return _int(self._held.rows("SELECT count(*) FROM revoked WHERE id = ?", (self._id,))[0][0])


def _stamp(moment: datetime) -> int:
    return round((moment - _START).total_seconds())


def _moment(seconds: Value) -> datetime:
    return _START + timedelta(seconds=_int(seconds))  # fromtimestamp stops at years that certificates have


def _int(value: Value) -> int:
    assert isinstance(value, int)  # the tables are STRICT
    return value


def _bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value
