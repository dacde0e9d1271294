"""A FOLDER OF PHOTOS AND ITS LIST: a CSV that says of each file whose it is, where it is from, and who agreed.

    file,consent,nationality,birth_year,sex,captured_on,provenance
    p01/a.jpg,p01.TEST.consent.json;p01-test.TEST.consent.json,KOR,1990,female,2026-03-01,subject-upload

Laws: nothing outside the folder is read, by no `..`, no absolute name and no link; a line that cannot be read refuses
its photo, with its number, and no other; a list without one of its columns refuses all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from garim import consent
from garim.consent import Record
from garim.core.errors import GarimError, Misuse, Unreadable
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.looked_at import Candidate, Details
from garim.corpus.provenance import provenance
from garim.corpus.values import UNSTATED, Sex

COLUMNS = ("file", "consent", "nationality", "birth_year", "sex", "captured_on", "provenance")
_LONGEST = 1 << 16
_MOST_CACHED = 4096  # consents: a person's photos stand together


def candidates(listed: Path) -> Iterator[Candidate | NotAdmitted]:
    """What the CSV at `listed` names, line by line; files are looked for beside it.

    Raises `Misuse` where a column is missing, `Unreadable` where it is no CSV in UTF-8.
    """
    folder = listed.parent.resolve()
    load = lru_cache(_MOST_CACHED)(consent.load)
    try:
        with listed.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(_short(file, listed), strict=True)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise Misuse(
                    f"{listed}: has no column {missing[0]}; nothing was admitted. It wants {','.join(COLUMNS)}"
                )
            for row in rows:
                yield _candidate(row, rows.line_num, folder, load)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(
            f"{listed}: is no CSV that can be read: {type(error).__name__}. What came before was kept"
        ) from None
    except OSError as error:
        raise Unreadable(f"{listed}: cannot be read: {error.strerror}; nothing was admitted") from None


def _short(lines: Iterator[str], listed: Path) -> Iterator[str]:
    for line in lines:
        if len(line) > _LONGEST:
            raise Unreadable(f"{listed}: has a line that no list has; what came before was kept")
        yield line


def _candidate(row: Mapping[str, str | None], line: int, folder: Path, load: object) -> Candidate | NotAdmitted:
    assert callable(load)
    try:
        cells = {name: (row[name] or "").strip() for name in COLUMNS}
        photo = inside(folder, cells["file"])
        names = [name.strip() for name in cells["consent"].split(";")]
        records: tuple[Record, ...] = tuple(load(inside(folder, name)) for name in names if name)
        return Candidate(photo, records, details(cells))
    except NotAdmitted as error:
        return NotAdmitted(error.why, f"line {line}: {error}")
    except ValueError as error:
        return NotAdmitted(Why.DETAILS, f"line {line}: {error}; the photo was not admitted")
    except Misuse as error:
        return NotAdmitted(Why.PROVENANCE, f"line {line}: {error}")
    except GarimError as error:
        return NotAdmitted(Why.CONSENT, f"line {line}: {error}")


def details(cells: Mapping[str, str]) -> Details:
    """What a line says of its photo. Raises `ValueError`, `Misuse` where the origin is not on the list."""
    year = cells["birth_year"]
    if year and not (year.isascii() and year.isdecimal()):
        raise ValueError("birth_year is a year, or empty")
    sex = cells["sex"].upper() or Sex.UNSTATED.name
    if sex not in Sex.__members__:
        raise ValueError(f"sex is one of {', '.join(each.name.lower() for each in Sex)}, or empty")
    try:
        captured = date.fromisoformat(cells["captured_on"])
    except ValueError:
        raise ValueError("captured_on is a day as 2026-03-01") from None
    return Details(
        captured_on=captured,
        provenance=provenance(cells["provenance"]),
        nationality=cells["nationality"] or UNSTATED,
        birth_year=int(year or 0),
        sex=Sex[sex],
    )


def inside(folder: Path, name: str) -> Path:
    """The file `name` in `folder`, which is resolved. Raises `NotAdmitted` where it is none, or lies elsewhere."""
    path = folder / name
    try:
        found = path.resolve(strict=True)
    except (OSError, ValueError):
        raise NotAdmitted(Why.PICTURE, "names a file that is not there; the photo was not admitted") from None
    if Path(name).is_absolute() or not found.is_relative_to(folder) or not found.is_file():
        raise NotAdmitted(Why.PICTURE, "names a file outside the folder, or none; the photo was not admitted")
    return found
