"""`garim exposure notice`: a signed list of places and hours, and a page on which people find out by themselves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.consent import KnownFile, proven
from garim.cli.told import say
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.consent import Consent
    from garim.exposure.case import Case
    from garim.exposure.issue import Draft, Issued
    from garim.exposure.zones import Zones
    from garim.ledger.keys import Signer

_MOST_BYTES = 1 << 20  # no case and no file of zones is longer

Cases = Annotated[list[Path], typer.Argument(metavar="CASE", help="Cases that an officer signed, of 3 people or more.")]
ZonesFile = Annotated[Path, typer.Option("--zones", metavar="FILE", help="The places that may be named, and cameras.")]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="The key that signs, from garim consent key.")]
Consents = Annotated[
    list[Path], typer.Option("--consent", metavar="FILE", help="A consent to exposure.notice for each of the people.")
]
Advice = Annotated[str, typer.Option(metavar="WORDS", help="What whoever was there should do, and whom to ask.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where the list goes, with its signature.")]
PageOption = Annotated[Path | None, typer.Option("--page", help="Write the page, too: one HTML file.")]
Hours = Annotated[int, typer.Option(metavar="N", help="Hours in a window: 1, 2, 3, 4, 6, 8, 12 or 24.")]
Least = Annotated[int, typer.Option(metavar="N", help="People in a list, and on each of its days: 3 or more.")]
Ledger = Annotated[Path | None, typer.Option(metavar="DIR", help="The ledger to log to. If not given, your own.")]
Test = Annotated[bool, typer.Option("--test", help="Take cases and consents made for tests; the list says TEST.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def notice(
    cases: Cases,
    *,
    zones: ZonesFile,
    key: KeyFile,
    consent: Consents,
    advice: Advice,
    output: Output,
    page: PageOption = None,
    hours: Hours = 1,
    least: Least = 3,
    known: KnownFile = None,
    ledger: Ledger = None,
    test: Test = False,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Publish where and when people were who turned out to be infectious, so that others can compare for themselves.

    Places are zones and times are whole hours; several people's are mixed, and what too few share is held back.
    What is published cannot be taken back: each of them agreed to that, and is in one list only.

    Exit codes: 0 done; 1 done, and something was held back, or a consent or case does not hold; 2 misuse;
    3 not finished.
    """
    from garim.consent import load_known
    from garim.exposure.issue import draft, issue
    from garim.exposure.noticed import people
    from garim.ledger import now, opened

    _refuse_clash(output, page, [*cases, *consent, zones, key], test=test, force=force)
    signer, places = _signer(key), _zones(zones)
    who = people([_case(path) for path in cases], _agreed(consent, known, ledger, test=test), load_known(known), now())
    made = draft(who, places, advice=advice, at=now(), hours=hours, least=least)
    with opened(ledger) as log:
        issued = issue(made, signer, log)
    _write(issued, signer, output, page, force=force)
    return _told(made, issued, signer, [each for each in (output, page) if each], as_json=as_json)


def _refuse_clash(output: Path, page: Path | None, inputs: Sequence[Path], *, test: bool, force: bool) -> None:
    if page and page.resolve() == output.resolve():
        raise Misuse(f"{output}: is named twice; nothing was published")
    for path in (output, page):
        if path:
            if test and "TEST" not in path.name:
                raise Misuse(f"{path}: a list made for tests says TEST in its name; nothing was published")
            refuse_clash(path, inputs, force=force)


def _agreed(paths: Sequence[Path], known: Path | None, ledger: Path | None, *, test: bool) -> list[Consent]:
    from garim.consent import Purpose

    purpose = Purpose.EXPOSURE_NOTICE
    return [proven(path, purpose=purpose, known=known, ledger=ledger, test=test) for path in paths]


def _write(issued: Issued, signer: Signer, output: Path, page: Path | None, *, force: bool) -> None:
    from garim.exposure.notice_page import page as drawn

    tree = {"note": issued.note, "receipt": issued.receipt.plain()}
    text = json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
    with contextlib.ExitStack() as both:  # the list is not there without its page
        both.enter_context(whole(output, force=force)).write_text(text, "utf-8")
        if page:
            both.enter_context(whole(page, force=force)).write_text(drawn(issued.note, signer.vkey), "utf-8")


def _told(made: Draft, issued: Issued, signer: Signer, outputs: Sequence[Path], *, as_json: bool) -> int:
    notice, people, lone = made.notice, len(made.consents), made.mixed.lone
    held = [day.isoformat() for day in made.mixed.held]
    code = 1 if held or lone else 0
    if as_json:
        facts = {"outputs": [str(path) for path in outputs], "key": str(signer.vkey), "windows": len(notice.windows)}
        facts |= {"people": people, "until": notice.until.isoformat(), "held_back": held, "windows_held_back": lone}
        print(json.dumps(facts | {"test": notice.test, "receipt": issued.receipt.plain()}))
        return code
    tell = say()
    for path in outputs:
        tell(str(path), markup=False)
    if notice.test:
        tell("  [bold red]TEST[/bold red]: the list says so")
    tell(f"  {len(notice.windows)} windows of {people} people, until {notice.until}")
    tell(f"  on the ledger as entry {issued.receipt.proof.index}")
    tell(f"  signed with {signer.vkey}", markup=False)
    tell("  publish that line elsewhere, too: on it rests that the list is yours")
    for day in held:
        tell(f"  [bold]held back[/bold] {day}: too few people share it")
    if lone:
        tell(f"  [bold]held back[/bold] {lone} windows of other days: one person alone was there")
    return code


def _signer(path: Path) -> Signer:
    from garim.ledger import keys

    found = keys.load(path)
    if len(found) != 1:
        raise Misuse(f"{path}: holds {len(found)} keys; nothing was signed. garim consent key makes a file with one")
    return found[0]


def _zones(path: Path) -> Zones:
    from garim.exposure import zones

    try:
        return zones.read(_text(path))
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from None


def _case(path: Path) -> Case:
    from garim.exposure import case

    try:
        return case.read(_text(path))
    except Malformed as error:
        raise Malformed(f"{path}: {error}; nothing was published") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was published") from None
    try:
        if len(octets) > _MOST_BYTES:
            raise Malformed(f"{path}: is longer than a megabyte, and so nothing of ours; nothing was published")
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed(f"{path}: is no text; nothing was published") from None
