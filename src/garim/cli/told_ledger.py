"""What `garim ledger` says: for people in sentences, numbered where they prove something; else as JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from garim.cli.plain import plain
from garim.cli.told import say
from garim.core.errors import Disproved

if TYPE_CHECKING:
    from garim.core.vkey import VerifierKey
    from garim.ledger import Audit, Entry
    from garim.ledger.checkpoint import Checkpoint
    from garim.ledger.keys import Signer
    from garim.ledger.note import Note
    from garim.ledger.policy import Policy


class Steps:
    """Says each proved step as it is reached, numbered."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._proved: list[str] = []

    def __call__(self, step: str) -> None:
        self._proved.append(step)
        if not self._as_json:
            typer.echo(f"{len(self._proved):2}. {plain(step)}")

    @contextlib.contextmanager
    def of(self, log: str) -> Iterator[None]:
        """Says of an error at which step it came up."""
        try:
            yield
        except Disproved as error:
            raise Disproved(f"{log}: step {len(self._proved) + 1} does not hold: {error}. Rely on none of it") from None

    def done(self, audit: Audit, kept: Path | None) -> None:
        """Say that a whole log was proved."""
        if self._as_json:
            head = audit.head
            facts = {"origin": head.origin, "size": head.size, "root": head.root.hex(), "kinds": audit.kinds}
            rest = {"witnessed": audit.witnessed, "kept": str(kept) if kept else None}
            self._json(facts | rest, audit.unproved)
            return
        self._words(audit.unproved)
        keep = f"Kept for your next visit: {kept}" if kept else "--keep FILE keeps the checkpoint for your next visit"
        typer.echo(f"\n{keep}.")

    def done_proof(self, unproved: Sequence[str]) -> None:
        """Say that one entry was proved."""
        if self._as_json:
            self._json({}, unproved)
        else:
            self._words(unproved)

    def _json(self, facts: dict[str, object], unproved: Sequence[str]) -> None:
        typer.echo(json.dumps({**facts, "proved": self._proved, "unproved": list(unproved)}))

    def _words(self, unproved: Sequence[str]) -> None:
        typer.echo("\nNot proved, and not to be proved from these files:")
        for step in unproved:
            typer.echo(f"  - {step}")


def begun(folder: Path, keys: Sequence[VerifierKey], *, as_json: bool) -> None:
    """Say that a ledger was begun."""
    from garim.ledger.log import private

    if as_json:
        typer.echo(
            json.dumps({"ledger": str(folder), "private": str(private(folder)), "keys": [str(key) for key in keys]})
        )
        return
    tell = say()
    tell(
        f"{folder} is for everybody: hand it out, serve it. {private(folder)} is yours alone: back it up, show nobody."
    )
    tell("The public key, for whoever is to verify (there is an ML-DSA-44 key too, a long one: see `show --json`):")
    typer.echo(keys[0])


def shown(
    head: Checkpoint, keys: Sequence[VerifierKey], entries: Sequence[tuple[int, Entry]], *, as_json: bool
) -> None:
    """Say what a ledger holds."""
    rows = [
        {"index": index, "at": entry.at.isoformat().replace("+00:00", "Z"), "kind": entry.kind, "facts": entry.facts}
        for index, entry in entries
    ]
    if as_json:
        facts = {"origin": head.origin, "size": head.size, "root": head.root.hex(), "keys": [str(key) for key in keys]}
        typer.echo(json.dumps(facts | {"entries": rows}))
        return
    typer.echo(f"{plain(head.origin)}: {head.size} {'entry' if head.size == 1 else 'entries'}")
    if keys:
        typer.echo(f"key {keys[0]}")
    for index, entry in entries:
        told = "  ".join(f"{name} {_short(fact)}" for name, fact in sorted(entry.facts.items()))
        typer.echo(f"{index:>9}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.kind}  {told}")
    say()("[dim]nothing was proved: `garim ledger verify` does[/dim]")


def cosigned(folder: Path, note: Note, policy: Policy, *, as_json: bool) -> None:
    """Say who cosigned."""
    from garim.ledger.note import signers
    from garim.ledger.policy import shown as name

    present = signers(note, [witness.vkey for witness in policy.witnesses])
    names = [name(witness.name) for witness in policy.witnesses if witness.vkey in present]
    if as_json:
        typer.echo(json.dumps({"ledger": str(folder), "cosigned": names}))
    else:
        say()(f"{folder}/checkpoint is published, cosigned by {', '.join(names) or 'nobody, as the policy asks'}")


def witness(listen: str, signers: Sequence[Signer]) -> None:
    """Say who is listening."""
    say()(f"a witness, at http://{listen}; Ctrl-C stops it. Its public keys:")
    for signer in signers:
        typer.echo(signer.vkey)


def _short(fact: str | int) -> str:
    text = str(fact)
    return f"{text.removeprefix('hmac-sha256:')[:8]}..." if text.startswith("hmac-sha256:") else text
