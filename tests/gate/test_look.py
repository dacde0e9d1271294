"""What is seen of a capture that is not one traveller's, or not of now: by the looking itself, a question at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.gate.travellers import MOVES, Inside, captured, issued_to, london, moving, trusting

from garim.core.errors import NoWeights
from garim.gate.child import Question
from garim.gate.decide import Alike, Captured
from garim.gate.seen import Seen

WHO = "070"

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a passport is, who is trusted, and a capture of its holder."""
    folder = tmp_path_factory.mktemp("look")
    try:
        Inside().ready()
    except NoWeights as missing:
        pytest.skip(str(missing))
    _, passport = issued_to(london(WHO, "neutral"), folder / "passport")
    trusting(passport, folder / "trust")
    return folder


def seen(place: Path, capture: Path, now: datetime | None = None) -> Seen:
    """By a child in this process; the session is from a minute ago, and goes on for nine more."""
    now = now or datetime.now(UTC)
    asked = Question(
        document=place / "passport",
        capture=capture,
        trust=place / "trust",
        crls=(),
        at=now,
        session="00" * 16,
        moves=MOVES,
        issued_at=now - timedelta(minutes=1),
        deadline=now + timedelta(minutes=9),
    )
    child = Inside()
    child.ready()
    return child.ask(asked)


@pytest.mark.parametrize(
    ("begins_s", "found"),
    [(-61, Captured.TIME), (-30, Captured.READ), (4, Captured.TIME), (180, Captured.TIME), (600, Captured.TIME)],
)
def test_stills_are_from_between_issue_and_question(
    place: Path, tmp_path: Path, begins_s: int, found: Captured
) -> None:
    """Within the session, and after the question: made beforehand, or by a clock that nobody set."""
    now = datetime.now(UTC)
    stills = list(moving(london(WHO, "smiling"), MOVES[:1]))
    told = seen(place, captured(stills, tmp_path / "capture", now + timedelta(seconds=begins_s)), now)
    assert told.evidence.capture is found
    assert (told.evidence.turns is None) == (found is Captured.TIME)
    assert told.timed and told.capture_sha256 is not None
    assert told.evidence.alike is not Alike.YES
