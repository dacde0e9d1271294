"""A process that verifies one traveller and then looks for them in its own memory; a program, run by its path.

It is told what to look for with each bit turned over, and turns its memory over piece by piece: so it never holds what
it looks for itself. With "hold" it reads a still on purpose, to show that it would find it.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from garim.consent import Purpose, load, load_known, valid
from garim.gate.child import Child
from garim.gate.verify import verify
from garim.ledger import Log

PIECE = 1 << 22


def found(turned_over: list[bytes]) -> list[int]:
    """How often each stands in this process's memory."""
    counts = [0] * len(turned_over)
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for line in Path("/proc/self/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if rights[0] != "r" or "[v" in line:
                continue
            at, end = (int(part, 16) for part in span.split("-"))
            while at < end:
                memory.seek(at)
                try:
                    piece = memory.read(min(PIECE, end - at))
                except OSError:
                    break
                there = (~np.frombuffer(piece, np.uint8)).tobytes()
                counts = [count + there.count(needle) for count, needle in zip(counts, turned_over, strict=True)]
                at += PIECE - 64 if end - at > PIECE else PIECE
    return counts


def main() -> None:
    """Verify, look, and say what is left."""
    asked = json.loads(sys.stdin.readline())
    needles = [bytes.fromhex(each) for each in asked["turned_over"]]
    held = Path(asked["hold"]).read_bytes() if asked["hold"] else b""
    consent = valid(
        load(Path(asked["consent"])),
        purpose=Purpose.GATE_VERIFY,
        at=datetime.now(UTC),
        known=load_known(Path(asked["known"])),
        withdrawn=lambda _: False,
        allow_test=True,
    )
    with Log(Path(asked["log"])) as log:
        done = verify(
            document=Path(asked["document"]),
            capture=Path(asked["capture"]),
            session=Path(asked["session"]),
            consent=consent,
            log=log,
            trust=Path(asked["trust"]),
            child=Child(most_seconds=300),
        )
    loaded = sorted({"openvino", "PIL"} & set(sys.modules))
    print(json.dumps({"verdict": done.decision.verdict, "found": found(needles), "held": len(held), "loaded": loaded}))


if __name__ == "__main__":
    main()
