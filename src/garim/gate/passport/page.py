"""An inspection as a page for whoever decides at the counter: one file, to be read on a screen or on paper.

Laws: what is not `Safe` is escaped, whatever it is: a chip's words are a stranger's; the page loads nothing and runs
nothing, and its own policy says so to the browser; the holder is on it only where that is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template

from garim.gate.passport.inspection import Inspection, kind_of, shown
from garim.gate.passport.outcomes import Check, Code, Outcome, Verdict
from garim.gate.passport.words import FILES, MARKS, titled
from garim.gate.passport.words import said as in_words

_BLOCK = re.compile(r"<!-- block (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_POLICY = Template(
    "default-src 'none'; img-src data:; style-src '$style'; script-src 'none'; base-uri 'none'; form-action 'none'"
)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # Unicode's names for what turns text around, or hides in it
_NOW = timedelta(minutes=5)
_STANDING = {
    Verdict.PROVEN: "The issuing state signed it.",
    Verdict.FLAGGED: "Signed; see the lines marked flagged.",
    Verdict.UNPROVEN: "Whose it is was not proven.",
    Verdict.REFUSED: "Do not rely on it.",
}


class Safe(str):
    """HTML that was made here."""

    __slots__ = ()


def page(done: Inspection, *, holder: bool, png: bytes | None = None, made: datetime | None = None) -> str:
    """The page on `done`; with `holder`, what the machine readable zone says, and `png`, the portrait.

    `made` is the present: where `done` is for another moment, the page says that its clock was set by hand.
    """
    said = in_words(done.verdict, (check.reason for check in done.decisive))
    at = done.at.astimezone(UTC)
    return _block(
        "page",
        policy=Safe(_POLICY.substitute(style=_digest_of_style())),
        at=_time(at),
        made=_made(at, made),
        at_iso=at.isoformat(timespec="seconds"),
        version=version("garim"),
        verdict=done.verdict.value,
        word=said.word,
        means=said.means,
        then=said.then,
        decisive=_decisive(done),
        document=_document(done, holder=holder, png=png),
        checks=_joined(_check(check) for check in done.checks),
        not_looked_at=_joined(_block("item", text=_sentence(text)) for text in done.not_looked_at),
        record=_joined(_row(name, value) for name, value in _record(done)),
        private=_block("names_somebody" if holder else "names_nobody"),
    )


def _time(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M:%S} UTC"


def _made(at: datetime, made: datetime | None) -> Safe:
    if made is None or abs(made - at) < _NOW:
        return Safe()
    return _block("other_time", made=_time(made.astimezone(UTC)))


def _decisive(done: Inspection) -> Safe:
    if not done.decisive:
        return Safe()
    rows = (_block("because", title=titled(check.code, check.about), said=check.said) for check in done.decisive)
    return _block("decisive", rows=_joined(rows))


def _document(done: Inspection, *, holder: bool, png: bytes | None) -> Safe:
    if not done.kind:
        return _block("unread")
    rows: list[tuple[str, object]] = [
        ("Kind", kind_of(done)),
        ("Issuing state", done.issuer if done.holds(Code.ISSUER) else f"it says {done.issuer}, which is not proven"),
    ]
    if holder:
        rows += shown(done)
    picture = Safe()
    if holder and png is not None:
        data = Safe(base64.b64encode(png).decode())
        picture = _block("portrait", data=data, standing=_STANDING[done.verdict])
    return _block("who", portrait=picture, rows=_joined(_row(name, value) for name, value in rows))


def _check(check: Check) -> Safe:
    return _block(
        "check",
        outcome=check.outcome.value,
        style="flagged-mark" if check.outcome is Outcome.FLAGGED else check.outcome.value,
        title=titled(check.code, check.about),
        mark=MARKS[check.outcome],
        said=_sentence(check.said),
        reason=Safe() if check.reason is None else _block("reason", word=check.reason.value),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _record(done: Inspection) -> list[tuple[str, object]]:
    names = ", ".join(f"{name} ({FILES[name]})" if name in FILES else name for name in done.files)
    hashes = (
        ("Signed content, SHA-256", done.content_sha256),
        ("Signer's certificate, SHA-256", done.signer),
        ("Country certificate, SHA-256", done.csca),
    )
    return [("Files", names or "none"), *((name, _mono(value)) for name, value in hashes)]


def _mono(value: str | None) -> object:
    return "none" if value is None else _block("mono", text=value)


def _row(name: str, value: object) -> Safe:
    return _block("row", name=name, value=value)


def _block(which: str, /, **words: object) -> Safe:
    """The block of that name, filled with `words`, each escaped where it is not `Safe`."""
    return Safe(_blocks()[which].substitute({key: _safe(word) for key, word in words.items()}))


def _joined(parts: Iterable[Safe]) -> Safe:
    return Safe("".join(f"{part}\n" for part in parts))


def _safe(word: object) -> Safe:
    return word if isinstance(word, Safe) else Safe(escape(_visible(str(word))))


def _visible(text: str) -> str:
    """`text` with what cannot be seen in it, and what would turn it around, written out."""
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _INVISIBLE else c for c in text)


@cache
def _text() -> str:
    return files("garim.gate.passport").joinpath("pages/inspection.html").read_text("utf-8")


@cache
def _blocks() -> dict[str, Template]:
    return {name: Template(body.removesuffix("\n")) for name, body in _BLOCK.findall(_text())}


@cache
def _digest_of_style() -> str:
    found = _STYLE.search(_text())
    assert found is not None
    return "sha256-" + base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
