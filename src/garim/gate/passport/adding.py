"""WHAT COMES INTO THE STORE OF TRUST: each object proved first; nothing is trusted because it lies in a file.

Laws: a master list comes in under a root that the user names, of it what chains; a single certificate only with the
fingerprint that the user got from its issuer by another way; a revocation list under a trusted certificate of its
country. What does not come in is named with its reason, and what is weak about what does stays with it. Of a download
of many, each object is proved by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from garim.core.errors import Disproved, Misuse
from garim.gate.passport import container, der, ldif
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.held import Held, Kind, Replaced
from garim.gate.passport.links import LeftOut, sorted_out
from garim.gate.passport.masterlist import MOST_BYTES, MasterList, master_list
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import RevocationList, proved, refuse_revoked
from garim.gate.passport.trust import TrustStore

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TIMES = (der.UTC_TIME, der.GENERALIZED_TIME)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What revocation list (its id), of whom, revokes a serial number no more that the one before it did."""

    id: str
    issuer: str
    serial: int


@dataclass(frozen=True, slots=True)
class Added:
    """What one file brought: what is held of it now, the ids that this replaced, and what was left out and why.

    `left_out` has whole objects of the file (a download's lists whose root was not named); what a list left out of
    itself stands with it, in `held`. `passed_over` counts signers' certificates, which come with each document.
    """

    held: tuple[Held, ...]
    replaced: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    passed_over: int = 0
    dropped: tuple[Dropped, ...] = ()

    @property
    def read(self) -> int:
        """How many country certificates stand in it."""
        return sum(one.read for one in self.held if one.kind is not Kind.CRL)

    @property
    def chaining(self) -> int:
        """How many of them chain, and are trusted."""
        return sum(one.trusted for one in self.held)


def add_list(
    store: TrustStore, path: Path, roots: Sequence[Certificate], *, at: datetime, older: bool = False
) -> Added:
    """Trust what chains of the master list at `path` (DER, PEM, or a zip of one), or of each in a PKD download (LDIF).

    A download's revocation lists come in, too. Raises `Refused` where the list does not hold, `Misuse` where one of its
    country is trusted that this one is not surely newer than and not `older`, or `roots` is empty; `Unreadable`,
    `Unwritable`.
    """
    if not roots:
        raise Misuse(f"{path}: who signed this list? Name the root certificate of its country with --root")
    if ldif.is_ldif(container.head(path)):
        return _download(store, path, roots, at, older=older)
    return _list(store, master_list(container.held_in(path, MOST_BYTES), roots, at=at), at, older=older)


def add_certificate(store: TrustStore, path: Path, *, fingerprint: str, at: datetime) -> Added:
    """Trust the one country certificate at `path` (DER or PEM), whose SHA-256 the user says is `fingerprint`.

    Raises `Disproved` where it is another one, `Misuse` where it is no country's or `fingerprint` is none.
    """
    wanted = re.sub(r"[\s:]", "", fingerprint).lower()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise Misuse(f"{path}: a fingerprint is SHA-256 in 64 hex digits; nothing was trusted")
    one = read_certificate(path)
    if one.sha256 != wanted:
        raise Disproved(f"{path}: has the fingerprint {one.sha256}, not that one; nothing was trusted")
    if not one.country or not one.extensions.is_ca:
        raise Misuse(f"{path}: is no country's certificate for signing others; nothing was trusted")
    held = Held(one.sha256, Kind.CERTIFICATE, one.country, one.subject, one.not_before, one.not_after, at, 1, 1)
    store.put(held, [one])
    return Added((held,))


def add_crl(store: TrustStore, path: Path, *, at: datetime, older: bool = False) -> Added:
    """Hold the revocation list at `path` (DER or PEM), which a trusted certificate of its country signed.

    Raises `Refused` where none did, `Misuse` where it is not surely newer than the one of its key and not `older`.
    """
    return _crl(store, proved(container.held_in(path, MOST_BYTES), store, at=at), at, older=older)


def add(
    store: TrustStore,
    path: Path,
    *,
    roots: Sequence[Certificate] = (),
    fingerprint: str = "",
    at: datetime,
    older: bool = False,
) -> Added:
    """`add_list`, `add_certificate` or `add_crl`, as the file itself shows. Raises what they do."""
    match None if ldif.is_ldif(container.head(path)) else kind(container.held_in(path, MOST_BYTES)):
        case Kind.CERTIFICATE:
            if not fingerprint:
                raise Misuse(
                    f"{path}: a certificate is trusted by its fingerprint, got from its country by another way; "
                    f"nothing was trusted. If that is {read_certificate(path).sha256}, say so with --sha256"
                )
            return add_certificate(store, path, fingerprint=fingerprint, at=at)
        case Kind.CRL:
            return add_crl(store, path, at=at, older=older)
        case _:
            return add_list(store, path, roots, at=at, older=older)


def kind(data: bytes) -> Kind:
    """What `data` (DER) is, by its form alone. Raises `Refused`."""
    first, *_ = der.read(data).items() or [None]
    if first is None or first.whole == _SIGNED_DATA:
        return Kind.LIST
    tags = [item.tag for item in first.items()] if first.tag == der.SEQUENCE else []
    if tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE] and tags[3:4] and tags[3] in _TIMES:
        return Kind.CRL
    return Kind.CERTIFICATE


def read_certificate(path: Path) -> Certificate:
    """The certificate at `path` (DER or PEM): a root that the user names. Raises `Refused`, `Unreadable`."""
    return certificate(container.held_in(path, 1 << 20))


def read_crl(path: Path, store: TrustStore, *, at: datetime) -> RevocationList:
    """The revocation list at `path` (DER or PEM), proved, and not kept. Raises `Refused`, `Unreadable`."""
    return proved(container.held_in(path, MOST_BYTES), store, at=at)


def _download(store: TrustStore, path: Path, roots: Sequence[Certificate], at: datetime, *, older: bool) -> Added:
    """Lists first, wherever they stand: they bring the keys that revocation lists are signed with."""
    added = Added(())
    for wanted in (ldif.Kind.LIST, ldif.Kind.CRL):
        try:
            with container.plain(path) as file:
                for one in ldif.found(file):
                    if one.kind is wanted:
                        added = _and(added, _one(store, one, roots, at, older=older))
                    elif one.kind is ldif.Kind.SIGNER and wanted is ldif.Kind.LIST:
                        added = replace(added, passed_over=added.passed_over + 1)
        except OSError as error:
            raise container.unreadable(path, error) from None
    if not added.held and not added.left_out:
        raise Refused(Reason.LIST_FORM, f"{path}: holds no master list and no revocation list; nothing was trusted")
    return added


def _one(store: TrustStore, one: ldif.Found, roots: Sequence[Certificate], at: datetime, *, older: bool) -> Added:
    try:
        if one.kind is ldif.Kind.LIST:
            return _list(store, master_list(one.data, roots, at=at), at, older=older)
        return _crl(store, proved(one.data, store, at=at), at, older=older)
    except (Refused, Misuse) as error:  # of one object among many: the others may hold
        reason = error.reason if isinstance(error, Refused) else Reason.OLDER_LIST
        digest = sha256(one.data).hexdigest()
        return Added((), (), (LeftOut(digest, one.kind.value, None, one.country, reason, str(error)),))


def _and(one: Added, other: Added) -> Added:
    return Added(
        (*one.held, *other.held),
        (*one.replaced, *other.replaced),
        (*one.left_out, *other.left_out),
        one.passed_over + other.passed_over,
        (*one.dropped, *other.dropped),
    )


def _list(store: TrustStore, read: MasterList, at: datetime, *, older: bool) -> Added:
    crls = store.revocations()
    for one in read.chain.path:
        refuse_revoked(one, crls, whose="master list")
    found = sorted_out(read.certificates)
    held = Held(
        id=read.sha256,
        kind=Kind.LIST,
        country=read.country,
        subject=read.signer.subject,
        issued=read.issued,
        until=read.signer.not_after,
        added=at,
        read=read.read,
        trusted=len(found.chaining),
        left_out=(*read.unread, *found.left_out),
        dated=read.signing_time is not None,
        flags=read.flags,
        weak=len(found.flags),
    )
    return _added(held, store.put(held, found.chaining, weak=found.flags, older=older))


def _crl(store: TrustStore, read: RevocationList, at: datetime, *, older: bool) -> Added:
    assert read.made is not None  # proved
    held = Held(
        id=read.sha256,
        kind=Kind.CRL,
        country=read.country,
        subject=read.issuer,
        issued=read.this_update,
        until=read.next_update,
        added=at,
        read=len(read.revoked),
        flags=read.made.weak,
    )
    return _added(held, store.put_crl(held, read, older=older))


def _added(held: Held, replaced: Replaced | None) -> Added:
    if replaced is None:
        return Added((held,))
    dropped = tuple(Dropped(held.id, held.subject, serial) for serial in replaced.dropped)
    return Added((held,), (replaced.id,), dropped=dropped)
