"""`garim corpus admit` and `attest`: photos come in, each with a consent, one face and a lawful origin; or records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.corpus_open import Folder, Json, KnownFile, Ledger, MasterCommand, MasterFile, opened
from garim.cli.plain import plain
from garim.cli.progress import bar
from garim.cli.told import say
from garim.core.errors import Misuse

if TYPE_CHECKING:
    from garim.corpus.admit import Admission, Refusal
    from garim.corpus.errors import NotAdmitted
    from garim.corpus.looked_at import Candidate

LIST = "photos.csv"
_TOLD = 20  # refusals that are said one by one

Source = Annotated[
    Path,
    typer.Argument(
        metavar="PHOTO|FOLDER|FILE.parquet",
        help="One photo; a folder with a list of its photos, photos.csv; or records by the million, attested.",
    ),
]
Consents = Annotated[
    list[Path],
    typer.Option("--consent", metavar="RECORD", help="Of one photo: the consent, one for each purpose; repeatable."),
]
Captured = Annotated[str | None, typer.Option(metavar="DAY", help="Of one photo: when it was taken, as 2026-03-01.")]
Origin = Annotated[
    str | None,
    typer.Option(
        "--provenance",
        metavar="WORD",
        help="Of one photo: taken-by-us, subject-upload, licensed-with-consent, study-volunteer or synthetic.",
    ),
]
Nationality = Annotated[str, typer.Option(metavar="CODE", help="Of one photo: as passports have it, as KOR.")]
BirthYear = Annotated[str, typer.Option(metavar="YEAR", help="Of one photo: as the person states it.")]
SexWord = Annotated[str, typer.Option("--sex", metavar="WORD", help="Of one photo: female, male or other, as stated.")]


def admit(
    folder: Folder,
    source: Source,
    *,
    consent: Consents = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    captured: Captured = None,
    provenance: Origin = None,
    nationality: Nationality = "",
    birth_year: BirthYear = "",
    sex: SexWord = "",
    known: KnownFile = None,
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    as_json: Json = False,
) -> int:
    """Take photos into the corpus. Refused are: no valid consent, another origin, a duplicate, no or several faces.

    photos.csv has the columns file, consent (several between semicolons), nationality, birth_year, sex, captured_on
    and provenance; what nobody stated is empty. A Parquet is of records whose photos lie elsewhere; an officer's word
    for it stands beside it (garim corpus attest), and one row that is not what it should be refuses all. Interrupted,
    the same command goes on where it was.

    Exit codes: 0 all were admitted; 1 some were not, and each line says why; 2 misuse; 3 not finished.
    """
    from garim.consent import load_known
    from garim.corpus.admit import admit_all
    from garim.corpus.one_face import OneFace

    of_one = {"captured_on": captured, "provenance": provenance}
    cells = {"nationality": nationality, "birth_year": birth_year, "sex": sex}
    if not source.exists():
        raise Misuse(f"{source}: is not there; nothing was admitted. Name a photo, a folder, or a file of records")
    if source.suffix == ".parquet":
        return _records(folder, source, (master, master_command, ledger), known, as_json=as_json)
    if source.is_dir():
        if consent or any(of_one.values()) or any(cells.values()):
            raise Misuse(f"{source}: is a folder: its photos.csv says what these options say. Nothing was admitted")
        asked = _listed(source)
    else:
        asked = iter([_one(source, consent, {**{key: value or "" for key, value in of_one.items()}, **cells})])
    told: list[Admission | Refusal] = []
    with opened(folder, master, master_command, ledger) as corpus, bar(str(folder), unit="photos") as progress:
        for answer in admit_all(corpus, asked, known=load_known(known), look=OneFace()):
            told.append(answer)
            progress("admit", len(told), None)
    return _tell(told, as_json=as_json)


def attest(
    records: Annotated[Path, typer.Argument(metavar="FILE.parquet", help="The file of records.")],
    *,
    key: Annotated[Path, typer.Option(metavar="FILE", help="The officer's secret key, from garim consent key.")],
    controller: Annotated[str, typer.Option(metavar="NAME", help="Whose corpus they are for.")],
    as_json: Json = False,
) -> int:
    """Sign for a file of records: each row's consent was seen, is valid, and is kept where it can be shown.

    Whoever signs answers for it; the attestation stays in the corpus.
    """
    from garim.consent import load_key
    from garim.corpus.attested import attest as attested
    from garim.ledger import now

    path = attested(records, load_key(key), controller=controller, at=now())
    if as_json:
        print(json.dumps({"output": str(path)}))
    else:
        say()(str(path), markup=False)
    return 0


def _records(
    folder: Path,
    source: Path,
    at: tuple[Path | None, str | None, Path | None],
    known: Path | None,
    *,
    as_json: bool,
) -> int:
    from garim.consent import load_known
    from garim.corpus.bulk import admit_records

    photos = refused = twice = 0
    with opened(folder, *at) as corpus, bar(str(folder), unit="records") as progress:
        for taken in admit_records(corpus, source, known=load_known(known)):
            photos, refused, twice = photos + taken.photos, refused + taken.refused, twice + taken.twice
            progress("admit", photos + refused + twice, None)
    if as_json:
        print(json.dumps({"admitted": photos, "refused": refused, "twice": twice}))
    else:
        more = f"; {_many(refused, 'record')} not: withdrawn, or under another person's consent" if refused else ""
        more += f"; {_many(twice, 'record')} not: here already" if twice else ""
        say()(f"{_many(photos, 'record')} admitted{more}", markup=False)
    return 1 if refused or twice else 0


def _listed(source: Path) -> Iterator[Candidate | NotAdmitted]:
    from garim.corpus.folder import candidates

    if not (source / LIST).exists():
        raise Misuse(f"{source}: has no {LIST}, which says whose its photos are; nothing was admitted")
    return candidates(source / LIST)


def _one(source: Path, consents: list[Path], cells: dict[str, str]) -> Candidate:
    from garim.consent import load
    from garim.corpus.folder import details
    from garim.corpus.looked_at import Candidate

    missing = [word for name, word in _NEEDED.items() if not (consents if name == "consent" else cells[name])]
    if missing:
        raise Misuse(f"one photo takes {', '.join(missing)} too; nothing was admitted")
    try:
        return Candidate(source, tuple(map(load, consents)), details(cells))
    except ValueError as error:
        raise Misuse(f"{error}; nothing was admitted") from None


_NEEDED = {"consent": "--consent", "captured_on": "--captured", "provenance": "--provenance"}


def _tell(told: list[Admission | Refusal], *, as_json: bool) -> int:
    from garim.corpus.admit import Admission, Refusal

    admitted = [each for each in told if isinstance(each, Admission)]
    refused = [each for each in told if isinstance(each, Refusal)]
    if as_json:
        rows = [{"at": each.at, "why": each.why.value, "said": each.said} for each in refused]
        photos = [each.photo for each in admitted]
        print(json.dumps({"admitted": len(admitted), "photos": photos, "refused": rows}))
        return 1 if refused else 0
    tell = say()
    people = len({each.subject for each in admitted})
    tell(f"{_many(len(admitted), 'photo')} of {_many(people, 'person', 'people')} admitted", markup=False)
    for each in refused[:_TOLD]:
        tell(f"  not admitted ({each.why.value}): {plain(each.said)}", markup=False)
    if refused:
        counts = Counter(each.why.value for each in refused)
        why = ", ".join(f"{count} {word}" for word, count in counts.most_common())
        tell(f"{_many(len(refused), 'photo')} not admitted: {why}", markup=False)
    return 1 if refused else 0


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"
