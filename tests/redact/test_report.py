"""The report says what was done and never where; it cannot be made to run or load anything; its pictures are true.

The facts and the page are pure, so most is asked of a redaction that is made up here; what is read from files is
asked of real ones, whose regions are planned by hand.
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import re
import resource
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import NDArray
from PIL import Image
from tests.films import BLACK, RGB, decoded, ffmpeg, film, pictures, tone

from garim.core.errors import Misuse, Unfinished, Unwritable
from garim.core.plan import Keep, Lane, Plan
from garim.files import sha256
from garim.media import Encoding, probe
from garim.redact import Check, Redaction, Residual, Style, redact
from garim.redact.cover import Cover
from garim.redact.moments import Kind, Moment, picture_at
from garim.redact.report import Seen, facts, reports_for, shown, write_report
from garim.redact.report_chart import chart
from garim.redact.report_page import clock, page, share, size, visible
from garim.redact.timeline import SLACK, densest, live, timeline
from garim.vision.weights import YOLOX_NANO, YUNET

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "garim-report-1.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
MADE = datetime(2026, 11, 22, 3, 4, 5, 999999, tzinfo=UTC)
AGREED = Keep("P-07", "agreed in writing on 3 March", "c0" * 32)
POSTER = Keep(None, "a poster")
JPEG = b"not looked into here"


def lane(number: int, first: int, last: int, left: float = 40, keep: Keep | None = None) -> Lane:
    """A region of 60 px that stands still from one tick to another; a tick is 1/25 s."""
    times = np.array(sorted({first, last}))
    return Lane(number, times, np.array([(left, 30, left + 60, 90)] * len(times), np.float32), keep)


def made_up(*lanes: Lane, **changes: Any) -> Redaction:
    """A redaction of a film of 4 s that was checked and found clean; no file is there."""
    done = Redaction(
        source=Path("/home/who/secret folder/in.mp4"),
        output=Path("/home/who/secret folder/out.mp4"),
        input_sha256="a" * 64,
        output_sha256="b" * 64,
        frames=100,
        seconds=4.0,
        tracks=len(lanes),
        masked=0.125,
        rounds=2,
        style=Style.FILL,
        check=Check.ALL,
        cover=Cover.FACES,
        weights=(YUNET,),
        residual=(),
        sound=("aac, kor",),
        left_out=("metadata of the file",),
        copied=60,
        why_whole="",
        encoding=Encoding(),
        plan=Plan("a" * 64, (320, 240), Fraction(1, 25), lanes),
    )
    return replace(done, **changes)


SEEN = Seen(Kind.FILM, 2_000_000, 1_234_567, "h264", 1, Fraction(0), (Moment(1.0, None, 1, JPEG),))
STILL = Seen(Kind.STILL, 2000, 1000, moments=(Moment(None, 1, 1, JPEG),))
TWO = (lane(1, 0, 50), lane(2, 25, 99, 120))
RESIDUAL = Residual(1234.5, (111.25, 222.25, 133.25, 244.25), 0.625)


def told(done: Redaction, seen: Seen = SEEN) -> dict[str, Any]:
    return facts(done, seen, made=MADE)


def paged(done: Redaction, seen: Seen = SEEN) -> str:
    return page(told(done, seen), [moment.jpeg for moment in seen.moments], "out.mp4.report.json")


class Read(HTMLParser):
    """What a browser would see: tags with their attributes, and the text outside the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


CASES = {
    "clean": (made_up(*TWO), SEEN),
    "unchecked": (made_up(*TWO, check=Check.OFF), SEEN),
    "keys": (made_up(*TWO, check=Check.KEYS), SEEN),
    "residual": (made_up(*TWO, residual=(RESIDUAL,) * 3), SEEN),
    "kept": (made_up(*TWO, lane(3, 0, 9, keep=AGREED), lane(4, 9, 20, keep=POSTER)), SEEN),
    "only kept": (made_up(lane(3, 0, 9, keep=AGREED)), replace(SEEN, moments=())),
    "blur": (made_up(*TWO, style=Style.BLUR), SEEN),
    "mosaic": (made_up(*TWO, style=Style.MOSAIC), SEEN),
    "mute": (made_up(*TWO, sound=()), SEEN),
    "nobody": (made_up(masked=0.0, left_out=()), replace(SEEN, moments=())),
    "no length": (made_up(*TWO, seconds=None), SEEN),
    "no length, nobody": (made_up(seconds=None), replace(SEEN, moments=())),
    "an animation": (made_up(*TWO, sound=()), replace(SEEN, kind=Kind.ANIMATION, codec=None, sound_in=0)),
    "a still": (made_up(lane(1, 0, 0), frames=1, seconds=None, sound=()), STILL),
    "pages": (
        made_up(lane(1, 0, 0), lane(2, 2, 2), frames=3, seconds=None, sound=()),
        replace(STILL, moments=(Moment(None, 1, 1, JPEG), Moment(None, 3, 1, JPEG))),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_facts_fit_the_schema_and_the_page_can_be_read(case: str) -> None:
    done, seen = CASES[case]
    found = told(done, seen)
    assert list(VALIDATOR.iter_errors(json.loads(json.dumps(found)))) == []
    read = Read(paged(done, seen))
    # no word was left to fill, and none of what has no value is said
    assert "$" not in read.text.replace("$(", "") and "None" not in read.text
    assert len([tag for tag, _ in read.tags if tag == "img"]) == len(seen.moments)


def test_the_schema_takes_nothing_that_it_does_not_name() -> None:
    assert not VALIDATOR.is_valid(told(made_up()) | {"xyxy": []})
    for name in ("check", "destroyed", "kept", "picture", "settings"):
        found = told(made_up(*TWO))
        found[name] |= {"where": [1, 2, 3, 4]}
        assert not VALIDATOR.is_valid(found), name


def test_it_is_told_by_the_second_and_the_same_each_time() -> None:
    assert told(made_up(*TWO))["made"] == "2026-11-22T03:04:05Z"
    assert told(made_up(*TWO)) == told(made_up(*TWO))
    assert paged(made_up(*TWO)) == paged(made_up(*TWO))


def test_where_something_is_cannot_be_told_from_it() -> None:
    other = Residual(1.0, (1, 2, 3, 4), 0.1)
    there = made_up(*TWO, residual=(RESIDUAL, RESIDUAL))
    elsewhere = made_up(lane(1, 0, 50, 3), lane(2, 25, 99, 7), residual=(other, other))
    assert told(there) == told(elsewhere)
    assert paged(there) == paged(elsewhere)
    # when somebody who agreed is seen is not said either
    assert told(made_up(lane(1, 0, 9, keep=AGREED))) == told(made_up(lane(1, 50, 99, keep=AGREED)))


def test_files_are_named_without_their_folders() -> None:
    text = json.dumps(told(made_up(*TWO))) + paged(made_up(*TWO))
    assert "secret" not in text and "/home" not in text
    assert shown(Path("/a/b\udcff.mp4")) == "b\\xff.mp4"


def test_unchecked_is_said_loudly_and_no_number_stands_in_its_place() -> None:
    done = made_up(*TWO, check=Check.OFF)
    assert told(done)["check"] == {"unchecked": True, "residual": None}
    assert not told(done)["complete"]
    read = Read(paged(done))
    assert "UNCHECKED" in read.text and "none seen" not in read.text
    assert ("section", {"class": "verdict stop"}) in read.tags
    assert "UNCHECKED" not in paged(made_up(*TWO))


@pytest.mark.parametrize(("count", "said"), [(1, "1 place may still"), (3, "3 places may still")])
def test_of_what_remains_only_the_number_is_said(count: int, said: str) -> None:
    done = made_up(*TWO, residual=(RESIDUAL,) * count)
    assert told(done)["check"] == {"unchecked": False, "residual": count}
    assert not told(done)["complete"]
    text = Read(paged(done)).text
    assert said in text and "none seen" not in text
    for number in (RESIDUAL.at, RESIDUAL.score, *RESIDUAL.xyxy):
        assert str(number) not in text + json.dumps(told(done))


def test_a_part_looked_at_is_not_called_the_whole() -> None:
    assert "only in part" in Read(paged(made_up(*TWO, check=Check.KEYS))).text
    assert "only in part" not in Read(paged(made_up(*TWO))).text
    for other in (Kind.STILL, Kind.ANIMATION):  # which are always looked at whole
        assert "key frames" not in Read(paged(made_up(*TWO, check=Check.KEYS), replace(SEEN, kind=other))).text


def test_people_left_visible_are_named_with_their_reason() -> None:
    lanes = [lane(n, 0, 9, keep=keep) for n, keep in enumerate([AGREED, AGREED, POSTER], 5)]
    done = made_up(*TWO, *lanes)
    consent = {"pseudonym": "P-07", "reason": "agreed in writing on 3 March", "commitment": "c0" * 32}
    people = [consent | {"regions": 2}]
    assert told(done)["kept"] == {"people": people, "not_faces": 1}
    assert told(done)["destroyed"]["regions"] == 2
    assert told(done)["timeline"] == told(made_up(*TWO))["timeline"]
    text = Read(paged(done)).text
    assert "P-07" in text and "agreed in writing on 3 March" in text and "no other face seen" in text
    assert "c0" * 32 in text
    assert "a poster" not in text
    assert "on purpose" not in Read(paged(made_up(*TWO))).text


def test_a_film_without_faces_says_so_and_shows_none() -> None:
    done = made_up(masked=0.0)
    text = paged(done, replace(SEEN, moments=()))
    assert "found no face in the original" in Read(text).text
    assert "plain black" not in text and 'role="img"' not in text
    assert set(told(done)["timeline"]["most"]) == {0}


@pytest.mark.parametrize("style", [Style.MOSAIC, Style.BLUR])
def test_what_can_be_partly_undone_says_so_with_figures_and_sources(style: Style) -> None:
    done = made_up(*TWO, style=style)
    text = Read(paged(done)).text
    for word in ("can partly be undone", "57 %", "1609.00408", "95.9 %", "2506.12344"):
        assert word in text
    assert "destroyed" not in text.split("How it was made")[0]
    assert len(told(done)["reversible"]) == 2
    assert told(made_up(*TWO))["reversible"] is None
    assert "undone" not in Read(paged(made_up(*TWO))).text


def test_what_was_copied_is_told_or_why_nothing_was() -> None:
    some = made_up(*TWO)
    assert told(some)["copied"] == {"frames": 60, "why_none": None}
    assert "60 frames of the film were copied from the source bit for bit" in Read(paged(some)).text
    none = replace(some, copied=0, why_whole="it does not begin with a picture that stands alone")
    assert told(none)["copied"] == {"frames": 0, "why_none": none.why_whole}
    assert "None was copied, since it does not begin with" in Read(paged(none)).text


def test_voices_are_named_where_sound_was_kept() -> None:
    kept, without = made_up(*TWO), made_up(*TWO, sound=())
    assert told(kept)["not_covered"][0] == "voices" and not told(kept)["settings"]["mute"]
    assert "voices identify" in Read(paged(kept)).text
    assert "voices" not in told(without)["not_covered"]
    assert told(without)["settings"]["mute"] and "all sound" in Read(paged(without)).text
    silent = replace(SEEN, sound_in=0)
    assert not told(without, silent)["settings"]["mute"] and "all sound" not in Read(paged(without, silent)).text


def hostile(text: str) -> Redaction:
    keep = Keep(f"x{text}", f"x{text}", "0" * 64)
    # of half characters a file's name holds those only that stand for bytes which are no text
    name = "".join(c for c in text if c not in "/\0" and not ("\ud800" <= c <= "\udc7f" or "\udd00" <= c <= "\udfff"))
    name = name[:40] or "x"
    lanes = (*TWO, lane(3, 0, 9, keep=keep))
    return made_up(*lanes, source=Path(name), output=Path(f"{name}.mp4"), sound=(text,), left_out=(text,))


PLAIN = [tag for tag, _ in Read(paged(hostile("x"))).tags]


def test_it_says_what_was_covered() -> None:
    titles = {Cover.FACES: "Faces destroyed", Cover.HEADS: "Heads blacked out", Cover.PEOPLE: "People blacked out"}
    for cover, title in titles.items():
        done = made_up(*TWO, cover=cover, weights=(YUNET, YOLOX_NANO))
        found, text = json.loads(json.dumps(told(done))), Read(paged(done)).text
        VALIDATOR.validate(found)
        assert found["settings"]["cover"] == cover and title in text
        assert ("bodies" in found["not_covered"], "clothes" in found["not_covered"]) == (cover is not Cover.PEOPLE,) * 2
        assert [row["name"] for row in found["weights"]] == ["yunet", "yolox-nano"]
        assert "gait" in found["not_covered"] and all(row["sha256"] in text for row in found["weights"])
        assert ("like a face or person" in text) is (cover is Cover.PEOPLE)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_no_text_becomes_a_tag(text: str) -> None:
    assert [tag for tag, _ in Read(paged(hostile(text))).tags] == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onload='alert(1)",
        "-->",
        "</style>",
        "$page ${x}",
    ],
)
def test_no_name_is_run_or_loaded(text: str) -> None:
    read = Read(paged(hostile(text)))
    assert [tag for tag, _ in read.tags] == PLAIN
    names = {name for _, attributes in read.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} and "style" not in names and "href" not in names
    sources = [attributes["src"] for _, attributes in read.tags if "src" in attributes]
    assert all(source and source.startswith("data:image/jpeg;base64,") for source in sources)
    assert text in read.text


def test_the_page_lets_the_browser_load_and_run_nothing() -> None:
    text = paged(made_up(*TWO))
    (policy,) = (a["content"] for tag, a in Read(text).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and "default-src 'none'" in policy and "script-src 'none'" in policy
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "url(" not in style and "@import" not in style
    assert not re.search(r"https?:", text)


def test_what_turns_or_hides_text_is_written_out() -> None:
    assert visible("a\u202egpj.exe\x07\u200b") == "a\\u202egpj.exe\\u0007\\u200b"
    assert visible("가림 é 🙂") == "가림 é 🙂"
    assert "\u202e" not in paged(hostile("a\u202eb"))


@pytest.mark.parametrize("name", ["plain.mp4", 'it\'s "here" $(x).mp4', "-rf", "가림.mp4"])
def test_the_commands_name_the_file_as_it_is(name: str) -> None:
    read = Read(paged(made_up(*TWO, output=Path(name))))
    command = re.search(r"Linux: (.*?) macOS: (.*?) Windows", read.text)
    assert command is not None
    assert shlex.split(command[1]) == ["sha256sum", "--", name]
    assert shlex.split(command[2]) == ["shasum", "-a", "256", "--", name]
    assert "-LiteralPath '" + name.replace("'", "''") + "'" in read.text
    assert "b" * 64 in read.text and "a" * 64 in read.text


def test_numbers_read_as_people_write_them() -> None:
    assert [clock(s) for s in (0, 0.04, 59.96, 61, 3723.44)] == ["0:00.0", "0:00.0", "1:00.0", "1:01.0", "1:02:03.4"]
    assert [share(p) for p in (0, 1e-9, 0.0004, 0.0005, 0.1234, 1)] == [
        "0.0 %",
        "under 0.1 %",
        "under 0.1 %",
        "0.1 %",
        "12.3 %",
        "100.0 %",
    ]
    assert [size(n) for n in (0, 999, 1000, 1_234_567)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB (1,000 bytes)",
        "1.2 MB (1,234,567 bytes)",
    ]


spans_of_time = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=12).map(
    lambda pairs: np.array([sorted(p) for p in pairs], np.float64).reshape(-1, 2) / 40
)


def by_hand(when: NDArray[np.float64], at: float) -> int:
    return sum(first <= at <= last for first, last in when.tolist())


@given(spans_of_time, st.integers(1, 400))
def test_the_timeline_holds_the_most_of_each_step(when: NDArray[np.float64], frames: int) -> None:
    line = timeline(when, 10.0, frames)
    assert len(line.most) <= 240 and line.step_seconds >= 10.0 / frames
    fine = {round(i / 200, 6) for i in range(2000)}
    for number, most in enumerate(line.most):
        low, high = number * line.step_seconds, (number + 1) * line.step_seconds
        inside = [by_hand(when, t) for t in fine if low + 1e-6 < t < high - 1e-6]
        assert most >= max(inside, default=0)
    assert max(line.most) == max((by_hand(when, t) for t in when.ravel().tolist()), default=0)


@given(spans_of_time)
def test_moments_are_full_ones_in_order_and_apart(when: NDArray[np.float64]) -> None:
    wide = when + np.array([-SLACK, SLACK])
    chosen = densest(wide, 10.0, 6)
    assert len(chosen) <= 6 and chosen == sorted(chosen)
    assert all(by_hand(wide, at) > 0 for at in chosen)
    assert all(b - a >= 10 / 12 - 1e-9 for a, b in itertools.pairwise(chosen))
    fullest = max((by_hand(when, t) for t in when.ravel().tolist()), default=0)
    assert max((by_hand(wide, at) for at in chosen), default=0) == fullest


def test_live_counts_both_ends() -> None:
    assert live(np.array([(1.0, 2.0), (2.0, 2.0)]), np.array([0.5, 1, 2, 2.5])).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(("most", "seconds"), [([0], 0.0), ([1, 0, 3], 0.3), ([12] * 240, 7200.0), ([70_000], 9.0)])
def test_the_chart_is_a_drawing_of_numbers(most: list[int], seconds: float) -> None:
    root = ElementTree.fromstring(chart(most, max(seconds, 0.1) / len(most), seconds, [0.0, seconds]))
    (area,) = (node.get("d", "") for node in root if node.get("class") == "area")
    assert "nan" not in area and "inf" not in area
    xs = [float(x) for x in re.findall(r"[MH]([\d.]+)", area)]
    assert xs == sorted(xs) and min(xs) >= 0 and max(xs) <= 720
    heights = [float(y) for y in re.findall(r"V([\d.]+)H", area)]
    assert [h == max(heights) for h in heights] == [count == min(most) for count in most]
    assert sum(node.get("class") == "number" for node in root) == 2


# what is read from files


def planned(source: Path, *lanes: Lane, time_base: Fraction | None = None) -> Plan:
    shape = probe(source)
    base = time_base or shape.time_base
    scale = Fraction(1, 25) / base
    ticks = [replace(lane, pts=np.array([int(t * scale) for t in lane.pts.tolist()])) for lane in lanes]
    return Plan(sha256(source), shape.upright, base, tuple(ticks))


def filmed(folder: Path, *lanes: Lane, words: Sequence[str] = (), **how: Any) -> Redaction:
    """A film of 2 s, its regions planned by hand, really redacted; nothing is looked for in it."""
    source = film(folder / "street.mp4", pictures(50), *words)
    plan = planned(source, *lanes)
    return redact(source, plan=plan, **({"check": Check.OFF} | how))


def thumbnails(html: Path) -> list[RGB]:
    coded = re.findall(r"data:image/jpeg;base64,([^\"]+)", html.read_text("utf-8"))
    return [np.array(Image.open(io.BytesIO(base64.b64decode(text)))) for text in coded]


def apart(a: RGB, b: RGB) -> float:
    """Mean difference of two pictures of one size, of 255."""
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.weights
def test_the_thumbnails_are_of_the_output(tmp_path: Path) -> None:
    done = filmed(tmp_path, lane(1, 0, 49), lane(2, 20, 30, 200))
    html, plain = write_report(done)
    assert (html, plain) == reports_for(done.output)
    found = json.loads(plain.read_text("utf-8"))
    assert list(VALIDATOR.iter_errors(found)) == []
    assert found["settings"]["encoding"]["codec"] == "h264"
    before, after = decoded(done.source), decoded(done.output)
    shots = thumbnails(html)
    assert len(shots) == len(found["moments"]) == 6
    assert [m["regions"] for m in found["moments"]].count(2) >= 1
    for shot, moment in zip(shots, found["moments"], strict=True):
        number = round(moment["seconds"] * 25)
        assert shot.shape == after[number].shape
        assert shot[34:86, 44:96].max() <= BLACK + 12  # what two codecs leave of black
        assert (shot[34:86, 204:256].max() <= BLACK + 12) == (20 <= number <= 30) == (moment["regions"] == 2)
        assert apart(shot, after[number]) < 4 < apart(shot, before[number])


@pytest.mark.weights
def test_the_command_on_the_page_gives_the_digest_on_the_page(tmp_path: Path) -> None:
    done = filmed(tmp_path, lane(1, 0, 49), words=["-metadata", "title=x"])
    html, _ = write_report(done)
    read = Read(html.read_text("utf-8"))
    command = re.search(r"Linux: (.*?) macOS:", read.text)
    assert command is not None
    said = subprocess.run(
        shlex.split(command[1]), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert said.split()[0] == done.output_sha256 and done.output_sha256 in read.text
    assert "metadata of the file" in read.text


@pytest.mark.weights
def test_sound_that_was_dropped_is_told_from_none(tmp_path: Path) -> None:
    source = film(tmp_path / "loud.mp4", pictures(25), "-c:a", "aac", "-shortest", inputs=tone(440))
    for mute in (False, True):
        done = redact(source, plan=planned(source), check=Check.OFF, mute=mute, force=True)
        _, plain = write_report(done, force=True)
        found = json.loads(plain.read_text("utf-8"))
        assert found["settings"]["mute"] is mute
        assert ("voices" in found["not_covered"]) is not mute


@pytest.mark.weights
def test_a_film_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    lying = film(tmp_path / "lying.mp4", pictures(50))
    source = tmp_path / "upright.mp4"
    ffmpeg("-display_rotation", "90", "-i", lying, "-c", "copy", source)
    done = redact(source, plan=planned(source, lane(1, 0, 49)), check=Check.OFF)
    html, _ = write_report(done)
    after = decoded(done.output)
    for shot in thumbnails(html):
        assert shot.shape == after[0].shape
        assert shot[34:86, 44:96].max() <= BLACK + 12
        assert min(apart(shot, picture) for picture in after) < 4


@pytest.mark.weights
def test_a_film_of_narrow_samples_is_shown_as_wide_as_it_is(tmp_path: Path) -> None:
    done = filmed(tmp_path, lane(1, 0, 49), words=["-vf", "setsar=3/2"])
    html, _ = write_report(done)
    shot = thumbnails(html)[0]
    assert shot.shape == (240, 480, 3)
    assert shot[34:86, 66:144].max() <= BLACK + 12 < shot[34:86, 156:].min()


FORMS: dict[str, Sequence[str]] = {
    "a.mp4": ("-c:v", "libx264", "-bf", "3", "-g", "250"),
    "a.mkv": ("-c:v", "libx264", "-bf", "3", "-g", "30"),
    "b.mkv": ("-c:v", "libx265", "-x265-params", "log-level=error:open-gop=1:keyint=20"),
    "a.webm": ("-c:v", "libvpx-vp9", "-g", "25", "-cpu-used", "8", "-deadline", "realtime"),
    "a.ts": ("-c:v", "libx264", "-bf", "2", "-g", "25"),
    "a.avi": ("-c:v", "mpeg4", "-q:v", "2", "-g", "12"),
    "a.mjpeg": ("-c:v", "mjpeg", "-q:v", "2"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_picture_of_a_moment_is_the_one_shown_then(name: str, tmp_path: Path) -> None:
    path = film(tmp_path / name, pictures(55), "-pix_fmt", "yuv420p", codec=FORMS[name])
    after = decoded(path)
    origin, _ = picture_at(path, Fraction(0))
    for number in (0, 1, 24, 25, 51, 53, 54):
        time, image = picture_at(path, origin + Fraction(number, 25) + Fraction(1, 50))
        assert abs(time - origin - Fraction(number, 25)) <= Fraction(2, 1000)
        nearest = min(range(55), key=lambda n: apart(image.bgr[:, :, ::-1], after[n]))
        assert nearest == number


@pytest.mark.weights
def test_a_still_and_its_pages_are_shown_covered(tmp_path: Path) -> None:
    rows = [Image.fromarray(picture) for picture in pictures(3)]
    source = tmp_path / "fax.tiff"
    rows[0].save(source, save_all=True, append_images=rows[1:])
    plan = Plan(sha256(source), (320, 240), Fraction(1), (lane(1, 1, 1), lane(2, 1, 1, 200), lane(3, 2, 2)))
    done = redact(source, plan=plan, check=Check.OFF)
    html, plain = write_report(done)
    found = json.loads(plain.read_text("utf-8"))
    assert list(VALIDATOR.iter_errors(found)) == []
    assert (found["kind"], found["timeline"], found["frames"]) == ("still", None, 3)
    assert [(m["page"], m["regions"]) for m in found["moments"]] == [(2, 2), (3, 1)]
    for shot, other in zip(thumbnails(html), (True, False), strict=True):
        assert shot[34:86, 44:96].max() <= BLACK
        assert bool(shot[34:86, 204:256].max() <= BLACK) is other


@pytest.mark.weights
def test_a_photo_without_faces_is_shown_once(tmp_path: Path) -> None:
    source = tmp_path / "sky.png"
    Image.fromarray(pictures(1)[0]).save(source)
    done = redact(source, plan=Plan(sha256(source), (320, 240), Fraction(1), ()), check=Check.OFF)
    html, plain = write_report(done)
    assert json.loads(plain.read_text("utf-8"))["moments"] == [{"seconds": None, "page": 1, "regions": 0}]
    assert len(thumbnails(html)) == 1


@pytest.mark.weights
def test_an_animation_has_its_own_times(tmp_path: Path) -> None:
    source = tmp_path / "wave.gif"
    rows = [Image.fromarray(picture) for picture in pictures(6)]
    rows[0].save(source, save_all=True, append_images=rows[1:], duration=500, loop=0)
    covered = replace(lane(1, 0, 0), pts=np.array([1000, 2000]), xyxy=np.array([(40, 30, 100, 90)] * 2, np.float32))
    plan = Plan(sha256(source), (320, 240), Fraction(1, 1000), (covered,))
    done = redact(source, plan=plan, check=Check.OFF)
    html, plain = write_report(done)
    found = json.loads(plain.read_text("utf-8"))
    assert list(VALIDATOR.iter_errors(found)) == []
    assert (found["kind"], found["seconds"], found["settings"]["encoding"]) == ("animation", 3.0, None)
    assert {m["seconds"] for m in found["moments"]} <= {1.0, 1.5, 2.0}
    shots = thumbnails(html)
    assert len(shots) == len(found["moments"]) >= 2
    assert all(shot[34:86, 44:96].max() <= BLACK for shot in shots)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Redaction]:
    """One redaction, to be copied to where a test wants it."""
    done = filmed(tmp_path_factory.mktemp("once"), lane(1, 0, 49))

    def copied(folder: Path) -> Redaction:
        source, output = folder / done.source.name, folder / done.output.name
        source.write_bytes(done.source.read_bytes())
        output.write_bytes(done.output.read_bytes())
        return replace(done, source=source, output=output)

    return copied


@pytest.mark.weights
@pytest.mark.parametrize("which", [0, 1])
def test_a_report_that_exists_is_not_replaced_unasked(
    which: int, once: Callable[[Path], Redaction], tmp_path: Path
) -> None:
    done = once(tmp_path)
    old, other = reports_for(done.output)[which], reports_for(done.output)[1 - which]
    old.write_text("mine")
    with pytest.raises(Misuse, match="exists already"):
        write_report(done)
    assert old.read_text() == "mine" and not other.exists()
    write_report(done, force=True)
    assert old.read_text() != "mine" and other.exists()


@contextmanager
def no_file_over(most: int) -> Iterator[None]:
    """The disk takes no file over `most` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.weights
@pytest.mark.parametrize("most", [100, 4096])  # neither fits; only the page does not
def test_a_full_disk_leaves_no_report(most: int, once: Callable[[Path], Redaction], tmp_path: Path) -> None:
    done = once(tmp_path)
    there = sorted(tmp_path.iterdir())
    with no_file_over(most), pytest.raises(Unwritable, match="no room"):
        write_report(done)
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.weights
@pytest.mark.parametrize("which", ["source", "output"])
def test_no_report_is_made_of_another_file(which: str, once: Callable[[Path], Redaction], tmp_path: Path) -> None:
    done = once(tmp_path)
    with getattr(done, which).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(Unfinished, match="has changed"):
        write_report(done)
    assert not any(path.exists() for path in reports_for(done.output))


@pytest.mark.weights
def test_half_a_character_in_a_reason_is_no_fault(once: Callable[[Path], Redaction], tmp_path: Path) -> None:
    done = once(tmp_path)
    kept = lane(2, 0, 9, keep=Keep("P\ud800", "said so", "0" * 64))
    html, plain = write_report(replace(done, plan=replace(done.plan, lanes=(*done.plan.lanes, kept))))
    assert json.loads(plain.read_text("utf-8"))["kept"]["people"][0]["pseudonym"] == "P\ud800"
    assert "P\\ud800" in html.read_text("utf-8")
