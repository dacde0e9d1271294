"""A PHOTO, BEFORE IT IS TAKEN: what is asked of its consents, its details, its bytes. Nothing is written here.

In this order: 1. its details are what people have; 2. every consent is valid, now, for a purpose of a corpus, to this
controller, of one person; 3. the file is one whole still, of which is kept what was looked at and nothing beside it: no
Exif, no thumbnail, no second picture (`garim.pictures.bare`); 4. one face.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from garim.consent import Consent, Known, NoConsent, Record, valid
from garim.core.errors import GarimError, Unreadable, Unsupported
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.made import Made
from garim.corpus.provenance import Provenance
from garim.corpus.values import PURPOSES, UNSTATED, Grant, Sex, Terms, packed, terms_of, whole_hour
from garim.corpus.vault import MOST_PHOTO
from garim.pictures import Still, opened
from garim.pictures.bare import bare

_OLDEST = 1900

Look = Callable[[Still], None]
"""Raises `NotAdmitted` unless a still shows one face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is said of a photo: as the person states it, and where it is from."""

    captured_on: date
    provenance: Provenance
    nationality: str = UNSTATED
    birth_year: int = 0
    sex: Sex = Sex.UNSTATED

    def refuse_odd(self, today: date) -> None:
        """Raise `NotAdmitted` where a value is none that people have."""
        try:
            packed(self.nationality)
        except ValueError as error:
            raise NotAdmitted(Why.DETAILS, f"{error}; the photo was not admitted") from None
        if self.birth_year and not _OLDEST <= self.birth_year <= self.captured_on.year:
            raise NotAdmitted(Why.DETAILS, "the birth year is no year before the photo; the photo was not admitted")
        if not date(_OLDEST, 1, 1) <= self.captured_on <= today:
            raise NotAdmitted(Why.DETAILS, "captured_on is no day until today; the photo was not admitted")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo somebody wants to admit, with the records of one person's consents, one a purpose."""

    photo: Path
    consents: tuple[Record, ...]
    details: Details


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A candidate that may be taken."""

    octets: bytes = field(repr=False)
    """Of the picture, and of nothing else."""
    pixels: bytes = field(repr=False)
    """SHA-256 of the decoded samples."""
    pseudonym: str = field(repr=False)
    consents: tuple[Consent, ...]
    terms: Terms
    details: Details


def ready(candidate: Candidate, made: Made, *, known: Known, at: datetime, look: Look) -> Ready:
    """What may be taken into the corpus `made`. Raises `NotAdmitted` with the reason, `Unreadable`."""
    candidate.details.refuse_odd(at.date())
    consents = _consents(candidate.consents, made, known, at)
    octets, still = _read(candidate.photo)
    look(still)
    grants = (Grant(each.purpose, each.processors, whole_hour(each.valid_until), each.test) for each in consents)
    return Ready(octets, _pixels(still), consents[0].pseudonym, consents, terms_of(grants), candidate.details)


def _consents(records: tuple[Record, ...], made: Made, known: Known, at: datetime) -> tuple[Consent, ...]:
    if not records:
        raise NotAdmitted(Why.CONSENT, "nobody agreed: no consent was named; the photo was not admitted")
    try:
        consents = tuple(_valid(record, made, known, at) for record in records)
    except NoConsent as error:
        raise NotAdmitted(Why.CONSENT, f"{error}. The photo was not admitted") from None
    if len({each.pseudonym for each in consents}) > 1 or len({each.purpose for each in consents}) < len(consents):
        raise NotAdmitted(
            Why.CONSENT, "the consents are of several people, or two for one purpose; it was not admitted"
        )
    return tuple(sorted(consents, key=lambda each: each.purpose))


def _valid(record: Record, made: Made, known: Known, at: datetime) -> Consent:
    if record.purpose not in PURPOSES:
        named = " or ".join(PURPOSES)
        raise NotAdmitted(Why.CONSENT, f"a consent is for {record.purpose}, and not for {named}; it was not admitted")
    # what the ledger says of it is asked when the photo is taken, in the corpus's turn
    return valid(
        record,
        purpose=record.purpose,
        at=at,
        known=known,
        withdrawn=lambda _: False,
        controller=made.controller,
        allow_test=made.test,
    )


def _read(path: Path) -> tuple[bytes, Still]:
    try:
        if path.stat().st_size > MOST_PHOTO:
            raise NotAdmitted(Why.PICTURE, f"{path.name}: is larger than any photo; it was not admitted")
        octets = path.read_bytes()
        still = opened(path)
        kept = bare(octets, still, path)
        again = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was admitted") from None
    except (Unreadable, Unsupported) as error:
        raise NotAdmitted(Why.PICTURE, str(error)) from None
    if again != octets:
        raise NotAdmitted(Why.PICTURE, f"{path.name}: was changed while it was read; it was not admitted")
    if len(kept) > MOST_PHOTO:
        raise NotAdmitted(Why.PICTURE, f"{path.name}: is larger than any photo as a PNG; it was not admitted")
    return kept, still


def _pixels(still: Still) -> bytes:
    head = f"{still.mode} {still.samples.shape} {still.samples.dtype}\n".encode()
    return hashlib.sha256(head + still.samples.tobytes()).digest()


def reason(error: GarimError) -> Why:
    """Why, of an error that stands for one photo."""
    return error.why if isinstance(error, NotAdmitted) else Why.PICTURE
