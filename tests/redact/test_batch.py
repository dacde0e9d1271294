"""Many inputs: each ends as a value; done is not done again; one bad file stops nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.films import film, pictures

from garim.core.errors import Misuse, Unreadable
from garim.redact import Check
from garim.redact.batch import Outcome, Settings, State, batch, tasks
from garim.redact.done import DONE, Begun, begin, begun, recorded, remember_logged

pytestmark = pytest.mark.weights


def silent(step: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two stills, a film in a folder below, a film that was cut short, and what is no footage."""
    place = tmp_path / "in"
    (place / "below").mkdir(parents=True)
    grey = np.full((64, 96, 3), 120, np.uint8)
    Image.fromarray(grey).save(place / "a.png")
    Image.fromarray(grey).save(place / "b.jpg")
    film(place / "below" / "film.mp4", pictures(5, (160, 120)))
    (place / "below" / "cut.mp4").write_bytes((place / "below" / "film.mp4").read_bytes()[:900])
    (place / "notes.txt").write_text("not footage")
    return place


def run(
    place: Path,
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    force: bool = False,
    ledger: str | None = None,
) -> list[Outcome]:
    return list(
        batch(
            tasks([place], None, settings or Settings()),
            settings or Settings(),
            jobs=jobs,
            force=force,
            ledger=ledger,
            progress=silent,
        )
    )


def states(outcomes: list[Outcome]) -> dict[str, State]:
    return {outcome.task.name: outcome.state for outcome in outcomes}


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_bad_file_stops_nothing(folder: Path, jobs: int) -> None:
    outcomes = run(folder, jobs=jobs)
    assert states(outcomes) == {
        "a.png": State.DONE,
        "b.jpg": State.DONE,
        "below/cut.mp4": State.FAILED,
        "below/film.mp4": State.DONE,
    }
    bad = next(outcome for outcome in outcomes if outcome.state is State.FAILED)
    assert bad.exit_code == 3 and "cut.mp4" in bad.message
    written = {str(p.relative_to(folder.parent / "in.redacted")) for p in (folder.parent / "in.redacted").rglob("*.*")}
    assert written == {"a.redacted.png", "b.redacted.jpg", "below/film.redacted.mp4", DONE}


def test_a_second_run_does_only_what_is_left(folder: Path) -> None:
    run(folder)
    shutil.copy(folder / "below" / "film.mp4", folder / "below" / "cut.mp4")
    outputs = {p: p.stat().st_mtime_ns for p in (folder.parent / "in.redacted").rglob("*.redacted.*")}
    again = run(folder)
    assert states(again)["below/cut.mp4"] is State.DONE
    assert [o.state for o in again].count(State.SKIPPED) == 3
    assert all(p.stat().st_mtime_ns == was for p, was in outputs.items())


@pytest.mark.parametrize("change", ["input", "settings", "output", "record"])
def test_nothing_is_skipped_that_differs(folder: Path, change: str) -> None:
    run(folder)
    out = folder.parent / "in.redacted"
    settings = Settings()
    if change == "input":
        Image.new("RGB", (64, 96), "white").save(folder / "a.png")
    elif change == "settings":
        settings = Settings(check=Check.KEYS)
    elif change == "output":
        (out / "a.redacted.png").write_bytes(b"something else")
    else:
        lines = (out / DONE).read_text().splitlines()
        (out / DONE).write_text(
            "\n".join(line for line in lines if "a.redacted" not in line) + '\n{"output": "a.redacted.png", "'
        )
    again = {o.task.name: o for o in run(folder, settings)}["a.png"]
    # what is there was not made by these settings from these bytes: it is not passed off as done, nor replaced
    assert again.state is State.FAILED and again.exit_code == 2 and "exists" in again.message
    assert {o.task.name: o for o in run(folder, settings, force=True)}["a.png"].state is State.DONE


def test_the_record_is_one_line_a_file(folder: Path) -> None:
    run(folder)
    rows = [json.loads(line) for line in (folder.parent / "in.redacted" / DONE).read_text().splitlines()]
    assert sorted(row["output"] for row in rows) == ["a.redacted.png", "b.redacted.jpg", "below/film.redacted.mp4"]


def test_what_a_ledger_does_not_know_is_told_without_being_made_again(folder: Path) -> None:
    (folder / "below" / "cut.mp4").unlink()
    root = folder.parent / "in.redacted"
    made = {outcome.task.name: outcome.done for outcome in run(folder)}
    outputs = {p: p.stat().st_mtime_ns for p in root.rglob("*.redacted.*")}
    again = run(folder, ledger="log.example/one")
    assert {o.state for o in again} == {State.SKIPPED}
    for outcome in again:
        done = made[outcome.task.name]
        assert done is not None and outcome.unlogged == done.published
        remember_logged(root, outcome.task.output, outcome.unlogged, "log.example/one")
    assert [o.unlogged for o in run(folder, ledger="log.example/one")] == [None] * 3
    assert None not in [o.unlogged for o in run(folder, ledger="log.example/two")]
    assert all(p.stat().st_mtime_ns == was for p, was in outputs.items())
    forced = run(folder, ledger="log.example/one", force=True)
    assert all(o.done is not None and o.unlogged == o.done.published for o in forced)
    # what is made again is another publication: no line of before speaks for it, if a byte is different
    for outcome in forced:
        entry = recorded(root)[str(outcome.task.output.relative_to(root))]
        assert outcome.unlogged == entry.published


def test_what_is_put_on_a_ledger_is_written_down_before_and_forgotten_after(folder: Path) -> None:
    (outcome, *_), root = run(folder), folder.parent / "in.redacted"
    assert outcome.done is not None
    published, before = outcome.done.published, Begun(bytes(32), 7)
    assert begun(root, published, "log.example/one") is None
    begin(root, published, "log.example/one", before)
    (there,) = root.glob(".garim-logging-*")
    assert there.stat().st_mode & 0o777 == 0o600, "it holds a key"
    assert begun(root, published, "log.example/one") == before
    assert begun(root, published, "log.example/two") is None
    there.write_text("{")
    with pytest.raises(Unreadable, match="cannot be told"):
        begun(root, published, "log.example/one")
    remember_logged(root, outcome.task.output, published, "log.example/one")
    assert not list(root.glob(".garim-logging-*"))
    assert recorded(root)["a.redacted.png"].ledgers == {"log.example/one"}


def test_a_record_that_is_no_text_is_not_taken_for_none(folder: Path) -> None:
    run(folder)
    (folder.parent / "in.redacted" / DONE).write_bytes(b"\xff\xfe")
    with pytest.raises(Unreadable, match="nothing was begun"):
        run(folder)


def test_a_line_that_was_cut_short_spoils_no_other(folder: Path) -> None:
    run(folder)
    record = folder.parent / "in.redacted" / DONE
    record.write_text(record.read_text() + '{"output": "x.png", "of')
    (folder / "c.png").write_bytes((folder / "a.png").read_bytes())
    run(folder)
    assert states(run(folder))["c.png"] is State.SKIPPED


def test_outputs_are_not_taken_for_inputs(folder: Path) -> None:
    run(folder)
    names = {t.name for t in tasks([folder.parent], None, Settings())}
    assert names == {"in/a.png", "in/b.jpg", "in/below/cut.mp4", "in/below/film.mp4"}


def test_two_inputs_never_share_an_output(tmp_path: Path) -> None:
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / side / "a.png")
    with pytest.raises(Misuse, match="both become"):
        tasks([tmp_path / "left", tmp_path / "right"], tmp_path / "out", Settings())


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no film and no picture"):
        tasks([tmp_path], None, Settings())
    with pytest.raises(Misuse, match="no such file"):
        tasks([tmp_path / "gone"], None, Settings())
