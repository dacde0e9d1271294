"""`garim corpus dpia`: the assessment, filled from the corpus as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.corpus_open import Folder, Force, Json, Ledger, MasterCommand, MasterFile, opened
from garim.cli.told import say
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.corpus.dpia import Change

_MOST_BYTES = 1 << 22
Output = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="FILE.html or FILE.md; FILE.json, with the facts, beside it."),
]
Answers = Annotated[
    Path | None, typer.Option(metavar="FILE.toml", help="What people answered, by the names of the questions.")
]
Since = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.json", help="The facts of the last assessment. If not given, the FILE.json to be replaced."
    ),
]


def dpia(
    folder: Folder,
    *,
    output: Output,
    answers: Answers = None,
    since: Since = None,
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Write a data protection impact assessment: counts and measures read from the corpus, and what changed.

    What only people can judge stays open, by name, until --answers has it. Where FILE.json is there it is the last
    assessment: it is read first, and replaced with --force.

    Exit codes: 0 whole; 1 written, and something is open or not in place; 2 misuse; 3 not finished.
    """
    from garim.corpus import document
    from garim.corpus.assess import assessed
    from garim.corpus.dpia import State, changes, facts, written
    from garim.corpus.dpia_page import document as paged

    if output.suffix not in (".html", ".md"):
        raise Misuse(f"{output}: ends in .html or .md; nothing was written")
    beside = output.with_suffix(".json")
    given = [each for each in (answers, since) if each is not None and each != beside]
    for path in (output, beside):
        refuse_clash(path, given, force=force)
    before = _last(since or beside)
    with opened(folder, master, master_command, ledger) as corpus:
        done = assessed(corpus, master=master, answers=_answers(answers))
    changed = None if before is None else changes(before, facts(done))
    page = paged(done, changed, None if before is None else str(before["at"]))
    text = document.html(page) if output.suffix == ".html" else document.markdown(page)
    for path, what in ((output, text), (beside, written(done))):
        with whole(path, force=force) as unfinished:
            unfinished.write_text(what, "utf-8")
    missing = [each.name for each in done.measures if each.state is State.NO]
    if as_json:
        told = {"changed": None if changed is None else [_plain(each) for each in changed], "missing": missing}
        print(json.dumps({"output": str(output), "facts": facts(done)} | told))
    else:
        _tell(output, changed, done.open, missing)
    return 1 if done.open or missing else 0


def _tell(output: Path, changed: list[Change] | None, unanswered: tuple[str, ...], missing: list[str]) -> None:
    tell = say()
    tell(str(output), markup=False)
    if changed is not None:
        tell(f"  {len(changed)} {'fact' if len(changed) == 1 else 'facts'} changed since the last", markup=False)
    for name in missing:
        tell(f"  not in place: {name}", markup=False)
    if unanswered:
        tell(f"  {len(unanswered)} questions are open: {', '.join(unanswered)}", markup=False)


def _plain(change: Change) -> dict[str, str]:
    return {"fact": change.fact, "was": change.was, "now": change.now}


def _last(path: Path) -> dict[str, Any] | None:
    from garim.corpus.dpia import read

    if not path.exists():
        return None
    try:
        return read(_text(path))
    except Malformed as error:
        raise Misuse(f"{path}: {error}") from None


def _answers(path: Path | None) -> dict[str, str]:
    import tomllib

    from garim.corpus.dpia import answers

    if path is None:
        return {}
    try:
        return answers(tomllib.loads(_text(path)))
    except (tomllib.TOMLDecodeError, Malformed) as error:
        raise Misuse(f"--answers {path}: {error}; nothing was written") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Misuse(f"{path}: is longer than any assessment; nothing was written")
        return path.read_text("utf-8")
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was written") from None
    except UnicodeDecodeError:
        raise Misuse(f"{path}: is no text; nothing was written") from None
