"""`garim corpus audit`: who is in it, who is missing, how often a matcher errs on whom; a manifest's data sheet."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.corpus_manifest import purpose_of
from garim.cli.corpus_open import Folder, Force, Json, Ledger, MasterCommand, MasterFile, Where, opened
from garim.cli.told import say
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import refuse_clash, sha256, unwritable, whole

if TYPE_CHECKING:
    from garim.corpus.audit import Audit
    from garim.corpus.corpus import Corpus
    from garim.corpus.holdings import Question
    from garim.corpus.rates import Rates

_MOST_BYTES = 1 << 26

Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where index.html, audit.json and pictures go.")]
RatesFiles = Annotated[
    list[Path],
    typer.Option("--rates", metavar="FILE", help="A report.json of garim gate evaluate; repeatable."),
]
ManifestFile = Annotated[
    Path | None,
    typer.Option(
        "--manifest", metavar="FILE", help="Audit what this manifest asked, and write its data sheet (Croissant)."
    ),
]


def audit(
    folder: Folder,
    *,
    out: Out,
    purpose: Annotated[str | None, typer.Option(metavar="PURPOSE", help="Only what may be used for this now.")] = None,
    processor: Annotated[str | None, typer.Option(metavar="NAME", help="With --purpose: and by whom.")] = None,
    where: Where = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    manifest: ManifestFile = None,
    rates: RatesFiles = [],  # noqa: B006 - as above
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Write an audit: people by nationality, age and sex, the gaps by name, error rates by group; page, JSON, pictures.

    No count is of fewer than five people. With --manifest its data sheet is written too: croissant.json, which dataset
    tools read.

    Exit codes: 0 no gap was found; 1 some were, and are named; 2 misuse; 3 not finished.
    """
    from garim.corpus import document
    from garim.corpus.audit import document as paged
    from garim.corpus.audit import facts, figures, rate_figures

    evaluated = tuple(map(_rates, rates))
    with opened(folder, master, master_command, ledger) as corpus:
        question = _question(corpus, purpose, processor, where, manifest)
        done = _audited(corpus, question, evaluated)
        sheet = None if manifest is None else _sheet(corpus, manifest, done)
    found = facts(done)
    files = {
        "index.html": document.html(paged(done)),
        "audit.json": json.dumps(found, indent=1, ensure_ascii=False) + "\n",
        **{figure.name: str(figure.svg) for figure in (*figures(done), *rate_figures(done))},
        **({} if sheet is None else {"croissant.json": sheet}),
    }
    _write(out, files, force=force)
    if as_json:
        print(json.dumps({"output": str(out), "files": sorted(files), "audit": found}))
    else:
        tell = say()
        tell(f"{out / 'index.html'}", markup=False)
        for gap in found["gaps"]:
            tell(f"  {gap}", markup=False)
        if sheet is not None:
            tell(f"{out / 'croissant.json'}: the manifest's data sheet", markup=False)
    return 1 if found["gaps"] else 0


def _question(
    corpus: Corpus, purpose: str | None, processor: str | None, where: list[str], manifest: Path | None
) -> Question | None:
    from garim.corpus import kept
    from garim.corpus.holdings import Question
    from garim.corpus.manifest import about
    from garim.corpus.where import Where as Asked
    from garim.ledger import now

    if manifest is not None:
        if purpose or processor or where:
            raise Misuse("--manifest: says itself for which use, and where; nothing was written")
        try:
            return kept.question(kept.known(corpus, about(manifest)), test=corpus.made.test)
        except Malformed as error:
            raise Misuse(str(error)) from None
    if (purpose is None) != (processor is None) or (where and purpose is None):
        raise Misuse("--purpose, with --processor, and --where with both; nothing was written")
    if purpose is None or processor is None:
        return None
    return Question(purpose_of(purpose), processor, now(), Asked.parse(where), test=corpus.made.test)


def _audited(corpus: Corpus, question: Question | None, rates: tuple[Rates, ...]) -> Audit:
    from garim.corpus.assess import composed, counted, said_of
    from garim.corpus.audit import Audit

    held = corpus.holdings()
    people, photos = counted(held, question)
    made = corpus.made
    at = datetime.now(UTC).replace(microsecond=0)
    of, composition = said_of(question), composed(held, question)
    return Audit(made.id, made.controller, at, version("garim"), made.test, of, people, photos, composition, rates)


def _sheet(corpus: Corpus, manifest: Path, done: Audit) -> str:
    from garim.corpus import kept
    from garim.corpus.assess import origins
    from garim.corpus.composition import gaps
    from garim.corpus.croissant import Column, Sheet, written
    from garim.corpus.manifest import about

    of = kept.known(corpus, about(manifest))
    return written(
        Sheet(
            name=f"corpus-{corpus.made.id[:8]}-manifest-{of.number}",
            at=of.at,
            controller=corpus.made.controller,
            purpose=of.purpose,
            processor=of.processor,
            predicate=of.predicate,
            photos=of.photos,
            subjects=of.subjects,
            root=of.root.hex(),
            entry=of.entry,
            file=manifest.name,
            sha256=sha256(manifest),
            octets=manifest.stat().st_size,
            columns=(
                Column("photo", "Integer", "The photo's serial in the corpus; a release has it as a file's name."),
            ),
            gaps=gaps(done.composition),
            origins=origins(corpus.holdings(), kept.question(of, test=corpus.made.test)),
            garim=done.garim,
            test=done.test,
        )
    )


def _rates(path: Path) -> Rates:
    from garim.corpus.rates import read

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Misuse(f"--rates {path}: is longer than any report; nothing was written")
        return read(path.read_text("utf-8"))
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was written") from None
    except (Malformed, UnicodeDecodeError):
        raise Misuse(f"--rates {path}: is no report.json of garim gate evaluate; nothing was written") from None


def _write(out: Path, files: dict[str, str], *, force: bool) -> None:
    for name in files:
        refuse_clash(out / name, [], force=force)
    try:
        with suppress(FileExistsError):
            out.mkdir(parents=True)
    except OSError as error:
        raise unwritable(out, error) from None
    for name, text in files.items():
        with whole(out / name, force=force) as unfinished:
            unfinished.write_text(text, "utf-8")
