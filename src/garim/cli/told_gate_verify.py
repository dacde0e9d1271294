"""What `garim gate verify` says: first for the traveller, then for the officer; or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from garim.cli.plain import plain
from garim.cli.told import say
from garim.cli.told_gate import checked, wrapped

if TYPE_CHECKING:
    from garim.gate.quality import Component
    from garim.gate.verify import Verification

_SWAP = {
    "locked": "its memory was locked: nothing of it could be swapped out",
    "none": "this machine has no swap: nothing of it could be swapped out",
    "possible": "this machine may have swapped parts of it out: give the gate a machine without swap, or allow locking",
}


def verified(done: Verification, receipt: Path | None, lost: str, *, as_json: bool) -> None:
    """Say what came of one traveller; `lost` is why there is no receipt, where one was asked for."""
    from garim.gate.words import FLAGS

    say()(plain(f"{done.matcher}: {done.caution}"), markup=False)
    if as_json:
        typer.echo(json.dumps(facts(done, None if lost else receipt, lost), ensure_ascii=False))
        return
    decision = done.decision
    reason = f"  [{decision.reason}]" if decision.reason else ""
    typer.echo(f"{decision.verdict.replace('_', ' ').upper()}{': to a person' if decision.to_a_person else ''}{reason}")
    for sentence in done.said:
        wrapped(sentence)
    if done.test:
        say()("[bold red]TEST[/bold red]: this is no decision about anybody, and uses no consent up")
    typer.echo("\nfor the officer:")
    if done.note:
        wrapped(f"- {done.note}", hang=4)
    for flag in decision.flags:
        wrapped(f"- {FLAGS[flag]}", hang=4)
    for check in done.checks:
        checked(check)
    for component in done.components:
        _component(component)
    wrapped(f"asked: {_moves(done.asked)}; seen: {_moves(done.made) or 'none'}")
    wrapped(f"matcher {done.matcher}, from a similarity of {decision.threshold:.2f} on; the process that looked has "
            f"ended, and {_SWAP[done.swap]}")  # fmt: skip
    wrapped(f"on the ledger as entry {done.receipt.proof.index}")
    if lost:
        wrapped(f"there is no receipt, and none can be made any more; the answer stands. {lost}")
    elif receipt:
        typer.echo(
            f"{plain(str(receipt))}: the traveller's receipt; it opens the entry: give it to them, keep none", err=True
        )


def facts(done: Verification, receipt: Path | None, lost: str = "") -> dict[str, Any]:
    """The stable JSON: it names nobody, and has no key that opens the log's entry."""
    decision = done.decision
    return {
        "verdict": decision.verdict,
        "to_a_person": decision.to_a_person,
        "reasons": list(decision.reasons),
        "flags": list(decision.flags),
        "said": list(done.said),
        "checks": [
            {"code": each.code, "about": each.about or None, "outcome": each.outcome, "reason": each.reason}
            for each in done.checks
        ],
        "quality": [
            {"name": each.name, "value": each.value, "limit": each.limit, "unit": each.unit, "ok": each.ok}
            for each in done.components
        ],
        "asked": list(done.asked),
        "seen": list(done.made),
        "matcher": done.matcher,
        "threshold": decision.threshold,
        "caution": done.caution,
        "swap": done.swap,
        "test": done.test,
        "note": done.note or None,
        "entry": done.receipt.proof.index,
        "receipt": str(receipt) if receipt else None,
        "receipt_lost": lost or None,
    }


def _moves(moves: tuple[str, ...]) -> str:
    return ", ".join(move.replace("_", " ") for move in moves)


def _component(component: Component) -> None:
    """One measure of the picture, in a line."""
    mark, word = {None: ("?", "unchecked"), True: ("+", "passed"), False: ("X", "failed")}[component.ok]
    label = f"{mark} {word:<10}{component.name.replace('_', ' ').capitalize()}"
    if component.value is None:
        typer.echo(f"{label:<42}not measured")
        return
    typer.echo(f"{label:<42}{component.value:.3g} {component.unit} (limit {component.limit:.3g})")
