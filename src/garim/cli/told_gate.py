"""What `garim gate` says: for people in lines that an officer can read at a glance, else as JSON."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import typer

from garim.cli.plain import plain
from garim.core.errors import GarimError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from garim.gate.passport.inspection import Inspection
    from garim.gate.passport.outcomes import Check

_LABEL = 42  # columns of mark, outcome and title; what was found stands behind them
_LEAST, _MOST = 80, 132  # columns; a line of more is hard to read


def inspected(done: Inspection, *, holder: bool, as_json: bool) -> None:
    """Say what an inspection came to."""
    from garim.gate.passport.inspection import facts, kind_of, of, shown
    from garim.gate.passport.words import said as in_words
    from garim.gate.passport.words import titled

    if as_json:
        typer.echo(json.dumps(facts(done, holder=holder), ensure_ascii=False))
        return
    said = in_words(done.verdict, (check.reason for check in done.decisive))
    whose = f"  {kind_of(done)}, {of(done)}" if done.kind else ""
    typer.echo(plain(f"{said.word}{whose}"))
    wrapped(said.means)
    for check in done.decisive:
        wrapped(f"- {titled(check.code, check.about)}: {check.said}", hang=4)
    wrapped(said.then)
    typer.echo("")
    for check in done.checks:
        checked(check)
    if holder and done.mrz is not None:
        typer.echo("\nthe holder, as the chip says it:")
        for name, value in shown(done):
            typer.echo(f"  {plain(name):<22}{plain(value)}")
    if done.left_out:  # somebody chose their names, which may be the holder's
        names = f": {plain(', '.join(done.left_out))}" if holder else ""
        typer.echo(f"\nleft out, since they are none of the chip's files: {len(done.left_out)}{names}")
    typer.echo("\nnot looked at:")
    for question in done.not_looked_at:
        wrapped(f"- {question}", hang=4)
    typer.echo("")
    for name, digest in (("signed content", done.content_sha256), ("signer", done.signer), ("country key", done.csca)):
        if digest is not None:
            typer.echo(f"sha256 of {name:<14} {digest}")


def written(path: Path, *, what: str) -> None:
    """Say that a file was written, and what it shows."""
    typer.echo(f"{plain(str(path))}: {what}", err=True)


def checked(check: Check) -> None:
    """One check of a document, in a line or more."""
    from garim.gate.passport.words import MARKS, titled

    label = f"{MARKS[check.outcome]} {check.outcome.value:<10}{titled(check.code, check.about)}"
    why = f" [{check.reason.value}]" if check.reason is not None else ""
    lines = textwrap.wrap(plain(check.said) + why, _columns() - _LABEL, break_long_words=False) or [""]
    first = f"{label:<{_LABEL}}{lines[0]}" if len(label) < _LABEL else f"{label}\n{' ' * _LABEL}{lines[0]}"
    typer.echo("\n".join([first, *(f"{' ' * _LABEL}{line}" for line in lines[1:])]))


def wrapped(text: str, *, hang: int = 2, err: bool = False) -> None:
    """A sentence, as wide as can be read."""
    typer.echo(textwrap.fill(plain(text), _columns(), initial_indent="  ", subsequent_indent=" " * hang), err=err)


@contextlib.contextmanager
def lane_named() -> Iterator[None]:
    """Where a gate refuses or fails, tell the traveller who stands there that there is another lane."""
    try:
        yield
    except GarimError:
        from garim.gate.words import LANE

        wrapped(f"for the traveller: {LANE}", err=True)
        raise


def _columns() -> int:
    """How wide to write: the terminal's width within reason; one width where nobody looks on."""
    return max(_LEAST, min(_MOST, shutil.get_terminal_size().columns)) if sys.stdout.isatty() else 110
