"""FOOTAGE IN, FOOTAGE WITHOUT FACES OUT.

    look -> plan -> write -> check, and again where the check still sees something

    >>> from pathlib import Path
    >>> from garim.redact import redact
    >>> done = redact(Path("clip.mp4"), Path("clip.redacted.mp4"))      # doctest: +SKIP
    >>> done.tracks, done.residual                                      # doctest: +SKIP

Laws: nothing is published that was not looked at again, unless that was asked for and is said in the result;
what is skipped is a value in the result; the input is only ever read.
"""

from garim.wall import Side, arm

arm(Side.FOOTAGE)

from garim.cover import Style  # noqa: E402 - the wall stands first
from garim.media import Encoding  # noqa: E402 - as above
from garim.redact.result import Check, Redaction, Residual  # noqa: E402 - as above
from garim.redact.run import output_for, planned, redact  # noqa: E402 - as above

__all__ = ["Check", "Encoding", "Redaction", "Residual", "Style", "output_for", "planned", "redact"]
