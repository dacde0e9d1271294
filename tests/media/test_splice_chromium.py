"""A spliced film in a real browser: every picture is there at its time, from wherever one seeks, and it plays through.

Each picture wears its number, as a bar of dark and bright blocks; what is dark on top was encoded anew. Skipped where
Debian's chromium is not installed or decodes no H.264.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Page
from tests.chromium import launched
from tests.films import film, pictures, tone

from garim.media import Encoding, Frame, probe
from garim.media.splice import Splice

RATE, GROUP, COUNT = 25, 6, 30
BITS, BLOCK = 5, 40  # px
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p")
CLOSED = (*X264, "-g", f"{GROUP}", "-keyint_min", f"{GROUP}", "-sc_threshold", "0")
# a group in which another begins that refers to what stands before it
OPEN = (*X264, "-g", "3", "-keyint_min", "3", "-sc_threshold", "0", "-bf", "2", "-x264-params", "open-gop=1")
BFRAMES = (*CLOSED, "-bf", "3")
FORCED = ("-forced-idr", "1", "-force_key_frames", f"expr:not(mod(n,{GROUP}))")
SOUND = ("-map", "0", "-map", "1", "-c:a", "aac")
ENDS, MIDDLE = {0, 2, 4}, {1, 2}  # which groups are encoded anew

SEEN = """
const film = document.querySelector("video"), canvas = document.createElement("canvas");
const pen = canvas.getContext("2d", {willReadFrequently: true});
[canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
const happens = (what, begin) => new Promise((done, failed) => {
  const fail = () => failed(new Error(film.error ? film.error.message : `never ${what}`));
  setTimeout(fail, 20_000);
  film.addEventListener(what, done, {once: true});
  film.addEventListener("error", fail, {once: true});
  film.error ? fail() : begin();
});
function seen() {
  const frame = new VideoFrame(film), at = frame.timestamp / 1e6;
  pen.drawImage(frame, 0, 0);
  frame.close();
  const light = (x, y) => pen.getImageData(x, y, 1, 1).data[1] > 128;
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) number += light(BLOCK * (bit + 0.5), canvas.height - BLOCK / 2) << bit;
  return [at, number, !light(10, 10)];
}
""".replace("BITS", f"{BITS}").replace("BLOCK", f"{BLOCK}")
LOADED = f"""async () => {{ {SEEN}
  film.muted = true;
  film.pause();
  film.readyState >= film.HAVE_CURRENT_DATA || await happens("loadeddata", () => undefined);
}}"""
SOUGHT = f"""async times => {{ {SEEN}
  const found = [];
  for (const at of times) {{
    await happens("seeked", () => film.currentTime = at);
    let shown = seen();
    // on a busy machine the picture before is handed out a little longer
    for (let tries = 0; tries < 100 && !(shown[0] <= at + 1e-3 && at < shown[0] + 1 / {RATE}); tries++) {{
      await new Promise(soon => setTimeout(soon, 20));
      shown = seen();
    }}
    found.push(shown);
  }}
  return found;
}}"""
PLAYED = f"""async speed => {{ {SEEN}
  const found = [];
  const shown = () => {{
    found.push(seen());
    film.requestVideoFrameCallback(shown);
  }};
  await happens("seeked", () => film.currentTime = 0);
  const before = film.getVideoPlaybackQuality().totalVideoFrames;
  await happens("ended", () => {{
    film.requestVideoFrameCallback(shown);
    film.playbackRate = speed;
    film.play();
  }});
  const decoded = film.getVideoPlaybackQuality().totalVideoFrames - before;
  return [found, decoded, film.currentTime, film.duration];
}}"""


@dataclass(frozen=True)
class Make:
    """How a film is made, and which groups of it are encoded anew."""

    changed: set[int]
    codec: tuple[str, ...] = CLOSED
    more: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


MAKES = {
    "first and last anew": Make(ENDS, BFRAMES),
    "first and last copied, with sound": Make(MIDDLE, BFRAMES, SOUND, tone(440, COUNT / RATE)),
    "no B-frames": Make(ENDS, (*CLOSED, "-bf", "0")),
    "other parameter sets": Make(MIDDLE, (*CLOSED, "-profile:v", "main", "-refs", "1", "-x264-params", "sps-id=7")),
}

Open = Callable[[Path], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # without it a canvas may not be read once a film from disk was drawn onto it
    with launched("--allow-file-access-from-files", "--autoplay-policy=no-user-gesture-required") as chromium:
        yield chromium


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Open:
    """Opens a film from disk, as if by a double click."""
    page = browser.new_page()
    if not page.evaluate("""() => document.createElement("video").canPlayType('video/mp4; codecs="avc1.64001f"')"""):
        pytest.skip("this chromium decodes no H.264: Debian's does")

    def goto(path: Path) -> Page:
        page.goto(path.as_uri())
        page.evaluate(LOADED)
        return page

    return goto


def numbered(path: Path, make: Make) -> Path:
    rows = pictures(COUNT)
    for number, picture in enumerate(rows):
        for bit in range(BITS):
            picture[-BLOCK:, BLOCK * bit : BLOCK * (bit + 1)] = 235 * (number >> bit & 1)
    return film(path, rows, *make.more, codec=make.codec, inputs=make.inputs, rate=RATE)


def dark(frame: Frame) -> None:
    planes = frame.planes()
    for array, black in zip(planes.arrays, planes.black, strict=True):
        array[: array.shape[0] // 4] = black


def spliced(source: Path, changed: set[int]) -> Path:
    output = source.with_stem("spliced")
    splice = Splice(probe(source), output, Encoding("veryfast", 20), lambda group: group.first // GROUP in changed)
    made = splice.write(output, mute=False, remark="", paint=dark, done=lambda _: None)
    assert [number for number, anew in enumerate(made.changed) if anew] == sorted(changed)
    return output


def careless(source: Path, changed: set[int]) -> Path:
    """What `Splice` is there to avoid: new groups under the numbers of the source's parameter sets."""
    make = Make(changed, (*BFRAMES, "-x264-params", "cabac=0"))
    other, output = numbered(source.with_stem("other"), make), source.with_stem("joined")
    with av.open(str(source)) as old, av.open(str(other)) as new, av.open(str(output), "w") as joined:
        video = joined.add_stream_from_template(old.streams.video[0])
        for number, pair in enumerate(zip(old.demux(video=0), new.demux(video=0), strict=True)):
            packet = pair[number // GROUP in changed]
            if packet.dts is not None:
                packet.stream = video
                joined.mux(packet)
    return output


def times() -> list[tuple[int, float]]:
    """Pictures and when to ask for them: all, in no order; then back over each join, just before it and just after."""
    every = [(number, (number + 0.5) / RATE) for number in np.random.default_rng(1).permutation(COUNT).tolist()]
    joins = range(COUNT - GROUP, 0, -GROUP)
    beside = [(n, at) for join in joins for n, at in ((join, join / RATE + 0.002), (join - 1, join / RATE - 0.002))]
    return every + beside


TIMES = times()


def sought(page: Page) -> list[tuple[int, bool]]:
    """Number of the picture that is shown at each of `TIMES`, and whether it was encoded anew."""
    return [(number, anew) for _, number, anew in page.evaluate(SOUGHT, [at for _, at in TIMES])]


def wanted(number: int, changed: set[int]) -> tuple[int, bool]:
    return number, number // GROUP in changed


@pytest.mark.parametrize("make", MAKES)
def test_each_picture_is_found_at_its_time_and_all_play_in_order(tmp_path: Path, opened: Open, make: str) -> None:
    changed = MAKES[make].changed
    page = opened(spliced(numbered(tmp_path / "a.mp4", MAKES[make]), changed))
    assert sought(page) == [wanted(number, changed) for number, _ in TIMES]
    shown, decoded, end, lasts = page.evaluate(PLAYED, 4)
    assert [(number, anew) for _, number, anew in shown] == [wanted(round(at * RATE), changed) for at, *_ in shown]
    at = [at for at, *_ in shown]
    assert at == sorted(at)
    assert decoded > COUNT - GROUP, "what it cannot show in time it decodes all the same"
    assert end == lasts == pytest.approx(COUNT / RATE, abs=0.05)


def test_what_is_copied_of_open_groups_is_found_where_the_source_has_it(tmp_path: Path, opened: Open) -> None:
    """Chromium begins at the nearest key picture, though what is shown before that needs the one before."""
    source = numbered(tmp_path / "a.mp4", Make(ENDS, OPEN, FORCED))
    before, after = sought(opened(source)), sought(opened(spliced(source, ENDS)))
    exact = [wanted(number, ENDS) for number, _ in TIMES]
    assert after == [right if right[1] else was for was, right in zip(before, exact, strict=True)]


def test_a_careless_join_would_be_seen(tmp_path: Path, opened: Open) -> None:
    source = numbered(tmp_path / "a.mp4", Make(ENDS, BFRAMES))
    assert sought(opened(careless(source, set()))) == [(number, False) for number, _ in TIMES]
    with pytest.raises(Error, match="PIPELINE_ERROR_DECODE"):
        sought(opened(careless(source, ENDS)))
