"""WHAT THIS MACHINE TRUSTS, ON DISK: master lists, single country certificates, revocation lists. One SQLite file.

Laws: what comes in was proved before (`adding` does that); a certificate is trusted as long as a list or a fingerprint
that is held stands for it, and no longer; what is weak about all that stand for it is its own. Of one country's master
lists one is held, and of revocation lists one for each key of an issuer: it never goes back in time unasked, nor gives
way to one of which nobody can say when it was signed. A revocation list that was removed stays missed. A certificate
whose bytes are not those of its fingerprint is damage, and an error: never a country that is silently unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from garim.core.errors import Misuse
from garim.gate.passport import distinguished
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.held import Held, Kind, Replaced
from garim.gate.passport.links import LeftOut
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import RevocationList
from garim.gate.passport.signatures import Made
from garim.gate.passport.stored import Database, Value

NAME = "trust.sqlite"
_APPLICATION, _FORM = 0x4741524D, 2  # "GARM"
_TABLES = """
CREATE TABLE held (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, country TEXT NOT NULL, subject TEXT NOT NULL, issued INTEGER NOT NULL,
    until INTEGER, added INTEGER NOT NULL, read INTEGER NOT NULL, dated INTEGER NOT NULL, flags TEXT NOT NULL) STRICT;
CREATE TABLE certificates (
    sha256 TEXT PRIMARY KEY, der BLOB NOT NULL, name BLOB NOT NULL, ski BLOB, country TEXT NOT NULL) STRICT;
CREATE INDEX by_name ON certificates (name);
CREATE INDEX by_key ON certificates (ski);
CREATE TABLE trusted (
    id TEXT NOT NULL REFERENCES held ON DELETE CASCADE, sha256 TEXT NOT NULL REFERENCES certificates,
    weak TEXT NOT NULL, PRIMARY KEY (id, sha256)) STRICT, WITHOUT ROWID;
CREATE INDEX by_certificate ON trusted (sha256);
CREATE TABLE left_out (
    id TEXT NOT NULL REFERENCES held ON DELETE CASCADE, sha256 TEXT NOT NULL, subject TEXT NOT NULL, serial TEXT,
    country TEXT NOT NULL, reason TEXT NOT NULL, said TEXT NOT NULL) STRICT;
CREATE TABLE crls (
    id TEXT PRIMARY KEY REFERENCES held ON DELETE CASCADE, issuer BLOB NOT NULL, name BLOB NOT NULL,
    key TEXT NOT NULL, aki BLOB, number TEXT, made TEXT NOT NULL) STRICT;
CREATE TABLE revoked (
    id TEXT NOT NULL REFERENCES held ON DELETE CASCADE, serial TEXT NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (id, serial)) STRICT, WITHOUT ROWID
"""
_SERIALS = "SELECT serial FROM revoked WHERE id = ?"
_START = datetime(1970, 1, 1, tzinfo=UTC)


def own() -> Path:
    """The user's own folder, under XDG_DATA_HOME."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    # the specification of XDG says that a relative path is to be ignored
    return (named if named.is_absolute() else Path.home() / ".local" / "share") / "garim" / "trust"


def refuse_own(path: Path, folder: Path | None = None) -> None:
    """Raise `Misuse` where `path` is a file that SQLite keeps for the store in `folder`, and may change or delete."""
    store = ((own() if folder is None else folder) / NAME).resolve()
    found = path.resolve()
    if found.parent == store.parent and found.name.startswith(NAME):
        raise Misuse(f"{path}: is the store's own; nothing was trusted. Move it, or name another folder with --trust")


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

    def flags(self, certificate: Certificate) -> tuple[Reason, ...]:
        """What a person has to weigh about how it came to be trusted, by the best of what stands for it."""
        asked = "SELECT flags, weak FROM trusted JOIN held USING (id) WHERE sha256 = ?"
        rows = self._held.rows(asked, (certificate.sha256,))
        return min((_reasons(flags, weak) for flags, weak in rows), key=len, default=())

    def revocations(self) -> list[RevocationList]:
        """The revocation lists that are held; who is on them is looked up as long as the store is open.

        One that was removed is among them: out of date, and with nobody on it.
        """
        asked = (
            "SELECT id, issuer, country, aki, number, issued, until, made, flags, subject, key "
            "FROM crls JOIN held USING (id)"
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
                made=Made(str(made), _reasons(flags)),
                issuer=str(subject),
                key=str(key),
            )
            for id_, issuer, country, aki, number, issued, until, made, flags, subject, key in self._held.rows(asked)
        ]

    def listed(self) -> tuple[Held, ...]:
        """All that is held: master lists, certificates, revocation lists, each by country."""
        asked = (
            "SELECT id, kind, country, subject, issued, until, added, read, dated, flags, "
            "(SELECT count(*) FROM trusted WHERE trusted.id = held.id), "
            "(SELECT count(*) FROM trusted WHERE trusted.id = held.id AND weak != '') FROM held "
            "ORDER BY kind != 'master list', kind, country, issued"
        )
        rows = self._held.rows(asked)
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
                dated=bool(dated),
                flags=_reasons(flags),
                weak=_int(weak),
            )
            for id_, kind, country, subject, issued, until, added, read, dated, flags, trusted, weak in rows
        )

    def put(
        self,
        held: Held,
        certificates: Iterable[Certificate],
        *,
        weak: Mapping[str, tuple[Reason, ...]] = MappingProxyType({}),
        older: bool = False,
    ) -> Replaced | None:
        """Trust `certificates`, because of `held`; the list of the same country that it replaced.

        `weak`, by fingerprint: what is weak on the way from a key that signs itself to one of them.
        Raises `Misuse` where the one that is held is newer, or nobody can say, unless `older`.
        """
        with self._held.at_once():
            replaced = self._replace_list(held, older=older) if held.kind is Kind.LIST else None
            self._put(held)
            for one in certificates:
                name = distinguished.key(one.subject_der)
                self._held.change(
                    "INSERT INTO certificates VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET der = excluded.der",
                    (one.sha256, one.der, name, one.extensions.ski, one.country),
                )
                row = (held.id, one.sha256, " ".join(weak.get(one.sha256, ())))
                self._held.change("INSERT OR IGNORE INTO trusted VALUES (?, ?, ?)", row)
            self._sweep()
        return replaced

    def put_crl(self, held: Held, read: RevocationList, *, older: bool = False) -> Replaced | None:
        """Hold a revocation list that was proved; the one of the same issuer and key that it replaced. Raises as `put`.

        A number that is lower than that of the one before (RFC 5280, 5.2.3) counts as older.
        """
        if read.made is None:
            raise ValueError("trust: a revocation list that nobody proved")
        name = distinguished.key(read.issuer_der)
        number = None if read.number is None else str(read.number)
        with self._held.at_once():
            replaced = self._replace_crl(held, read, older=older)
            self._put(held)
            row = (held.id, read.issuer_der, name, read.key, read.aki, number, read.made.words)
            self._held.change("INSERT INTO crls VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            for serial, since in read.revoked.items():
                self._held.change("INSERT INTO revoked VALUES (?, ?, ?)", (held.id, str(serial), _stamp(since)))
        return replaced

    def remove(self, beginning: str) -> Held:
        """Let go of the one thing whose id begins so, and of the certificates that nothing else stands for.

        A revocation list is missed from then on, so that nobody is proved for want of it; to remove what is missed lets
        go of that, too. Raises `Misuse` where none or several begin so.
        """
        with self._held.at_once():
            found = [held for held in self.listed() if beginning and held.id.startswith(beginning.lower())]
            if len(found) != 1:
                raise Misuse(
                    f"{beginning}: {len(found) or 'none'} of what is trusted has an id that begins so; nothing was "
                    "removed. garim gate trust list shows them"
                )
            if found[0].kind is Kind.CRL:
                missing = (Kind.MISSING.value, found[0].id)
                self._held.change("UPDATE held SET kind = ?, read = 0, until = NULL WHERE id = ?", missing)
                self._held.change("DELETE FROM revoked WHERE id = ?", (found[0].id,))
            else:
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

    def _replace_list(self, held: Held, *, older: bool) -> Replaced | None:
        """Take out the master list of the same country, if this one is surely newer, or the same again."""
        asked = "SELECT id, issued, dated FROM held WHERE kind = ? AND country = ?"
        for id_, issued, dated in self._held.rows(asked, (Kind.LIST.value, held.country)):
            # the same content may turn out to have a date after all
            newer = held.dated and (bool(dated) or id_ == held.id) and _stamp(held.issued) > _int(issued)
            again = (id_, issued, bool(dated)) == (held.id, _stamp(held.issued), held.dated)
            before = f"{'of' if dated else 'undated, not before'} {_moment(issued):%Y-%m-%d}"
            return self._replace(held, str(id_), before, held.of_day, fit=newer or again or older)
        return None

    def _replace_crl(self, held: Held, read: RevocationList, *, older: bool) -> Replaced | None:
        """Take out the revocation list of the same issuer and key, also where it is only missed, as above."""
        asked = "SELECT id, issued, number FROM held JOIN crls USING (id) WHERE name = ? AND key = ?"
        for id_, issued, number in self._held.rows(asked, (distinguished.key(read.issuer_der), read.key)):
            lower = number is not None and (read.number is None or read.number < int(str(number)))
            newer = _stamp(held.issued) > _int(issued) and not lower
            before, now = (
                f"of {day:%Y-%m-%d %H:%M}, number {'none' if no is None else no}"
                for day, no in ((_moment(issued), number and str(number)), (held.issued, read.number))
            )
            gone = [int(str(serial)) for (serial,) in self._held.rows(_SERIALS, (id_,))]
            dropped = tuple(sorted(serial for serial in gone if serial not in read.revoked))
            return self._replace(held, str(id_), before, now, fit=newer or id_ == held.id or older, dropped=dropped)
        return None

    def _replace(
        self, held: Held, id_: str, before: str, now: str, *, fit: bool, dropped: tuple[int, ...] = ()
    ) -> Replaced | None:
        if not fit:
            raise Misuse(
                f"the {held.kind} of {held.country} that is held is {before}, this one is {now}: not "
                "surely newer, and going back can bring back what was withdrawn; nothing was changed. --older takes it "
                "all the same"
            )
        self._held.change("DELETE FROM held WHERE id = ?", (id_,))
        return None if id_ == held.id else Replaced(id_, dropped)

    def _put(self, held: Held) -> None:
        self._held.change("DELETE FROM held WHERE id = ?", (held.id,))  # the same again: as it is told now
        until = None if held.until is None else _stamp(held.until)
        row = (held.id, held.kind.value, held.country, held.subject, _stamp(held.issued), until, _stamp(held.added))
        rest = (held.read, int(held.dated), " ".join(held.flags))
        self._held.change("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *rest))
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
        rows = self._held.rows(_SERIALS, (self._id,))
        return iter([int(str(serial)) for (serial,) in rows])

    def __len__(self) -> int:
        return _int(self._held.rows("SELECT count(*) FROM revoked WHERE id = ?", (self._id,))[0][0])


def _stamp(moment: datetime) -> int:
    return round((moment - _START).total_seconds())


def _moment(seconds: Value) -> datetime:
    return _START + timedelta(seconds=_int(seconds))  # fromtimestamp stops at years that certificates have


def _reasons(*words: Value) -> tuple[Reason, ...]:
    return tuple(sorted({Reason(word) for each in words for word in str(each).split()}))


def _int(value: Value) -> int:
    assert isinstance(value, int)  # the tables are STRICT
    return value


def _bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value
