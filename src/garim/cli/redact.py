"""`garim redact`: films and stills in, the same without faces out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli import redact_logged as entries
from garim.cli import told
from garim.cli.consent import KnownFile
from garim.cli.progress import bar
from garim.cli.redact_consents import Consents
from garim.core.errors import Disproved, GarimError, Misuse, Unfinished, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.consent import Consent
    from garim.core.plan import Plan
    from garim.ledger import Log
    from garim.ledger.receipt import Receipt
    from garim.redact import Redaction
    from garim.redact.batch import Outcome, Settings, Task
    from garim.redact.result import Published

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
EffortOption = Annotated[
    str, typer.Option(help="How hard to look: fast (one model), normal (two where one is in doubt), thorough.")
]
CoverOption = Annotated[
    str, typer.Option(help="What is covered: faces; heads, those turned away, too; people (whole, and every face).")
]
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
    effort: EffortOption = "normal",
    cover: CoverOption = "faces",
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

    With a folder, or several inputs, one bad file does not stop the rest, and what is done is not done again; with a
    ledger, what it does not know yet is put on it.

    Exit codes: 0 done and clean; 1 done, with residuals accepted; 2 misuse; 3 not finished, nothing published.
    """
    from garim.cover import Style
    from garim.media import Codec, Encoding
    from garim.redact.batch import Settings
    from garim.redact.cover import Cover
    from garim.redact.effort import Effort
    from garim.redact.result import Check

    settings = Settings(
        _chosen(Style, "--style", style),
        _chosen(Check, "--check", check),
        mute,
        Encoding(_preset(encoder_preset), _quality(quality), _chosen(Codec, "--codec", codec) if codec else None),
        accept_residual,
        _chosen(Effort, "--effort", effort),
        _chosen(Cover, "--cover", cover),
    )
    alone = len(inputs) == 1 and not inputs[0].is_dir()
    if (plan or plan_only or review or keep or consent) and not alone:
        raise Misuse("--plan, --plan-only, --review, --keep and --consent take one film or still; nothing was written")
    if plan_only or review:
        if report or keep or consent or plan or (plan_only and review):
            raise Misuse("--plan-only and --review write one thing each and take no other; nothing was written")
        written = (
            _planned(inputs[0], output, settings, force) if plan_only else _reviewed(inputs[0], review, output, force)
        )
        return told.written(written, as_json=as_json)
    consents = Consents(known, ledger, test)
    going_by = _plan(plan, keep, consent, consents) if alone else None
    with _open(ledger) as log:
        if alone:
            return _one(
                inputs[0], output, settings, going_by, consents, log, report=report, as_json=as_json, force=force
            )
        return _many(inputs, output, settings, jobs, log, report=report, as_json=as_json, force=force)


def _one(
    source: Path,
    output: Path | None,
    settings: Settings,
    plan: Plan | None,
    consents: Consents,
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
            effort=settings.effort,
            cover=settings.cover,
            force=force,
            ask_again=consents.ask_again,
            progress=progress,
        )
    receipt = _receipt(log, done) if log else None
    reports = write_report(done, receipt=receipt.plain() if receipt else None, force=force) if report else ()
    return told.done(done, reports, receipt, as_json=as_json)


@contextlib.contextmanager
def _open(ledger: Path | None) -> Iterator[Log | None]:
    """The ledger that was asked for, opened before anything is begun."""
    if ledger is None:
        yield None
        return
    from garim.ledger import opened

    with contextlib.ExitStack() as held:
        try:
            log = held.enter_context(opened(ledger))
        except Disproved as odd:
            # not its own exit code: 1 is a result with residuals, and here there is none
            raise Unfinished(f"{ledger}: nothing was begun: {odd}") from None
        yield log


def _receipt(log: Log, done: Redaction) -> Receipt:
    from garim.ledger import key

    try:
        return entries.redaction(log, done.published, key())
    except GarimError as error:
        raise Unfinished(
            f"{done.output} was published, but is not on the ledger: {error}. Run it again with --force"
        ) from None


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
        ledger = log.origin if log else None
        for outcome in batch(wanted, settings, jobs=jobs, force=force, ledger=ledger, report=report, progress=progress):
            outcomes.append(_followed(outcome, log, report=report))
    return told.batch(outcomes, as_json=as_json)


def _followed(outcome: Outcome, log: Log | None, *, report: bool) -> Outcome:
    """The outcome, on the ledger and reported; what cannot be is this file's failure, not that of the rest."""
    from garim.redact.batch import State
    from garim.redact.done import remember_logged
    from garim.redact.report import put_receipt, write_report

    task, published = outcome.task, outcome.unlogged
    lacks = "is not on the ledger"
    try:
        receipt = _receipt_once(log, task, published) if log and published else None
        plain = receipt.plain() if receipt else None
        lacks = "not its report"
        if outcome.done is not None and report:
            write_report(outcome.done, receipt=plain, force=True)
        elif outcome.done is None and published and plain:
            put_receipt(task.output, published.output_sha256, plain)
        lacks = "garim does not know that it is on the ledger"
        if log and published:
            # last: until then another run finds what is missing
            remember_logged(task.root, task.output, published, log.origin)
    except GarimError as error:
        return _failed(outcome, f"{task.output} was published, but {lacks}: {error}", error.exit_code)
    return replace(outcome, state=State.LOGGED) if published and outcome.done is None else outcome


def _receipt_once(log: Log, task: Task, published: Published) -> Receipt:
    """The receipt for `published`, whether it is put on the ledger now or was by a run that did not come to its end."""
    from garim.ledger import key
    from garim.redact.done import Begun, begin, begun

    before = begun(task.root, published, log.origin)
    if before and (found := entries.already(log, published, before.secret, before.since)):
        return found
    now = Begun(key(), log.tree.size)
    begin(task.root, published, log.origin, now)
    return entries.redaction(log, published, now.secret)


def _failed(outcome: Outcome, message: str, exit_code: int) -> Outcome:
    from garim.redact.batch import State

    return replace(outcome, state=State.FAILED, message=message, exit_code=exit_code)


def _planned(source: Path, output: Path | None, settings: Settings, force: bool) -> Path:
    from garim import redact as room
    from garim.core.plan import written

    output = output or source.with_name(f"{source.stem}.plan.json")
    refuse_clash(output, [source], force=force)
    with bar(source.name) as progress:
        plan = room.planned(source, effort=settings.effort, cover=settings.cover, progress=progress)
    with whole(output, force=force) as path:
        path.write_text(written(plan), "utf-8")
    return output


def _reviewed(source: Path, plan: Path | None, output: Path | None, force: bool) -> Path:
    from garim.redact.review import review

    assert plan is not None
    output = output or source.with_name(f"{source.stem}.UNREDACTED-review.html")
    with bar(source.name) as progress:
        return review(source, _read(plan), output, force=force, progress=progress)


def _plan(path: Path | None, keep: Sequence[str], papers: Sequence[Path], consents: Consents) -> Plan | None:
    """The plan at `path`, with the tracks kept that `keep` names, and whom consents were proven of."""
    from garim.core.plan import Keep

    if path is None:
        if keep or papers:
            raise Misuse("--keep and --consent go with a plan: make one with --plan-only, and give it with --plan")
        return None
    plan = _read(path)
    for word in keep:
        track, _, file = word.partition("=")
        if not (track.isdecimal() and file):
            raise Misuse(f"--keep {word}: is TRACK=CONSENT, as 3=p-01.consent.json; nothing was written")
        consent = consents.agreed(Path(file))
        plan = plan.keeping(int(track), Keep(consent.pseudonym, _KEPT))
        plan = _with(plan, consent)
    for each in papers:
        plan = _with(plan, consents.agreed(each))
    return plan


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
