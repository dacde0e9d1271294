"""The command as a data officer uses it: a plan made, a person kept, a report handed out; a folder, twice."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.attacks.harness import Ran, garim
from tests.consent.papers import draft
from tests.films import crowd, decoded, destroyed, film, shot, stands

from garim.cli.redact_logged import redaction
from garim.consent import Signer, give, load, new_key, public_of, save
from garim.core.plan import read
from garim.ledger import opened
from garim.redact.done import Begun, begin, recorded

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def couple(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people who stand still, for a second."""
    frames, _ = crowd(shot(20, stands(90, 130, 90, who=0, number=1), stands(260, 130, 90, who=1, number=2)))
    return film(tmp_path_factory.mktemp("couple") / "couple.mp4", frames, rate=20)


@pytest.fixture(scope="module")
def planned(couple: Path) -> str:
    """The plan for them, as the command makes it."""
    path = couple.with_name("planned.json")
    made = garim("redact", couple, "--plan-only", "-o", path, "--json")
    assert (made.code, json.loads(made.out)) == (0, {"output": str(path)})
    return path.read_text()


def agreed(folder: Path, *, test: bool = False) -> Path:
    """A consent of P-01 to stay visible, attested by an officer whom `office` knows."""
    key, record = new_key("office"), draft(test=test, valid_until=draft().valid_until.replace(year=2126))
    known = folder / "config" / "garim" / "known-keys"
    known.parent.mkdir(parents=True)
    known.write_text(f"{public_of(key)} officer\n")
    path = folder / f"P-01{'.TEST' if test else ''}.consent.json"
    save(give(record, key, by=Signer.OFFICER, at=record.valid_from), path)
    return path


def office(folder: Path) -> dict[str, str]:
    """An environment whose known keys and ledger are under `folder`."""
    return os.environ | {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")}


def track_at(plan: Path, x: float) -> int:
    """The number of the plan's track that covers the column `x` at its first time."""
    return next(lane.track for lane in read(plan.read_text()).lanes if lane.xyxy[0, 0] < x < lane.xyxy[0, 2])


def test_a_person_who_agreed_is_kept_and_the_other_is_not(couple: Path, planned: str, tmp_path: Path) -> None:
    plan, output = tmp_path / "couple.plan.json", tmp_path / "out.mp4"
    plan.write_text(planned)
    number = track_at(plan, 90)
    paper = agreed(tmp_path)
    words = ("redact", couple, "--plan", plan, "-o", output, "--report", "--json")
    done = garim(*words, "--keep", f"{number}={paper}", env=office(tmp_path))
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    commitment = load(paper).commitment.hex()
    reason = "agreed to stay visible in footage that is released"
    assert facts["kept"] == [{"pseudonym": "P-01", "reason": reason, "commitment": commitment}]
    before, after = decoded(couple), decoded(output)
    faces = np.array([[70, 110, 110, 150], [240, 110, 280, 150]], np.float32)
    for frame in (0, 10, 19):
        assert destroyed(before[frame], after[frame], faces[0]) == 0
        assert destroyed(before[frame], after[frame], faces[1]) == 1
    page, data = (Path(path) for path in facts["reports"])
    assert "P-01" in page.read_text() and commitment in page.read_text()
    people = [{"pseudonym": "P-01", "reason": reason, "commitment": commitment, "regions": 1}]
    assert json.loads(data.read_text())["kept"] == {"people": people, "not_faces": 0}

    # the same from a plan that was corrected by hand: the reason is its own, and the consent still has to be there
    tree = json.loads(plan.read_text())
    for lane in tree["lanes"]:
        if lane["track"] == number:
            lane["keep"] = {"pseudonym": "P-01", "reason": "asked for their own record"}
    plan.write_text(json.dumps(tree))
    without = garim(*words, "--force", env=office(tmp_path))
    assert without.code == 2 and "leaves P-01 visible, and nobody proved that they agreed" in without.err
    again = garim(*words, "--force", "--consent", paper, env=office(tmp_path))
    assert again.code == 0, again.err
    assert json.loads(again.out)["kept"] == [
        {"pseudonym": "P-01", "reason": "asked for their own record", "commitment": commitment}
    ]


def test_a_consent_for_tests_marks_the_result(couple: Path, planned: str, tmp_path: Path) -> None:
    plan, output = tmp_path / "couple.plan.json", tmp_path / "out.mp4"
    plan.write_text(planned)
    paper = agreed(tmp_path, test=True)
    words = ("redact", couple, "--plan", plan, "-o", output, "--keep", f"{track_at(plan, 90)}={paper}", "--report")
    refused = garim(*words, env=office(tmp_path))
    assert refused.code == 2 and "made for tests" in refused.err and not output.exists()
    done = garim(*words, "--test", "--json", env=office(tmp_path))
    assert done.code == 0 and "TEST" in done.err
    facts = json.loads(done.out)
    assert facts["kept"][0]["reason"].startswith("TEST: ")
    assert "TEST: agreed" in Path(facts["reports"][0]).read_text()


def test_what_is_no_face_needs_nobodys_consent(couple: Path, planned: str, tmp_path: Path) -> None:
    plan, output = tmp_path / "couple.plan.json", tmp_path / "out.mp4"
    plan.write_text(planned)
    tree = json.loads(plan.read_text())
    tree["lanes"][0]["keep"] = {"reason": "a poster"}
    plan.write_text(json.dumps(tree))
    done = garim("redact", couple, "--plan", plan, "-o", output, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    count = len(tree["lanes"])  # the badge on a cap may be one, too
    assert (told["kept"], told["exempt"]) == ([], [{"reason": "a poster"}])
    assert (told["regions"], told["tracks"]) == (count - 1, count)
    assert count >= 2


def test_what_is_said_to_be_no_face_is_told_apart_from_people_and_from_what_was_destroyed(
    couple: Path, planned: str, tmp_path: Path
) -> None:
    plan, log = tmp_path / "couple.plan.json", tmp_path / "log"
    plan.write_text(planned)
    assert garim("ledger", "init", log, "--origin", "log.example/one").code == 0
    number, tree = track_at(plan, 90), json.loads(plan.read_text())
    for lane in tree["lanes"]:
        lane["keep"] = {"reason": "a statue"}
    plan.write_text(json.dumps(tree))
    words = ("redact", couple, "--plan", plan, "--ledger", log, "-o", tmp_path / "out.mp4")
    statues = garim(*words, env=office(tmp_path))
    assert statues.code == 0, statues.err
    count = len(tree["lanes"])
    assert count >= 2
    assert "0 regions destroyed" in statues.err and f"{count} regions destroyed" not in statues.err
    assert statues.err.count("left visible: the plan says that it is no face (a statue)") == count
    one = garim(*words, "--force", "--keep", f"{number}={agreed(tmp_path)}", env=office(tmp_path))
    assert one.code == 0, one.err
    assert f"track {number} left visible, with a consent (P-01: " in one.err
    shown = json.loads(garim("ledger", "show", log, "--json").out)["entries"]
    counts = [{name: entry["facts"][name] for name in ("kept", "exempt", "regions")} for entry in shown]
    assert counts == [{"kept": 0, "exempt": count, "regions": 0}, {"kept": 1, "exempt": count - 1, "regions": 0}]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--keep", "1=CONSENT"], "--plan-only"),
        (["--consent", "CONSENT"], "--plan-only"),
        (["--plan", "PLAN", "--keep", "1"], "TRACK=CONSENT"),
        (["--plan", "PLAN", "--keep", "=CONSENT"], "TRACK=CONSENT"),
        (["--plan", "PLAN", "--keep", "1=P-01:asked"], "P-01:asked: cannot be read"),
        (["--plan", "PLAN", "--keep", "99=CONSENT"], "no track 99"),
        (["--plan", "PLAN", "--consent", "CONSENT"], "no P-01 visible"),
        (["--plan-only", "--consent", "CONSENT"], "take no other"),
        (["--plan", "OTHER"], "another file"),
        (["--plan", "GONE"], "cannot be read"),
        (["--plan-only", "--report"], "take no other"),
        (["--codec", "mpeg1"], "h264, hevc, av1"),
    ],
)
def test_what_makes_no_sense_is_refused(
    couple: Path, planned: str, tmp_path: Path, words: list[str], says: str
) -> None:
    places = {"PLAN": tmp_path / "p.json", "OTHER": tmp_path / "o.json", "GONE": tmp_path / "gone.json"}
    places["PLAN"].write_text(planned)
    places["OTHER"].write_text(json.dumps(json.loads(planned) | {"input_sha256": "0" * 64}))
    output = tmp_path / "out.mp4"
    paper = agreed(tmp_path)
    words = [word.replace("CONSENT", str(paper)) for word in words]
    ran = garim("redact", couple, "-o", output, *(str(places.get(word, word)) for word in words), env=office(tmp_path))
    assert ran.code in (2, 3) and says in ran.err
    assert not output.exists()


def test_a_folder_is_done_once(couple: Path, tmp_path: Path) -> None:
    place = tmp_path / "in"
    (place / "below").mkdir(parents=True)
    (place / "below" / "film.mp4").write_bytes(couple.read_bytes())
    Image.new("RGB", (64, 48), "white").save(place / "still.png")
    (place / "broken.mov").write_bytes(b"no film")
    first = garim("redact", place, "--jobs", "2", "--report", "--json")
    assert first.code == 3
    assert json.loads(first.out)["counts"] == {"done": 2, "failed": 1}
    assert (tmp_path / "in.redacted" / "below" / "film.redacted.mp4.report.html").is_file()
    (place / "broken.mov").unlink()
    second = garim("redact", place)
    assert second.code == 0 and not second.out
    assert "2 skipped" in second.err


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """A folder with two stills."""
    place = tmp_path / "in"
    place.mkdir()
    for name, colour in (("a", "white"), ("b", "grey")):
        Image.new("RGB", (64, 48), colour).save(place / f"{name}.png")
    return place


def ledger(folder: Path, name: str) -> tuple[Path, str]:
    """A new ledger, and its key."""
    made = garim("ledger", "init", folder / name, "--origin", f"log.example/{name}")
    return folder / name, made.out.splitlines()[0]


def size(log: Path) -> int:
    return int(json.loads(garim("ledger", "show", log, "--json").out)["size"])


def counts(ran: Ran) -> dict[str, int]:
    assert ran.code == 0, ran.err
    return dict(json.loads(ran.out)["counts"])


def test_a_folder_that_was_done_before_is_put_on_a_ledger_once(stills: Path, tmp_path: Path) -> None:
    (one, key), (two, _) = ledger(tmp_path, "one"), ledger(tmp_path, "two")
    assert garim("redact", stills, "--report").code == 0
    outputs = {path: path.stat().st_mtime_ns for path in (tmp_path / "in.redacted").glob("*.png")}
    assert counts(garim("redact", stills, "--ledger", one, "--json")) == {"logged": 2}
    assert size(one) == 2
    report = tmp_path / "in.redacted" / "a.redacted.png.report.json"
    proved = garim("ledger", "verify", report, "--key", key)
    assert proved.code == 0, proved.err
    told = json.loads(report.read_text())
    assert f"SHA-256 {told['output']['sha256']}" in proved.out
    page = report.with_suffix(".html").read_text()
    assert "log.example/one" in page and f"garim ledger verify {report.name}" in page
    assert page.count("data:image/jpeg") == len(told["moments"])
    assert counts(garim("redact", stills, "--ledger", one, "--json")) == {"skipped": 2}
    assert counts(garim("redact", stills, "--json")) == {"skipped": 2}
    assert counts(garim("redact", stills, "--ledger", two, "--json")) == {"logged": 2}
    assert (size(one), size(two)) == (2, 2)
    assert {path: path.stat().st_mtime_ns for path in outputs} == outputs, "none was made again"


def test_a_report_that_is_to_carry_a_receipt_is_written_with_it(stills: Path, tmp_path: Path) -> None:
    log, key = ledger(tmp_path, "one")
    assert garim("redact", stills).code == 0
    assert counts(garim("redact", stills, "--ledger", log, "--report", "--json")) == {"done": 2}
    for name in "ab":
        report = tmp_path / "in.redacted" / f"{name}.redacted.png.report.json"
        assert garim("ledger", "verify", report, "--key", key).code == 0
    assert size(log) == 2


def test_a_report_on_something_else_is_left_as_it_is(stills: Path, tmp_path: Path) -> None:
    log, _ = ledger(tmp_path, "one")
    assert garim("redact", stills, "--report").code == 0
    report = tmp_path / "in.redacted" / "a.redacted.png.report.json"
    other = report.read_text().replace('"sha256": "', '"sha256": "0')
    report.write_text(other)
    ran = garim("redact", stills, "--ledger", log)
    assert ran.code == 3 and "the receipt could not be put into it" in ran.err and report.read_text() == other
    report.unlink()
    assert counts(garim("redact", stills, "--ledger", log, "--json")) == {"logged": 1, "skipped": 1}
    assert size(log) == 2, "what was on it already is not put there again"


def test_what_the_ledger_refused_is_put_there_by_the_next_run(stills: Path, tmp_path: Path) -> None:
    log, key = ledger(tmp_path, "one")
    (log / "tile").write_text("in the way")
    refused = garim("redact", stills, "--ledger", log, "--report")
    assert refused.code == 3 and "was published, but is not on the ledger" in refused.err
    (log / "tile").unlink()
    assert counts(garim("redact", stills, "--ledger", log, "--report", "--json")) == {"done": 2}
    assert size(log) == 2
    for report in (tmp_path / "in.redacted").glob("*.report.json"):
        assert garim("ledger", "verify", report, "--key", key).code == 0


@pytest.mark.parametrize("appended", [False, True])
def test_who_is_killed_while_logging_logs_nothing_twice(stills: Path, tmp_path: Path, appended: bool) -> None:
    """As a kill leaves it: published, written down which entry is coming, and that entry on the ledger or not."""
    path, key = ledger(tmp_path, "one")
    assert garim("redact", stills, "--report").code == 0
    root = tmp_path / "in.redacted"
    published = recorded(root)["a.redacted.png"].published
    begin(root, published, "log.example/one", Begun(bytes(32), 0))
    if appended:
        with opened(path) as log:
            redaction(log, published, bytes(32))
    assert counts(garim("redact", stills, "--ledger", path, "--json")) == {"logged": 2}
    assert size(path) == 2
    for report in root.glob("*.report.json"):
        assert garim("ledger", "verify", report, "--key", key).code == 0
    assert not list(root.glob(".garim-logging-*"))


@pytest.mark.parametrize("broken", ["keys", "old copy", "policy"])
def test_a_ledger_that_is_not_what_it_says_is_no_residual(stills: Path, tmp_path: Path, broken: str) -> None:
    log, _ = ledger(tmp_path, "one")
    if broken != "old copy":
        (tmp_path / "one.private" / broken).write_bytes(b"broken\n")
    else:
        was = shutil.copytree(tmp_path / "one.private", tmp_path / "was")
        assert garim("redact", stills / "a.png", "--ledger", log, "-o", tmp_path / "c.png").code == 0
        shutil.rmtree(tmp_path / "one.private")
        was.rename(tmp_path / "one.private")
    for inputs in (stills, stills / "a.png"):
        ran = garim("redact", inputs, "--ledger", log)
        assert (ran.code, ran.out) == (3, "") and ran.err.count("\n") == 1, ran.err
    assert not list(tmp_path.rglob("*redacted*"))
