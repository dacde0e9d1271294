"""WHAT COMES INTO THE STORE OF TRUST: each object proved first; nothing is trusted because it lies in a file.

Laws: a master list comes in under a root that the user names, of it what chains; a single certificate only with the
fingerprint that the user got from its issuer by another way; a revocation list under a trusted certificate of its
country. What does not come in is named with its reason. Of a download of many, each object is proved by itself.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from garim.core.errors import Disproved, Misuse, Unreadable
from garim.gate.passport import der, ldif
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.links import LeftOut, sorted_out
from garim.gate.passport.masterlist import MOST_BYTES, MasterList, master_list
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import RevocationList, proved
from garim.gate.passport.trust import Held, Kind, TrustStore

_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]{1,40}-----([^-]*)-----END [A-Z0-9 ]{1,40}-----")
_HEAD = 4096
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TIMES = (der.UTC_TIME, der.GENERALIZED_TIME)


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
    """Trust what chains of the master list at `path` (DER or PEM), or of each list in a download of the PKD (LDIF).

    A download's revocation lists come in, too. Raises `Refused` where the list does not hold, `Misuse` where a newer
    one of its country is trusted and not `older`, or `roots` is empty; `Unreadable`, `Unwritable`.
    """
    if not roots:
        raise Misuse(f"{path}: who signed this list? Name the root certificate of its country with --root")
    if ldif.is_ldif(_start(path)):
        return _download(store, path, roots, at, older=older)
    held, replaced = _list(store, master_list(_object(path, MOST_BYTES), roots, at=at), at, older=older)
    return Added((held,), replaced)


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

    Raises `Refused` where none did, `Misuse` where a newer one is held and not `older`.
    """
    data = _object(path, MOST_BYTES)
    held, replaced = _crl(store, proved(data, store, at=at), at, older=older)
    return Added((held,), replaced)


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
    match None if ldif.is_ldif(_start(path)) else kind(_object(path, MOST_BYTES)):
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
    return certificate(_object(path, 1 << 20))


def read_crl(path: Path, store: TrustStore, *, at: datetime) -> RevocationList:
    """The revocation list at `path` (DER or PEM), proved, and not kept. Raises `Refused`, `Unreadable`."""
    return proved(_object(path, MOST_BYTES), store, at=at)


def _download(store: TrustStore, path: Path, roots: Sequence[Certificate], at: datetime, *, older: bool) -> Added:
    """Lists first, wherever they stand: they bring the keys that revocation lists are signed with."""
    added = Added(())
    for wanted in (ldif.Kind.LIST, ldif.Kind.CRL):
        try:
            with path.open("rb") as file:
                for one in ldif.found(file):
                    if one.kind is wanted:
                        added = _and(added, _one(store, one, roots, at, older=older))
                    elif one.kind is ldif.Kind.SIGNER and wanted is ldif.Kind.LIST:
                        added = replace(added, passed_over=added.passed_over + 1)
        except OSError as error:
            raise _unreadable(path, error) from None
    if not added.held and not added.left_out:
        raise Refused(Reason.LIST_FORM, f"{path}: holds no master list and no revocation list; nothing was trusted")
    return added


def _one(store: TrustStore, one: ldif.Found, roots: Sequence[Certificate], at: datetime, *, older: bool) -> Added:
    try:
        if one.kind is ldif.Kind.LIST:
            held, replaced = _list(store, master_list(one.data, roots, at=at), at, older=older)
        else:
            held, replaced = _crl(store, proved(one.data, store, at=at), at, older=older)
    except (Refused, Misuse) as error:  # of one object among many: the others may hold
        reason = error.reason if isinstance(error, Refused) else Reason.OLDER_LIST
        digest = sha256(one.data).hexdigest()
        return Added((), (), (LeftOut(digest, one.kind.value, None, one.country, reason, str(error)),))
    return Added((held,), replaced)


def _and(one: Added, other: Added) -> Added:
    return Added(
        (*one.held, *other.held),
        (*one.replaced, *other.replaced),
        (*one.left_out, *other.left_out),
        one.passed_over + other.passed_over,
    )


def _list(store: TrustStore, read: MasterList, at: datetime, *, older: bool) -> tuple[Held, tuple[str, ...]]:
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
    )
    return held, _ids(store.put(held, found.chaining, older=older))


def _crl(store: TrustStore, read: RevocationList, at: datetime, *, older: bool) -> tuple[Held, tuple[str, ...]]:
    held = Held(
        id=read.sha256,
        kind=Kind.CRL,
        country=read.country,
        subject=read.issuer,
        issued=read.this_update,
        until=read.next_update,
        added=at,
        read=len(read.revoked),
    )
    return held, _ids(store.put_crl(held, read, older=older))


def _ids(replaced: str | None) -> tuple[str, ...]:
    return () if replaced is None else (replaced,)


def _object(path: Path, most: int) -> bytes:
    """The one object of a file, out of PEM where it is that."""
    try:
        with path.open("rb") as file:
            data = file.read(2 * most + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    found = _PEM.findall(data) if data.lstrip().startswith(b"-----BEGIN") else None
    if found is not None and len(found) != 1:
        raise Refused(Reason.NOT_DER, f"{path}: holds {len(found)} objects where one belongs; nothing was trusted")
    try:
        data = data if found is None else b64decode(b"".join(found[0].split()), validate=True)
    except binascii.Error:
        raise Refused(Reason.NOT_DER, f"{path}: is damaged: no base64; nothing was trusted") from None
    if len(data) > most:
        raise Refused(Reason.TOO_LARGE, f"{path}: has more than {most >> 20} MiB; nothing was trusted")
    return data


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> Unreadable:
    return Unreadable(f"{path}: cannot be read: {error.strerror}; what is trusted did not change")
