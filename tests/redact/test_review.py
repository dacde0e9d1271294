"""The review page in a real browser: what is drawn, moved, kept and undone there is in the plan that it saves, and
that plan does what was seen. Skipped where Debian's chromium is not installed."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from PIL import Image as Pillow
from playwright.sync_api import Browser, Dialog, Locator, Page, expect
from tests.chromium import launched
from tests.films import BLACK, crowd, decoded, ffmpeg, film, pictures, shot, stands

from garim.core.errors import Misuse, Unreadable
from garim.core.plan import Keep, Lane, Plan, read, written
from garim.media import Reader, probe
from garim.redact import redact
from garim.redact.review import MOST, chosen, review

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "garim-plan-1.schema.json").read_text())
SIZE = (320, 240)
FRAMES = 24

Open = Callable[[Path], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens a page from disk; red where it complains of anything or asks for anything from elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []

    def goto(path: Path) -> Page:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.extend(_foreign(asked.url)))
        page.goto(path.as_uri())
        expect(page.locator("#film")).not_to_be_empty()
        return page

    yield goto
    context.close()
    assert complaints == []


def _foreign(url: str) -> list[str]:
    return [] if url.startswith(("file:", "data:", "blob:")) else [url]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real film with nobody in it."""
    return film(tmp_path_factory.mktemp("film") / "clip.mp4", pictures(FRAMES, SIZE))


def times(path: Path) -> list[int]:
    with Reader(path) as reader:
        return [frame.pts for frame in reader.frames()]


def lane(track: int, *keys: tuple[int, float, float, float, float], keep: Keep | None = None) -> Lane:
    return Lane(track, np.array([key[0] for key in keys]), np.array([key[1:] for key in keys], np.float32), keep)


def plan_for(path: Path, *lanes: Lane) -> Plan:
    made = probe(path)
    return Plan(hashlib.sha256(path.read_bytes()).hexdigest(), made.upright, made.time_base, lanes)


def two_lanes(path: Path) -> Plan:
    """One that moves and grows through the whole film, and one that stands in its middle."""
    pts = times(path)
    moving = lane(1, (pts[0], 20, 30, 60, 80), (pts[7], 90.5, 30, 140, 90), (pts[-1], 200, 60, 260, 130))
    return plan_for(path, moving, lane(2, (pts[6], 20, 150, 80, 210), (pts[17], 20, 150, 80, 210)))


def page_of(path: Path, plan: Plan, folder: Path) -> Path:
    return review(path, plan, folder / "UNREDACTED-review.html")


def saved(page: Page, folder: Path) -> Plan:
    """The plan that the page saves; red where it does not fit the schema."""
    with page.expect_download() as found:
        page.keyboard.press("Control+s")
    target = folder / found.value.suggested_filename
    found.value.save_as(target)
    page.get_by_role("button", name="Back to the film").click()
    text = target.read_text()
    Draft202012Validator(SCHEMA).validate(json.loads(text))
    return read(text)


def press(page: Page, key: str, count: int = 1) -> None:
    for _ in range(count):
        page.keyboard.press(key)


def go(page: Page, frame: int) -> None:
    """To a frame, from 0, of a page that shows them all."""
    press(page, "Escape")
    press(page, "Home")
    press(page, "ArrowRight", frame)
    expect(page.locator("#clock")).to_contain_text(re.compile(f"(frame|page) {frame + 1} of"))


def spot(page: Page, x: float, y: float, size: tuple[int, int] = SIZE) -> tuple[float, float]:
    """Where on the screen a point of the film is, in px of either."""
    room = page.locator("#canvas").bounding_box()
    assert room is not None
    return room["x"] + x * room["width"] / size[0], room["y"] + y * room["height"] / size[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def box(page: Page, track: int) -> Locator:
    return page.locator(f'.box[aria-label^="Track {track},"]')


def row(page: Page, track: int) -> Locator:
    return page.locator(".row").filter(has=page.get_by_text(f"Track {track}", exact=True))


def sides(found: Locator, size: tuple[int, int] = SIZE) -> list[float]:
    """The box as the page lays it over the film, in px of the film."""
    styles: Any = found.evaluate("e => [e.style.left, e.style.top, e.style.width, e.style.height]")
    x, y, wide, high = (float(style.removesuffix("%")) / 100 for style in styles)
    return [x * size[0], y * size[1], (x + wide) * size[0], (y + high) * size[1]]


# ---- what is done on the page is done to the film


@pytest.mark.weights
def test_a_plan_is_corrected_and_obeyed(source: Path, tmp_path: Path, opened: Open) -> None:
    pts, plan = times(source), two_lanes(source)
    page = opened(page_of(source, plan, tmp_path))
    go(page, 5)
    drag(page, spot(page, 200, 160), spot(page, 260, 220))
    expect(page.locator("#which")).to_have_text("Track 3")
    expect(page.locator("#lonely")).to_be_visible()
    press(page, ",", 3)
    press(page, "[")
    expect(page.locator("#lonely")).to_be_hidden()
    press(page, ".", 7)
    press(page, "]")
    go(page, 10)
    box(page, 1).click()
    press(page, "ArrowRight", 3)
    press(page, "Shift+ArrowDown")
    press(page, "Alt+ArrowRight", 2)
    row(page, 2).locator(".label").click()
    press(page, "Delete")
    page.get_by_label("A person who agreed").check()
    page.keyboard.press("Tab")
    page.get_by_label("Reason").fill("their own record")
    page.keyboard.press("Enter")
    expect(page.locator("#lacks")).to_have_text("It needs a pseudonym.")
    page.get_by_label("Pseudonym").fill("Kim Minsu")
    page.keyboard.press("Enter")
    expect(page.locator("#lacks")).to_contain_text("letters, digits")
    page.get_by_label("Pseudonym").fill("P-07")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("Left visible: P-07, who agreed. their own record")
    expect(page.locator("#summary")).to_contain_text("2 destroyed, 1 left visible")
    done = saved(page, tmp_path)
    expect(page.locator("#save")).to_have_text("Save plan")
    expect(page.locator("#command")).to_contain_text(".plan.edited.json --consent P-07.consent.json")

    # all of it undone is the plan that came; all done again, the one that was saved
    while page.locator("#undo").is_enabled():
        press(page, "Control+z")
    assert written(saved(page, tmp_path)) == written(plan)
    while page.locator("#redo").is_enabled():
        press(page, "Control+Shift+z")
    assert written(saved(page, tmp_path)) == written(done)

    assert (done.input_sha256, done.size, done.time_base) == (plan.input_sha256, plan.size, plan.time_base)
    one, two, three = done.lanes
    assert two.keep == Keep("P-07", "their own record")
    assert np.array_equal(two.xyxy, plan.lanes[1].xyxy)
    was = plan.lanes[0].at(np.array([pts[10]]))[0]
    assert one.pts.tolist() == [pts[0], pts[7], pts[10], pts[-1]]
    assert one.at(np.array([pts[10]]))[0] == pytest.approx(was + np.array([3, 10, 5, 10]), abs=0.11)
    assert (three.track, three.pts[0], three.pts[-1], three.keep) == (3, pts[2], pts[9], None)
    assert three.xyxy == pytest.approx(np.tile([200, 160, 260, 220], (len(three.pts), 1)), abs=1)

    with pytest.raises(Misuse, match="P-07 visible, and nobody proved"):
        redact(source, tmp_path / "out.mp4", plan=done)
    output = redact(source, tmp_path / "out.mp4", plan=done.agreed("P-07", "07" * 32)).output
    before, after = decoded(source), decoded(output)
    drawn = slice(164, 216), slice(204, 256)
    black = [bool((picture[drawn].max(axis=-1) <= BLACK).all()) for picture in after]
    assert black == [2 <= number <= 9 for number in range(FRAMES)]
    kept = slice(150, 210), slice(20, 80)
    assert np.abs(after[12][kept].astype(int) - before[12][kept]).max() < 40


@pytest.mark.weights
def test_a_missed_face_is_drawn_and_gone(tmp_path: Path, opened: Open) -> None:
    """What the page is for: the plan knows nothing of the face that the film shows."""
    rows, truths = crowd(shot(12, stands(160, 120, 80)))
    source = film(tmp_path / "crowd.mp4", rows)
    page = opened(page_of(source, plan_for(source), tmp_path))
    x1, y1, x2, y2 = (float(side) for side in truths[0].xyxy[0])
    go(page, 4)
    drag(page, spot(page, x1 - 4, y1 - 4), spot(page, x2 + 4, y2 + 4))
    press(page, "Escape")
    row(page, 1).locator(".label").click()
    press(page, "Home")
    press(page, "b")
    press(page, "End")
    press(page, "e")
    done = redact(source, tmp_path / "out.mp4", plan=saved(page, tmp_path))
    assert (done.tracks, done.rounds, done.residual) == (1, 1, ())
    face = slice(int(y1), int(y2)), slice(int(x1), int(x2))
    assert all((picture[face].max(axis=-1) <= BLACK).all() for picture in decoded(done.output))


def test_the_page_shows_what_the_plan_means(source: Path, tmp_path: Path, opened: Open) -> None:
    plan = read(written(two_lanes(source)))
    page = opened(page_of(source, plan, tmp_path))
    for frame, pts in enumerate(times(source)):
        go(page, frame)
        shown = sorted(sides(each) for each in page.locator(".box:visible").all())
        assert np.array(shown) == pytest.approx(np.array(sorted(plan.at(pts).tolist())), abs=1e-3)


def test_what_is_only_looked_at_is_saved_as_it_was(source: Path, tmp_path: Path, opened: Open) -> None:
    plan = two_lanes(source)
    page = opened(page_of(source, plan, tmp_path))
    press(page, "Space")
    page.wait_for_timeout(200)
    press(page, "v")
    box(page, 1).click()
    press(page, "+", 3)
    press(page, "0")
    assert written(saved(page, tmp_path)) == written(plan)


def test_boxes_are_moved_and_pulled_with_the_mouse(source: Path, tmp_path: Path, opened: Open) -> None:
    page = opened(page_of(source, two_lanes(source), tmp_path))
    go(page, 10)
    drag(page, spot(page, 50, 180), spot(page, 70, 190))
    assert sides(box(page, 2)) == pytest.approx([40, 160, 100, 220], abs=1)
    drag(page, spot(page, 100, 220), spot(page, 120, 230))
    assert sides(box(page, 2)) == pytest.approx([40, 160, 120, 230], abs=1.5)
    drag(page, spot(page, 80, 195), spot(page, 0, 0))  # it stops at the edge, as large as it was
    assert sides(box(page, 2)) == pytest.approx([0, 0, 80, 70], abs=1.5)
    drag(page, spot(page, 80, 35), spot(page, 0, 35))  # a side does not pass the other
    x1, _, x2, _ = sides(box(page, 2))
    assert 0 < x2 - x1 < 4
    done = saved(page, tmp_path)
    assert (done.lanes[1].pts == sorted({*times(source)[6:18:11], times(source)[10]})).all()
    press(page, "Control+z", 4)
    assert written(saved(page, tmp_path)) == written(two_lanes(source))


def test_ends_are_dragged_on_the_time_axis(source: Path, tmp_path: Path, opened: Open) -> None:
    pts = times(source)
    page = opened(page_of(source, two_lanes(source), tmp_path))
    row(page, 2).locator(".label").click()
    strip = row(page, 2).locator(".strip").bounding_box()
    assert strip is not None

    def where(frame: int) -> tuple[float, float]:
        return strip["x"] + strip["width"] * frame / (FRAMES - 1), strip["y"] + strip["height"] / 2

    for grip, frame in (("begin", 2), ("end", 20), ("begin", 8)):
        handle = row(page, 2).locator(f".grip.{grip}").bounding_box()
        assert handle is not None
        drag(page, (handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2), where(frame))
    found = saved(page, tmp_path).lanes[1]
    assert (found.pts[0], found.pts[-1]) == (pts[8], pts[20])
    page.mouse.click(*where(12))
    expect(page.locator("#clock")).to_contain_text("frame 13 of")


def test_keys_are_deleted_but_for_the_last(source: Path, tmp_path: Path, opened: Open) -> None:
    pts = times(source)
    page = opened(page_of(source, two_lanes(source), tmp_path))
    row(page, 1).locator(".label").click()
    press(page, "Control+ArrowRight")
    expect(page.locator("#clock")).to_contain_text("frame 8 of")
    press(page, "k")
    press(page, "k")
    expect(page.locator("#say")).to_have_text("There is no key at this frame")
    press(page, "Control+ArrowRight")
    press(page, "k")
    press(page, "Home")
    press(page, "k")
    expect(page.locator("#say")).to_contain_text("its only key")
    assert saved(page, tmp_path).lanes[0].pts.tolist() == [pts[0]]


def test_no_face_is_kept_with_a_reason_and_destroyed_after_all(source: Path, tmp_path: Path, opened: Open) -> None:
    page = opened(page_of(source, two_lanes(source), tmp_path))
    box(page, 1).click()
    press(page, "Delete")
    expect(page.get_by_label("Pseudonym")).to_be_hidden()
    page.get_by_role("button", name="Leave visible", exact=True).click()
    expect(page.locator("#lacks")).to_have_text("It needs a reason.")
    page.get_by_label("Reason").fill("a poster")
    page.keyboard.press("Enter")
    expect(box(page, 1)).to_have_css("border-style", "dashed")
    assert saved(page, tmp_path).lanes[0].keep == Keep(None, "a poster")
    expect(page.locator("#command")).not_to_contain_text("--consent")
    press(page, "r")
    expect(box(page, 1)).to_have_css("border-style", "solid")
    assert written(saved(page, tmp_path)) == written(two_lanes(source))


def test_it_is_said_where_what_is_kept_is_destroyed_all_the_same(source: Path, tmp_path: Path, opened: Open) -> None:
    pts = times(source)
    kept = lane(1, (pts[0], 20, 20, 80, 80), (pts[-1], 20, 20, 80, 80), keep=Keep(None, "a poster"))
    above = lane(2, (pts[5], 70, 70, 120, 120), (pts[6], 70, 70, 120, 120))
    page = opened(page_of(source, plan_for(source, kept, above), tmp_path))
    row(page, 1).locator(".label").click()
    expect(page.locator(".note")).to_have_count(0)
    press(page, ".", 5)
    expect(page.locator(".note")).to_contain_text("destroyed all the same, by track 2.")


def test_what_was_drawn_by_hand_is_just_removed(source: Path, tmp_path: Path, opened: Open) -> None:
    page = opened(page_of(source, two_lanes(source), tmp_path))
    press(page, "n")
    expect(box(page, 3)).to_be_focused()
    press(page, "Delete")
    expect(page.locator("#summary")).to_contain_text("2 destroyed")
    assert written(saved(page, tmp_path)) == written(two_lanes(source))


def test_it_is_black_as_it_will_be(source: Path, tmp_path: Path, opened: Open) -> None:
    page = opened(page_of(source, two_lanes(source), tmp_path))
    press(page, "v")
    expect(box(page, 1)).to_have_css("background-color", "rgb(0, 0, 0)")
    expect(page.locator("#asitwillbe")).to_have_attribute("aria-pressed", "true")


def test_leaving_with_work_unsaved_is_asked_about(source: Path, tmp_path: Path, opened: Open) -> None:
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    def left(page: Page) -> None:
        page.on("dialog", accept)
        with page.expect_event("close"):
            page.close(run_before_unload=True)

    path = page_of(source, two_lanes(source), tmp_path)
    page = opened(path)
    page.locator("#forth").click()
    left(page)
    assert asked == []
    page = opened(path)
    page.locator("#add").click()
    left(page)
    assert asked == ["beforeunload"]
    page = opened(path)
    page.locator("#add").click()
    saved(page, tmp_path)
    left(page)
    assert asked == ["beforeunload"]


def test_each_button_says_what_it_does_and_help_lists_the_keys(source: Path, tmp_path: Path, opened: Open) -> None:
    page = opened(page_of(source, two_lanes(source), tmp_path))
    expect(page.locator("#banner")).to_have_text("UNREDACTED: this page shows faces. Do not hand it out.")
    for button in page.locator("button").all():
        assert button.get_attribute("title")
    press(page, "?")
    expect(page.locator("#help")).to_be_visible()
    for word in ("Undo", "One frame back", "It begins at this frame", "Save"):
        expect(page.locator("#keys")).to_contain_text(word)
    press(page, "Escape")
    expect(page.locator("#help")).to_be_hidden()


# ---- text from outside stays text

EVIL = "\"'><img src=x onerror=window.hacked=1>{{frames}}<script>window.hacked=1;`$(id)`&amp;.mp4"
WORSE = "</script><script>window.hacked=1</script><!--<script>\u2028"


def test_names_and_reasons_are_never_markup(source: Path, tmp_path: Path, opened: Open) -> None:
    evil = tmp_path / EVIL
    evil.write_bytes(source.read_bytes())
    pts = times(source)
    plan = plan_for(evil, lane(1, (pts[0], 9, 9, 40, 40), keep=Keep(WORSE, WORSE)), lane(2, (pts[0], 90, 9, 99, 40)))
    page = opened(page_of(evil, plan, tmp_path))
    expect(page.locator("#film")).to_have_text(EVIL)
    assert page.title() == f"UNREDACTED review: {EVIL}"
    box(page, 1).click()
    expect(page.locator("#state")).to_contain_text("</script><script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    with page.expect_download():
        press(page, "Control+s")
    expect(page.locator("#command")).to_contain_text("garim redact '\"'\"'\"'><img")
    expect(page.locator("#command")).to_contain_text(" --consent THEIR.consent.json")
    expect(page.locator("#command")).not_to_contain_text("<script>window.hacked=1</script>")


def test_a_script_that_is_not_ours_does_not_run(source: Path, tmp_path: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(page_of(source, two_lanes(source), tmp_path).as_uri())
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.hacked = 1";
            document.body.append(script);
            const image = document.createElement("img");
            image.setAttribute("onerror", "window.hacked = 2");
            image.src = "data:image/png;base64,nothing";
            document.body.append(image);
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    refused = page.evaluate(
        """() => new Promise((told) => {
            addEventListener("securitypolicyviolation", (event) => told(event.effectiveDirective));
            fetch("https://localhost/").then(() => told("sent"), () => setTimeout(told, 1000, "tried"));
        })"""
    )
    assert refused == "connect-src"
    page.close()


# ---- long films, stills, pages, turned films


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(3, MOST), st.lists(st.tuples(st.integers(0, 2999), st.integers(0, 2999))))
def test_so_many_frames_are_chosen_and_the_ends_with_them(count: int, most: int, spans: list[tuple[int, int]]) -> None:
    pts = 1000 + 7 * np.arange(count)
    ends = [sorted((pts[a % count], pts[b % count])) for a, b in spans]
    lanes = [Lane(1, np.unique(np.array(each)), np.zeros((len(set(each)), 4), np.float32)) for each in ends]
    found = chosen(pts, Plan("", (9, 9), Fraction(1), tuple(lanes)), most)
    assert len(found) <= most
    assert {0, count - 1} <= set(found.tolist())
    assert (np.diff(found) > 0).all()
    if count <= most:
        assert len(found) == count
    if len(lanes) * 3 <= most // 2:
        assert {time for each in ends for time in each} <= set(pts[found].tolist())


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("long") / "long.mp4", pictures(2 * MOST, (64, 48)))


def test_a_long_film_shows_some_frames_and_covers_the_others(long_film: Path, tmp_path: Path, opened: Open) -> None:
    pts = times(long_film)
    plan = plan_for(long_film, lane(1, (pts[100], 4, 4, 20, 20), (pts[333], 9, 9, 30, 30)))
    path = page_of(long_film, plan, tmp_path)
    indices = [int(index) for index in re.findall(r'data-index="(\d+)"', path.read_text())]
    assert len(indices) <= MOST
    assert {0, 100, 216, 333, 2 * MOST - 1} <= set(indices)
    page = opened(path)
    expect(page.locator("#coverage")).to_contain_text(f"{len(indices)} of {2 * MOST} frames are shown")
    expect(page.locator("#coverage")).to_contain_text(f"{2 * MOST - len(indices)} are not")
    at = next(n for n in range(9, len(indices)) if indices[n] - indices[n - 1] > 1 and indices[n + 1] - indices[n] > 1)
    press(page, "ArrowRight", at)
    press(page, "n")
    press(page, ".")
    press(page, "]")
    press(page, ",")
    box(page, 2).click()
    press(page, "ArrowLeft", 3)
    drawn = saved(page, tmp_path).lanes[1]
    covered = [number for number, time in enumerate(pts) if drawn.pts[0] <= time <= drawn.pts[-1]]
    assert covered == list(range(indices[at - 1] + 1, indices[at + 2]))
    # the end among frames that are not shown goes along
    assert np.array_equal(drawn.xyxy[0], drawn.at(np.array([pts[indices[at]]]))[0])
    assert drawn.xyxy[0][0] == pytest.approx(drawn.xyxy[-1][0] - 3, abs=0.11)


def photo(path: Path, *sizes: tuple[int, int]) -> Path:
    stills = [Pillow.new("RGB", size, (90, 120 + 60 * n, 160)) for n, size in enumerate(sizes)]
    more: dict[str, Any] = {"save_all": True, "append_images": stills[1:]} if len(stills) > 1 else {}
    stills[0].save(path, **more)
    return path


def test_a_still_has_one_frame(tmp_path: Path, opened: Open) -> None:
    source = photo(tmp_path / "photo.png", SIZE)
    plan = Plan(hashlib.sha256(source.read_bytes()).hexdigest(), SIZE, Fraction(1), ())
    page = opened(page_of(source, plan, tmp_path))
    expect(page.locator("#moves")).to_be_hidden()
    drag(page, spot(page, 100, 60), spot(page, 180, 160))
    (drawn,) = saved(page, tmp_path).lanes
    assert drawn.pts.tolist() == [0]
    assert drawn.xyxy[0] == pytest.approx([100, 60, 180, 160], abs=1)


def test_pages_of_any_size_lie_where_their_boxes_are_counted_from(tmp_path: Path, opened: Open) -> None:
    source = photo(tmp_path / "scan.tif", (200, 100), (100, 300))
    plan = Plan(hashlib.sha256(source.read_bytes()).hexdigest(), (200, 300), Fraction(1), ())
    path = page_of(source, plan, tmp_path)
    first, second = shown_pictures(path)
    assert first.shape == second.shape == (300, 200, 3)
    assert first[:100].min() > 60
    assert first[110:].max() < 30
    assert second[:, :100].min() > 60
    assert second[:, 110:].max() < 30
    page = opened(path)
    go(page, 1)
    press(page, "n")
    assert saved(page, tmp_path).lanes[0].pts.tolist() == [1]


def test_an_animation_is_shown_picture_by_picture(tmp_path: Path, opened: Open) -> None:
    stills = [Pillow.new("RGB", (64, 48), (40 * n, 90, 160)) for n in range(5)]
    source = tmp_path / "moving.gif"
    stills[0].save(source, save_all=True, append_images=stills[1:], duration=80)
    plan = Plan(hashlib.sha256(source.read_bytes()).hexdigest(), (64, 48), Fraction(1, 1000), ())
    page = opened(page_of(source, plan, tmp_path))
    go(page, 3)
    press(page, "n")
    assert saved(page, tmp_path).lanes[0].pts.tolist() == [240]


def shown_pictures(page: Path) -> list[Any]:
    coded = re.findall(r'class="frame"[^>]*>([^<]+)<', page.read_text())
    return [np.asarray(Pillow.open(io.BytesIO(base64.b64decode(each)))) for each in coded]


def test_a_turned_film_is_shown_upright(source: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", source, "-c", "copy", turned)
    path = page_of(turned, plan_for(turned), tmp_path)
    (first, *_), expected = shown_pictures(path), decoded(turned)[0]
    assert first.shape == expected.shape == (SIZE[0], SIZE[1], 3)
    assert np.abs(first.astype(int) - expected).mean() < 6


# ---- what is refused; then there is no page


def test_the_page_is_its_owners_alone(source: Path, tmp_path: Path) -> None:
    path = page_of(source, two_lanes(source), tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["review.html", "unredacted.html"])
def test_a_name_that_does_not_say_it_is_refused(source: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "UNREDACTED"
    folder.mkdir()
    with pytest.raises(Misuse, match="UNREDACTED"):
        review(source, two_lanes(source), folder / name)
    assert list(folder.iterdir()) == []


def test_nothing_is_overwritten_unasked(source: Path, tmp_path: Path) -> None:
    path = page_of(source, two_lanes(source), tmp_path)
    before = path.read_bytes()
    with pytest.raises(Misuse, match="--force"):
        page_of(source, plan_for(source), tmp_path)
    assert path.read_bytes() == before
    review(source, plan_for(source), path, force=True)
    assert path.read_bytes() != before
    assert path.stat().st_mode & 0o777 == 0o600


def other(plan: Plan, **parts: Any) -> Plan:
    facts = {name: getattr(plan, name) for name in ("input_sha256", "size", "time_base", "lanes")}
    return Plan(**(facts | parts))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"input_sha256": "0" * 64}, "another file"),
        ({"size": (240, 320)}, "another size"),
        ({"time_base": Fraction(1, 7)}, "time base"),
    ],
)
def test_the_plan_of_another_film_is_refused(source: Path, tmp_path: Path, parts: dict[str, Any], why: str) -> None:
    with pytest.raises(Misuse, match=why):
        page_of(source, other(two_lanes(source), **parts), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_or_cut_short_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no such file"):
        page_of(tmp_path / "none.mp4", two_lanes(source), tmp_path)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(source.read_bytes()[:-2000])
    plan = other(two_lanes(source), input_sha256=hashlib.sha256(cut.read_bytes()).hexdigest())
    with pytest.raises(Unreadable):
        page_of(cut, plan, tmp_path)
    assert list(tmp_path.iterdir()) == [cut]


def test_progress_is_told(source: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    plan = two_lanes(source)
    review(source, plan, tmp_path / "UNREDACTED.html", progress=lambda *what: told.append(what))
    assert told[-1] == ("page", FRAMES, FRAMES)
    assert ("read", FRAMES, FRAMES) in told
