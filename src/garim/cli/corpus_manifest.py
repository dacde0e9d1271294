"""`garim corpus manifest`, `release` and `model`: what may be used, what leaves, what became of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.corpus_open import Folder, Force, Json, Ledger, MasterCommand, MasterFile, Where, opened
from garim.cli.progress import bar
from garim.cli.told import say
from garim.core.errors import Malformed, Misuse
from garim.files import refuse_clash, sha256

if TYPE_CHECKING:
    from garim.consent import Purpose

Manifest = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The Parquet of garim corpus manifest.")]
PurposeWord = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help="corpus.train or corpus.test.")]
Processor = Annotated[str, typer.Option(metavar="NAME", help="Who will use the photos, as the consents name them.")]


def manifest(
    folder: Folder,
    *,
    purpose: PurposeWord,
    processor: Processor,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.parquet", help="Where the list goes.")],
    where: Where = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """List the photos whose people agree to this purpose and this processor now.

    Its Merkle root, its predicate, its processor and its count are on the ledger before the file appears.
    """
    from garim.corpus import kept
    from garim.corpus.holdings import Question
    from garim.corpus.where import Where as Asked
    from garim.ledger import now

    asked = Asked.parse(where)
    refuse_clash(output, [], force=force)
    with opened(folder, master, master_command, ledger) as corpus:
        question = Question(purpose_of(purpose), processor, now(), asked, test=corpus.made.test)
        number, made = kept.list_photos(corpus, question, output, force=force)
        entry = next(each.entry for each in kept.all_kept(corpus) if each.number == number)
    if as_json:
        facts = {"manifest": number, "output": str(output), "photos": len(made.photos), "subjects": made.subjects}
        print(json.dumps(facts | {"root": made.about.root.hex(), "predicate": made.about.predicate, "entry": entry}))
        return 0
    tell = say()
    people = f"{len(made.photos):,} photos of {made.subjects:,} people"
    tell(f"{output}: manifest {number}, {people}, for {purpose} by {processor}", markup=False)
    tell(f"  root {made.about.root.hex()}, on the ledger as entry {entry}", markup=False)
    return 0


def release(
    folder: Folder,
    file: Manifest,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.tar", help="Where the photos go.")],
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Decrypt the photos of a manifest that still stand, and nothing else; what left is on the ledger.

    Exit codes: 0 all of the manifest left; 1 some of it did not, since people withdrew or only a record is held;
    2 misuse; 3 not finished, nothing was released.
    """
    from garim.corpus import kept

    refuse_clash(output, [file], force=force)
    with opened(folder, master, master_command, ledger) as corpus, bar(str(output), unit="photos") as progress:
        try:
            number, release, told = kept.give_out(corpus, file, output, force=force, progress=progress)
        except Malformed as error:
            raise Misuse(str(error)) from None
    withheld, without = len(told.withheld), len(told.without_bytes)
    if as_json:
        facts = {"manifest": number, "release": release, "output": str(output), "photos": len(told.photos)}
        print(json.dumps(facts | {"withheld": withheld, "without_bytes": without, "root": told.tree.root.hex()}))
    else:
        tell = say()
        tell(f"{output}: release {release} of manifest {number}, {len(told.photos):,} photos", markup=False)
        if withheld:
            tell(f"  {withheld:,} withheld: their people do not agree any more", markup=False)
        if without:
            tell(f"  {without:,} left out: of these the corpus holds a record and no picture", markup=False)
    return 1 if withheld or without else 0


def model(
    folder: Folder,
    file: Manifest,
    *,
    model: Annotated[Path, typer.Option(metavar="FILE", help="The model's file; its SHA-256 is noted.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="What people will be told it is called.")],
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    as_json: Json = False,
) -> int:
    """Note that a model was trained or tested on a manifest's photos, so that their people can be told."""
    from garim.corpus import kept

    digest = sha256(model)
    with opened(folder, master, master_command, ledger) as corpus:
        number, noted = kept.say_model(corpus, file, name=name, sha256=digest)
    if as_json:
        print(json.dumps({"model": number, "manifest": noted.manifest, "sha256": digest, "entry": noted.entry}))
    else:
        say()(
            f"model {number}, {name}, of manifest {noted.manifest}: on the ledger as entry {noted.entry}", markup=False
        )
    return 0


def purpose_of(word: str) -> Purpose:
    """The purpose of that name. Raises `Misuse` where a corpus has no such use."""
    from garim.corpus.values import PURPOSES

    for purpose in PURPOSES:
        if purpose.value == word:
            return purpose
    raise Misuse(f"--purpose {word}: is one of {', '.join(PURPOSES)}; nothing was begun")
