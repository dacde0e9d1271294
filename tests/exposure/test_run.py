"""A case from the store to the answer and the ledger: who is counted, what is refused, what is said of gaps."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.consent.papers import KNOWN, OFFICER, STRANGER
from tests.exposure.cases import FAR_OFF, LONG_AGO, about, agreed, drawn, patient, signed, stored, visit
from tests.exposure.walks import HOUR, positions, straight

from garim.consent import Consent, Data, Expired, Known, NotYet, OtherPurpose, Purpose
from garim.core.errors import Misuse
from garim.exposure import run
from garim.exposure.answer import Answer, State, plain, read, written
from garim.exposure.budget import CASES, NAME, Spent
from garim.exposure.case import Case, NotBound, Point, Visit, sign
from garim.exposure.coarse import coarsened
from garim.exposure.positions import TICKS, Mask, Positions
from garim.exposure.seal import Label, ground_named
from garim.exposure.store import Found, Store
from garim.ledger import Log, now
from garim.ledger.entry import read as read_entry

CONSENT = agreed()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(tmp_path / "log", "log.example/one") as made:
        yield made


def answered(store: Store, log: Log, case: Case, consent: Consent = CONSENT) -> Answer:
    return run.case(case, consent, store, log, known=KNOWN)[0]


def test_seven_people_for_ten_minutes_and_a_crowd_that_is_far(tmp_path: Path, log: Log) -> None:
    far = [straight(0, TICKS, (12, n), number=50 + n) for n in range(6)]
    store = stored(tmp_path / "store", [patient(), *about(7, 10, mask=Mask.WORN), *far])
    answer = answered(store, log, signed(CONSENT))
    assert answer.table is not None and answer.whole and answer.outcome == "answered"
    assert answer.table.by_mask == ((0, 0, 0), (5, 5, 0), (0, 0, 0), (0, 0, 0))
    assert answer.table.everybody == (5, 5, 0)
    (stay,) = answer.stays
    assert (stay.state, stay.watched, stay.followed, stay.coarse) == (State.FOUND, 100, 100, False)
    assert stay.crowd == (2, 2, 16, 16, 16, 16)


def test_one_companion_over_many_visits_is_one(tmp_path: Path, log: Log) -> None:
    """Five visits with a minute between, and one person beside the patient in all of them."""
    store = stored(tmp_path / "store", [patient(), *about(1, 60, mask=Mask.WORN)])
    answer = answered(store, log, signed(CONSENT, *[visit(start, 10) for start in (0, 11, 22, 33, 44)]))
    assert answer.table is not None and answer.whole
    assert not any(map(any, answer.table.by_mask)) and not any(answer.table.everybody)


def test_one_companion_in_pieces_is_one(tmp_path: Path, log: Log) -> None:
    """Their track breaks for four seconds, every 65 s of an hour, and every other second of the last minutes."""
    pieces = [straight(n, n + 130, (1.2, 0), number=5 + n, sd=0.05, mask=Mask.WORN) for n in range(0, 6000, 138)]
    short = [straight(n, n + 4, (1.2, 0), number=5 + n, sd=0.05, mask=Mask.WORN) for n in range(6150, 7190, 14)]
    store = stored(tmp_path / "store", [patient(), *pieces, *short])
    answer = answered(store, log, signed(CONSENT, visit(0, 60)))
    assert len(run.look(store, visit(0, 60)).met) > 40
    assert answer.table is not None and answer.whole and answer.stays[0].crowd == (None,) * 12
    assert not any(map(any, answer.table.by_mask)) and not any(answer.table.everybody)


@pytest.mark.parametrize(
    ("minutes", "followed", "outcome"), [(5, 0, "partly"), (23, 60, "partly"), (24, 80, "answered")]
)
def test_a_patient_who_was_lost_from_view_is_no_whole_answer(
    tmp_path: Path, log: Log, minutes: int, followed: int, outcome: str
) -> None:
    store = stored(tmp_path / "store", [patient(minutes), *about(7, 60)])
    answer = answered(store, log, signed(CONSENT))
    assert (answer.stays[0].followed, answer.followed, answer.outcome) == (followed, followed, outcome)
    assert answer.whole == (outcome == "answered")
    assert answer.stays[0].watched == 100 and answer.stays[0].state is State.FOUND


@pytest.mark.parametrize("minutes", [10.2, 10.5, 11.9])
def test_how_long_a_patient_was_seen_is_told_in_steps(tmp_path: Path, minutes: float) -> None:
    """To the hundredth it would say when they went, of a patient who only said when they came."""
    store = stored(tmp_path / "store", [patient(minutes)])
    assert run.look(store, visit()).stay.followed == 20


def test_two_people_are_fewer_than_five(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(2, 20, mask=Mask.ABSENT)])
    answer = answered(store, log, signed(CONSENT))
    assert answer.table is not None
    assert not any(map(any, answer.table.by_mask)) and not any(answer.table.everybody)
    assert answer.stays[0].crowd == (None,) * 6


def test_only_the_visit_itself_is_counted(tmp_path: Path) -> None:
    store = stored(tmp_path / "store", [patient(), *about(6, 20, start=4800)])
    early, late = visit(0, 30), visit(50, 10)
    first = run.look(store, early)
    second = run.look(store, late)
    assert first.met == () and len(second.met) == 6
    assert all(599 < each.seconds <= 600 for each in second.met)


def test_a_stay_over_the_edge_of_the_hour_is_one(tmp_path: Path) -> None:
    store = stored(tmp_path / "store", [patient(), *about(5, 10, start=TICKS - 1200)])
    store.put("hall", HOUR + timedelta(hours=1), "settings", rows(20), ((0, TICKS),))
    seen = run.look(store, visit(45, 30))
    assert len(seen.met) == 5 and seen.stay.watched == 100
    assert all(each.seconds == pytest.approx(1200, abs=2) for each in seen.met)


def rows(minutes: float) -> Positions:
    # everybody under another number, as a new hour has it
    return positions([replace(walk, number=900 - (walk.number or 0)) for walk in [patient(), *about(5, minutes - 10)]])


def test_a_camera_that_nobody_watched_is_no_footage_and_not_nobody(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient()], covered=((0, 1200),))
    for where in (visit(camera="yard"), visit(30, 10), visit(120, 10)):
        answer = answered(store, log, signed(CONSENT, where))
        assert answer.table is None and answer.stays[0].state is State.NO_FOOTAGE
        assert answer.outcome == "no-footage" and not answer.whole


def test_what_was_watched_in_part_says_which(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(20), *about(6, 20)], covered=((0, 2400),))
    answer = answered(store, log, signed(CONSENT, visit(0, 60)))
    assert answer.table is not None and answer.table.everybody == (5, 5, 5)
    assert (answer.stays[0].watched, answer.stays[0].followed) == (33, 20)
    assert answer.outcome == "partly" and not answer.whole


def test_a_damaged_file_is_named_and_the_rest_is_answered(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(6, 60)])
    later = HOUR + timedelta(hours=1)
    store.put("hall", later, "settings", rows(20), ((0, TICKS),))
    path = store.file("hall", later)
    path.write_bytes(path.read_bytes()[:-7])
    answer = answered(store, log, signed(CONSENT, visit(30, 60)))
    assert [where for where, _ in answer.damaged] == [str(path)] and "damaged" in answer.damaged[0][1]
    assert answer.table is not None and answer.stays[0].watched == 50
    assert not answer.whole and answer.outcome == "partly"


def test_an_hour_under_another_ground_is_left_out_and_named(tmp_path: Path, log: Log) -> None:
    """The camera was turned: who stands at (0, 0) now is somebody else, a few metres off."""
    store, later = stored(tmp_path / "store", []), HOUR + timedelta(hours=1)
    grounds = [ground_named(text) for text in ("before", "after")]
    for text in ("before", "after"):
        store.put_ground("gate", text, replace=True)
    for hour, ground in zip((HOUR, later), grounds, strict=True):
        store.put("gate", hour, "settings", positions([patient(), *about(6, 60)]), ((0, TICKS),), ground=ground)
    answer = answered(store, log, signed(CONSENT, visit(30, 60, camera="gate")))
    assert answer.stays[0].watched == 50 and answer.table is not None and answer.outcome == "partly"
    ((path, why),) = answer.damaged
    assert path == str(store.file("gate", later)) and "another ground" in why
    assert answered(store, log, signed(CONSENT, visit(60, 30, camera="gate"))).whole


def test_a_store_that_is_all_damaged_counts_nobody(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(6, 60)])
    store.file("hall", HOUR).write_bytes(b"")
    answer = answered(store, log, signed(CONSENT))
    assert answer.table is None and len(answer.damaged) == 1 and answer.outcome == "no-footage"
    assert answer.stays[0].state is State.DAMAGED


def test_damage_at_the_point_is_not_nobody_there_and_costs_nothing(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(6, 60)])
    later = HOUR + timedelta(hours=1)
    store.put("hall", later, "settings", rows(20), ((0, TICKS),))
    where = replace(visit(30, 60), points=(Point(later + timedelta(minutes=1), 0, 0),))
    octets = store.file("hall", later).read_bytes()
    store.file("hall", later).write_bytes(octets[:-7])
    case = signed(CONSENT, where)
    for _ in range(CASES + 1):
        answer = answered(store, log, case)
        assert answer.stays[0].state is State.DAMAGED and answer.table is None and answer.stays[0].watched == 50
        assert len(answer.damaged) == 1 and answer.outcome == "no-footage"
    store.file("hall", later).write_bytes(octets)
    assert answered(store, log, case).table is not None, "once it is restored"


def test_a_point_that_nobody_watched_is_not_nobody_there_and_costs_nothing(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(20)], covered=((0, 2400),))
    where = replace(visit(), points=(Point(HOUR + timedelta(minutes=25), 0, 0),))
    for _ in range(CASES + 1):
        answer = answered(store, log, signed(CONSENT, where))
        assert answer.stays[0].state is State.UNWATCHED and answer.outcome == "no-footage"
    twice = replace(where, points=(Point(HOUR + timedelta(minutes=5), 0, 0), *where.points))
    assert answered(store, log, signed(CONSENT, twice)).stays[0].state is State.FOUND


def test_footage_that_comes_late_can_be_asked_of(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(20), *about(7, 20)], covered=((0, 2400),))
    first = answered(store, log, signed(CONSENT, visit(0, 60)))
    assert first.stays[0].watched == 33
    late = [
        replace(walk, ticks=range(2400, 7200), xy=np.repeat(walk.xy[:1], 4800, 0))
        for walk in (patient(), *about(7, 40))
    ]
    store.put("hall", HOUR, "settings", positions(late), ((2400, 7200),))
    with pytest.raises(Spent, match="a part of the window"):
        answered(store, log, signed(CONSENT, visit(19, 41)))
    assert answered(store, log, signed(CONSENT, visit(20, 40))).whole


def test_where_the_patient_was_not_anybody_else_may_ask(tmp_path: Path, log: Log) -> None:
    """The first patient left after 12 minutes; what was told is of those, to five minutes."""
    second = straight(0, 7200, (20, 0), number=500, sd=0.05)
    store = stored(tmp_path / "store", [patient(12), second, *about(7, 60)])
    answered(store, log, signed(CONSENT, visit(0, 60)))
    with pytest.raises(Spent):
        answered(store, log, signed(CONSENT, visit(14, 20, at=(20, 0))))
    assert answered(store, log, signed(CONSENT, visit(15, 20, at=(20, 0)))).whole


def test_four_visits_in_an_hour_are_one_case(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 60)])
    four = [visit(start, 10) for start in (0, 15, 30, 45)]
    assert len(four) > CASES and answered(store, log, signed(CONSENT, *four)).whole


@pytest.mark.parametrize(
    ("points", "state"),
    [
        ([(60, 0.3, -0.3)], State.FOUND),
        ([(60, 0.7, 0.0)], State.FOUND),
        ([(60, 0.8, 0.0)], State.NOBODY),
        ([(60, 5.5, 5.5)], State.NOBODY),
        ([(60, 4.6, 0.0)], State.UNCLEAR),
        ([(60, 5.2, 0.0)], State.UNCLEAR),
        ([(60, 0.0, 0.0), (120, 8.0, 0.0)], State.UNCLEAR),
        ([(60, 0.0, 0.0), (120, 30.0, 0.0)], State.NOBODY),
        ([(60, 0.0, 0.0), (1200, 0.0, 0.0)], State.FOUND),
    ],
)
def test_the_patient_is_whom_the_points_say_and_nobody_else(
    tmp_path: Path, log: Log, points: list[tuple[int, float, float]], state: State
) -> None:
    others = [straight(0, TICKS, (x, 0), number=n, sd=0.05) for n, x in ((7, 5.0), (8, 5.4), (9, 8.0))]
    store = stored(tmp_path / "store", [patient(), *others])
    where = replace(visit(), points=tuple(Point(HOUR + timedelta(seconds=at), x, y) for at, x, y in points))
    answer = answered(store, log, signed(CONSENT, where))
    assert answer.stays[0].state is state
    assert (answer.table is None) == (state is not State.FOUND)
    assert answer.outcome == ("answered" if state is State.FOUND else "not-located")


def test_a_stranger_far_from_the_camera_is_not_the_patient(tmp_path: Path) -> None:
    """However little is known of where somebody was: a glyph is drawn to half a metre."""
    store = stored(tmp_path / "store", [straight(0, TICKS, (5.5, 0), sd=2.4)])
    assert run.look(store, visit()).stay.state is State.NOBODY
    assert run.look(store, visit(at=(5.5, 0))).stay.state is State.FOUND


def test_a_patient_in_two_pieces_is_one_with_a_point_in_each(tmp_path: Path) -> None:
    pieces = [straight(0, 1200, (0, 0), number=3, sd=0.05), straight(1800, 3600, (0, 0), number=2, sd=0.05)]
    store = stored(tmp_path / "store", [*pieces, *about(5, 30, first=10)])
    twice = (Point(HOUR + timedelta(seconds=60), 0, 0), Point(HOUR + timedelta(seconds=1000), 0, 0))
    once, both = visit(), replace(visit(), points=twice)
    assert [round(each.seconds) for each in run.look(store, once).met] == [600] * 5
    assert [round(each.seconds) for each in run.look(store, both).met] == [1500] * 5
    assert run.look(store, both).stay.followed == 80


def coarse(store: Store) -> None:
    fine = store.get("hall", HOUR)
    assert isinstance(fine, Found)
    with store.hour_alone(HOUR):
        label = Label("hall", HOUR, fine.settings, fine.covered, coarse=True)
        store.write(label, coarsened(fine.positions, np.random.default_rng(1)), force=True)


def test_coarse_rows_answer_with_what_they_know(tmp_path: Path) -> None:
    neighbours = [straight(0, TICKS, (7.5, 2.5 + n / 10), number=20 + n) for n in range(6)]
    store = stored(tmp_path / "store", [straight(0, TICKS, (2.5, 2.5), number=0), *neighbours])
    coarse(store)
    seen = run.look(store, visit(0, 60, at=(2.5, 2.5)))
    assert seen.stay.coarse and seen.stay.state is State.FOUND and seen.stay.followed == 100
    assert len(seen.met) == 6 and all(0 < each.probability < 0.1 for each in seen.met)


def cells(path: Path, *people: tuple[float, float]) -> Store:
    """An hour of coarse rows of people who stood still."""
    store = stored(path, [straight(0, TICKS, at, number=n, mask=Mask.WORN) for n, at in enumerate(people)])
    coarse(store)
    return store


@pytest.mark.parametrize(
    ("at", "state"), [((0.2, 4.9), State.FOUND), ((-0.8, 4.9), State.NOBODY), ((4.5, 2), State.UNCLEAR)]
)
def test_a_coarse_patient_is_whoever_is_alone_in_the_cell_of_the_point(
    tmp_path: Path, at: tuple[float, float], state: State
) -> None:
    store = cells(tmp_path, (1, 1), (6, 1), (30, 30))
    assert run.look(store, visit(at=at)).stay.state is state


def test_a_coarse_minute_counts_for_what_the_visit_has_of_it(tmp_path: Path) -> None:
    store = cells(tmp_path / "store", (1, 1), (-30, 1), (2, 2))
    whole = run.look(store, visit(0, 10, at=(2.5, 2.5)))
    assert whole.stay.state is State.UNCLEAR, "two in one cell"
    store = cells(tmp_path / "other", (1, 1), (-1, 1))
    begin = HOUR + timedelta(seconds=50)
    cut = Visit("hall", begin, begin + timedelta(seconds=320), (Point(begin, 2, 1),))
    (ten,) = run.look(store, visit(0, 10, at=(2, 1))).met
    (five,) = run.look(store, cut).met
    assert five.seconds == pytest.approx(ten.seconds * 320 / 600)
    assert run.look(store, cut).stay.followed == 100


def test_the_same_case_has_the_same_answer_and_costs_nothing(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    case = signed(CONSENT)
    first = answered(store, log, case)
    coarse(store)  # a second look would see something else
    for _ in range(CASES + 1):
        assert answered(store, log, case) == first
    assert answered(store, log, sign(replace(case, bound=None, signature=None), CONSENT, OFFICER, now())) == first
    assert log.tree.size == CASES + 3, "each is on the ledger nevertheless"


def test_an_overlapping_window_is_refused_whoever_asks(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    answered(store, log, signed(CONSENT, visit(0, 30)))
    another = agreed(pseudonym="P-02")
    other = sign(Case(patient="P-02", visits=(visit(29, 10),)), another, OFFICER, now())
    with pytest.raises(Spent, match="a part of the window"):
        answered(store, log, other, another)
    assert log.tree.size == 1
    answered(store, log, signed(CONSENT, visit(30, 10)))


def test_a_mistaken_point_can_be_put_right_but_is_paid_for(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    for _ in range(CASES - 1):
        assert answered(store, log, signed(CONSENT, visit(at=(30, 30)))).table is None
    assert answered(store, log, signed(CONSENT, visit())).table is not None
    with pytest.raises(Spent, match="asked no more"):
        answered(store, log, signed(CONSENT, visit(40, 10)))


def test_footage_that_comes_tomorrow_can_be_asked_of(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient()], camera="yard")
    case = signed(CONSENT)
    for _ in range(CASES + 1):
        assert answered(store, log, case).table is None
    stored(tmp_path / "store", [patient(), *about(7, 10)])
    assert answered(store, log, case).whole


def test_the_ledger_learns_counts_and_commitments(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    case = signed(CONSENT, visit(30, 60), visit(0, 10, camera="yard"))
    answer, receipt = run.case(case, CONSENT, store, log, known=KNOWN)
    text = log.tree.entry(receipt.proof.index)
    entry = read_entry(text)
    assert entry.kind == "exposure.case"
    counts = {name: fact for name, fact in entry.facts.items() if name not in receipt.opened}
    assert counts == {"camera_hours": 3, "damaged": 0, "outcome": answer.outcome, "visits": 2}
    receipt.refuse_false()
    assert receipt.opened["consent"] == CONSENT.commitment.hex()
    for telling in (b"P-01", b"hall", b"yard", CONSENT.commitment.hex().encode(), case.case_id.encode()):
        assert telling not in text


def test_no_answer_leaves_before_it_is_logged(tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger whose disk is full refuses the entry; the answer waits for it, and is the same."""
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    case, full = signed(CONSENT), OSError(28, "No space left on device")

    def refuse(self: Log, entries: object) -> range:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(Log, "append", refuse)
        with pytest.raises(OSError, match="No space"):
            answered(store, log, case)
    assert log.tree.size == 0
    assert answered(store, log, case).whole and log.tree.size == 1


def other_signer() -> Case:
    return sign(drawn(), CONSENT, STRANGER, now())


def altered() -> Case:
    case = signed(CONSENT)
    return replace(case, visits=(replace(case.visits[0], end=case.visits[0].end + timedelta(minutes=9)),))


@pytest.mark.parametrize(
    ("case", "consent", "error", "says"),
    [
        (drawn(), CONSENT, NotBound, "a draft"),
        (other_signer(), CONSENT, NotBound, "not known as officer"),
        (altered(), CONSENT, NotBound, "altered"),
        (signed(CONSENT), agreed(), NotBound, "another consent"),
        (signed(CONSENT), agreed(pseudonym="P-02"), NotBound, "another consent"),
        (
            signed(CONSENT),
            replace(CONSENT, purpose=Purpose.REDACT_KEEP, data=(Data.PICTURE,)),
            OtherPurpose,
            "redact.keep",
        ),
        (signed(CONSENT), replace(CONSENT, valid_until=LONG_AGO), Expired, "held until"),
        (signed(CONSENT), replace(CONSENT, valid_from=FAR_OFF), NotYet, "holds from"),
        (signed(CONSENT), replace(CONSENT, test=True), NotBound, "made for tests"),
    ],
)
def test_what_does_not_belong_together_is_refused_before_anything_is_opened(
    tmp_path: Path, log: Log, case: Case, consent: Consent, error: type[Exception], says: str
) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    opened: list[str] = []
    sys.addaudithook(
        lambda event, words: opened.append(str(words[0])) if event in ("open", "sqlite3.connect") else None
    )
    with pytest.raises(error, match=says):
        answered(store, log, case, consent)
    assert not [path for path in opened if str(tmp_path / "store") in path]
    assert not (tmp_path / "store" / NAME).exists() and log.tree.size == 0


def test_officers_who_are_not_known_sign_nothing(tmp_path: Path, log: Log) -> None:
    with pytest.raises(NotBound, match="not known"):
        run.case(signed(CONSENT), CONSENT, Store(tmp_path), log, known=Known())


def test_a_visit_that_is_not_over_waits() -> None:
    begun = now()
    with pytest.raises(Misuse, match="not over"):
        signed(CONSENT, Visit("hall", begun, begun + timedelta(hours=1), (Point(begun, 0, 0),)))


def test_an_answer_reads_back_and_its_json_is_stable(tmp_path: Path, log: Log) -> None:
    store = stored(tmp_path / "store", [patient(), *about(7, 10)])
    for answer in (answered(store, log, signed(CONSENT)), answered(store, log, signed(CONSENT, visit(camera="no")))):
        assert read(written(answer)) == answer
    tree = plain(answered(store, log, signed(CONSENT, visit(30, 5))))
    assert tree["people"]["60_s"] == {"at_least": 0} | {
        name: {"at_least": 0} for name in ("unknown", "worn", "absent", "incorrect")
    }
    assert set(json.loads(json.dumps(tree))) == {"test", "within_m", "floor", "people", "visits", "damaged"}
