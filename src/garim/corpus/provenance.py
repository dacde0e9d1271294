"""WHERE A PHOTO MAY COME FROM: a closed list, and by name what is not on it.

Law: an origin is on the list or the photo is refused; no option, no default, no "other".
"""

from __future__ import annotations

from enum import IntEnum

from garim.core.errors import Misuse


class Provenance(IntEnum):
    """Lawful origins. The numbers stand in parts: none is ever given to another."""

    TAKEN_BY_US = 1
    SUBJECT_UPLOAD = 2
    LICENSED_WITH_CONSENT = 3
    STUDY_VOLUNTEER = 4
    SYNTHETIC = 5


WORDS: dict[Provenance, str] = {
    Provenance.TAKEN_BY_US: "taken by the controller, of a person who agreed to this use",
    Provenance.SUBJECT_UPLOAD: "handed over by the person shown",
    Provenance.LICENSED_WITH_CONSENT: "licensed from somebody who holds the person's consent to this use",
    Provenance.STUDY_VOLUNTEER: "of a volunteer in a study whose consent names this use",
    Provenance.SYNTHETIC: "of nobody: made by a program, admitted for tests",
}

# what people try, and why it is refused
REFUSED: dict[str, str] = {
    "ANOTHER_AUTHORITY": "another authority's files were given for another purpose",
    "BORDER_CONTROL": "a traveller who shows a passport agrees to be let through, and to nothing else",
    "BROKER": "a broker's files name nobody who agreed",
    "DRIVING_LICENCES": "a register's photos were given for that register",
    "LEAKED": "what leaked was taken from people",
    "NEWS": "who stands in a newspaper did not agree to this",
    "PASSPORT_REGISTER": "a register's photos were given for that register",
    "POLICE": "nobody is asked there",
    "PUBLIC_CAMERA": "who walks past a camera has agreed to nothing",
    "SOCIAL_MEDIA": "photos that can be seen are not photos that may be taken",
    "WEB_SCRAPING": "photos that can be seen are not photos that may be taken",
}


def provenance(word: str) -> Provenance:
    """The origin that `word` names, as taken-by-us. Raises `Misuse`."""
    name = word.strip().upper().replace("-", "_").replace(" ", "_")
    if name in Provenance.__members__:
        return Provenance[name]
    if name in REFUSED:
        raise Misuse(f"provenance {name.lower()}: {REFUSED[name]}; nothing was admitted")
    known = ", ".join(each.name.lower() for each in Provenance)
    raise Misuse(f"provenance: is one of {known}; nothing was admitted")
