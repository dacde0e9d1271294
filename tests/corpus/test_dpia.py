"""The assessment: figures are the corpus's, questions stay open until answered, what changed is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from garim.core.errors import Malformed
from garim.corpus import document
from garim.corpus.dpia import (
    QUESTIONS,
    THRESHOLDS,
    Assessment,
    Change,
    Held,
    Measure,
    Retention,
    State,
    Use,
    answers,
    changes,
    facts,
    read,
    written,
)
from garim.corpus.dpia_page import document as paged

HELD = Held(
    subjects=49_999, photos=70_000, vaulted=10, test_photos=0, withdrawn=4, erased=2, nationalities=9, children=0
)
ONE = Assessment(
    corpus="7f3a",
    controller="Ministry of <b>Examples</b> | Seoul",
    at=datetime(2026, 11, 22, 10, tzinfo=UTC),
    garim="0.1",
    held=HELD,
    uses=(Use(purpose="corpus.train", processor="Vision_Ltd", photos=900, manifests=2, released=50),),
    origins={"study_volunteer": 70_000},
    retention=Retention(first_end="2026-12-01", last_end="2029-01-01", expired=0, within_90_days=70),
    measures=(Measure("each photo under its own key", State.YES, "the vault"), Measure("backups", State.UNSEEN, "ask")),
)
ALL = dict.fromkeys(QUESTIONS, "Answered.")


def both(of: Assessment, since: list[Change] | None = None) -> tuple[str, str]:
    made = paged(of, since, None if since is None else "2026-10-01")
    return document.markdown(made), document.html(made)


def test_figures_and_words_are_in_both_forms() -> None:
    for text in both(ONE):
        assert "49,995" in text and "70,000" in text and "2026-12-01" in text and "first assessment" in text
        assert "not reached" in text and "reached: an assessment is required" not in text
        assert all(question.split("?")[0][:20] in text for question in QUESTIONS.values())


@pytest.mark.parametrize(("people", "reached"), [(49_999, 0), (50_000, 1), (500_000, 2), (999_999, 2), (1_000_000, 3)])
def test_the_laws_thresholds(people: int, reached: int) -> None:
    of = replace(ONE, held=replace(HELD, subjects=people))
    assert sum(row["reached"] for row in facts(of)["thresholds"].values()) == reached
    assert both(of)[1].count("reached: an assessment is required") == reached
    assert [each.limit for each in THRESHOLDS] == [50_000, 500_000, 1_000_000]


def test_nothing_is_told_of_fewer_than_five() -> None:
    held = Held(subjects=9, photos=13, vaulted=13, test_photos=4, withdrawn=4, erased=1, nationalities=3, children=2)
    few = replace(ONE, held=held, origins={"synthetic": 3}, retention=replace(ONE.retention, expired=4))
    told = facts(few)
    assert told["held"] == {
        "subjects": 5,
        "photos": 10,
        "vaulted": 10,
        "test_photos": 0,
        "withdrawn": 0,
        "erased": 0,
        "nationalities": 3,
        "children": 0,
    }
    assert told["origins"] == {"synthetic": 0} and told["retention"]["expired"] == 0
    for text in both(few):
        assert "have to be erased" in text and "fewer than 5" in text and "| 4 |" not in text and ">4<" not in text


def test_nobody_answers_for_people() -> None:
    assert ONE.open == tuple(QUESTIONS)
    assert "8 of 8 questions" in both(ONE)[0]
    some = replace(ONE, answers={"necessity": "Because.", "power": "  "})
    assert some.open == tuple(name for name in QUESTIONS if name != "necessity")
    assert "Because." in both(some)[1]
    assert "Not finished" not in both(replace(ONE, answers=ALL))[1]
    with pytest.raises(ValueError, match="answers what was asked"):
        replace(ONE, answers={"colour": "blue"})


def test_answers_are_of_questions() -> None:
    assert answers({"necessity": " so \n it is "}) == {"necessity": "so it is"}
    with pytest.raises(Malformed, match="nothing of that name"):
        answers({"colour": "blue"})
    with pytest.raises(Malformed, match="in words"):
        answers({"necessity": 3})


def test_what_is_missing_is_said_first() -> None:
    lacking = replace(ONE, measures=(Measure("master key apart", State.NO, "it lies in the folder"),))
    assert "Not in place: master key apart" in both(lacking)[1].split("<h2>")[0]
    tested = replace(ONE, held=replace(HELD, test_photos=3))
    assert "TEST: fewer than 5 photos" in both(tested)[1].split("<h2>")[0]
    expired = replace(ONE, retention=replace(ONE.retention, expired=1))
    assert "have to be erased" in both(expired)[1]


def test_what_changed_is_listed_and_nothing_else() -> None:
    then = read(written(ONE))
    same = replace(ONE, at=datetime(2026, 12, 24, tzinfo=UTC), garim="0.2")
    assert changes(then, facts(same)) == []
    now = replace(same, held=replace(HELD, withdrawn=14), uses=(), answers={"necessity": "Because."})
    assert changes(then, facts(now)) == [
        Change("held / withdrawn", "0", "10"),
        Change("answers / necessity", "", "Because."),
        Change("uses / corpus.train, Vision_Ltd / photos", "900", ""),
        Change("uses / corpus.train, Vision_Ltd / manifests", "2", ""),
        Change("uses / corpus.train, Vision_Ltd / released", "50", ""),
    ]
    markdown, html = both(now, changes(then, facts(now)))
    assert "| **held / withdrawn** | 0 | 10 |" in markdown.replace("held / withdrawn", "**held / withdrawn**")
    assert "Since the assessment of 2026-10-01" in html
    assert "Nothing since" in both(same, [])[0]


def test_words_of_others_do_nothing() -> None:
    markdown, html = both(ONE)
    assert "<b>Examples" not in html and "&lt;b&gt;Examples&lt;/b&gt;" in html
    assert "Ministry of \\<b\\>Examples" in markdown and "Vision\\_Ltd" in markdown
    odd = both(replace(ONE, controller="a\u202eb\nc"))
    assert all("\u202e" not in text and "a\\" in text for text in odd)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "garim-dpia-1", "corpus": 3, "at": ""}', "[" * 10_000])
def test_what_is_no_assessment_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)
