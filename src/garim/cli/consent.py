"""`garim consent`: records of what a person agreed to, made, signed, read, withdrawn and proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.told import say
from garim.core.errors import GarimError, Misuse, Unfinished

if TYPE_CHECKING:
    from garim.consent import Consent, Purpose, Record

app = typer.Typer(no_args_is_help=True, help="Consents: who agreed to what, until when.")

RecordFile = Annotated[Path, typer.Argument(metavar="RECORD", help="The record's file.")]
PurposeOption = Annotated[
    str,
    typer.Option(
        help="redact.keep, exposure.case, exposure.notice, gate.verify, gate.evaluate, corpus.train or corpus.test."
    ),
]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="The secret key, from garim consent key.")]
Role = Annotated[
    str, typer.Option("--as", help="subject: the person's own key; officer: of one who attests what the person said.")
]
WithdrawingKey = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="The secret key; for a record withdrawn already, none.")
]
WithdrawingRole = Annotated[str | None, typer.Option("--as", help="subject or officer, as for garim consent sign.")]
KnownFile = Annotated[
    Path | None,
    typer.Option(
        "--known",
        metavar="FILE",
        help="Whose signatures count, one 'KEY officer' or 'KEY subject PSEUDONYM' a line. "
        "If not given, garim/known-keys in your config folder.",
    ),
]
Ledger = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The ledger that knows what was withdrawn. If not given, your own."),
]
Test = Annotated[bool, typer.Option("--test", help="Take records made for tests and demos; the answer says TEST.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Subject = Annotated[
    str,
    typer.Option(metavar="PSEUDONYM", help="The mark by which you know the person, as P-01. No name, no number."),
]
TextFile = Annotated[Path, typer.Option(metavar="FILE", help="The text that the person is shown; its hash is kept.")]
Language = Annotated[str, typer.Option(metavar="TAG", help="The text's language, as ko or en.")]
Controller = Annotated[str, typer.Option(metavar="NAME", help="Who answers for the data.")]
Contact = Annotated[str, typer.Option(metavar="HOW", help="How the person reaches them, to withdraw too.")]
Until = Annotated[str, typer.Option(metavar="TIME", help="The last day, as 2027-03-31, or moment, in UTC.")]
Refusal = Annotated[str, typer.Option(metavar="WORDS", help="What follows for the person from saying no.")]
Alternative = Annotated[str | None, typer.Option(metavar="WORDS", help="What the person can do instead, without this.")]
Processors = Annotated[
    list[str] | None,
    typer.Option("--processor", metavar="NAME", help="Who works on the data for the controller; repeatable."),
]
DataOption = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="KIND", help="What is used; repeatable. If not given, all that the purpose takes."),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="The first day, or moment. If not given, now.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where to write. If not given, PSEUDONYM.consent.json.")
]
ForTest = Annotated[bool, typer.Option("--test", help="For tests and demos; refused elsewhere.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a record that exists.")]


@app.command()
def new(
    *,
    subject: Subject,
    purpose: PurposeOption,
    text: TextFile,
    language: Language,
    controller: Controller,
    contact: Contact,
    until: Until,
    refusal: Refusal,
    alternative: Alternative = None,
    processor: Processors = None,
    data: DataOption = None,
    start: From = None,
    output: Output = None,
    test: ForTest = False,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Draft a record: for one person and one purpose. It allows nothing before it is signed.

    A name does not belong in it: the person goes by a pseudonym, and who that is you keep elsewhere.

    The file holds the key that links it to a ledger: only you can read it, and destroying it destroys the link.
    """
    from garim.consent import TAKES, Data, Record, save
    from garim.consent import Purpose as Purposes
    from garim.files import sha256

    chosen = _chosen(Purposes, "--purpose", purpose)
    wanted = [_chosen(Data, "--data", word) for word in data] if data else TAKES[chosen]
    if not set(wanted) <= set(TAKES[chosen]):
        raise Misuse(f"--data: {chosen} takes {', '.join(TAKES[chosen])} and nothing else; nothing was written")
    try:
        record = Record(
            pseudonym=subject,
            purpose=chosen,
            data=tuple(kind for kind in TAKES[chosen] if kind in wanted),
            controller=controller,
            contact=contact,
            processors=tuple(processor or ()),
            valid_from=_time(start, "--from", time.min) if start else _now(),
            valid_until=_time(until, "--until", time(23, 59, 59)),
            text_sha256=sha256(text),
            language=language,
            refusal=refusal,
            alternative=alternative,
            test=test,
        )
    except ValueError as error:
        raise Misuse(f"{error}; nothing was written") from None
    output = output or Path(f"{subject}{'.TEST' if test else ''}.consent.json")
    save(record, output, force=force)
    return _wrote(record, output, "a draft; garim consent sign makes it count", as_json=as_json)


@app.command()
def key(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the secret goes; never replaced.")],
    name: Annotated[str, typer.Option(help="Under which the key signs, without spaces. A person's: their pseudonym.")],
    as_json: Json = False,
) -> int:
    """Make a key: the secret goes to a file of your own, the public line to stdout, for lists of known keys."""
    from garim.consent import new_key, public_of, save_key

    made = new_key(name)
    save_key(made, output)
    public = str(public_of(made))
    print(json.dumps({"output": str(output), "key": public}) if as_json else public)
    say()(f"{output} is the secret: who reads it can sign", markup=False)
    return 0


@app.command()
def sign(record: RecordFile, *, key: KeyFile, role: Role, as_json: Json = False) -> int:
    """Sign a draft: the person with a key of their own, or an officer who attests what the person said.

    Which of the two it was is in the record, and under the signature.
    """
    from garim.consent import Signer, give, load, load_key, save

    path = record.resolve()
    given = give(load(path), load_key(key), by=_chosen(Signer, "--as", role), at=_now())
    save(given, path, force=True)
    return _wrote(given, record, "given", as_json=as_json)


@app.command()
def show(record: RecordFile, *, as_json: Json = False) -> int:
    """Say in plain words who agreed to what, until when, and how to withdraw.

    Shown is what the record says, if it is as it was signed; whether it holds here, garim consent check proves.
    """
    from garim.consent import in_words, load, refuse_altered

    shown = load(record)
    refuse_altered(shown)
    if as_json:
        print(json.dumps(_public(shown)))
        return 0
    rows = list(in_words(shown, _now()))
    widest = max(len(heading) for heading, _ in rows)
    for heading, words in rows:
        print(f"{heading:>{widest}}  {words}")
    return 0


@app.command()
def withdraw(
    record: RecordFile,
    *,
    key: WithdrawingKey = None,
    role: WithdrawingRole = None,
    known: KnownFile = None,
    ledger: Ledger = None,
    test: Test = False,
    as_json: Json = False,
) -> int:
    """Withdraw a consent, for good, in the record and on the ledger, so that old copies count for nothing either.

    The key is the one that gave it, or another known one. The ledger learns a commitment, and no name.

    Of a record that is withdrawn already another ledger can be told, or the same again: it needs no key for that.
    """
    from garim.consent import Act, ForTests, load, load_known, refuse_false_withdrawal, save

    path = record.resolve()
    was = load(path)
    if was.test and not test:
        raise ForTests("the record was made for tests: its withdrawal would stand on a ledger. --test does it")
    if any(event.act is Act.WITHDRAW for event in was.events):
        over = was
        refuse_false_withdrawal(was, load_known(known))
    else:
        over = _withdrawn(was, key, role, known)
    # neither waits for the other: what a person takes back must not hang on a file, nor on a ledger
    unsaved = _refused(lambda: save(over, path, force=True)) if over is not was else None
    unknown = _refused(lambda: _announce(ledger, over))
    told_to = _place(ledger)
    if unsaved and unknown:
        raise Unfinished(f"{record}: NOT withdrawn, not in the record: {unsaved}; not on the ledger: {unknown}")
    if unknown:
        raise Unfinished(f"{record}: withdrawn in the record; NOT on the ledger: {unknown}; run it again")
    if unsaved:
        raise Unfinished(f"{record}: withdrawn on the ledger at {told_to}; NOT in the record: {unsaved}; run it again")
    what = f"withdrawn, for good; the ledger at {told_to} knows"
    return _wrote(over, record, what, as_json=as_json, ledger=str(told_to))


def _withdrawn(was: Record, key: Path | None, role: str | None, known: Path | None) -> Record:
    from garim.consent import Signer, load_key, load_known, withdraw

    if key is None or role is None:
        raise Misuse("to withdraw takes --key and --as; nothing was changed")
    signer = _chosen(Signer, "--as", role)
    return withdraw(was, load_key(key), by=signer, at=_now(), known=load_known(known))


def _refused(act: Callable[[], None]) -> GarimError | None:
    try:
        act()
    except GarimError as error:
        return error
    return None


@app.command()
def check(
    record: RecordFile,
    *,
    purpose: PurposeOption,
    controller: Annotated[str | None, typer.Option(metavar="NAME", help="Who wants to use it.")] = None,
    processor: Annotated[str | None, typer.Option(metavar="NAME", help="Who would work on the data.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="The moment, in UTC. If not given, now.")] = None,
    known: KnownFile = None,
    ledger: Ledger = None,
    test: Test = False,
    as_json: Json = False,
) -> int:
    """Prove that a consent holds: signed by a known key, unaltered, not withdrawn, for this purpose, at this time.

    Exit codes: 0 it holds; 1 it does not, and the line says why; 2 misuse; 3 it could not be checked.
    """
    from garim.consent import Purpose as Purposes

    consent = proven(
        record,
        purpose=_chosen(Purposes, "--purpose", purpose),
        at=_time(at, "--at", time.min) if at else _now(),
        known=known,
        ledger=ledger,
        controller=controller,
        processor=processor,
        test=test,
    )
    asked = _asked(ledger)
    if as_json:
        print(json.dumps(_facts(consent) | {"ledgers": [{"path": str(path), "exists": is_} for path, is_ in asked]}))
    else:
        print(f"{'TEST: ' if consent.test else ''}{consent.pseudonym}: {consent.purpose} holds", end=" ")
        print(f"until {consent.valid_until:%Y-%m-%d %H:%M:%S} UTC, on the word of the {consent.signer}")
    for path, is_ in asked:
        says = "was asked, and knows of no withdrawal" if is_ else "is your own and was never made: it knows nothing"
        say()(f"the ledger at {path} {says}", markup=False)
    return 0


def proven(
    path: Path,
    *,
    purpose: Purpose,
    known: Path | None,
    ledger: Path | None,
    at: datetime | None = None,
    controller: str | None = None,
    processor: str | None = None,
    test: bool = False,
    told: bool = True,
) -> Consent:
    """The consent that the record at `path` proves; a TEST one is `told` of loudly. Raises `NoConsent` and its like."""
    from garim.consent import load, load_known, valid

    record = load(path)
    consent = valid(
        record,
        purpose=purpose,
        at=at or _now(),
        known=load_known(known),
        withdrawn=_withdrawals(ledger),
        controller=controller,
        processor=processor,
        allow_test=test,
    )
    if consent.test and told:
        say()("[bold red]TEST[/bold red]: this consent was made for tests; nobody agreed to anything")
    return consent


def _withdrawals(ledger: Path | None) -> Callable[[bytes], bool]:
    """Whether the withdrawal that a commitment stands for is on the ledger at `ledger`, or on the user's own."""
    from garim.ledger import is_withdrawn

    return lambda commitment: any(is_withdrawn(place, commitment) for place in {ledger, None})


def _asked(ledger: Path | None) -> list[tuple[Path, bool]]:
    """Each ledger that `_withdrawals` asks, and whether it is there: the user's own may never have been made."""
    places = dict.fromkeys(_place(each) for each in (ledger, None))
    return [(place, place.exists()) for place in places]


def _place(ledger: Path | None) -> Path:
    from garim.ledger import default

    return ledger or default()


def _announce(ledger: Path | None, withdrawn: Record) -> None:
    """Put `withdrawn` on the ledger, durably; once, however often it is tried."""
    from garim.ledger import Entry, is_withdrawn, now, opened, record

    if is_withdrawn(ledger, withdrawn.commitment):
        return
    facts = {"by": withdrawn.events[-1].by.value, "record": f"hmac-sha256:{withdrawn.commitment.hex()}"}
    with opened(ledger) as log:
        record(log, Entry("consent.withdrawn", now(), facts))


def _wrote(record: Record, path: Path, what: str, *, as_json: bool, **more: str) -> int:
    if as_json:
        print(json.dumps({"output": str(path)} | _public(record) | more))
    else:
        say()(f"{'TEST ' if record.test else ''}{path}: {what}", markup=False)
    return 0


def _public(record: Record) -> dict[str, Any]:
    """The record as JSON without the key that links it to a ledger, and what follows from it."""
    from garim.consent import plain, standing

    facts = plain(record)
    del facts["commitment_key"]
    return facts | {"state": standing(record, _now()).value, "commitment": record.commitment.hex()}


def _facts(consent: Consent) -> dict[str, Any]:
    from dataclasses import asdict

    from garim.consent import time_text

    times = {name: time_text(getattr(consent, name)) for name in ("valid_from", "valid_until")}
    return asdict(consent) | times | {"commitment": consent.commitment.hex()}


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _time(word: str, option: str, on_a_day: time) -> datetime:
    """The moment that `word` names; of a day it is `on_a_day`, UTC."""
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        raise Misuse(f"{option} {word}: is a day, as 2027-03-31, or a moment, as 2027-03-31T12:00:00Z") from None
    if len(word) == len("2027-03-31"):
        return datetime.combine(at, on_a_day, UTC)
    if at.utcoffset() is None:
        raise Misuse(f"{option} {word}: says no zone. In UTC it ends in Z: {word}Z")
    return at.astimezone(UTC).replace(microsecond=0)


def _chosen(choices: Any, option: str, word: str) -> Any:
    try:
        return choices(word)
    except ValueError:
        raise Misuse(f"{option} {word}: is one of {', '.join(choices)}; nothing was begun") from None
