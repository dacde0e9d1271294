"""TRAVELLERS FOR A BENCHMARK, made in a process of its own: `python _gate_makes.py FOLDER TRAVELLERS`.

Each has a passport around the neutral London photo, and captures made of the smiling one; two moves at 400 px, as the
tests have it, and three, as a challenge asks by default, at 640 px. Beside them: a trust store, one consent for tests,
and the set that is evaluated, whole and by half. What is written is told as one line of JSON; without the London set it
says why there is nothing, with exit code 4.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from tests.gate import travellers  # noqa: E402 - after the path
from tests.gate.evaluate import sets  # noqa: E402 - as above

from garim.consent import Signer, public_of, save  # noqa: E402 - as above
from garim.gate.moves import Move  # noqa: E402 - as above

KINDS = {
    "two moves, stills of 400 px": ((Move.LEFT, Move.TILT_RIGHT), 400),
    "three moves, stills of 640 px": ((Move.LEFT, Move.TILT_RIGHT, Move.RIGHT), 640),
}


def main(folder: Path, number: int) -> int:
    if not sets.LONDON.is_dir():
        print(f"no {sets.LONDON}")
        return 4
    save(travellers.record(), folder / "p-01.TEST.consent.json")
    key = public_of(travellers.PERSON)
    (folder / "known").write_text(f"{key} {Signer.SUBJECT.value} {travellers.PERSON.name}\n")
    made = _travellers(folder, number)
    people = sets.london()
    sets.made(folder / "whole" / "set", people)
    sets.made(folder / "half" / "set", people[::2])
    photos = [[str(path) for path in person.photos] for person in people]
    print(json.dumps({"travellers": made, "photos": photos}))
    return 0


def _travellers(folder: Path, number: int) -> list[dict[str, object]]:
    people = travellers.numbers()
    made: list[dict[str, object]] = []
    first = None
    for who in people[:: max(1, len(people) // number)][:number]:
        document, passport = travellers.issued_to(travellers.london(who, "neutral"), folder / who / "passport", first)
        if first is None:
            first = passport
            travellers.trusting(first, folder / "trust")
        for kind, (moves, side) in KINDS.items():
            film = list(travellers.moving(travellers.london(who, "smiling"), moves, side=side))
            capture = travellers.captured(film, folder / who / f"capture-{side}", None)
            made.append(
                {
                    "kind": f"{kind} ({len(film)} of them)",
                    "document": str(document),
                    "capture": str(capture),
                    "moves": [move.value for move in moves],
                }
            )
        print(f"made {who}", file=sys.stderr, flush=True)
    return made


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
