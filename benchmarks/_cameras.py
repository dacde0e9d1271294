"""CAMERAS WATCHED AT ONCE, in one process with one detector; what that took, as JSON on stdout.

python benchmarks/_cameras.py --seconds S --side PX URL...       cameras over RTSP, each in a thread
python benchmarks/_cameras.py --steps --side PX FILM             what each step costs, one after the other
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from garim.core.boxes import Boxes  # noqa: E402 - after the path
from garim.core.image import Image  # noqa: E402 - as above
from garim.exposure.follow import WEAK, follow  # noqa: E402 - as above
from garim.exposure.ground import Ground  # noqa: E402 - as above
from garim.exposure.lens import plain  # noqa: E402 - as above
from garim.exposure.smooth import walks  # noqa: E402 - as above
from garim.exposure.stitch import stitched  # noqa: E402 - as above
from garim.exposure.watch import Watched, watch  # noqa: E402 - as above
from garim.media import Reader  # noqa: E402 - as above
from garim.media.live import arrivals  # noqa: E402 - as above
from garim.vision.people import People  # noqa: E402 - as above

SIZE = (640, 360)
HZ = 5


class Shared:
    """One detector for all cameras: it takes them one at a time."""

    def __init__(self, people: People) -> None:
        self._people, self._turn = people, threading.Lock()

    def __call__(self, image: Image, floor: float) -> Boxes:
        with self._turn:
            return self._people(image, floor)


def watched(urls: list[str], seconds: float, side: int) -> dict[str, float]:
    """All cameras at once for `seconds`; CPU from the first picture of the first one to the last of the last."""
    people, over = Shared(_ready(side)), _ground()
    found: list[Watched] = []

    def one(url: str) -> None:
        shown = ((at, frame) for at, frame in arrivals(url, seconds) if frame)
        found.append(watch(shown, over, people, hz=HZ, long_side=side))

    before, began = time.process_time(), time.monotonic()
    threads = [threading.Thread(target=one, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "cameras": len(found),
        "cpu_s": time.process_time() - before,
        "wall_s": time.monotonic() - began,
        "watched_s": sum(end - start for each in found for start, end in each.spans),
        "pictures": sum(each.pictures for each in found),
        "looks": sum(each.looks for each in found),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def steps(film: Path, side: int) -> dict[str, float]:
    """CPU milliseconds that a picture takes in each step, where each of them is looked at."""
    took: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        before = time.process_time()
        yield
        took[name] = took.get(name, 0.0) + time.process_time() - before

    people = _ready(side)
    seen: list[tuple[float, Boxes]] = []
    with Reader(film) as reader:
        frames = reader.frames()
        while True:
            with timed("decode"):
                frame = next(frames, None)
            if frame is None:
                break
            with timed("has anything moved"):
                frame.shades()
            with timed("picture for the detector"):
                image = frame.image(side, 0)
            with timed("detector"):
                boxes = people(image, WEAK)
            seen.append((float(frame.pts * reader.film.time_base), boxes))
    with timed("follow"):
        trails = follow(seen, SIZE)
    with timed("on the ground"):
        found = walks(trails, _ground())
    with timed("stitch"):
        stitched([walk for walk in found if walk is not None], _ground())
    return {name: 1000 * total / len(seen) for name, total in took.items()}


def _ready(side: int) -> People:
    """A detector that is compiled before the clock runs."""
    people = People()
    people(Image(np.zeros((side * SIZE[1] // SIZE[0], side, 3), np.uint8), 1.0), WEAK)
    return people


def _ground() -> Ground:
    """A camera 6 m above a street, looking down by half a radian."""
    sin, cos = np.sin(0.5), np.cos(0.5)
    lens = np.array([[600, 0, SIZE[0] / 2], [0, 600, SIZE[1] / 2], [0, 0, 1]])
    turn = np.array([[1, 0, 0], [0, -sin, 6 * cos], [0, cos, 6 * sin]])
    return Ground(np.linalg.inv(lens @ turn), plain(SIZE), None, SIZE, None, 600.0, "tsai")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("sources", nargs="+")
    ask = parser.parse_args()
    answer = steps(Path(ask.sources[0]), ask.side) if ask.steps else watched(ask.sources, ask.seconds, ask.side)
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
