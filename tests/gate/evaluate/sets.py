"""A set to be evaluated, with TEST consents: made of the London photos (beside the checkout), or of any.

London's list has age, sex and ethnicity, and no nationality. In the column `nationality` stands the ethnicity that each
person stated, the first where they stated two; birth_year is this year less the age, empty where that is not known.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from garim.consent import Data, Purpose, Record, Signer, give, new_key, public_of, save
from garim.core.vkey import SigningKey
from garim.gate.evaluate.people import COLUMNS

LONDON = Path(__file__).parents[4] / "shared" / "data" / "faces_london"
OFFICER = new_key("office")
KNOWN_LINE = f"{public_of(OFFICER)} officer\n"
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Person:
    """One row's worth of a set."""

    pseudonym: str
    photos: tuple[Path, ...]
    nationality: str = ""
    sex: str = ""
    born: str = ""


def london(most: int | None = None) -> list[Person]:
    """The people of the London set; `most` of them, every so many. Skips where it is not there."""
    if not LONDON.is_dir():
        pytest.skip(f"faces_london: not in {LONDON.parent}")
    with (LONDON / "london_info.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = [
        Person(
            f"L-{row['face_id']}",
            tuple(LONDON / f"{row['face_id']}_{kind}.jpg" for kind in ("neutral", "smiling")),
            row["face_eth"].split("/")[0],
            row["face_gender"],
            str(NOW.year - int(row["face_age"])) if row["face_age"].isdecimal() else "",
        )
        for row in rows
    ]
    return found if most is None else found[:: -(-len(found) // most)]


def consent(pseudonym: str, key: SigningKey = OFFICER, **parts: object) -> Record:
    """A TEST consent to gate.evaluate, that an officer attests."""
    whole: dict[str, object] = {
        "pseudonym": pseudonym,
        "purpose": Purpose.GATE_EVALUATE,
        "data": (Data.PHOTO, Data.TEMPLATE, Data.GROUP),
        "controller": "City of Examples",
        "contact": "records@city.example",
        "processors": (),
        "valid_from": NOW - timedelta(days=30),
        "valid_until": NOW + timedelta(days=30),
        "text_sha256": hashlib.sha256(b"We would like to measure how often a matcher errs.\n").hexdigest(),
        "language": "en",
        "refusal": "nothing",
        "alternative": None,
        "test": True,
    }
    draft = Record(**whole | parts)  # type: ignore[arg-type]
    return give(draft, key, by=Signer.OFFICER, at=NOW - timedelta(days=10))


def made(folder: Path, people: Iterable[Person], *, link: bool = True) -> Path:
    """The set in `folder`: set.csv, photos, consents; with `known` beside it."""
    (folder / "photos").mkdir(parents=True)
    (folder / "consents").mkdir()
    rows: list[Sequence[str]] = []
    for person in people:
        record = f"consents/{person.pseudonym}.TEST.consent.json"
        save(consent(person.pseudonym), folder / record)
        for photo in person.photos:
            name = f"photos/{person.pseudonym}-{photo.name}"
            (folder / name).hardlink_to(photo) if link and photo.stat().st_dev == folder.stat().st_dev else shutil.copy(
                photo, folder / name
            )
            rows.append((person.pseudonym, name, person.nationality, person.sex, person.born, record))
    written(folder, rows)
    known = folder.with_name("known")
    known.write_text(KNOWN_LINE)
    return folder


def written(folder: Path, rows: Iterable[Sequence[str]]) -> None:
    """The list alone."""
    with (folder / "set.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
