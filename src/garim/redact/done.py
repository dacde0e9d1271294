"""WHAT IS DONE in a folder of outputs: a line for each that is clean, and one for each ledger that knows of it.

Laws: a line is on disk before anybody goes by it; one cut short by a kill says nothing; before an output is put on a
ledger it is written down which, under which key: so whoever was killed meanwhile can tell, and logs nothing twice. The
key is forgotten as soon as the line says that the ledger knows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from garim.core.errors import Unreadable, Unwritable
from garim.cover import Style
from garim.files import whole
from garim.redact.result import Check, Published

DONE = ".garim-done.jsonl"
"""In the folder of the outputs: by it a second run knows what to skip."""


@dataclass(frozen=True, slots=True)
class Made:
    """An output as it was: `of` which bytes with which settings; `ledgers` are the origins that know of it."""

    of: str
    published: Published
    ledgers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Begun:
    """That an output is being put on a ledger: under the key `secret`, as entry `since` or later."""

    secret: bytes
    since: int


def recorded(root: Path) -> dict[str, Made]:
    """By output, relative to `root`: what was done. Raises `Unreadable`."""
    try:
        lines = (root / DONE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{root / DONE}: cannot be read ({error}); nothing was begun") from None
    made: dict[str, Made] = {}
    for line in lines:
        try:
            _read(json.loads(line), made)
        except (ValueError, TypeError, KeyError):
            continue  # cut short by a kill: what it was about is taken for not done
    return made


def remember(root: Path, output: Path, of: str, published: Published) -> None:
    """Write down that `output` was made. Raises `Unwritable`."""
    _add(root, {"output": str(output.relative_to(root)), "of": of, "published": asdict(published)})


def remember_logged(root: Path, output: Path, published: Published, origin: str) -> None:
    """Write down that the ledger `origin` knows of `output`, and forget under which key. Raises `Unwritable`."""
    row = {"output": str(output.relative_to(root)), "output_sha256": published.output_sha256, "ledger": origin}
    _add(root, row)
    _begun(root, published, origin).unlink(missing_ok=True)


def begin(root: Path, published: Published, origin: str, begun: Begun) -> None:
    """Write down that `published` is about to be put on the ledger `origin`. Raises `Unwritable`."""
    with whole(_begun(root, published, origin), force=True, mode=0o600) as path:
        path.write_text(json.dumps({"secret": begun.secret.hex(), "since": begun.since}), "utf-8")


def begun(root: Path, published: Published, origin: str) -> Begun | None:
    """How `published` was begun to be put on the ledger `origin`, and may be on it; None where it was not.

    Raises `Unreadable`.
    """
    path = _begun(root, published, origin)
    try:
        row = json.loads(path.read_text("utf-8"))
        return Begun(bytes.fromhex(row["secret"]), int(row["since"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"{path}: cannot be read ({error}); what is on {origin} already cannot be told") from None


def _begun(root: Path, published: Published, origin: str) -> Path:
    name = hashlib.sha256(f"{published.output_sha256} {origin}".encode()).hexdigest()[:16]
    return root / f".garim-logging-{name}.json"


def _read(row: Mapping[str, Any], made: dict[str, Made]) -> None:
    output = str(row["output"])
    if "ledger" not in row:
        facts = dict(row["published"])
        facts |= {"check": Check(facts["check"]), "style": Style(facts["style"])}
        made[output] = Made(str(row["of"]), Published(**facts))
    elif output in made and made[output].published.output_sha256 == row["output_sha256"]:
        made[output] = replace(made[output], ledgers=made[output].ledgers | {str(row["ledger"])})


def _add(root: Path, row: Mapping[str, Any]) -> None:
    try:
        with (root / DONE).open("a", encoding="utf-8") as record:
            # after a line that a kill cut short, one of its own
            record.write(("" if _ends(root / DONE) else "\n") + json.dumps(row) + "\n")
            record.flush()
            os.fsync(record.fileno())
    except OSError as error:
        raise Unwritable(
            f"{root / DONE}: cannot be written ({error.strerror}); what is done is kept, but will be done again"
        ) from None


def _ends(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.seek(0, os.SEEK_END) or (file.seek(-1, os.SEEK_END) >= 0 and file.read(1) == b"\n")
