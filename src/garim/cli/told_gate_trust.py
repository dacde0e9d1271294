"""What `garim gate trust` says: how many were read, how many chain, and each one that does not, with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from garim.cli.plain import plain

if TYPE_CHECKING:
    from garim.gate.passport.adding import Added
    from garim.gate.passport.held import Held
    from garim.gate.passport.links import LeftOut

_SHOWN = 20  # of serial numbers
_SHORT = 12  # hex digits of an id, which are enough to tell one from another


def added(done: Added, countries: Iterable[str], *, as_json: bool) -> int:
    """Say what one file brought; the exit code."""
    from garim.gate.passport.held import Kind

    code = 1 if done.left_out or not done.held else 0  # every real list has some that do not chain
    if as_json:
        facts = {"held": [_held(held) for held in done.held], "replaced": list(done.replaced)}
        dropped = [{"id": one.id, "issuer": one.issuer, "serial": f"{one.serial:x}"} for one in done.dropped]
        rest = {"left_out": [_left(out) for out in done.left_out], "dropped": dropped, "countries": sorted(countries)}
        typer.echo(json.dumps(facts | rest))
        return code
    for held in done.held:
        typer.echo(plain(f"{held.id[:_SHORT]}  {_what(held)}"))
        if held.kind is not Kind.CRL:
            typer.echo(f"  {held.read} certificates read; {held.trusted} chain, and are trusted")
        _to_weigh(held)
        for out in held.left_out:
            _left_line(out)
    for out in done.left_out:
        _left_line(out)
    for replaced in done.replaced:
        typer.echo(f"  it replaces {replaced[:_SHORT]}")
    _no_more(done)
    if done.passed_over:
        typer.echo(f"  {done.passed_over} signers' certificates passed over: they come with each document")
    typer.echo(f"{len(set(countries))} countries are trusted now")
    return code


def listed(all_held: Iterable[Held], countries: Iterable[str], *, now: datetime, as_json: bool) -> None:
    """Say what is trusted."""
    if as_json:
        typer.echo(json.dumps({"held": [_held(held) for held in all_held], "countries": sorted(countries)}))
        return
    for held in all_held:
        late = "  OUT OF DATE" if held.until is not None and held.until < now else ""
        counts = f"{held.trusted} of {held.read} certificates trusted" if held.trusted else f"{held.read} revoked"
        typer.echo(plain(f"{held.id[:_SHORT]}  {_what(held)}; {counts}{late}"))
        _to_weigh(held)
        for out in held.left_out:
            _left_line(out)
    names = sorted(countries)
    typer.echo(f"{len(names)} countries: {' '.join(names)}" if names else "no country is trusted")


def removed(held: Held, countries: Iterable[str], *, as_json: bool) -> None:
    """Say what is trusted no more, and what is missed from now on."""
    from garim.gate.passport.held import Kind

    if as_json:
        typer.echo(json.dumps({"removed": _held(held), "countries": sorted(countries)}))
        return
    typer.echo(plain(f"no longer trusted: {held.id[:_SHORT]}  {_what(held)}"))
    if held.kind is Kind.CRL:
        typer.echo(
            "  what it revoked is revoked no more; documents of its issuer stay unproven until a newer one is added"
        )
        typer.echo(f"  to do without: garim gate trust remove {held.id[:_SHORT]}, once more")
    typer.echo(f"{len(set(countries))} countries are trusted now")


def _what(held: Held) -> str:
    until = f", until {held.until:%Y-%m-%d}" if held.until is not None else ""
    return f"{held.kind} of {held.country} ({held.subject}), {held.of_day}{until}"


def _to_weigh(held: Held) -> None:
    for flag in held.flags:
        typer.echo(f"  to weigh [{flag}]: how it was signed; each document that rests on it is flagged")
    if held.weak:
        typer.echo(f"  to weigh: {held.weak} of these chain by weak signatures alone; documents under them are flagged")


def _no_more(done: Added) -> None:
    for held in done.held:
        gone = [f"{one.serial:x}" for one in done.dropped if one.id == held.id]
        if gone:
            more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
            said = f"{len(gone)} that the list before revoked are not on it, and count as revoked by it no more"
            typer.echo(f"  {held.id[:_SHORT]}: {said}: {', '.join(gone[:_SHOWN])}{more}")


def _left_line(out: LeftOut) -> None:
    serial = "" if out.serial is None else f", serial {out.serial:x}"
    typer.echo(plain(f"  not trusted [{out.reason}]: {out.subject or out.sha256[:_SHORT]}{serial}: {_first(out.said)}"))


def _first(said: str) -> str:
    return said.partition("; ")[0]


def _held(held: Held) -> dict[str, object]:
    times = {name: _time(getattr(held, name)) for name in ("issued", "until", "added")}
    facts = {"id": held.id, "kind": held.kind.value, "country": held.country, "subject": held.subject}
    counts = {"read": held.read, "trusted": held.trusted, "left_out": [_left(out) for out in held.left_out]}
    weighed = {"dated": held.dated, "flags": [flag.value for flag in held.flags], "weak": held.weak}
    return facts | times | counts | weighed


def _left(out: LeftOut) -> dict[str, object]:
    serial = None if out.serial is None else f"{out.serial:x}"
    facts: dict[str, object] = {"sha256": out.sha256, "subject": out.subject, "serial": serial, "country": out.country}
    return facts | {"reason": out.reason.value, "said": out.said}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
