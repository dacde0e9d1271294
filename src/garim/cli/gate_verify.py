"""`garim gate verify`: one traveller before a camera, one passport, one consent, one answer."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli import told_gate_verify as told
from garim.cli.consent import KnownFile, proven
from garim.cli.gate_trust import TrustDir
from garim.cli.told_gate import lane_named
from garim.core.errors import Disproved, Misuse, Unwritable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from garim.consent import Consent
    from garim.gate.verify import Verification


class Matcher(StrEnum):
    """As `garim.gate.child.Name`, which no command imports before it runs."""

    OMZ_0095 = "omz-0095"
    DLIB = "dlib"


DocumentPath = Annotated[Path, typer.Argument(metavar="DOCUMENT", help="A folder or zip of the files of one chip.")]
CaptureDir = Annotated[Path, typer.Option("--capture", metavar="DIR", help="The camera's stills of the traveller.")]
SessionFile = Annotated[Path, typer.Option("--session", metavar="FILE", help="The session; it is used up.")]
ConsentFile = Annotated[Path, typer.Option("--consent", metavar="FILE", help="The traveller's, to gate.verify.")]
Crls = Annotated[
    list[Path], typer.Option("--crl", metavar="FILE", help="A revocation list, besides those trusted; repeatable.")
]
Ledger = Annotated[Path | None, typer.Option(metavar="DIR", help="The ledger to log to. If not given, your own.")]
ReceiptOut = Annotated[
    Path | None, typer.Option("--receipt", metavar="OUT.json", help="Write the traveller's receipt, for them alone.")
]
MatcherName = Annotated[Matcher, typer.Option("--matcher", help="What compares. None stands in for another.")]
Wait = Annotated[bool, typer.Option("--wait", help="Get ready, say so, and begin at a line on stdin.")]
Test = Annotated[bool, typer.Option("--test", help="Take a consent made for tests; the answer says TEST.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace OUT.json where it exists.")]


def verify(
    document: DocumentPath,
    *,
    capture: CaptureDir,
    session: SessionFile,
    consent: ConsentFile,
    known: KnownFile = None,
    trust: TrustDir = None,
    crl: Crls = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    ledger: Ledger = None,
    receipt: ReceiptOut = None,
    matcher: MatcherName = Matcher.OMZ_0095,
    wait: Wait = False,
    test: Test = False,
    as_json: Json = False,
    force: Force = False,
) -> int:
    """Say whether the traveller before the camera is the one whom the passport's chip shows. Nothing is kept.

    One document, one capture of one traveller who agreed to one comparison, and the session of the same ledger that
    told them how to turn the head. Any
    answer but MATCH goes to a person. What was decided is on the ledger before it is said; whom it was about is not.

    Exit codes: 0 MATCH; 1 any other answer: to a person; 2 misuse, or no consent: nothing was opened; 3 not finished.
    """
    from garim.gate.child import Child, Name
    from garim.gate.decide import Verdict
    from garim.gate.verify import verify as verified
    from garim.ledger import opened

    def done_once() -> Verification:
        with Child(Name(matcher.value)) as child:
            if wait:
                child.ready()
                _wait()
            agreed = _agreed(consent, known, ledger, test=test)
            with opened(ledger) as log:
                return verified(
                    document=document,
                    capture=capture,
                    session=session,
                    consent=agreed,
                    log=log,
                    trust=_trusted(trust),
                    crls=crl,
                    child=child,
                )

    lost = ""
    with lane_named():
        if receipt:
            refuse_clash(receipt, [document, session, consent], force=force)
            done, lost = _with_receipt(done_once, receipt, force=force)
        else:
            done = done_once()
    told.verified(done, receipt, lost, as_json=as_json)
    return 0 if done.decision.verdict is Verdict.MATCH else 1


def _agreed(path: Path, known: Path | None, ledger: Path | None, *, test: bool) -> Consent:
    from garim.consent import NoConsent, Purpose

    try:
        return proven(path, purpose=Purpose.GATE_VERIFY, known=known, ledger=ledger, test=test)
    except (NoConsent, Disproved) as refused:
        # not their own exit code: 1 is an answer, and here there is none
        raise Misuse(f"{path}: nothing was opened: {refused}") from None


def _trusted(folder: Path | None) -> Path | None:
    """The folder of trusted certificates; None where none is named, and nobody ever said whom to trust."""
    from garim.gate.passport.trust import NAME, own

    return folder or (own() if (own() / NAME).exists() else None)


def _wait() -> None:
    """Until a line comes in: the capture is there."""
    print("ready", file=sys.stderr, flush=True)
    if not sys.stdin.readline():
        raise Misuse("nobody said that the capture is there; nothing was opened")


def _with_receipt(verified: Callable[[], Verification], path: Path, *, force: bool) -> tuple[Verification, str]:
    """What came of it, with its receipt at `path`, whose file is open before anything is used up; or why it is not."""
    if not path.parent.is_dir():
        raise Misuse(f"{path}: there is no such folder; nothing was opened, and the session is unused. Make it first")
    done = None
    try:
        with whole(path, force=force, mode=0o600) as unfinished:
            done = verified()
            unfinished.write_text(json.dumps({"receipt": done.receipt.plain()}, indent=2) + "\n", "utf-8")
    except (Unwritable, Misuse, OSError) as error:
        if done is None:
            raise
        return done, str(error)  # the answer stands, and is on the ledger
    return done, ""
