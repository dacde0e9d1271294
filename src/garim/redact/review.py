"""The review: one page that shows a film's frames and its plan, on which people correct the plan.

Laws: the page shows faces, so its name says UNREDACTED and only its owner can read it; it needs nothing from
elsewhere and runs no script but ours; which frames it does not show, it says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse, Unreadable
from garim.core.image import Image
from garim.core.plan import Plan, written
from garim.files import refuse_clash, sha256, unwritable, whole
from garim.media import Reader
from garim.pictures import HEAD, Still, animation, frames, kind_of, moves, pages
from garim.pictures.jpeg import jpeg
from garim.redact.animation import NO_LENGTH, TICK, starts
from garim.redact.result import Progress

I64 = NDArray[np.int64]

MARK = "UNREDACTED"
MOST = 400  # pictures on a page: about 30 MB, which any browser opens
LONG_SIDE = 960  # px of a film's frame on the page
STILL_SIDE = 1920  # px of a still, which is alone


Later = Callable[[], Image]
"""A frame, made into an image only where that is wanted; it lives until the next is asked for."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What the page shows: `size` upright in px, the width of a px by its height, the times `pts` i64[n] of all frames.

    `images` gives every frame for a long side in px; `paged` says that times are numbers of pages.
    """

    size: tuple[int, int]
    shape: float
    time_base: Fraction
    pts: I64
    images: Callable[[int], Iterator[Later]]
    paged: bool = False


def _silent(step: str, done: int, total: int | None) -> None:
    """Progress for callers who want none."""


def review(source: Path, plan: Plan, output: Path, *, force: bool = False, progress: Progress = _silent) -> Path:
    """Write to `output` the page on which `plan`, made for the film or still at `source`, can be corrected.

    The page shows faces: `output` must have UNREDACTED in its name, and gets mode 0600. Raises `Misuse`,
    `Unreadable`, `Unwritable`; then there is no page.
    """
    if MARK not in output.name:
        raise Misuse(f"{output}: the page will show faces, so its name must say {MARK}; nothing was written")
    _refuse_missing(source)
    refuse_clash(output, [source], force=force)
    if plan.input_sha256 != sha256(source):
        raise Misuse(f"{source}: the plan is for another file; nothing was written. Make a new one with --plan-only")
    footage = _footage(source, progress)
    if (plan.size, plan.time_base) != (footage.size, footage.time_base):
        raise Misuse(f"{source}: the plan has another size or time base; nothing was written")
    with whole(output, force=force, mode=0o600) as path:
        try:
            with path.open("w", encoding="ascii") as page:
                page.writelines(_page(source, footage, plan, progress))
        except OSError as error:
            raise unwritable(output, error) from None
    return output


def chosen(pts: I64, plan: Plan, most: int = MOST) -> I64:
    """Numbers of at most `most` frames: all where they fit, else begin, middle and end of each lane among even steps.

    Where there are too many lanes for that, some of their moments are left out; the first and last frame never are.
    """
    if len(pts) <= most:
        return np.arange(len(pts))
    ends = [(int(lane.pts[0]), int(lane.pts[-1])) for lane in plan.lanes]
    moments = np.array([t for first, last in ends for t in (first, (first + last) // 2, last)], np.int64)
    near = np.unique(np.searchsorted(pts, moments).clip(0, len(pts) - 1))
    near = near[_even(len(near), most // 2)]
    return np.union1d(near, _even(len(pts), most - len(near)))


def _even(count: int, most: int) -> I64:
    """At most `most` of 0..count-1, in even steps from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _refuse_missing(source: Path) -> None:
    if not source.is_file():
        raise Misuse(f"{source}: {'is a folder' if source.is_dir() else 'no such file'}; nothing was written")


def _footage(source: Path, progress: Progress) -> Footage:
    """By the first bytes: a name can be wrong."""
    try:
        with source.open("rb") as file:
            picture = kind_of(file.read(HEAD))
    except OSError as error:
        raise Unreadable(f"{source}: cannot be read: {error.strerror}; nothing was written") from None
    if picture is None:
        return _film(source, progress)
    return _animation(source) if moves(source) else _still(source)


def _film(source: Path, progress: Progress) -> Footage:
    """A film, read through for its times: which frames to show depends on how many there are."""
    times = []
    with Reader(source) as reader:
        film = reader.film
        for frame in reader.frames():
            times.append(frame.pts)
            progress("read", len(times), film.frames)
    shape = float(film.shape or 1)
    wide = 1 / shape if film.rotation % 180 else shape

    def images(side: int) -> Iterator[Later]:
        with Reader(source) as reader:
            for frame in reader.frames():
                yield partial(frame.image, side, film.rotation)

    return Footage(film.upright, wide, film.time_base, np.array(times, np.int64), images)


def _animation(source: Path) -> Footage:
    made = animation(source)
    pts = starts([lasts or NO_LENGTH for lasts in made.durations])
    return Footage(made.size, 1, TICK, pts, lambda side: (partial(still.image, side) for still in frames(made)))


def _still(source: Path) -> Footage:
    """A still: a page's number is its time, and the size is one that holds every page."""
    sizes = np.array([still.size for still in pages(source)])
    width, height = sizes.max(axis=0).tolist()

    def images(side: int) -> Iterator[Later]:
        return (partial(_laid, still, (width, height), side) for still in pages(source))

    return Footage((width, height), 1, Fraction(1), np.arange(len(sizes)), images, paged=True)


def _laid(still: Still, size: tuple[int, int], long_side: int) -> Image:
    """A page, at the upper left of a black picture with the shape of `size`, where its boxes are counted from."""
    scale = long_side / max(size)
    width, height = (max(1, round(side * scale)) for side in size)
    page = still.image(max(1, round(max(still.size) * scale))).bgr[:height, :width]
    ground = np.zeros((height, width, 3), np.uint8)
    ground[: page.shape[0], : page.shape[1]] = page
    return Image(ground, scale)


def _page(source: Path, footage: Footage, plan: Plan, progress: Progress) -> Iterator[str]:
    """The page, piece by piece: all frames at once would not fit into memory twice."""
    rooms = files("garim.redact") / "pages"
    style = (rooms / "review.css").read_text("ascii")
    script = (rooms / "review.js").read_text("ascii")
    pieces = {"csp": _policy(style, script), "style": style, "script": script, "facts": _facts(source, footage, plan)}
    # split first, so that no mark inside a piece is taken for one of ours
    for number, part in enumerate(re.split(r"\{\{(\w+)\}\}", (rooms / "review.html").read_text("ascii"))):
        if number % 2 == 0:
            yield part
        elif part == "frames":
            yield from _frames(footage, chosen(footage.pts, plan), progress)
        else:
            yield pieces[part]


def _frames(footage: Footage, shown: I64, progress: Progress) -> Iterator[str]:
    # the browser enlarges as well as we do
    side = min(LONG_SIDE if len(footage.pts) > 1 else STILL_SIDE, max(footage.size))
    due = set(shown.tolist())
    for index, image in enumerate(footage.images(side)):
        if index in due:
            coded = base64.b64encode(jpeg(image())).decode()
            yield f'<script type="text/plain" class="frame" data-index="{index}" data-pts="{footage.pts[index]}">'
            yield f"{coded}</script>\n"
        progress("page", index + 1, len(footage.pts))


def _facts(source: Path, footage: Footage, plan: Plan) -> str:
    edited = f"{source.stem}.plan.edited.json"
    facts: dict[str, Any] = {
        "film": source.name,
        "paged": footage.paged,
        "frames": len(footage.pts),
        "shape": footage.shape,
        "save_as": edited,
        "command": f"garim redact {shlex.quote(source.name)} --plan {shlex.quote(edited)}",
        "plan": json.loads(written(plan)),
    }
    # inside a script element only these could end it; as escapes they mean the same to JSON
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(facts))


def _policy(style: str, script: str) -> str:
    """What the browser may do for the page: show its own pictures, and run the one script that has this hash."""
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
