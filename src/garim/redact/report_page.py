"""The report as a page: the facts, with words for a reader who knows nothing of films or computers.

Laws: what is not `Safe` is escaped, whatever it is; the page loads nothing and runs nothing, and its own policy
says so to the browser. The words stand in pages/report.html, in blocks; here is only which of them are said.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from garim.redact.report_chart import chart

_BLOCK = re.compile(r"<!-- block (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
_PICTURE = re.compile(r'<img src="data:image/jpeg;base64,([^"]*)"')
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_POLICY = Template(
    "default-src 'none'; img-src data:; style-src '$style'; script-src 'none'; base-uri 'none'; form-action 'none'"
)
_COVERED = {
    "faces": {"things": "faces", "all_of": "Every face", "like": "a face", "none": "none"},
    "heads": {"things": "heads", "all_of": "Every face and every head", "like": "a face", "none": "no face"},
    "people": {"things": "people", "all_of": "Every face and every person", "like": "a face or person", "none": "none"},
}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # Unicode's names for what turns text around, or hides in it


class Safe(str):
    """HTML that was made here."""

    __slots__ = ()


def page(facts: dict[str, Any], jpegs: Sequence[bytes], json_name: str) -> str:
    """The page that says `facts`, with `jpegs`, one a moment; `json_name` is the file with the same facts."""
    made = datetime.fromisoformat(facts["made"])
    words = _words(facts)
    return block(
        "page",
        policy=Safe(_POLICY.substitute(style=_digest_of_style())),
        name=facts["output"]["name"],
        made=f"{made.day} {made:%B %Y, %H:%M:%S} UTC",
        made_iso=facts["made"],
        version=facts["garim"],
        verdict=_verdict(facts),
        figures=_figures(facts),
        kept=_kept(facts),
        timeline=_timeline(facts),
        moments=_moments(facts, jpegs),
        how=_how(facts),
        copied=_copied(facts),
        not_covered=_not_covered(facts),
        left_out=_left_out(facts),
        files=_files(facts, json_name),
        settings=_settings(facts),
        weights=joined(block("weight", **row) for row in facts["weights"]),
        json_name=json_name,
        **words,
    )


def pictures(text: str) -> list[bytes]:
    """The pictures of a page that `page` made, as it was given them."""
    return [base64.b64decode(data) for data in _PICTURE.findall(text)]


def block(which: str, /, **words: object) -> Safe:
    """The block of pages/report.html of that name, filled with `words`, each escaped where it is not `Safe`."""
    return Safe(_blocks()[which].substitute({key: _safe(word) for key, word in words.items()}))


def joined(parts: Iterable[Safe]) -> Safe:
    """All of `parts`, in their order, a line each."""
    return Safe("".join(f"{part}\n" for part in parts))


def _safe(word: object) -> Safe:
    return word if isinstance(word, Safe) else Safe(escape(visible(str(word))))


def visible(text: str) -> str:
    """`text` with what cannot be seen in it, and what would turn it around, written out."""
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _INVISIBLE else c for c in text)


@cache
def _text() -> str:
    return files("garim.redact").joinpath("pages/report.html").read_text("utf-8")


@cache
def _blocks() -> dict[str, Template]:
    return {name: Template(body.removesuffix("\n")) for name, body in _BLOCK.findall(_text())}


@cache
def _digest_of_style() -> str:
    found = _STYLE.search(_text())
    assert found is not None
    return "sha256-" + base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()


def _words(facts: dict[str, Any]) -> dict[str, str]:
    """What it is called, and what was done to faces in it: only fill leaves nothing of them."""
    kind = "picture" if facts["kind"] == "still" else facts["kind"]
    words = _COVERED[facts["settings"]["cover"]]
    destroyed = "destroyed" if words["things"] == "faces" else "blacked out"
    past = destroyed if facts["reversible"] is None else "covered"
    return {"kind": kind, "past": past, "titled": words["things"].capitalize()} | words


def _looked(facts: dict[str, Any]) -> str:
    """How much of it was looked at again: only a film has key frames."""
    asked: str = facts["settings"]["check"]
    return "all" if asked == "keys" and facts["kind"] != "film" else asked


def _verdict(facts: dict[str, Any]) -> Safe:
    left, regions, kept = facts["check"]["residual"], facts["destroyed"]["regions"], facts["kept"]
    words = _words(facts)
    visible_ones = kept["people"] or kept["not_faces"]
    done = block("seen_some" if regions else "seen_kept" if visible_ones else "seen_none", **words)
    besides = block("besides") if regions and visible_ones else Safe()
    again = block("again_still" if facts["kind"] == "still" else f"again_{_looked(facts)}", **words)
    if left is None:
        return block("unchecked", done=done, besides=besides, **words)
    if left:
        return block("residual", places=counted(left, "place"), besides=besides, again=again, **words)
    title = block("clean_kept" if visible_ones else "clean_some" if regions else "clean_none", **words)
    rest = {"done": done, "besides": besides, "again": again, "other": "else " if visible_ones else ""}
    return block("clean", title=title, **rest, **words)


def _figures(facts: dict[str, Any]) -> Safe:
    destroyed, past = facts["destroyed"], _words(facts)["past"]
    rows = [
        (f"{destroyed['regions']:,}", f"{plural(destroyed['regions'], 'region')} {past}"),
        (share(destroyed["share_of_picture"]), f"of the picture {past}"),
    ]
    if facts["kind"] != "still" or facts["frames"] > 1:
        rows.append((f"{facts['frames']:,}", plural(facts["frames"], "page" if facts["kind"] == "still" else "frame")))
    if facts["seconds"] is not None:
        rows.append((clock(facts["seconds"]), "length"))
    rounds, unchecked = destroyed["rounds"], facts["check"]["unchecked"]
    rows.append((str(rounds), f"{plural(rounds, 'round')} of writing" + ("" if unchecked else " and looking again")))
    return joined(block("figure", value=value, label=label) for value, label in rows)


def _kept(facts: dict[str, Any]) -> Safe:
    kept = facts["kept"]
    parts = []
    if kept["people"]:
        parts.append(block("kept_people", rows=joined(block("kept_row", **row) for row in kept["people"])))
    if kept["not_faces"]:
        parts.append(block("kept_things", places=counted(kept["not_faces"], "region")))
    return block("kept", parts=joined(parts)) if parts else Safe()


def _timeline(facts: dict[str, Any]) -> Safe:
    line = facts["timeline"]
    if line is None or not facts["destroyed"]["regions"]:
        return Safe()
    marks = [moment["seconds"] for moment in facts["moments"]]
    length = facts["seconds"] or len(line["most"]) * line["step_seconds"]
    return block("timeline", chart=Safe(chart(line["most"], line["step_seconds"], length, marks)), **_words(facts))


def _moments(facts: dict[str, Any], jpegs: Sequence[bytes]) -> Safe:
    if not jpegs:
        return Safe()
    still = facts["kind"] == "still"
    many = "pages" if still and facts["frames"] > 1 else "still" if still else "film"
    words = _words(facts)
    rows = [
        block(
            f"moment_{many}",
            data=Safe(base64.b64encode(picture).decode()),
            number=number,
            at="" if moment["seconds"] is None else clock(moment["seconds"]),
            page=moment["page"],
            regions=counted(moment["regions"], "region"),
            **words,
        )
        for number, (moment, picture) in enumerate(zip(facts["moments"], jpegs, strict=True), 1)
    ]
    return block(f"moments_{many}", rows=joined(rows), **words)


def _how(facts: dict[str, Any]) -> Safe:
    if not facts["destroyed"]["regions"]:
        return Safe()
    findings = joined(block("finding", **row) for row in facts["reversible"] or ())
    warning = block("reversible", rows=findings, **_words(facts)) if findings else Safe()
    return block("how", style=block(f"style_{facts['settings']['style']}"), reversible=warning, **_words(facts))


def _copied(facts: dict[str, Any]) -> Safe:
    copied = facts["copied"]
    if copied["frames"]:
        return block("copied", frames=counted(copied["frames"], "frame"))
    return block("whole", why=copied["why_none"]) if copied["why_none"] else Safe()


def _not_covered(facts: dict[str, Any]) -> Safe:
    named = [word.replace(" ", "_") for word in facts["not_covered"]]
    sound = f"{counted(len(facts['sound']), 'track')}: {'; '.join(facts['sound'])}"
    return joined(block(f"not_{word}", sound=sound) for word in named)


def _left_out(facts: dict[str, Any]) -> Safe:
    rows = [block("item", text=text) for text in facts["left_out"]]
    if facts["settings"]["mute"]:
        rows.append(block("muted"))
    return block("left_out", rows=joined(rows)) if rows else block("nothing_left_out")


def _files(facts: dict[str, Any], json_name: str) -> Safe:
    name = facts["output"]["name"]
    plain = name if visible(name) == name else "FILE"
    return block(
        "files",
        output=facts["output"]["name"],
        output_size=size(facts["output"]["bytes"]),
        output_sha256=facts["output"]["sha256"],
        input=facts["input"]["name"],
        input_size=size(facts["input"]["bytes"]),
        input_sha256=facts["input"]["sha256"],
        linux=f"sha256sum -- {shlex.quote(plain)}",
        mac=f"shasum -a 256 -- {shlex.quote(plain)}",
        windows="Get-FileHash -LiteralPath '" + plain.replace("'", "''") + "'",
        ledger=_ledger(facts, json_name),
        **_words(facts),
    )


def _ledger(facts: dict[str, Any], json_name: str) -> Safe:
    receipt = facts["receipt"]
    if receipt is None:
        return block("on_no_ledger")
    origin = receipt["proof"].partition("\n\n")[2].partition("\n")[0]  # the checkpoint's first line
    return block("on_ledger", origin=origin, index=receipt["index"], json_name=json_name, **_words(facts))


def _settings(facts: dict[str, Any]) -> Safe:
    settings, picture = facts["settings"], facts["picture"]
    rows: list[tuple[str, object]] = [
        ("Covered", block(f"cover_{settings['cover']}")),
        ("Style", settings["style"]),
        ("Check", block(f"check_{_looked(facts)}")),
        ("Picture", f"{picture['width_px']} by {picture['height_px']} pixels"),
    ]
    if settings["encoding"] is not None:
        rows.append(("Encoding", ", ".join(f"{name} {value}" for name, value in settings["encoding"].items())))
        rows.append(("Sound", "left out" if settings["mute"] else "; ".join(facts["sound"]) or "there was none"))
    return joined(block("setting", name=name, value=value) for name, value in rows)


def counted(count: int, thing: str) -> str:
    """As "1 region", "2 regions"."""
    return f"{count:,} {plural(count, thing)}"


def plural(count: int, thing: str) -> str:
    """The word for `count` of them, without the number."""
    return thing if count == 1 else f"{thing}s"


def share(part: float) -> str:
    """A share of 1 in per cent; never 0 for what is more than none."""
    return "under 0.1 %" if 0 < part < 0.0005 else f"{part * 100:.1f} %"


def clock(seconds: float) -> str:
    """As a player shows it, to a tenth: 0:12.3, 1:02:03.4."""
    tenths = round(seconds * 10)
    hours, minutes, rest = tenths // 36000, tenths // 600 % 60, tenths % 600
    tail = f"{rest // 10:02}.{rest % 10}"
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"


def size(count: int) -> str:
    """Bytes, in the largest unit of which there is one, and exactly."""
    power = min(len(_UNITS) - 1, (len(str(count)) - 1) // 3)
    return f"{count:,} bytes" if power == 0 else f"{count / 1000**power:.1f} {_UNITS[power]} ({count:,} bytes)"
