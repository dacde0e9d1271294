"""The report: what was done to a film or still, fit to be handed out with it.

Laws: no place in the picture is said, neither of what was destroyed nor of what remains; its pictures are of the
output, never of the input; files are named, not where they lie; each fact stands in the JSON, and the page adds
words. A report is about the very bytes whose SHA-256 it names, or it is not written.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any, assert_never

from garim.core.errors import Unfinished
from garim.core.plan import Plan
from garim.cover import Style
from garim.files import refuse_clash, sha256, unwritable, whole
from garim.media import Reader, probe
from garim.redact.cover import Cover
from garim.redact.moments import Kind, Moment, in_animation, in_film, in_still, kind
from garim.redact.report_page import page, pictures
from garim.redact.result import Check, Redaction
from garim.redact.timeline import spans, timeline

VERSION = 1
NOT_COVERED = ("bodies", "clothes", "gait", "number plates", "text")
OF_PEOPLE = ("bodies", "clothes")  # what goes with all of them; where they walk, and how wide they step, still shows
FINDINGS = (
    {
        "finding": "faces named at the first guess through a video site's blur (YouTube): 57 %",
        "source": "McPherson et al. 2016, arXiv:1609.00408",
    },
    {
        "finding": "faces re-identified from Gaussian blur: 95.9 %",
        "source": "Revelio 2025, arXiv:2506.12344",
    },
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the files themselves say.

    `codec` and `sound_in`, how many sound tracks the source has, are of films; `start` is the first picture's time.
    """

    kind: Kind
    input_bytes: int
    output_bytes: int
    codec: str | None = None
    sound_in: int = 0
    start: Fraction = Fraction(0)
    moments: tuple[Moment, ...] = ()


def reports_for(output: Path) -> tuple[Path, Path]:
    """Where the report on `output` stands: the page, and the same as JSON."""
    return output.with_name(f"{output.name}.report.html"), output.with_name(f"{output.name}.report.json")


def write_report(done: Redaction, *, receipt: dict[str, Any] | None = None, force: bool = False) -> tuple[Path, Path]:
    """Write the report on `done` beside its output, as a page and as JSON; gives both paths.

    `receipt` is a ledger's, as JSON, where what was done stands on one.

    Raises `Misuse` where one exists and `force` is not given, `Unfinished` where input or output are not the files
    that `done` is about any more, `Unreadable`, `Unwritable`; then neither was written.
    """
    html, plain = reports_for(done.output)
    for path in (html, plain):
        refuse_clash(path, [done.source, done.output], force=force)
    seen = _seen(done)
    found = facts(done, seen, made=datetime.now(UTC), receipt=receipt)
    _write(found, [moment.jpeg for moment in seen.moments], html, plain, force=force)
    return html, plain


def put_receipt(output: Path, output_sha256: str, receipt: dict[str, Any]) -> tuple[Path, Path] | None:
    """Put a ledger's `receipt` into the report on `output`, which was written before; None where there is none.

    Raises `Unfinished` where it is no report of this garim's, or on other bytes than those; then it is as it was.
    """
    html, plain = reports_for(output)
    if not plain.exists():
        return None
    try:
        found, text = json.loads(plain.read_text("utf-8")), html.read_text("utf-8")
        if (found["garim_report"], found["output"]["sha256"]) != (VERSION, output_sha256):
            raise ValueError("it is about something else")
        _write(found | {"receipt": receipt}, pictures(text), html, plain, force=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Unfinished(f"{plain}: the receipt could not be put into it ({error}); it is as it was") from None
    return html, plain


def _write(found: dict[str, Any], jpegs: Sequence[bytes], html: Path, plain: Path, *, force: bool) -> None:
    text = page(found, jpegs, shown(plain))
    with whole(html, force=force) as first, whole(plain, force=force) as second:
        # both on the disk before either has its name
        _put(first, text, html)
        _put(second, _lines(found), plain)


def facts(done: Redaction, seen: Seen, *, made: datetime, receipt: dict[str, Any] | None = None) -> dict[str, Any]:
    """The report as JSON has it: docs/schema/garim-report-1.schema.json. `made` is when it was made, in UTC."""
    residual = None if done.check is Check.OFF else len(done.residual)
    when = spans(done.plan, seen.start)
    moving = seen.kind is not Kind.STILL
    return {
        "garim_report": VERSION,
        "garim": version("garim"),
        "made": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kind": seen.kind.value,
        "complete": residual == 0,
        "input": {"name": shown(done.source), "sha256": done.input_sha256, "bytes": seen.input_bytes},
        "output": {"name": shown(done.output), "sha256": done.output_sha256, "bytes": seen.output_bytes},
        "picture": dict(zip(("width_px", "height_px"), done.plan.size, strict=True)),
        "frames": done.frames,
        "seconds": None if done.seconds is None else round(done.seconds, 3),
        "settings": _settings(done, seen),
        "weights": [
            {
                "name": weight.name,
                "purpose": weight.purpose,
                "licence": weight.licence,
                "file": f.file,
                "sha256": f.sha256,
            }
            for weight in done.weights
            for f in weight.files
        ],
        "destroyed": {"regions": len(when), "share_of_picture": round(done.masked, 6), "rounds": done.rounds},
        "copied": {"frames": done.copied, "why_none": done.why_whole or None},
        "check": {"unchecked": residual is None, "residual": residual},
        "kept": _kept(done.plan),
        "timeline": asdict(timeline(when, _length(done, seen.start), done.frames)) if moving else None,
        "moments": [
            {"seconds": None if m.seconds is None else round(m.seconds, 3), "page": m.page, "regions": m.regions}
            for m in seen.moments
        ],
        "sound": list(done.sound),
        "not_covered": _not_covered(done),
        "left_out": list(done.left_out),
        "reversible": None if done.style is Style.FILL else list(FINDINGS),
        "receipt": receipt,
    }


def shown(path: Path) -> str:
    """A file's name, without its folder; bytes that are no text as they are written in code."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _settings(done: Redaction, seen: Seen) -> dict[str, Any]:
    encoding = {**asdict(done.encoding), "codec": seen.codec}
    return {
        "style": done.style.value,
        "cover": done.cover.value,
        "check": done.check.value,
        "mute": seen.sound_in > 0 and not done.sound,
        "encoding": encoding if seen.kind is Kind.FILM else None,
    }


def _not_covered(done: Redaction) -> list[str]:
    hidden = OF_PEOPLE if done.cover is Cover.PEOPLE else ()
    return [*(["voices"] if done.sound else []), *(word for word in NOT_COVERED if word not in hidden)]


def _kept(plan: Plan) -> dict[str, Any]:
    keeps = [lane.keep for lane in plan.lanes if lane.keep is not None]
    people = Counter((keep.pseudonym, keep.reason, keep.commitment) for keep in keeps if keep.pseudonym is not None)
    names = ("pseudonym", "reason", "commitment", "regions")
    rows = [dict(zip(names, (*keep, count), strict=True)) for keep, count in people.items()]
    return {"people": rows, "not_faces": len(keeps) - people.total()}


def _length(done: Redaction, start: Fraction) -> float:
    """Seconds: the film's own word, else until its last region."""
    return done.seconds or float(spans(done.plan, start)[:, 1].max(initial=0.0))


def _seen(done: Redaction) -> Seen:
    sizes = _size(done.source, done.input_sha256), _size(done.output, done.output_sha256)
    seen = Seen(kind(done.output), *sizes)
    match seen.kind:
        case Kind.STILL:
            return replace(seen, moments=tuple(in_still(done.output, done.plan)))
        case Kind.ANIMATION:
            return replace(seen, moments=tuple(in_animation(done.output, done.plan, _length(done, Fraction(0)))))
        case Kind.FILM:
            return _seen_film(done, seen)
        case _:
            assert_never(seen.kind)


def _seen_film(done: Redaction, seen: Seen) -> Seen:
    with Reader(done.output) as reader:
        start = next(reader.frames()).pts * reader.film.time_base
        codec = reader.film.codec
    moments = in_film(done.output, done.plan, start, _length(done, start))
    sound_in = len(probe(done.source).sound)
    return replace(seen, codec=codec, sound_in=sound_in, start=start, moments=tuple(moments))


def _size(path: Path, digest: str) -> int:
    """Bytes of the file at `path`, which is the one with that SHA-256. Raises `Unfinished`, `Unreadable`."""
    if sha256(path) != digest:
        raise Unfinished(f"{path}: has changed since it was redacted; no report was written. Redact it again")
    return path.stat().st_size


def _lines(found: dict[str, Any]) -> str:
    """As JSON, one fact a line."""
    rows = (f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in found.items())
    return "{\n " + ",\n ".join(rows) + "\n}\n"


def _put(path: Path, text: str, name: Path) -> None:
    try:
        # half a character, which a plan can hold, is written as JSON writes it
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise unwritable(name, error) from None
