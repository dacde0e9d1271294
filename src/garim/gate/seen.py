"""WHAT COMES OUT OF THE PROCESS THAT SAW A FACE: words of closed lists, hashes, and measures of picture quality.

Laws: there is no field for a picture, a template or a similarity; what is read is just what can be written, or
`Malformed`; sentences stand only in checks of the document, which never quote its holder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from garim.core.errors import Malformed
from garim.gate.answer import Answered
from garim.gate.decide import Alike, Captured, Evidence, Passive, Person, Portrayed, Quality
from garim.gate.moves import Move
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Verdict
from garim.gate.quality import Component, Name

Word = TypeVar("Word", bound=StrEnum)

_SHA256 = re.compile("[0-9a-f]{64}")
_MOST = 1000  # checks, components, moves
_LONGEST = 2000  # letters of a sentence


@dataclass(frozen=True, slots=True)
class Seen:
    """`evidence` by steps, the document's `checks`, the `components` of quality, and which `moves` the head made.

    `content_sha256` is that of what the document's signer signed, `signer_sha256` of the signer's certificate,
    `capture_sha256` of the stills' own hashes in their order: each None where there is none. `timed`: whether the
    capture says when it was taken.
    """

    evidence: Evidence
    checks: tuple[Check, ...] = ()
    components: tuple[Component, ...] = ()
    moves: tuple[Move, ...] = ()
    content_sha256: str | None = None
    signer_sha256: str | None = None
    capture_sha256: str | None = None
    timed: bool = False


def plain(seen: Seen) -> dict[str, Any]:
    """`seen` for JSON."""
    found = seen.evidence
    return {
        "evidence": {step: getattr(found, step) for step in _STEPS},
        "checks": [[each.code, each.outcome, each.reason, each.said, each.about] for each in seen.checks],
        "components": [
            [each.name, None if each.value is None else round(each.value, 3), each.limit, each.unit, each.ok]
            for each in seen.components
        ],
        "moves": list(seen.moves),
        "content_sha256": seen.content_sha256,
        "signer_sha256": seen.signer_sha256,
        "capture_sha256": seen.capture_sha256,
        "timed": seen.timed,
    }


_STEPS: dict[str, type[StrEnum]] = {
    "document": Verdict,
    "portrait": Portrayed,
    "capture": Captured,
    "turns": Answered,
    "quality": Quality,
    "person": Person,
    "alike": Alike,
    "passive": Passive,
}


def read(told: Any) -> Seen:
    """What `plain` made. Raises `Malformed` for anything else."""
    try:
        seen = _read(told)
        same = _canonical(plain(seen)) == _canonical(told)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise _refused() from None
    if not same:  # a field more, a word in another form, a number with more digits than it may have
        raise _refused()
    return seen


def _canonical(told: Any) -> str:
    """As text, where 1 is not True."""
    return json.dumps(told, sort_keys=True)


def _read(told: Any) -> Seen:
    checks, components, moves = (_list(told[name]) for name in ("checks", "components", "moves"))
    return Seen(
        evidence=_evidence(told["evidence"]),
        checks=tuple(_check(*each) for each in checks),
        components=tuple(_component(*each) for each in components),
        moves=tuple(map(Move, moves)),
        content_sha256=_sha256(told["content_sha256"]),
        signer_sha256=_sha256(told["signer_sha256"]),
        capture_sha256=_sha256(told["capture_sha256"]),
        timed=bool(told["timed"]),
    )


def _evidence(words: Any) -> Evidence:
    found: dict[str, Any] = {step: _word(kind, words[step]) for step, kind in _STEPS.items()}
    return Evidence(**found)


def _word(kind: type[Word], word: Any) -> Word | None:
    return None if word is None else kind(word)


def _check(code: Any, outcome: Any, reason: Any, said: Any, about: Any) -> Check:
    return Check(Code(code), Outcome(outcome), _word(Reason, reason), _text(said), _text(about))


def _component(name: Any, value: Any, limit: Any, unit: Any, ok: Any) -> Component:
    return Component(Name(name), value, limit, unit, ok)


def _list(told: Any) -> list[Any]:
    if not isinstance(told, list) or len(told) > _MOST:
        raise _refused()
    return told


def _text(told: Any) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST:
        raise _refused()
    return told


def _sha256(told: Any) -> str | None:
    if told is not None and not _SHA256.fullmatch(told):
        raise _refused()
    return None if told is None else str(told)


def _refused() -> Malformed:
    return Malformed("the process that looked at the traveller said what it may not say; nothing of it was taken")
