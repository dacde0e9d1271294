"""`garim exposure map`: one moment before a camera as glyphs, for a patient to find their own."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from garim.cli.consent import KnownFile
from garim.cli.exposure_case import ConsentFile, Force, Json, Ledger, StoreDir, Test, agreed_to
from garim.cli.told import say
from garim.core.errors import Misuse
from garim.files import refuse_clash, whole

Camera = Annotated[str, typer.Option(metavar="ID", help="Before which camera.")]
At = Annotated[str, typer.Option(metavar="TIME", help="The moment in UTC, as 2027-03-31T12:00:00Z.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where the map goes, as SVG.")]


def show_map(
    *,
    store: StoreDir,
    camera: Camera,
    at: At,
    consent: ConsentFile,
    output: Output,
    known: KnownFile = None,
    ledger: Ledger = None,
    test: Test = False,
    as_json: Json = False,
    force: Force = False,
) -> int:
    """Draw where people stood at one moment, to half a metre, so that a patient can say which glyph was theirs.

    It shows no picture, no name and no path; but where everybody stood, so it takes the patient's consent, each hour of
    a camera is shown three times and no more, to whomever, and each map is on the ledger. Destroy it after use.

    Exit codes: 0 shown; 2 misuse, or refused, or no footage of that moment: nothing was shown, and it costs nothing;
    3 not finished: nothing was shown, and it costs nothing.
    """
    from garim.exposure.glimpse import glimpse
    from garim.exposure.store import Store
    from garim.ledger import opened

    moment = _moment(at)
    refuse_clash(output, [consent], force=force)
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise Misuse(f"{output}: its folder is not there, or not yours to write to; nothing was shown")
    agreed = agreed_to(consent, known, ledger, test=test)
    with (
        opened(ledger) as log,
        glimpse(Store.existing(store), camera, moment, agreed, log) as (shown, receipt),
        whole(output, force=force, mode=0o600) as unfinished,
    ):
        unfinished.write_text(shown.svg, "utf-8")
    if as_json:
        print(json.dumps({"output": str(output), "coarse": shown.coarse, "receipt": receipt.plain()}))
        return 0
    tell = say()
    tell(str(output), markup=False)
    if shown.coarse:
        tell("  positions of that hour are known to 5 m only: it is older than a day")
    tell(f"  on the ledger as entry {receipt.proof.index}")
    return 0


def _moment(word: str) -> datetime:
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        raise Misuse(f"--at {word}: is a moment, as 2027-03-31T12:00:00Z; nothing was shown") from None
    if at.utcoffset() is None:
        raise Misuse(f"--at {word}: says no zone. In UTC it ends in Z: {word}Z; nothing was shown")
    return at.astimezone(UTC).replace(microsecond=0)
