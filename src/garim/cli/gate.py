"""`garim gate`: a passport that its owner hands over, read as a border reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli import gate_challenge, gate_evaluate, gate_report, gate_trust, gate_verify
from garim.cli import told_gate as told
from garim.cli.gate_trust import TrustDir
from garim.core.errors import Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.gate.passport import Inspection

_MOST_MRZ = 4096  # bytes; the longest zone has 90 letters

app = typer.Typer(no_args_is_help=True, help="One traveller and the passport that they hand over; nothing is kept.")
app.add_typer(gate_trust.app, name="trust")
app.command("challenge")(gate_challenge.challenge)
app.command("verify")(gate_verify.verify)
app.command("evaluate")(gate_evaluate.evaluate)
app.command("report")(gate_report.report)

DocumentPath = Annotated[
    Path, typer.Argument(metavar="DOCUMENT", help="A folder or zip of the chip's files: EF.COM, EF.SOD, EF.DG1 and on.")
]
Crls = Annotated[
    list[Path], typer.Option("--crl", metavar="FILE", help="A revocation list, besides those trusted; repeatable.")
]
At = Annotated[
    str | None, typer.Option(metavar="DATE", help="For which day or moment, as 2026-11-22 or 2026-11-22T10:00Z; now.")
]
PrintedMrz = Annotated[
    Path | None, typer.Option("--printed-mrz", metavar="FILE", help="The lines that the page shows, to be compared.")
]
PortraitOut = Annotated[
    Path | None, typer.Option("--portrait", metavar="OUT.png", help="Write the portrait from the chip.")
]
PageOut = Annotated[
    Path | None, typer.Option("--page", metavar="OUT.html", help="Write a page to read on a screen or on paper.")
]
Holder = Annotated[bool, typer.Option("--holder", help="Say who the holder is, and put it on the page.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]


@app.command()
def inspect(
    document: DocumentPath,
    *,
    trust: TrustDir = None,
    crl: Crls = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    at: At = None,
    printed_mrz: PrintedMrz = None,
    portrait: PortraitOut = None,
    page: PageOut = None,
    holder: Holder = False,
    as_json: Json = False,
    force: Force = False,
) -> int:
    """Say, check by check, whether a state signed what is on this chip, and whether anything was changed since.

    Each line is passed, flagged (it holds, and a person has to weigh it), unchecked or failed. Nothing is kept, nothing
    leaves this machine, and the holder is not named unless --holder asks for it.

    Exit codes: 0 proven; 1 anything else: flagged, not proven, refused; 2 misuse; 3 it could not be read.
    """
    from garim.gate.passport import Verdict
    from garim.gate.passport.trust import NAME, own

    moment = _moment(at)
    outputs = [path for path in (portrait, page) if path is not None]
    inputs = [*crl, *([printed_mrz] if printed_mrz else []), (trust or own()) / NAME]
    _refuse_clash(outputs, document, inputs, force=force)
    done = _inspected(document, trust, crl, moment, _printed(printed_mrz))
    _write(done, portrait, page, holder=holder, force=force)
    told.inspected(done, holder=holder, as_json=as_json)
    return 0 if done.verdict is Verdict.PROVEN else 1


def _inspected(document: Path, trust: Path | None, crl: list[Path], at: datetime, printed: str | None) -> Inspection:
    from garim.gate.passport import Decoder, Refused, inspect, read, unread

    with gate_trust.believed(trust) as store, Decoder() as decoder:
        crls = gate_trust.crls(crl, store, at=at)
        try:
            files = read(document)
        except Refused as error:
            return unread(error, document, at=at)
        return inspect(files, store, at=at, printed_mrz=printed, decoder=decoder, crls=crls)


def _write(done: Inspection, portrait: Path | None, page: Path | None, *, holder: bool, force: bool) -> None:
    """Write what was asked for; for nobody else's eyes where it shows the holder."""
    from garim.gate.passport.page import page as paged
    from garim.gate.passport.portrait_file import png

    picture = None if done.portrait is None else png(done.portrait)
    if portrait is not None and picture is not None:
        with whole(portrait, force=force, mode=0o600) as path:
            path.write_bytes(picture)
        told.written(portrait, what="the portrait from the chip; it shows the holder's face")
    elif portrait is not None:
        told.written(portrait, what="not written: there is no portrait that was signed and could be decoded")
    if page is not None:
        with whole(page, force=force, mode=0o600 if holder else 0o644) as path:
            path.write_text(paged(done, holder=holder, png=picture, made=datetime.now(UTC)), "utf-8")
        told.written(page, what="the page; it names the holder" if holder else "the page; it names nobody")


def _refuse_clash(outputs: list[Path], document: Path, inputs: list[Path], *, force: bool) -> None:
    for output in outputs:
        refuse_clash(output, [document, *inputs], force=force)
        if document.is_dir() and output.resolve().is_relative_to(document.resolve()):
            raise Misuse(f"{output}: lies among the chip's files; nothing was begun. Name a file elsewhere")
    if len({output.resolve() for output in outputs}) < len(outputs):
        raise Misuse(f"{outputs[0]}: is named twice; nothing was begun. Name another file")


def _printed(path: Path | None) -> str | None:
    """What the page shows, as its lines stand in a file."""
    if path is None:
        return None
    if path.exists() and not path.is_file():
        raise Misuse(f"--printed-mrz {path}: is no plain file; nothing was begun")
    try:
        with path.open("rb") as file:
            octets = file.read(_MOST_MRZ + 1)
        text = octets.decode("ascii")
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was begun") from None
    except UnicodeDecodeError:
        raise Misuse(
            f"--printed-mrz {path}: has letters that no machine readable zone has; nothing was begun"
        ) from None
    if len(octets) > _MOST_MRZ:
        raise Misuse(f"--printed-mrz {path}: is longer than any machine readable zone; nothing was begun")
    return text


def _moment(word: str | None) -> datetime:
    """The moment that is asked about; a day stands for its noon."""
    if word is None:
        return datetime.now(UTC)
    try:
        if len(word) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(word), time(12), UTC)
        at = datetime.fromisoformat(word)
    except ValueError:
        raise Misuse(
            f"--at {word}: is a day as 2026-11-22, or a time as 2026-11-22T10:00Z; nothing was begun"
        ) from None
    if at.tzinfo is None:
        raise Misuse(f"--at {word}: in which zone? Write it as {word}Z, or with +09:00; nothing was begun")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Misuse(f"--at {word}: is no time that the calendar has in UTC; nothing was begun") from None
