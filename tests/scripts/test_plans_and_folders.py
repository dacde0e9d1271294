"""The command as a data officer uses it: a plan made, a person kept, a report handed out; a folder, twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.attacks.harness import garim
from tests.films import crowd, decoded, destroyed, film, shot, stands

from garim.core.plan import read

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def couple(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people who stand still, for a second."""
    frames, _ = crowd(shot(20, stands(90, 130, 90, who=0, number=1), stands(260, 130, 90, who=1, number=2)))
    return film(tmp_path_factory.mktemp("couple") / "couple.mp4", frames, rate=20)


def track_at(plan: Path, x: float) -> int:
    """The number of the plan's track that covers the column `x` at its first time."""
    return next(lane.track for lane in read(plan.read_text()).lanes if lane.xyxy[0, 0] < x < lane.xyxy[0, 2])


def test_a_person_who_agreed_is_kept_and_the_other_is_not(couple: Path, tmp_path: Path) -> None:
    plan, output = tmp_path / "couple.plan.json", tmp_path / "out.mp4"
    made = garim("redact", couple, "--plan-only", "-o", plan, "--json")
    assert (made.code, json.loads(made.out)) == (0, {"output": str(plan)})
    keep = f"{track_at(plan, 90)}=P-01:asked for their own record"
    done = garim("redact", couple, "--plan", plan, "--keep", keep, "-o", output, "--report", "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["kept"] == [{"pseudonym": "P-01", "reason": "asked for their own record"}]
    before, after = decoded(couple), decoded(output)
    faces = np.array([[70, 110, 110, 150], [240, 110, 280, 150]], np.float32)
    for frame in (0, 10, 19):
        assert destroyed(before[frame], after[frame], faces[0]) == 0
        assert destroyed(before[frame], after[frame], faces[1]) == 1
    page, data = (Path(path) for path in facts["reports"])
    assert "P-01" in page.read_text() and "asked for their own record" in page.read_text()
    assert json.loads(data.read_text())["garim_report"] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--keep", "1=P-01:x"], "--plan-only"),
        (["--plan", "PLAN", "--keep", "1"], "TRACK=PSEUDONYM:REASON"),
        (["--plan", "PLAN", "--keep", "1=:x"], "TRACK=PSEUDONYM:REASON"),
        (["--plan", "PLAN", "--keep", "99=P-01:x"], "no track 99"),
        (["--plan", "OTHER"], "another file"),
        (["--plan", "GONE"], "cannot be read"),
        (["--plan-only", "--report"], "take no other"),
        (["--codec", "mpeg1"], "h264, hevc, av1"),
    ],
)
def test_what_makes_no_sense_is_refused(couple: Path, tmp_path: Path, words: list[str], says: str) -> None:
    places = {"PLAN": tmp_path / "p.json", "OTHER": tmp_path / "o.json", "GONE": tmp_path / "gone.json"}
    assert garim("redact", couple, "--plan-only", "-o", places["PLAN"]).code == 0
    there = json.loads(places["PLAN"].read_text())
    places["OTHER"].write_text(json.dumps(there | {"input_sha256": "0" * 64}))
    output = tmp_path / "out.mp4"
    ran = garim("redact", couple, "-o", output, *(str(places.get(word, word)) for word in words))
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
