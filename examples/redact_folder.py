"""Redact every film in a folder from Python, and print what was done.

python examples/redact_folder.py FOLDER
"""

import sys
from pathlib import Path

from garim.core.errors import GarimError
from garim.redact import Check, redact


def main(folder: Path) -> int:
    """One line a film; the exit code is 0 only where all of them are clean."""
    failed = 0
    for source in sorted(folder.glob("*.mp4")):
        if ".redacted" in source.name:
            continue
        try:
            done = redact(source, check=Check.ALL, force=True)
        except GarimError as error:
            failed += 1
            print(f"{source.name}: {error}")
            continue
        print(f"{source.name}: {done.regions} regions, {done.masked:.1%} of the picture, {len(done.residual)} left")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
