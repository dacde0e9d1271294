"""`garim gate trust`: which countries' certificates are believed, and why; nothing is fetched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli import told_gate_trust as told

if TYPE_CHECKING:
    from garim.gate.passport import Certificate, RevocationList, TrustStore

app = typer.Typer(no_args_is_help=True, help="Which countries' certificates are believed, and why. Nothing is fetched.")

TrustDir = Annotated[
    Path | None, typer.Option("--trust", metavar="DIR", help="Where trusted certificates are. If not given, your own.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def add(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A master list (also zipped, or LDIF), a revocation list, or a certificate."
        ),
    ],
    *,
    root: Annotated[
        list[Path],
        typer.Option(help="The root of who signed the master list, which you had from a safe place; repeatable."),
    ] = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    sha256: Annotated[
        str, typer.Option(metavar="HEX", help="A single certificate's fingerprint, which you had from a safe place.")
    ] = "",
    older: Annotated[
        bool, typer.Option("--older", help="Take a list that is not surely newer than the one that is held.")
    ] = False,
    trust: TrustDir = None,
    as_json: Json = False,
) -> int:
    """Trust what a master list vouches for, once its own signature holds and chains to a root that you name.

    Says how many certificates were read and how many chain, and names those that do not. These are not trusted.

    Exit codes: 0 it is held; 1 it does not hold, or of a download of many something does not; 2 misuse; 3 not read.
    """
    from garim.gate.passport.adding import add as added
    from garim.gate.passport.trust import refuse_own

    refuse_own(path, trust)
    with _store(trust, new=True) as store:
        done = added(store, path, roots=_roots(root), fingerprint=sha256, at=datetime.now(UTC), older=older)
        return told.added(done, store.countries, as_json=as_json)


@app.command("list")
def listed(*, trust: TrustDir = None, as_json: Json = False) -> None:
    """Show what is trusted: each list, certificate and revocation list, with its age and what of it is left out."""
    with _store(trust) as store:
        told.listed(store.listed(), store.countries, now=datetime.now(UTC), as_json=as_json)


@app.command()
def remove(
    beginning: Annotated[str, typer.Argument(metavar="ID", help="How its id begins, as `trust list` shows it.")],
    *,
    trust: TrustDir = None,
    as_json: Json = False,
) -> None:
    """Trust one thing no more, nor the certificates for which nothing else stands.

    A revocation list is missed afterwards: removed once more, that ends, too.
    """
    with _store(trust) as store:
        told.removed(store.remove(beginning), store.countries, as_json=as_json)


@contextlib.contextmanager
def believed(folder: Path | None) -> Iterator[TrustStore | None]:
    """What is trusted, to be asked; None where nobody ever said whom to trust, and no DIR is named."""
    from garim.gate.passport.trust import NAME, opened, own

    if folder is None and not (own() / NAME).exists():
        yield None
        return
    with opened(folder) as store:
        yield store


def crls(paths: Sequence[Path], store: TrustStore | None, *, at: datetime) -> list[RevocationList]:
    """Those that are held, and those of `paths`, proved for this once."""
    from garim.core.errors import Misuse
    from garim.gate.passport.adding import read_crl

    if store is None:
        if paths:
            raise Misuse("--crl: whose signature is it to have? Nothing is trusted yet: `garim gate trust add`")
        return []
    return [*store.revocations(), *(read_crl(path, store, at=at) for path in paths)]


def _store(folder: Path | None, *, new: bool = False) -> TrustStore:
    from garim.gate.passport.trust import opened

    return opened(folder, new=new)


def _roots(paths: Sequence[Path]) -> list[Certificate]:
    from garim.gate.passport.adding import read_certificate

    return [read_certificate(path) for path in paths]
