"""`garim corpus was-i-used`: the answer to the one person who may ask, with its proofs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.corpus_open import Folder, Force, Json, Ledger, MasterCommand, MasterFile, Subject, opened
from garim.cli.told import say
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.corpus.answering import Person
    from garim.corpus.corpus import Corpus
    from garim.corpus.used import Answer

_MOST_BYTES = 1 << 24


def was_i_used(
    folder: Folder,
    *,
    consent: Annotated[
        Path | None, typer.Option(metavar="RECORD", help="A consent record of yours: who holds it is you.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Or the receipt of your withdrawal, with --subject.")
    ] = None,
    subject: Subject = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE.json", help="The answer with its proofs; garim ledger verify reads it."
        ),
    ] = None,
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Say which photos of yours are here, on which manifests they were, for whom, and which models came of those.

    Asked by whoever proves who they are: with a consent record of theirs, or with the receipt of their withdrawal; also
    after they withdrew, and after they were erased. Each thing that is named has its proof, for anybody who has the
    ledger's public key: garim ledger verify FILE.json --key KEY.

    Exit codes: 0 it is answered; 1 who asks did not prove who they are, or the answer names uses of which the corpus
    does not know any more whose they were; 2 misuse; 3 not finished.
    """
    from garim.corpus.answering import answer
    from garim.corpus.used import plain, written

    given = [each for each in (consent, receipt) if each is not None]
    if output is not None:
        refuse_clash(output, given, force=force)
    with opened(folder, master, master_command, ledger) as corpus:
        told = answer(corpus, _person(corpus, consent, receipt, subject))
    if output is not None:
        with whole(output, force=force, mode=0o600) as unfinished:
            unfinished.write_text(written(told), "utf-8")
    if as_json:
        print(json.dumps(plain(told)))
    else:
        _tell(told, output)
    return 1 if told.unknown else 0


def _person(corpus: Corpus, consent: Path | None, receipt: Path | None, subject: str | None) -> Person:
    from garim.consent import load
    from garim.corpus.answering import by_consent, by_receipt
    from garim.ledger.receipt import Receipt

    if consent is not None and receipt is None:
        return by_consent(corpus, load(consent))
    if consent is not None or receipt is None or subject is None:
        raise Misuse("--consent RECORD, or --receipt FILE.json with --subject PSEUDONYM; nothing was told")
    try:
        if receipt.stat().st_size > _MOST_BYTES:
            raise Misuse(f"--receipt {receipt}: is longer than any receipt; nothing was told")
        return by_receipt(corpus, subject, Receipt.read(json.loads(receipt.read_bytes())["receipt"]))
    except OSError as error:
        raise Unreadable(f"{receipt}: cannot be read: {error.strerror}; nothing was told") from None
    except (Malformed, KeyError, TypeError, ValueError, RecursionError):
        raise Misuse(f"--receipt {receipt}: holds no receipt; nothing was told") from None


def _tell(told: Answer, output: Path | None) -> None:
    print(f"{told.pseudonym}, corpus {told.corpus} of {told.controller}: {_STANDING[told.standing]}")
    for photo in told.photos:
        print(f"  photo {photo.photo}" + (f", taken {photo.captured_on}, {photo.origin}" if photo.captured_on else ""))
    if not told.listed and not told.unknown:
        print("on no manifest: nobody was told that your photos may be used")
    for each in told.listed:
        print(f"manifest {each.manifest}, {each.at[:10]}: {each.purpose} by {each.processor}; {_count(len(each.rows))}")
    for out in told.released:
        print(f"release {out.release} of manifest {out.manifest}, {out.at[:10]}: {_count(len(out.rows))} left")
    for model in told.models:
        print(f"model {model.name}, SHA-256 {model.sha256}: of manifest {model.manifest}")
    for lost in told.unknown:
        print(
            f"{_LOST[lost.what]}, {lost.at[:10]}, entry {lost.entry} of the ledger: not known any more, yours perhaps"
        )
    for end in told.ended:
        print(f"{_ENDED[end.what]} {end.at[:10]}, entry {end.receipt.proof.index} of the ledger")
    if output is not None:
        say()(f"{output} holds the proofs: garim ledger verify {output} --key KEY", markup=False)


_STANDING = {
    "agrees": "your consent stands",
    "withdrawn": "you withdrew; your photos are not used any more, and not erased yet",
    "erased": "you were erased: of your photos the numbers are left, and where they were",
}
_LOST = {"corpus.manifest": "a manifest", "corpus.released": "a release", "corpus.model": "a model"}
_ENDED = {"corpus.withdrawn": "withdrawn", "corpus.erased": "erased"}


def _count(photos: int) -> str:
    return f"{photos} photo{'s' * (photos != 1)} of yours"
