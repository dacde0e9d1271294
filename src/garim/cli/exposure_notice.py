"""`garim exposure notice`: a signed list of places and hours, and a page on which people find out by themselves."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
    from garim.exposure.mix import Mixed, Stay
    from garim.exposure.notice import Notice
    from garim.exposure.zones import Zones
    from garim.ledger import Log
    from garim.ledger.keys import Signer
    from garim.ledger.receipt import Receipt

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


@dataclass(frozen=True, slots=True)
class _Person:
    consent: Consent
    stays: tuple[Stay, ...]


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

    Places are zones and times are whole hours; several people's are mixed, and a day that too few share is held back.
    What is published cannot be taken back: each of them agreed to that, and is in one list only.

    Exit codes: 0 done; 1 done, and days were held back, or a consent or case does not hold; 2 misuse; 3 not finished.
    """
    from garim.exposure.mix import mixed
    from garim.exposure.notice import signed
    from garim.ledger import opened

    _refuse_clash(output, page, [*cases, *consent, zones, key], test=test, force=force)
    signer, places = _signer(key), _zones(zones)
    people = _people(cases, consent, known, ledger, test=test)
    list_ = mixed([person.stays for person in people], places, hours=hours, least=least)
    behind = [people[number].consent for number in list_.counted]
    made = _notice(list_, behind, places, advice, signer)
    note = signed(made, signer)
    with opened(ledger) as log:
        receipt = _logged(log, behind, list_, note)
        _write(note, signer, receipt, output, page, force=force)
    return _told(made, list_, len(behind), signer, receipt, [each for each in (output, page) if each], as_json=as_json)


def _refuse_clash(output: Path, page: Path | None, inputs: Sequence[Path], *, test: bool, force: bool) -> None:
    if page and page.resolve() == output.resolve():
        raise Misuse(f"{output}: is named twice; nothing was published")
    for path in (output, page):
        if path:
            if test and "TEST" not in path.name:
                raise Misuse(f"{path}: a list made for tests says TEST in its name; nothing was published")
            refuse_clash(path, inputs, force=force)


def _people(
    cases: Sequence[Path], consents: Sequence[Path], known: Path | None, ledger: Path | None, *, test: bool
) -> list[_Person]:
    """Each person once, by all of their cases. Raises `Misuse` where cases and consents are not of the same people."""
    from garim.consent import Purpose, load_known
    from garim.exposure.noticed import stays

    agreed: dict[str, Consent] = {}
    for path in consents:
        found = proven(path, purpose=Purpose.EXPOSURE_NOTICE, known=known, ledger=ledger, test=test)
        if agreed.setdefault(found.pseudonym, found) is not found:
            raise Misuse(f"{path}: {found.pseudonym} has another consent here; nothing was published. One each")
    theirs: dict[str, list[Stay]] = defaultdict(list)
    officers, at = load_known(known), datetime.now(UTC)
    for path in cases:
        case = _case(path)
        if case.patient not in agreed:
            raise Misuse(f"{path}: no --consent of {case.patient}; nothing was published")
        theirs[case.patient] += stays(case, agreed[case.patient], officers, at)
    for pseudonym in agreed.keys() - theirs.keys():
        raise Misuse(f"{pseudonym}: a consent, and no case of theirs; nothing was published")
    return [_Person(agreed[pseudonym], tuple(rows)) for pseudonym, rows in theirs.items()]


def _notice(list_: Mixed, behind: Sequence[Consent], places: Zones, advice: str, signer: Signer) -> Notice:
    from garim.exposure.notice import Notice, lasts
    from garim.exposure.zones import clock

    controllers = sorted({consent.controller for consent in behind})
    if len(controllers) > 1:
        raise Misuse(f"the consents were given to {' and to '.join(controllers)}; nothing was published. A list each")
    today = datetime.now(clock(places.time_zone)).date()
    try:
        return Notice(
            by=controllers[0],
            advice=advice,
            made=today,
            until=lasts(today, [consent.valid_until for consent in behind]),
            time_zone=places.time_zone,
            windows=list_.windows,
            test=any(consent.test for consent in behind),
        )
    except ValueError as error:
        raise Misuse(f"{error}; nothing was published") from None


def _logged(log: Log, behind: Sequence[Consent], list_: Mixed, note: str) -> Receipt:
    """All entries of a list at once: it stands on the ledger, and so does each consent, or nothing does."""
    from hashlib import sha256

    from garim.exposure.noticed import entries, refuse_listed
    from garim.ledger import Entry, commitment, key, now, prove
    from garim.ledger.entry import written
    from garim.ledger.receipt import Receipt

    marks = entries(behind, list_.windows, now())
    again = refuse_listed(log, marks)
    secret, opened = key(), {"notice": sha256(note.encode()).hexdigest()}
    facts: dict[str, str | int] = {
        "cases": len(behind),
        "notice": commitment(secret, "notice", opened["notice"].encode()),
        "windows": len(list_.windows),
    }
    new = [Entry("exposure.notice", now(), facts), *(() if again else marks)]
    first = log.append([written(entry) for entry in new])[0]
    return Receipt(prove(log.tree, first, log.note), secret, opened)


def _write(note: str, signer: Signer, receipt: Receipt, output: Path, page: Path | None, *, force: bool) -> None:
    from garim.exposure.notice_page import page as drawn

    text = json.dumps({"note": note, "receipt": receipt.plain()}, indent=1, ensure_ascii=False) + "\n"
    with contextlib.ExitStack() as both:  # the list is not there without its page
        both.enter_context(whole(output, force=force)).write_text(text, "utf-8")
        if page:
            both.enter_context(whole(page, force=force)).write_text(drawn(note, signer.vkey), "utf-8")


def _told(
    made: Notice,
    list_: Mixed,
    people: int,
    signer: Signer,
    receipt: Receipt,
    outputs: Sequence[Path],
    *,
    as_json: bool,
) -> int:
    held = [day.isoformat() for day in list_.held]
    if as_json:
        facts = {"outputs": [str(path) for path in outputs], "key": str(signer.vkey), "windows": len(made.windows)}
        facts |= {"people": people, "until": made.until.isoformat(), "held_back": held, "test": made.test}
        print(json.dumps(facts | {"receipt": receipt.plain()}))
        return 1 if held else 0
    tell = say()
    for path in outputs:
        tell(str(path), markup=False)
    if made.test:
        tell("  [bold red]TEST[/bold red]: the list says so")
    tell(f"  {len(made.windows)} windows of {people} people, until {made.until}")
    tell(f"  on the ledger as entry {receipt.proof.index}")
    tell(f"  signed with {signer.vkey}", markup=False)
    tell("  publish that line elsewhere, too: on it rests that the list is yours")
    for day in held:
        tell(f"  [bold]held back[/bold] {day}: too few people share it, or one has most of it")
    return 1 if held else 0


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
