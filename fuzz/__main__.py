"""ATHERIS ON THE READERS OF A PASSPORT: `python -m fuzz READER [CORPUS] [libFuzzer's options]`, from the checkout.

    .venv/bin/python -m pip install --group fuzz
    .venv/bin/python -m fuzz sod -max_total_time=300

Coverage guided, so that it gets where random mutants do not; for people, CI does not run it. READER is one of
tests/gate/passport/readers.py, whose seeds are the corpus' first. What libFuzzer finds (an exception but `Refused`,
five seconds, half a gigabyte) it writes to crash-*, timeout-* or oom-* here; put it into a test before you mend it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

INSTRUMENTED = ["garim.gate.passport"]
LIMITS = ("-timeout=5", "-rss_limit_mb=512")

with atheris.instrument_imports(include=INSTRUMENTED):
    from tests.gate.passport.readers import READERS

    from garim.gate.passport.outcomes import Refused


def main(words: list[str]) -> None:
    if not words or words[0] not in READERS:
        sys.exit(f"python -m fuzz READER: one of {', '.join(READERS)}")
    name, *options = words
    reader = READERS[name]

    def one(data: bytes) -> None:
        try:
            reader.read(data)
        except Refused:
            return

    with tempfile.TemporaryDirectory(prefix="garim-fuzz-") as folder:
        for number, seed in enumerate(reader.seeds()):
            (Path(folder) / f"seed-{number}").write_bytes(seed)
        given = [word for word in options if not word.startswith("-")]
        asked = [word for word in options if word.startswith("-")]
        atheris.Setup([sys.argv[0], *LIMITS, *asked, *given, folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
