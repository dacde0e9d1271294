"""`garim exposure sign`: an officer's word that this itinerary and these points are the patient's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from garim.cli.consent import KeyFile, KnownFile
from garim.cli.exposure_case import ConsentFile, Json, Ledger, Test, agreed_to, read_case
from garim.cli.told import say
from garim.core.errors import Disproved, Malformed, Misuse
from garim.files import whole

CaseFile = Annotated[Path, typer.Argument(metavar="CASE", help="The draft, as the patient gave it.")]


def sign(
    path: CaseFile,
    *,
    key: KeyFile,
    consent: ConsentFile,
    known: KnownFile = None,
    ledger: Ledger = None,
    test: Test = False,
    as_json: Json = False,
) -> int:
    """Bind a case to the patient's consent, as an officer who saw both; the draft becomes the signed case.

    A signature says: I asked this person, and the points on the map are their own. Sign nothing else.

    Exit codes: 0 signed; 2 misuse, or refused; 3 not finished. But for 0 the draft is as it was.
    """
    from garim.consent import NoConsent, load_key
    from garim.exposure.case import sign as signing
    from garim.exposure.case import written
    from garim.ledger import now

    path = path.resolve()
    try:
        signed = signing(read_case(path), agreed_to(consent, known, ledger, test=test), load_key(key), now())
    except Malformed:
        raise  # the key is none
    except (NoConsent, Disproved) as refused:
        raise Misuse(f"nothing was signed: {refused}") from None
    with whole(path, force=True, mode=0o600) as unfinished:
        unfinished.write_text(written(signed), "utf-8")
    if as_json:
        print(json.dumps({"output": str(path), "case_id": signed.case_id, "patient": signed.patient}))
    else:
        say()(f"{'TEST ' if signed.test else ''}{path}: signed", markup=False)
    return 0
