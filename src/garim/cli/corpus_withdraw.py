"""`garim corpus withdraw` and `erase`: a person changes their mind, and nothing of theirs is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli.corpus_open import (
    Consent,
    Folder,
    Force,
    Json,
    Ledger,
    MasterCommand,
    MasterFile,
    Subject,
    opened,
)
from garim.cli.told import say
from garim.core.errors import Misuse, Unwritable
from garim.files import refuse_clash, refuse_no_folder, whole

if TYPE_CHECKING:
    from garim.consent import Signer
    from garim.corpus.corpus import Corpus

Receipt = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE.json", help="Where the person's receipt goes; for nobody else's eyes."
    ),
]


def withdraw(
    folder: Folder,
    *,
    consent: Consent = None,
    subject: Subject = None,
    output: Receipt = None,
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Withdraw a person, for good: from the next read on nothing of theirs is counted, listed or released.

    The person brings a consent record of theirs; or an officer names the pseudonym, and the ledger says that it was an
    officer. The receipt proves the withdrawal to anybody, and opens every later question of the person's.

    Exit codes: 0 withdrawn; 1 withdrawn, and there is no receipt to write: they were withdrawn together with others;
    2 misuse; 3 not finished.
    """
    from garim.corpus import withdraw as withdrawals

    if output is not None:
        _refuse(output, consent, force=force)
    with opened(folder, master, master_command, ledger) as corpus:
        pseudonym, by = who(corpus, consent, subject)
        (told,) = withdrawals.withdraw(corpus, [pseudonym], by=by)
        receipt = withdrawals.receipt(corpus, told).plain() if told.alone else None
    if output is not None and receipt is not None:
        _write(output, _json({"receipt": receipt}), f"withdrawn, entry {told.entry}", force=force)
    lacking = 1 if output is not None and receipt is None else 0
    if as_json:
        print(json.dumps({"entry": told.entry, "new": told.new, "by": by.value, "receipt": receipt}))
        return lacking
    tell = say()
    since = "withdrawn, for good" if told.new else "was withdrawn before, and stays so"
    tell(f"{pseudonym}: {since}; on the ledger as entry {told.entry}", markup=False)
    if receipt is None:
        tell("  it is of several people together: there is no receipt of one person; nothing was written", markup=False)
    elif output is not None:
        tell(f"{output} is the person's receipt: hand it over; whoever holds it can ask for them", markup=False)
    return lacking


def erase(
    folder: Folder,
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE.json", help="Where the certificate goes, and FILE.receipt.json."),
    ],
    consent: Consent = None,
    subject: Subject = None,
    master: MasterFile = None,
    master_command: MasterCommand = None,
    ledger: Ledger = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Destroy a person's key, overwrite their photos, write the parts anew; a certificate says what was done.

    It withdraws them first. The certificate names the releases that left before, which have to be recalled.

    Exit codes: 0 erased, and nothing had left; 1 erased, and exports have or may have to be recalled; 2 misuse; 3 not
    finished.
    """
    from garim.corpus.erase import erase as erased

    _refuse(output, consent, force=force)
    receipt = output.with_suffix(".receipt.json")
    _refuse(receipt, consent, force=force)
    with opened(folder, master, master_command, ledger) as corpus:
        pseudonym, by = who(corpus, consent, subject)
        done = erased(corpus, pseudonym, by=by)
    facts = done.facts
    since = f"erased, entry {done.entry}"
    _write(output, done.text, since, force=force)  # to the byte: the ledger has its hash
    _write(receipt, _json({"receipt": done.receipt.plain()}), since, force=force)
    exports = facts["exports_to_recall"]
    if as_json:
        print(json.dumps({"output": str(output), "entry": done.entry, "certificate": facts}))
    else:
        tell = say()
        photos, parts = facts["photos_overwritten"], len(facts["parts_rewritten"])
        tell(
            f"{pseudonym}: erased; key destroyed, {photos} photos overwritten, {parts} parts written anew", markup=False
        )
        tell(f"{output}: the certificate; on the ledger as entry {done.entry}, as {receipt} proves", markup=False)
        for each in exports:
            what = f"release {each['release']}" if "release" in each else f"manifest {each['manifest']}, not released"
            tell(f"  to be recalled from {each['processor']}: {what}", markup=False)
        for each in facts["exports_not_known"]:
            tell(f"  not known any more, perhaps to be recalled: entry {each['ledger_entry']}", markup=False)
    return 1 if exports or facts["exports_not_known"] else 0


def who(corpus: Corpus, consent: Path | None, subject: str | None) -> tuple[str, Signer]:
    """Whose photos, and on whose word: the person's own, with a record of theirs, or an officer's."""
    from garim.consent import Signer, load
    from garim.corpus.answering import by_consent

    if (consent is None) == (subject is None):
        raise Misuse("--consent RECORD, the person's own, or --subject PSEUDONYM: one of the two; nothing was changed")
    if consent is not None:
        return by_consent(corpus, load(consent)).pseudonym, Signer.SUBJECT
    return str(subject), Signer.OFFICER


def _refuse(path: Path, consent: Path | None, *, force: bool) -> None:
    """Raise where nothing can be written there: before anybody is withdrawn for good."""
    refuse_clash(path, [consent] if consent else [], force=force)
    refuse_no_folder(path)


def _json(tree: dict[str, object]) -> str:
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def _write(path: Path, text: str, done: str, *, force: bool) -> None:
    try:
        with whole(path, force=force, mode=0o600) as unfinished:
            unfinished.write_text(text, "utf-8")
    except (OSError, Unwritable):
        raise Unwritable(f"{path}: could not be written, and the person is {done}. Run the same again for it") from None
