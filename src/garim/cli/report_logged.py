"""Where a report and a ledger meet: does the one say what the other says?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from garim.core.errors import Disproved

if TYPE_CHECKING:
    from garim.ledger.receipt import Receipt


_IN_REPORT = {
    "check": ("settings", "check"),
    "exempt": ("kept", "not_faces"),
    "frames": ("frames",),
    "input": ("input", "sha256"),
    "output": ("output", "sha256"),
    "regions": ("destroyed", "regions"),
    "residual": ("check", "residual"),
    "rounds": ("destroyed", "rounds"),
    "style": ("settings", "style"),
}
"""Where a report says what its entry says too; `input` and `output` are opened by the receipt."""


def refuse_other_report(report: Mapping[str, Any], receipt: Receipt) -> None:
    """Raise `Disproved` where a report says something else than the entry that its receipt is for."""
    from garim.ledger.entry import read

    facts = {**read(receipt.proof.entry).facts, **receipt.opened}
    for fact, place in _IN_REPORT.items():
        told: Any = report
        for name in place:
            told = told.get(name) if isinstance(told, dict) else None
        if (told or 0) != (facts.get(fact) or 0):
            raise Disproved(f"the report says {told!r} of {' '.join(place)}, and the entry {facts.get(fact)!r}")
