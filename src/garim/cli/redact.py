"""`garim redact`: films and stills in, the same without faces out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli import logged, told
from garim.cli.consent import KnownFile, proven
from garim.cli.progress import bar
from garim.core.errors import Disproved, GarimError, Misuse, Unfinished, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.consent import Consent
    from garim.core.plan import Plan
    from garim.ledger import Log
    from garim.ledger.receipt import Receipt
    from garim.redact import Redaction
    from garim.redact.batch import Outcome, Settings

_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_KEPT = "agreed to stay visible in footage that is released"

Inputs = Annotated[list[Path], typer.Argument(metavar="INPUT", help="Films, stills, folders of them.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Where to write; for several inputs or a folder, a folder. If not given, beside the input.",
    ),
]
StyleOption = Annotated[str, typer.Option(help="How a face is destroyed: fill, mosaic or blur.")]
CheckOption = Annotated[str, typer.Option(help="Look at the result again: all, keys (key frames, track ends), off.")]
Mute = Annotated[bool, typer.Option("--mute", help="Leave the sound out: voices identify people.")]
CodecOption = Annotated[
    str | None,
    typer.Option(help="h264, hevc or av1; if not given, as the input was where that can be."),
]
Preset = Annotated[str, typer.Option(help="The encoder's preset, ultrafast to veryslow: slower makes smaller files.")]
Quality = Annotated[float, typer.Option(help="The encoder's constant rate factor, 0 to 51: lower is better.")]
PlanOption = Annotated[Path | None, typer.Option("--plan", help="Go by this plan instead of looking for faces.")]
PlanOnly = Annotated[bool, typer.Option("--plan-only", help="Write only the plan, as JSON to correct by hand.")]
Review = Annotated[Path | None, typer.Option(help="Write a page to correct this plan in. It shows faces.")]
KeepOption = Annotated[
    list[str], typer.Option("--keep", metavar="TRACK=CONSENT", help="Leave one person of the plan visible: who agreed.")
]
ConsentOption = Annotated[
    list[Path], typer.Option("--consent", metavar="FILE", help="The consent of somebody whom the plan leaves visible.")
]
Test = Annotated[bool, typer.Option("--test", help="Take consents made for tests and demos; the result says TEST.")]
Ledger = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Put what was done on this ledger, and the receipt into the report. It also knows who withdrew.",
    ),
]
Report = Annotated[bool, typer.Option("--report", help="Write OUTPUT.report.html and .json, to hand out with it.")]
Jobs = Annotated[int, typer.Option(min=1, help="Files at once.")]
Accept = Annotated[bool, typer.Option("--accept-residual", help="Publish even if the check still sees faces.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]


def redact(
    inputs: Inputs,
    output: Output = None,
    style: StyleOption = "fill",
    check: CheckOption = "all",
    mute: Mute = False,
    codec: CodecOption = None,
    encoder_preset: Preset = "veryfast",
    quality: Quality = 20.0,
    plan: PlanOption = None,
    plan_only: PlanOnly = False,
    review: Review = None,
    keep: KeepOption = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    consent: ConsentOption = [],  # noqa: B006 - as above
    known: KnownFile = None,
    ledger: Ledger = None,
    test: Test = False,
    report: Report = False,
    jobs: Jobs = 1,
    accept_residual: Accept = False,
    as_json: AsJson = False,
    force: Force = False,
) -> int:
    """Destroy every face in films and stills, and look at the result again before it leaves.

    Inputs are only read; outputs appear whole or not at all. Sound is kept; metadata is not.

    With a folder, or several inputs, one bad file does not stop the rest, and what is done is not done again.

    Exit codes: 0 done and clean; 1 done, with residuals accepted; 2 misuse; 3 not finished, nothing published.
    """
    from garim.cover import Style
    from garim.media import Codec, Encoding
    from garim.redact.batch import Settings
    from garim.redact.result import Check

    settings = Settings(
        _chosen(Style, "--style", style),
        _chosen(Check, "--check", check),
        mute,
        Encoding(_preset(encoder_preset), _quality(quality), _chosen(Codec, "--codec", codec) if codec else None),
        accept_residual,
    )
    alone = len(inputs) == 1 and not inputs[0].is_dir()
    if (plan or plan_only or review or keep or consent) and not alone:
        raise Misuse("--plan, --plan-only, --review, --keep and --consent take one film or still; nothing was written")
    if plan_only or review:
        if report or keep or consent or plan or (plan_only and review):
            raise Misuse("--plan-only and --review write one thing each and take no other; nothing was written")
        written = _planned(inputs[0], output, force) if plan_only else _reviewed(inputs[0], review, output, force)
        return told.written(written, as_json=as_json)
    if alone:
        going_by = _plan(plan, keep, consent, partial(_agreed, known=known, ledger=ledger, test=test))
    with _open(ledger) as log:
        if alone:
            return _one(inputs[0], output, settings, going_by, log, report=report, as_json=as_json, force=force)
        return _many(inputs, output, settings, jobs, log, report=report, as_json=as_json, force=force)


def _one(
    source: Path,
    output: Path | None,
    settings: Settings,
    plan: Plan | None,
    log: Log | None,
    *,
    report: bool,
    as_json: bool,
    force: bool,
) -> int:
    from garim import redact as room
    from garim.redact.report import reports_for, write_report

    where = output
    if report:
        where = output or room.output_for(source, settings.check, settings.encoding, mute=settings.mute)
        for path in reports_for(where):
            refuse_clash(path, [source], force=force)
    with bar(source.name) as progress:
        done = room.redact(
            source,
            where,
            plan=plan,
            style=settings.style,
            check=settings.check,
            mute=settings.mute,
            encoding=settings.encoding,
            accept_residual=settings.accept_residual,
            force=force,
            progress=progress,
        )
    receipt = _receipt(log, done)
    reports = write_report(done, receipt=receipt.plain() if receipt else None, force=force) if report else ()
    return told.done(done, reports, receipt, as_json=as_json)


@contextlib.contextmanager
def _open(ledger: Path | None) -> Iterator[Log | None]:
    """The ledger that was asked for, opened before anything is begun."""
    if ledger is None:
        yield None
        return
    with logged.open_ledger(ledger) as log:
        yield log


def _receipt(log: Log | None, done: Redaction) -> Receipt | None:
    if log is None:
        return None
    try:
        return logged.redaction(log, done)
    except GarimError as error:
        raise Unfinished(f"{done.output} was published, but is not on the ledger: {error}") from None


def _many(
    inputs: Sequence[Path],
    output: Path | None,
    settings: Settings,
    jobs: int,
    log: Log | None,
    *,
    report: bool,
    as_json: bool,
    force: bool,
) -> int:
    from garim.redact.batch import batch, tasks

    wanted = tasks(inputs, output, settings)
    outcomes = []
    with bar(f"{len(wanted)} files") as progress:
        for outcome in batch(wanted, settings, jobs=jobs, force=force, progress=progress):
            outcomes.append(_followed(outcome, log, report=report))
    return told.batch(outcomes, as_json=as_json)


def _followed(outcome: Outcome, log: Log | None, *, report: bool) -> Outcome:
    """The outcome, on the ledger and reported; what cannot be is this file's failure, not that of the rest."""
    from garim.redact.report import write_report

    if outcome.done is None:
        return outcome
    try:
        receipt = _receipt(log, outcome.done)
    except Unfinished as error:
        return _failed(outcome, str(error), error.exit_code)
    if not report:
        return outcome
    try:
        write_report(outcome.done, receipt=receipt.plain() if receipt else None, force=True)
    except GarimError as error:
        return _failed(outcome, f"{outcome.task.output} was published, but not its report: {error}", error.exit_code)
    return outcome


def _failed(outcome: Outcome, message: str, exit_code: int) -> Outcome:
    from garim.redact.batch import State

    return replace(outcome, state=State.FAILED, message=message, exit_code=exit_code)


def _planned(source: Path, output: Path | None, force: bool) -> Path:
    from garim import redact as room
    from garim.core.plan import written

    output = output or source.with_name(f"{source.stem}.plan.json")
    refuse_clash(output, [source], force=force)
    with bar(source.name) as progress:
        plan = room.planned(source, progress=progress)
    with whole(output, force=force) as path:
        path.write_text(written(plan), "utf-8")
    return output


def _reviewed(source: Path, plan: Path | None, output: Path | None, force: bool) -> Path:
    from garim.redact.review import review

    assert plan is not None
    output = output or source.with_name(f"{source.stem}.UNREDACTED-review.html")
    with bar(source.name) as progress:
        return review(source, _read(plan), output, force=force, progress=progress)


def _plan(
    path: Path | None, keep: Sequence[str], consents: Sequence[Path], agreed: Callable[[Path], Consent]
) -> Plan | None:
    """The plan at `path`, with the tracks kept that `keep` names, and whom consents were proven of."""
    from garim.core.plan import Keep

    if path is None:
        if keep or consents:
            raise Misuse("--keep and --consent go with a plan: make one with --plan-only, and give it with --plan")
        return None
    plan = _read(path)
    for word in keep:
        track, _, file = word.partition("=")
        if not (track.isdecimal() and file):
            raise Misuse(f"--keep {word}: is TRACK=CONSENT, as 3=p-01.consent.json; nothing was written")
        consent = agreed(Path(file))
        plan = plan.keeping(int(track), Keep(consent.pseudonym, _KEPT))
        plan = _with(plan, consent)
    for each in consents:
        plan = _with(plan, agreed(each))
    return plan


def _agreed(path: Path, *, known: Path | None, ledger: Path | None, test: bool) -> Consent:
    """The consent to be left visible that the record at `path` proves. Raises `Misuse` where it proves none."""
    from garim.consent import NoConsent, Purpose

    try:
        return proven(path, purpose=Purpose.REDACT_KEEP, known=known, ledger=ledger, test=test)
    except NoConsent as refused:
        # not its own exit code: 1 is a result with residuals, and here there is none
        raise Misuse(f"{path}: nothing was written: {refused}") from None
    except Disproved as odd:
        raise Misuse(str(odd)) from None


def _with(plan: Plan, consent: Consent) -> Plan:
    return plan.agreed(consent.pseudonym, consent.commitment.hex(), test=consent.test)


def _read(path: Path) -> Plan:
    from garim.core.plan import read

    try:
        return read(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: the plan cannot be read ({error}); nothing was written") from None


def _preset(word: str) -> str:
    if word not in _PRESETS:
        raise Misuse(f"--encoder-preset {word}: is one of {', '.join(_PRESETS)}; nothing was written")
    return word


def _quality(number: float) -> float:
    if not 0 <= number <= 51:
        raise Misuse(f"--quality {number:g}: lies between 0 (best) and 51; nothing was written")
    return number


def _chosen(choices: Any, option: str, word: str) -> Any:
    try:
        return choices(word)
    except ValueError:
        raise Misuse(f"{option} {word}: is one of {', '.join(choices)}; nothing was written") from None
