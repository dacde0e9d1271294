"""Who turns away is covered, too, where heads or people are asked for: in films, animations and stills, and checked.

The footage is real, and holds people from behind; without it, or without the models, these tests are skipped.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.films import BLACK, RGB, decoded, ffmpeg

from garim.core.boxes import Boxes, covered
from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.core.plan import Plan
from garim.core.tracks import Track
from garim.inference.weights import find
from garim.media import Reader
from garim.redact import planned, redact, run
from garim.redact.batch import Settings
from garim.redact.cover import Cover
from garim.redact.effort import Effort
from garim.redact.look import look_at
from garim.redact.models import Models
from garim.redact.people import Watched
from garim.vision.people import People
from garim.vision.weights import CENTERFACE, YOLOX_NANO, YUNET

DATA = Path(__file__).parents[3] / "shared" / "data"
BEHIND = DATA / "video" / "intel_one-by-one-person-detection.mp4"
STANDS, COMES = 58, 50.6  # seconds of it: somebody stands with her back to us, and walks in
SQUARE = DATA / "pets_s2l1"
ENCODED = ("-an", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "14", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    for weight in (YUNET, CENTERFACE, YOLOX_NANO):
        try:
            find(weight)
        except NoWeights as error:
            pytest.skip(str(error))


def clip(folder: Path, start: float, seconds: float, name: str = "a.mp4", rate: int = 10) -> Path:
    """A part of the real film, made small; a still or an animation where the name says so."""
    if not BEHIND.is_file():
        pytest.skip(f"{BEHIND} is not there")
    path = folder / name
    how = ENCODED if name.endswith(".mp4") else ("-frames:v", "1") if name.endswith(".png") else ()
    ffmpeg("-ss", str(start), "-i", BEHIND, "-t", str(seconds), "-vf", f"fps={rate},scale=384:-2", *how, path)
    return path


def black(pictures: RGB, xyxy: np.ndarray, which: int) -> float:
    """The share of a box in a picture that is black."""
    x1, y1, x2, y2 = np.clip(xyxy.round(), 0, 10_000).astype(int)
    return float((pictures[which, y1:y2, x1:x2].max(axis=2) <= BLACK).mean())


def people(pictures: RGB) -> list[Boxes]:
    """Who is there, by a look that is larger than any that `redact` takes; large boxes alone."""
    ask = People()
    found = [ask(Image(np.ascontiguousarray(rgb[..., ::-1]), 1.0), 0.6) for rgb in pictures]
    return [boxes[boxes.xyxy[:, 3] - boxes.xyxy[:, 1] > 40] for boxes in found]


boxes = st.lists(
    st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(2, 300), st.floats(2, 300)), min_size=1, max_size=4
).map(lambda rows: np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32))


@given(boxes)
def test_what_is_covered_of_a_face_holds_it(faces: np.ndarray) -> None:
    for cover in Cover:
        held = cover.of_faces(faces)
        assert (held[:, :2] <= faces[:, :2]).all() and (held[:, 2:] >= faces[:, 2:]).all()
    assert (Cover.HEADS.of_faces(faces)[:, 1] < faces[:, 1]).all()


@given(boxes)
def test_what_is_covered_of_a_person_is_the_upper_end_or_all(there: np.ndarray) -> None:
    track = Track(3, np.arange(len(there)), there, np.ones(len(there), np.float32))
    assert (Cover.PEOPLE.of_person(track).xyxy == there).all()
    heads = Cover.HEADS.of_person(track)
    assert (heads.number, heads.index.tolist()) == (3, track.index.tolist())
    assert (heads.xyxy[:, 1] == there[:, 1]).all()
    assert (heads.xyxy[:, 3] - heads.xyxy[:, 1] <= 0.451 * (there[:, 3] - there[:, 1])).all()


def test_people_are_looked_for_on_each_look_where_they_are_wanted(tmp_path: Path) -> None:
    source = clip(tmp_path, STANDS, 1)
    asked: list[float] = []

    def somebody(image: Image, floor: float) -> Boxes:
        asked.append(floor)
        middle = image.bgr.shape[1] / image.scale / 2  # the same in the mirror
        return Boxes(np.array([(middle - 20, 10, middle + 20, 100)], np.float32), np.array([0.9], np.float32))

    nobody = lambda image, floor: Boxes.none()  # noqa: E731 - a detector that sees nothing
    for wanted in (True, False):
        asked.clear()
        with Reader(source) as reader:
            watched = Watched(Models(nobody, nobody, somebody), reader.film, Effort.FAST, people=wanted)
            seen = look_at(reader.frames(), watched, lambda frame: frame.index % 2 == 0, lambda _: None)
        assert len(asked) == (5 if wanted else 0)
        there = watched.people(seen)
        assert [len(found) for found in there.boxes] == [int(wanted)] * 5 and not any(map(len, seen.boxes))
        assert (there.index == seen.index).all()


def test_who_turns_away_and_walks_is_covered_by_what_was_asked_for(tmp_path: Path) -> None:
    source = clip(tmp_path, COMES, 1.6)
    before = decoded(source)
    seen = people(before)
    assert sum(map(len, seen)) > 10
    for cover in (Cover.HEADS, Cover.PEOPLE):
        done = redact(source, tmp_path / f"{cover}.mp4", cover=cover)
        after = decoded(done.output)
        assert (done.cover, done.residual) == (cover, ())
        rows = [(n, xyxy) for n, there in enumerate(seen) for xyxy in there.xyxy]
        whole = [black(after, xyxy, n) for n, xyxy in rows]
        heads = [black(after, _crown(xyxy), n) for n, xyxy in rows]
        if cover is Cover.PEOPLE:
            assert min(whole) > 0.9 and min(heads) > 0.95
        else:
            assert min(heads) > 0.95 and np.median(whole) < 0.7


def _crown(person: np.ndarray) -> np.ndarray:
    """The middle of where a head is, of somebody who stands."""
    x1, y1, x2, y2 = person
    middle, tall = (x1 + x2) / 2, y2 - y1
    return np.array([middle - 0.04 * tall, y1 + 0.03 * tall, middle + 0.04 * tall, y1 + 0.12 * tall])


def test_a_person_whom_the_plan_leaves_is_seen_by_the_check(tmp_path: Path) -> None:
    """The check looks for people where all of them is covered; a body below a black head is none of its business."""
    source = clip(tmp_path, STANDS, 0.8)
    plan = planned(source, cover=Cover.PEOPLE, effort=Effort.FAST)
    nothing = Plan(plan.input_sha256, plan.size, plan.time_base, ())
    seen = people(decoded(source))
    done = redact(source, tmp_path / "people.mp4", plan=nothing, cover=Cover.PEOPLE, effort=Effort.FAST)
    after = decoded(done.output)
    assert done.rounds > 1 and done.residual == ()
    assert all(black(after, xyxy, n) > 0.8 for n, there in enumerate(seen) for xyxy in there.xyxy)
    above = replace(nothing, lanes=planned(source, cover=Cover.HEADS, effort=Effort.FAST).lanes)
    assert redact(source, tmp_path / "heads.mp4", plan=above, cover=Cover.HEADS, effort=Effort.FAST).rounds == 1


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_a_still_and_an_animation_cover_who_turns_away(tmp_path: Path, name: str) -> None:
    source = clip(tmp_path, STANDS, 0.6, name, rate=5)
    before = decoded(source)
    seen = people(before)
    assert all(len(there) == 1 for there in seen)
    plans: dict[Cover, Plan] = {}
    for cover in (Cover.HEADS, Cover.PEOPLE):
        done = redact(source, tmp_path / f"{cover}.{name}", cover=cover, effort=Effort.FAST)
        plans[cover] = done.plan
        after = decoded(done.output)
        rows = [(n, there.xyxy[0]) for n, there in enumerate(seen)]
        assert min(black(after, _crown(xyxy), n) for n, xyxy in rows) == 1
        whole = [black(after, xyxy, n) for n, xyxy in rows]
        assert min(whole) > 0.95 if cover is Cover.PEOPLE else max(whole) < 0.8
    heads = plans[Cover.HEADS]
    again = redact(source, tmp_path / f"again.{name}", plan=heads, cover=Cover.PEOPLE, effort=Effort.FAST)
    assert again.rounds > 1


def test_people_on_a_square_are_covered_from_far(tmp_path: Path) -> None:
    """PETS 2009: 19 people of 50 to 110 px, each annotated by others in each frame, some behind a lamp post."""
    if not (SQUARE / "vtest.avi").is_file():
        pytest.skip(f"{SQUARE} is not there")
    source = tmp_path / "a.mp4"
    ffmpeg("-i", SQUARE / "vtest.avi", "-t", "1.5", *ENCODED, source)
    truth = np.genfromtxt(SQUARE / "world_tracks.csv", delimiter=",", names=True)
    truth = truth[truth["frame"] < 15]
    plan = planned(source, cover=Cover.PEOPLE)
    ticks = int(Fraction(1, 10) / plan.time_base)
    shares = []
    for row in truth:
        wide, high = row["w_px"] / 2, row["h_px"] / 2
        box = [row["xc_px"] - wide, row["yc_px"] - high, row["xc_px"] + wide, row["yc_px"] + high]
        shares.append(covered(np.array([box], np.float32), plan.at(int(row["frame"]) * ticks))[0])
    assert len(shares) > 40
    assert np.mean(np.array(shares) < 0.5) < 0.05
    whole = np.array([(0, 0, *plan.size)], np.float32)
    assert covered(whole, plan.at(0))[0] < 0.15


def test_without_the_model_nothing_is_begun_and_faces_are_covered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clip(tmp_path, STANDS, 1, "a.png")
    some = tmp_path / "weights"
    some.mkdir()
    for weight in (YUNET, CENTERFACE):
        for file, path in zip(weight.files, find(weight), strict=True):
            (some / file.file).symlink_to(path)
    monkeypatch.setenv("GARIM_WEIGHTS", str(some))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run._people.cache_clear()
    try:
        for cover in (Cover.HEADS, Cover.PEOPLE):
            with pytest.raises(NoWeights, match="garim weights pull yolox-nano"):
                redact(source, tmp_path / "out.png", cover=cover)
            assert not (tmp_path / "out.png").exists()
        assert [weight.name for weight in redact(source, tmp_path / "out.png").weights] == ["yunet", "centerface"]
    finally:
        run._people.cache_clear()


def test_what_was_made_with_another_cover_is_not_taken_for_the_same() -> None:
    digests = [Settings(cover=cover).digest for cover in Cover]
    assert Settings().digest == digests[0] and all(a != b for a, b in pairwise(sorted(digests)))
