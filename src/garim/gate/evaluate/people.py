"""A set of photos -> the people in it who agreed to this, and how many did not.

    SET/set.csv      pseudonym,file,nationality,sex,birth_year,consent    a line a photo
    SET/photos/...   whatever `file` names
    SET/consents/... the records that `consent` names, to gate.evaluate

Laws: nobody is compared without a consent that was proven now; who is left out is counted and not named; what is wrong
with the set is said by its line, and quotes nobody's data; a subject's first photo is the reference, the others probes.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from garim.consent import Consent, Data, Known, NoConsent, Purpose, load, valid
from garim.core.errors import Disproved, Malformed, Misuse, Unreadable

LIST = "set.csv"
COLUMNS = ("pseudonym", "file", "nationality", "sex", "birth_year", "consent")
MOST_BYTES = 256 << 20
_NOTHING = "nobody was compared"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/<-]{0,31}|", re.ASCII)
_YEAR = re.compile(r"(19|20)[0-9]{2}|", re.ASCII)
NOT_STATED = ""

Withdrawn = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Subject:
    """One person: photos with their SHA-256, the first being the reference, and the groups that they state."""

    pseudonym: str
    photos: tuple[tuple[Path, str], ...]
    nationality: str
    sex: str
    born: int | None
    consent: Consent

    def __repr__(self) -> str:
        return "Subject()"


@dataclass(frozen=True, slots=True)
class People:
    """Who is in; and how many people are left out, by the word that says why."""

    subjects: tuple[Subject, ...]
    left_out: Mapping[str, int]

    @property
    def test(self) -> bool:
        """Whether a consent among them was made for tests."""
        return any(subject.consent.test for subject in self.subjects)

    @property
    def sha256(self) -> str:
        """What was evaluated: a line a photo, its SHA-256, pseudonym and consent's commitment, in the set's order."""
        lines = (
            f"{digest} {subject.pseudonym} {subject.consent.commitment.hex()}\n"
            for subject in self.subjects
            for _, digest in subject.photos
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    pseudonym: str
    file: Path
    groups: tuple[str, str, str]
    consent: Path


def read(folder: Path, *, known: Known, withdrawn: Withdrawn, at: datetime, allow_test: bool) -> People:
    """The people of the set in `folder` who agreed, as it stands at the time `at`.

    Raises `Malformed` where its list is none, `Unreadable` where a photo is not there, `Misuse` where one stands twice.
    """
    rows = _rows(folder)
    subjects, left_out = list[Subject](), Counter[str]()
    for own in _by_subject(rows):
        if len(own) < 2:
            left_out["one_photo"] += 1
            continue
        found = _agreed(own[0], known, withdrawn, at, allow_test=allow_test)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            subjects.append(_subject(own, found))
    _refuse_twice(subjects)
    return People(tuple(subjects), MappingProxyType(dict(sorted(left_out.items()))))


def _rows(folder: Path) -> list[_Row]:
    try:
        with (folder / LIST).open("rb") as file:
            octets = file.read(MOST_BYTES + 1)
        text = octets.decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{folder / LIST}: cannot be read: {error.strerror}; {_NOTHING}") from None
    except UnicodeDecodeError:
        raise Malformed(f"{folder / LIST}: is no text; {_NOTHING}") from None
    if len(octets) > MOST_BYTES:
        raise Malformed(f"{folder / LIST}: is longer than {MOST_BYTES >> 20} MiB; {_NOTHING}")
    try:
        heading, *rows = csv.reader(text.splitlines(), strict=True)
    except (ValueError, csv.Error):
        raise Malformed(f"{folder / LIST}: is no list; {_NOTHING}") from None
    if tuple(heading) != COLUMNS:
        raise Malformed(f"{folder / LIST}: begins with the line {','.join(COLUMNS)}; {_NOTHING}")
    return [_row(folder, number, row) for number, row in enumerate(rows, 2)]


def _row(folder: Path, line: int, row: Sequence[str]) -> _Row:
    if len(row) != len(COLUMNS) or not row[0] or not all(map(_WORD.fullmatch, row[2:4])) or not _YEAR.fullmatch(row[4]):
        raise Malformed(
            f"{folder / LIST}: line {line}: has not a pseudonym, a file, words of up to 32 letters for nationality and "
            f"sex, a year, and a record, of which only the groups may be empty; {_NOTHING}"
        )
    return _Row(line, row[0], _inside(folder, row[1], line), (row[2], row[3], row[4]), _inside(folder, row[5], line))


def _inside(folder: Path, name: str, line: int) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise Malformed(f"{folder / LIST}: line {line}: names a file outside of the set, or none; {_NOTHING}")
    return folder / name


def _by_subject(rows: Iterable[_Row]) -> Iterable[list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        own = found.setdefault(row.pseudonym, [])
        if own and (own[0].groups, own[0].consent) != (row.groups, row.consent):
            raise Malformed(
                f"{LIST}: lines {own[0].line} and {row.line} are of one person, and their groups or records differ; "
                f"{_NOTHING}"
            )
        own.append(row)
    return found.values()


def _agreed(row: _Row, known: Known, withdrawn: Withdrawn, at: datetime, *, allow_test: bool) -> Consent | str:
    """The consent, or the word that says why there is none."""
    purpose = Purpose.GATE_EVALUATE
    try:
        record = load(row.consent)
        consent = valid(record, purpose=purpose, at=at, known=known, withdrawn=withdrawn, allow_test=allow_test)
    except NoConsent as refused:
        return re.sub("(?<!^)(?=[A-Z])", "_", type(refused).__name__).lower()
    except (Unreadable, Disproved):
        return "no_record"
    if consent.pseudonym != row.pseudonym:
        return "other_person"
    return consent if {Data.PHOTO, Data.TEMPLATE} <= set(consent.data) else "other_data"


def _subject(rows: Sequence[_Row], consent: Consent) -> Subject:
    told = Data.GROUP in consent.data  # who did not agree to be counted by group is in none
    nationality, sex, year = rows[0].groups if told else (NOT_STATED, NOT_STATED, "")
    photos = tuple((row.file, _sha256(row)) for row in rows)
    return Subject(rows[0].pseudonym, photos, nationality, sex, int(year) if year else None, consent)


def _sha256(row: _Row) -> str:
    try:
        if row.file.is_symlink() or not row.file.is_file():
            raise Unreadable(f"{LIST}: line {row.line}: its photo is not there, or is no plain file; {_NOTHING}")
        with row.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(f"{LIST}: line {row.line}: its photo cannot be read: {error.strerror}; {_NOTHING}") from None


def _refuse_twice(subjects: Iterable[Subject]) -> None:
    digests = Counter(digest for subject in subjects for _, digest in subject.photos)
    twice = sum(count > 1 for count in digests.values())
    if twice:
        raise Misuse(f"{LIST}: {twice} photos are in it twice, which would make a matcher look better; {_NOTHING}")
