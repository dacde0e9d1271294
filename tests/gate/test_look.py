"""What is seen of a capture that is not one traveller's, or not of now: by the looking itself, a question at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.gate.filmed import looker
from tests.gate.travellers import MOVES, Inside, captured, issued_to, london, moving, trusting

from garim.core.errors import NoWeights
from garim.gate.answer import Answered, Motion, answer
from garim.gate.child import Question
from garim.gate.decide import Alike, Captured, Person
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


STAND_IN = "013"


def test_one_person_in_all_of_it_is_compared(place: Path, tmp_path: Path) -> None:
    """Each time, whichever stills are taken."""
    capture = captured(moving(london(WHO, "smiling"), MOVES), tmp_path / "capture", None)
    found = [seen(place, capture).evidence for _ in range(3)]
    assert [(each.person, each.alike) for each in found] == [(Person.ONE, Alike.YES)] * 3


def test_a_stand_in_for_half_of_the_time_is_found(place: Path, tmp_path: Path) -> None:
    """The holder is in each still that answers or is frontal; half of the others show somebody who moves like them."""
    hers, theirs = (list(moving(london(who, "smiling"), MOVES)) for who in (WHO, STAND_IN))
    count = min(len(hers), len(theirs))
    of_hers, of_theirs = (looker().motion(each[:count]) for each in (hers, theirs))
    rng = np.random.default_rng(1)
    for number in range(4):
        shown = set(rng.permutation(count)[: count // 2].tolist())
        for _ in range(count):
            did = answer(_mixed(of_hers, of_theirs, shown), MOVES)
            needed = {*did.frontal[:3], *did.turning}
            if needed <= shown:
                break
            shown |= needed
        stills = [hers[i] if i in shown else theirs[i] for i in range(count)]
        told = seen(place, captured(stills, tmp_path / str(number), None)).evidence
        assert count - len(shown) >= 6
        assert (told.turns, told.person, told.alike) == (Answered.ANSWERED, Person.SEVERAL, None), number


def _mixed(hers: Motion, theirs: Motion, shown: set[int]) -> Motion:
    def each(mine: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array([mine[i] if i in shown else other[i] for i in range(len(mine))], np.float32)

    return Motion(
        each(hers.poses, theirs.poses), each(hers.points, theirs.points), each(hers.boxes, theirs.boxes), None
    )
