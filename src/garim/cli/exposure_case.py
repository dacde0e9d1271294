"""`garim exposure case`: how many people were near a patient who asked, and nobody's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.consent import KnownFile, proven
from garim.cli.told import say
from garim.core.errors import Disproved, Malformed, Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.consent import Consent
    from garim.exposure.answer import Answer, Stay
    from garim.exposure.case import Case
    from garim.ledger.receipt import Receipt

_MOST_BYTES = 1 << 20  # no case is longer

CaseFile = Annotated[Path, typer.Argument(metavar="CASE", help="The case, signed by an officer.")]
ConsentFile = Annotated[Path, typer.Option("--consent", metavar="FILE", help="The patient's, to exposure.case.")]
StoreDir = Annotated[Path, typer.Option("--store", metavar="DIR", help="Where positions are kept.")]
Ledger = Annotated[Path | None, typer.Option(metavar="DIR", help="The ledger to log to. If not given, your own.")]
PictureOption = Annotated[Path | None, typer.Option("--picture", metavar="OUT.svg", help="Draw the answer, too.")]
Test = Annotated[bool, typer.Option("--test", help="Take a case and a consent made for tests; the answer says TEST.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]


def case(
    path: CaseFile,
    *,
    consent: ConsentFile,
    store: StoreDir,
    known: KnownFile = None,
    ledger: Ledger = None,
    picture: PictureOption = None,
    test: Test = False,
    as_json: Json = False,
    force: Force = False,
) -> int:
    """Say how many people were within 2 m of a patient for 1, 5 and 15 minutes, by mask state. People stay unnamed.

    A count is of people who were there at once, in fives: at least so many. Who came one after another may be one
    person. Each hour of a camera answers a few cases and no more, and no two windows of it that overlap; the same case
    again has the same answer. What was asked is on the ledger.

    Exit codes: 0 answered; 1 answered of a part only: footage is missing or damaged, or the patient was not found, or
    seen for less than four fifths of a visit; 2 misuse, or refused: nothing was opened; 3 not finished, nothing told.
    """
    from garim.consent import NoConsent, load_known
    from garim.exposure import run
    from garim.exposure.case import NotBound
    from garim.exposure.chart import picture as drawn
    from garim.exposure.store import Store
    from garim.ledger import opened

    if picture:
        refuse_clash(picture, [path, consent], force=force)
    asked, agreed = read_case(path), agreed_to(consent, known, ledger, test=test)
    officers = load_known(known)
    try:
        with opened(ledger) as log:
            answer, receipt = run.case(asked, agreed, Store.existing(store), log, known=officers)
    except (NoConsent, NotBound) as refused:
        raise Misuse(f"nothing was opened: {refused}") from None
    if picture:
        with whole(picture, force=force, mode=0o600) as unfinished:
            unfinished.write_text(drawn(answer, asked), "utf-8")
    if as_json:
        _print(answer, receipt, picture)
    else:
        _tell(answer, receipt, picture)
    return 0 if answer.whole else 1


def read_case(path: Path) -> Case:
    """The case at `path`, which proves nothing yet. Raises `Unreadable`, `Misuse`."""
    from garim.exposure.case import read

    try:
        with path.open("rb") as file:
            octets = file.read(_MOST_BYTES + 1)
        if len(octets) > _MOST_BYTES:
            raise Misuse(f"{path}: is longer than a megabyte, and so no case; nothing was asked")
        return read(octets.decode())
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was asked") from None
    except UnicodeDecodeError:
        raise Misuse(f"{path}: is no text; nothing was asked") from None
    except Malformed as error:
        raise Misuse(f"{path}: {error}; nothing was asked") from None


def agreed_to(path: Path, known: Path | None, ledger: Path | None, *, test: bool) -> Consent:
    """The consent to exposure.case that the record at `path` proves. Raises `Misuse` where it proves none."""
    from garim.consent import NoConsent, Purpose

    try:
        return proven(path, purpose=Purpose.EXPOSURE_CASE, known=known, ledger=ledger, test=test)
    except (NoConsent, Disproved) as refused:
        # not their own exit code: 1 is an answer with parts missing, and here there is none
        raise Misuse(f"{path}: nothing was opened: {refused}") from None


def _print(answer: Answer, receipt: Receipt, picture: Path | None) -> None:
    from garim.exposure.answer import plain

    outputs = {"picture": str(picture) if picture else None, "receipt": receipt.plain()}
    print(json.dumps(plain(answer) | {"outcome": answer.outcome} | outputs))


def _tell(answer: Answer, receipt: Receipt, picture: Path | None) -> None:
    tell = say()
    if answer.test:
        tell("[bold red]TEST[/bold red]: the case and the consent were made for tests")
    _table(answer)
    for stay in answer.stays:
        tell(_words(stay), markup=False)
    for path, why in answer.damaged:
        tell(f"left out: {path}: {why}", markup=False)
    if picture:
        tell(str(picture), markup=False)
    tell(f"on the ledger as entry {receipt.proof.index}")
    tell(
        "people are unnamed here: a count is of those who were there at once, and others may have come before or after"
    )


def _table(answer: Answer) -> None:
    from garim.exposure.answer import share
    from garim.exposure.suppress import MASKS, THRESHOLDS_S, words

    if answer.table is None:
        print("no count: the patient was found in no visit")
        return
    rows = [["within 2 m for", "people", *(f"mask {mask.name.lower()}" for mask in MASKS)]]
    for column, seconds in enumerate(THRESHOLDS_S):
        cells = (words(row[column]) for row in answer.table.by_mask)
        rows.append([f"{seconds // 60} min or more", words(answer.table.everybody[column]), *cells])
    widest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widest, strict=True)).rstrip())
    print(f"counted while the patient was seen: {share(answer.followed)} of the time that was asked for")


def _words(stay: Stay) -> str:
    from garim.exposure.answer import share

    clock = f"{stay.start:%Y-%m-%d %H:%M:%S} to {stay.end:%H:%M:%S} UTC"
    seen = f", {stay.watched} % watched, patient seen in {share(stay.followed)} of it" if stay.watched else ""
    return f"{stay.camera}  {clock}  {stay.state.value}{seen}{', known to 5 m only' if stay.coarse else ''}"
