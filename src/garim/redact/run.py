"""One input to one output: look, plan, write, check; and publish, or nothing."""

from __future__ import annotations

from pathlib import Path

from garim.core.errors import Misuse, Unreadable
from garim.files import refuse_clash
from garim.media import Encoding
from garim.redact.film import redact_film
from garim.redact.result import Ask, Check, Progress, Redaction, Style
from garim.redact.still import KINDS, redact_still
from garim.vision.faces import Faces


def _silent(step: str, done: int, total: int | None) -> None:
    """Progress for callers who want none."""


def output_for(source: Path, check: Check = Check.ALL) -> Path:
    """The output's name where none is given: beside the input, and marked where it will not be checked."""
    mark = ".redacted.UNCHECKED" if check is Check.OFF else ".redacted"
    return source.with_name(f"{source.stem}{mark}{source.suffix}")


def redact(
    source: Path,
    output: Path | None = None,
    *,
    style: Style = Style.FILL,
    check: Check = Check.ALL,
    mute: bool = False,
    encoding: Encoding | None = None,
    accept_residual: bool = False,
    force: bool = False,
    progress: Progress = _silent,
) -> Redaction:
    """Destroy every face in the film or still at `source` and write the rest to `output`.

    The output appears whole, after it was looked at again, or not at all. Raises `Misuse` (nothing was begun),
    `Unreadable`, `Unwritable`, `NoWeights`, or `StillShowing` where faces remain after three rounds and
    `accept_residual` is not given; then nothing was published.
    """
    ask = Ask(
        source, output or output_for(source, check), style, check, mute, encoding or Encoding(), accept_residual, force
    )
    if not source.is_file():
        raise Misuse(f"{source}: {'is a folder' if source.is_dir() else 'no such file'}; nothing was written")
    refuse_clash(ask.output, [source], force=force)
    job = redact_still if _is_still(source) else redact_film
    return job(ask, Faces(), progress)


def _is_still(source: Path) -> bool:
    """By its first bytes: a name can be wrong."""
    try:
        with source.open("rb") as file:
            head = file.read(max(map(len, KINDS)))
    except OSError as error:
        raise Unreadable(f"{source}: cannot be read: {error.strerror}; nothing was written") from None
    return any(head.startswith(magic) for magic in KINDS)
