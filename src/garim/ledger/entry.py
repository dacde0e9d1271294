"""THE ENTRIES: what may stand on the log, and nothing else.

Laws: an entry is canonical JSON (RFC 8785) of one of KINDS, with all of that kind's facts and no other; no fact
has room for words of one's own, so none can name a person; what a person or a file was stands there only as an
HMAC under a key that whoever holds it can destroy.

A kind's grammar is one regular expression over the bytes: whatever matches it is canonical, complete and closed.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import rfc8785

from garim.core.errors import Malformed, Misuse

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Field:
    """What one fact may be: as a pattern over its canonical bytes, and as JSON Schema."""

    pattern: str
    schema: Mapping[str, Any]


def _words(*words: str) -> Field:
    return Field(f'"(?:{"|".join(map(re.escape, words))})"', {"enum": list(words)})


_HMAC = "hmac-sha256:[0-9a-f]{64}"
COMMITMENT = Field(f'"{_HMAC}"', {"type": "string", "pattern": f"^{_HMAC}$"})
COUNT = Field("(?:0|[1-9][0-9]{0,14})", {"type": "integer", "minimum": 0, "maximum": 10**15 - 1})
SIGNER = Field('"(?:[0-9a-f]{64}|none)"', {"type": "string", "pattern": "^(?:[0-9a-f]{64}|none)$"})
MAYBE = Field(f'"(?:{_HMAC}|none)"', {"type": "string", "pattern": f"^(?:{_HMAC}|none)$"})  # of what may not be there
_AT = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"

# the checks of a document (garim.gate.passport.outcomes.Code) as facts; "none" where it came to no check of that name
_CHECKS = (
    *("chain", "dg_hash", "expiry", "files", "issuer", "mrz_digits", "mrz_printed", "portrait", "revocation"),
    *("signer_certificate", "signer_validity", "sod_com", "sod_signature"),
)
_OUTCOME = _words("failed", "flagged", "none", "passed", "unchecked")

KINDS: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        "consent.withdrawn": {"by": _words("officer", "subject"), "record": COMMITMENT},
        # `corpus` is of the entry's own commitment, under a key only the corpus has: it knows again what it did, in
        # whatever backup, and nobody else can tell which entries are of one corpus.
        # One batch, however many photos; what was not taken is counted, so that nobody can say it was lost later
        "corpus.admitted": {
            "batch": COMMITMENT,
            "corpus": COMMITMENT,
            "photos": COUNT,
            "refused": COUNT,
            "subjects": COUNT,
        },
        # keys and bytes of one person; `exports` are the releases that have to be recalled
        "corpus.erased": {
            "certificate": COMMITMENT,
            "exports": COUNT,
            "parts": COUNT,
            "photos": COUNT,
            "subject": COMMITMENT,
        },
        # `manifest` is of the Merkle root over its rows; releases and models name it by the same commitment
        "corpus.manifest": {
            "corpus": COMMITMENT,
            "manifest": COMMITMENT,
            "photos": COUNT,
            "predicate": COMMITMENT,
            "processor": COMMITMENT,
            "purpose": _words("corpus.test", "corpus.train"),
            "subjects": COUNT,
        },
        "corpus.model": {"corpus": COMMITMENT, "manifest": COMMITMENT, "model": COMMITMENT, "name": COMMITMENT},
        # `release` is of the Merkle root over what left, `list` of its files' hashes; `withheld` were on the manifest,
        # and do not stand any more
        "corpus.released": {
            "corpus": COMMITMENT,
            "list": COMMITMENT,
            "manifest": COMMITMENT,
            "photos": COUNT,
            "release": COMMITMENT,
            "withheld": COUNT,
        },
        # of several subjects who are withdrawn at once, `subject` is of their list
        "corpus.withdrawn": {
            "by": _words("officer", "subject"),
            "corpus": COMMITMENT,
            "subject": COMMITMENT,
            "subjects": COUNT,
        },
        "exposure.case": {
            "answer": COMMITMENT,
            "camera_hours": COUNT,
            "case": COMMITMENT,
            # under the entry's own key: the record's own commitment on a log means that it was withdrawn
            "consent": COMMITMENT,
            "damaged": COUNT,
            "outcome": _words("answered", "no-footage", "not-located", "partly"),
            "visits": COUNT,
        },
        "exposure.map": {"consent": COMMITMENT, "map": COMMITMENT},
        "exposure.notice": {"cases": COUNT, "notice": COMMITMENT, "windows": COUNT},
        # of each consent behind a notice, under a key that follows from the consent: it is in one list only
        "exposure.noticed": {"consent": COMMITMENT, "list": COMMITMENT},
        "exposure.published": {
            "cameras": COUNT,
            "epsilon_thousandths": COUNT,
            "hours": COUNT,
            "publication": COMMITMENT,
        },
        # each draw: whoever draws until the moves suit an old film leaves as many entries
        "gate.challenge": {"moves": COUNT, "seconds": COUNT, "session": COMMITMENT},
        # how often a matcher errs on people who agreed; errors are those at the threshold that is in use
        "gate.evaluated": {
            "false_matches": COUNT,
            "false_non_matches": COUNT,
            # people whose consent does not hold, or who have too few photos: in words, since a sum would tell of few
            "left_out": _words("none", "fewer than 5", "5 or more"),
            "matcher": _words("dlib", "omz-0095"),
            "mated": COUNT,
            "non_mated": COUNT,
            "photos": COUNT,
            "report": COMMITMENT,
            "set": COMMITMENT,
            "subjects": COUNT,
            "test": _words("no", "yes"),
            "threshold_thousandths": COUNT,
            # photos without one face
            "unacquired": COUNT,
        },
        # one traveller, one document, one answer: nothing in it is of the face, and nothing of it opens without its key
        "gate.session": {
            **{f"check_{code}": _OUTCOME for code in _CHECKS},
            "capture": MAYBE,
            # under a key that follows from the consent: it allows one comparison
            "consent": COMMITMENT,
            # of what the state signed: bare, its hash would tie all crossings of one document together
            "content": MAYBE,
            "decision": _words("attack", "document", "match", "no_match", "unfit"),
            "matcher": _words("dlib", "omz-0095"),
            "passive": _words("doubtful", "live", "none"),
            "person": _words("none", "one", "several"),
            "quality": _words("fit", "none", "unfit"),
            "reason": _words(
                *("capture_time", "capture_unreadable", "document_flagged", "document_refused", "document_unproven"),
                *("flat", "gap", "jump", "missing_moves", "no_face", "no_frontal", "no_move", "none", "other_moves"),
                *("other_person", "portrait_unusable", "quality", "several_faces", "stopped", "too_few", "unlike"),
            ),
            # whether revocation lists were asked; "none" where it came to no such check
            "revocation": _words("checked", "none", "unchecked"),
            "session": COMMITMENT,
            # the signer's certificate, which thousands of documents share
            "signer": SIGNER,
            "test": _words("no", "yes"),
            "threshold_thousandths": COUNT,
            "turns": _words(
                *("answered", "flat", "gap", "jump", "missing_moves", "no_frontal", "no_move", "none", "other_moves"),
                "too_few",
            ),
            # whether nobody noted when the stills were taken; "none" where they were not opened
            "untimed": _words("no", "none", "yes"),
        },
        "redact.published": {
            "check": _words("all", "keys", "off"),
            # regions left visible because they were said to be no faces: nobody's consent stands behind these
            "exempt": COUNT,
            "frames": COUNT,
            "input": COMMITMENT,
            # people left visible who agreed, each proven
            "kept": COUNT,
            "output": COMMITMENT,
            # destroyed
            "regions": COUNT,
            "residual": COUNT,
            "rounds": COUNT,
            "style": _words("blur", "fill", "mosaic"),
        },
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done: `at` in UTC to the second, `facts` as KINDS has them for `kind`."""

    kind: str
    at: datetime
    facts: Facts


def now() -> datetime:
    """The time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def written(entry: Entry) -> bytes:
    """The entry's canonical JSON. Raises `Misuse` where its kind has no such facts."""
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = rfc8785.dumps({"kind": entry.kind, "at": at, "facts": dict(entry.facts)})
    try:
        kind_of(text)
    except Malformed as error:
        raise Misuse(f"{error}; nothing was logged") from None
    return text


def read(text: bytes) -> Entry:
    """The entry that `text` is. Raises `Malformed`."""
    kind_of(text)
    tree = json.loads(text)
    try:
        at = datetime.strptime(tree["at"], "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise Malformed(f"an entry is of a day that there is not: {tree['at']}") from None
    return Entry(tree["kind"], at, tree["facts"])


def kind_of(text: bytes) -> str:
    """The kind of an entry that is as it should be to the byte. Raises `Malformed` for any other."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise Malformed(
            f"no entry that garim knows: not of a known kind with that kind's facts, or not canonical: {text[:400]!r}"
        )
    assert match.lastgroup is not None
    return _BY_GROUP[match.lastgroup]


def _grammar(kind: str, group: str) -> str:
    facts = ",".join(f'"{name}":{field.pattern}' for name, field in sorted(KINDS[kind].items()))
    return f'(?P<{group}>{{"at":"{_AT}","facts":{{{facts}}},"kind":"{re.escape(kind)}"}})'


_BY_GROUP = {kind.replace(".", "_"): kind for kind in KINDS}
_GRAMMAR = re.compile("|".join(_grammar(kind, group) for group, kind in _BY_GROUP.items()).encode("ascii"))


def key() -> bytes:
    """A new key for commitments: whoever destroys it makes them say nothing."""
    return secrets.token_bytes(32)


def commitment(key: bytes, of: str, what: bytes) -> str:
    """HMAC-SHA256 of `what`, which is the `of` of an entry (its "input", its "record"), under `key`."""
    return "hmac-sha256:" + hmac.digest(key, of.encode() + b"\0" + what, "sha256").hex()


def schema() -> dict[str, Any]:
    """The grammar as JSON Schema, for readers who have no garim."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An entry of a garim ledger",
        "oneOf": [
            {
                "type": "object",
                "required": ["at", "facts", "kind"],
                "additionalProperties": False,
                "properties": {
                    "at": {"type": "string", "pattern": f"^{_AT}$"},
                    "kind": {"const": kind},
                    "facts": {
                        "type": "object",
                        "required": sorted(fields),
                        "additionalProperties": False,
                        "properties": {name: dict(fields[name].schema) for name in sorted(fields)},
                    },
                },
            }
            for kind, fields in KINDS.items()
        ],
    }
