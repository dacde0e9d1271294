"""THE CHILD: `python -m garim.gate.child_main`, started by `child.Child` alone; it looks at one traveller, and ends.

Laws: core dumps are off before anything else is done; it says lines of JSON of which the last is `Seen`, or an error in
words that quote nobody's data; it never says a second thing, and is never asked a second time; it opens nothing
without a session that is in force by its own clock.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from garim.core.errors import GarimError, Misuse
from garim.gate.child import Question, error_told
from garim.gate.hardened import Swap, limited, undumped
from garim.gate.look import Models, look
from garim.gate.passport import Decoder
from garim.gate.seen import plain
from garim.recognise.matcher import Name

_LONGEST = 1 << 17


def main(swap: Swap) -> int:
    """Load, say that it is ready, look once, say what was seen."""
    try:
        models = Models.loaded(Name(_heard()["matcher"]))
        with Decoder() as decoder:
            limited()
            _say({"ready": {"swap": swap, "caution": models.matcher.caution}})
            _say({"seen": plain(look(in_force(Question.read(_heard()), datetime.now(UTC)), models, decoder))})
    except GarimError as error:
        _say({"error": error_told(error)})
    return 0


def in_force(question: Question, now: datetime) -> Question:
    """The question, where its session is in force at `now`. Raises `Misuse`."""
    if not (question.session and question.moves and question.issued_at <= now <= question.deadline):
        raise Misuse("no session is in force; nothing was opened. Issue one with garim gate challenge")
    return question


def _heard() -> Any:
    line = sys.stdin.buffer.readline(_LONGEST)
    if not line:  # whoever asked is gone
        os._exit(1)
    return json.loads(line)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(what).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    os._exit(main(undumped()))  # what Python would tidy up goes with the process
