"""A FOLDER OF PHOTOS AND ITS LIST: `photos.csv`, a row a photo, read strictly.

    file,consent,captured_on,provenance,nationality,birth_year,sex
    001.jpg,consents/P-01.consent.json,2012-05-01,study-volunteer,GBR,1988,female

Laws: a file that is named lies in the folder, by its real path; a row that cannot be read is a photo that was not
admitted, with its line, and stops no other; a list that is none stops all before anything is admitted.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from garim.consent import Record, load
from garim.core.errors import GarimError, Misuse, Unreadable
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.looked_at import Candidate, Details
from garim.corpus.provenance import provenance
from garim.corpus.values import UNSTATED, Sex

NAME = "photos.csv"
WANTED = ("file", "consent", "captured_on", "provenance")
ALLOWED = (*WANTED, "nationality", "birth_year", "sex")
BETWEEN = ";"  # of several consents of one person
_MOST_BYTES = 1 << 28
_MOST_CELL = 4096


def candidates(folder: Path) -> Iterator[Candidate | NotAdmitted]:
    """What `folder`'s list names, in its order. Raises `Misuse`, `Unreadable` before the first where it is no list."""
    rows = list(_rows(folder / NAME))
    records = lru_cache(maxsize=4096)(_record)
    return (_candidate(folder, line, row, records) for line, row in rows)


def details(cells: Mapping[str, str]) -> Details:
    """What is said of a photo. Raises `NotAdmitted`, `Misuse`."""
    born = cells.get("birth_year", "")
    if born and not (born.isascii() and born.isdecimal() and len(born) == 4):
        raise NotAdmitted(Why.DETAILS, f"birth_year {born}: is a year of four digits, or empty; it was not admitted")
    try:
        taken = date.fromisoformat(cells["captured_on"])
    except ValueError:
        raise NotAdmitted(Why.DETAILS, "captured_on is a day as 2026-03-01; the photo was not admitted") from None
    return Details(
        captured_on=taken,
        provenance=provenance(cells["provenance"]),
        nationality=cells.get("nationality", "") or UNSTATED,
        birth_year=int(born or 0),
        sex=sex(cells.get("sex", "")),
    )


def sex(word: str) -> Sex:
    """As given; empty is not stated. Raises `NotAdmitted`."""
    try:
        return Sex[word.upper()] if word else Sex.UNSTATED
    except KeyError:
        known = ", ".join(each.name.lower() for each in Sex)
        raise NotAdmitted(Why.DETAILS, f"sex is one of {known}, or empty; the photo was not admitted") from None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Misuse(f"{path}: is longer than any list of photos; nothing was admitted")
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise Misuse(f"{path.parent}: has no {NAME}, which names its photos; nothing was admitted") from None
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was admitted") from None
    except UnicodeDecodeError:
        raise Misuse(f"{path}: is no text in UTF-8; nothing was admitted") from None
    lines = csv.reader(text.splitlines(), strict=True)
    try:
        head = next(lines, [])
        missing = [name for name in WANTED if name not in head]
        odd = [name for name in head if name not in ALLOWED]
        if missing or odd or len(set(head)) != len(head):
            said = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(odd) or 'a column twice'}"
            raise Misuse(f"{path}: {said}; its columns are {', '.join(ALLOWED)}. Nothing was admitted")
        for cells in lines:
            if cells:
                yield lines.line_num, dict(zip(head, cells, strict=True)) if len(cells) == len(head) else {}
    except csv.Error as error:
        raise Misuse(f"{path}: line {lines.line_num}: {error}; nothing was admitted") from None


def _candidate(
    folder: Path, line: int, row: Mapping[str, str], records: Callable[[Path], Record]
) -> Candidate | NotAdmitted:
    try:
        if not row or any(len(cell) > _MOST_CELL for cell in row.values()):
            raise NotAdmitted(Why.DETAILS, "has not as many cells as the head, or one that is too long")
        consents = tuple(records(_inside(folder, name)) for name in row["consent"].split(BETWEEN) if name.strip())
        return Candidate(_inside(folder, row["file"]), consents, details(row))
    except GarimError as error:
        why = (
            error.why
            if isinstance(error, NotAdmitted)
            else Why.PROVENANCE
            if "provenance" in str(error)
            else Why.DETAILS
        )
        return NotAdmitted(why, f"{NAME}, line {line}: {error}")


def _record(path: Path) -> Record:
    try:
        return load(path)
    except GarimError as error:
        raise NotAdmitted(Why.CONSENT, str(error)) from None


def _inside(folder: Path, name: str) -> Path:
    """The file `name` in `folder`; wherever links lead, it lies there."""
    path = folder / name.strip()
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise NotAdmitted(Why.DETAILS, f"{name.strip()}: there is no such file; nothing was admitted for it") from None
    if not real.is_relative_to(folder.resolve()) or not real.is_file():
        raise NotAdmitted(Why.DETAILS, f"{name.strip()}: lies outside the folder, or is no file; it was not read")
    return path
