"""MEASURE: `python -m training.mask.evaluate --crops DIR [--json OUT]`: ours and AIZOO's on people never trained on.

Balanced accuracy is the mean of two rates: of worn masks called worn, and of bare faces called absent.
An answer of unknown, or of a mask worn wrongly, is wrong. Intervals are the middle 95 % of a thousand draws of people
with replacement: crops of one person are alike. Last, on real pictures, what is said of faces in the footage of
`../shared/data`, all of them bare: where YuNet finds one, each half second or so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from benchmarks._tables import table
from numpy.typing import NDArray
from PIL import Image

from garim.core import image as core
from garim.inference.network import load
from garim.inference.weights import Pinned, Upstream, Weight
from garim.vision.faces import Faces
from garim.vision.masks import CONFIDENT, Masks, around
from training.mask.crops import STATES, Crops
from training.mask.people import DATA, told

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

WORN, ABSENT, INCORRECT, UNKNOWN = 0, 1, 2, 3
EDGES = (8, 12, 16, 24, 48, 1000)
DRAWS = 1000
EVERY, SURE = 12, 0.75  # frames of footage; the score from which a face is one
LEAST_PX = 16  # of a face, where people are told apart
AIZOO = Weight(
    name="aizoo",
    purpose="masks on faces: the one to beat",
    licence="MIT",
    files=(
        Pinned(
            "aizoo-face_mask_detection.onnx",
            "b61fcc2b5a925289def717c205cea224b0e76e89360f56c28485df14107785a1",
            4103294,
        ),
    ),
    sources=(Upstream("https://github.com/AIZOOTech/FaceMaskDetection"),),
    card="",
)
_AIZOO_SIDE, _AIZOO_CELLS = 260, (33, 17, 9, 5, 3)


def main() -> int:
    ask = _asked()
    crops = Crops.read(ask.crops, "test")
    started = time.process_time()
    odds = Masks()(list(crops.faces))
    each_ms = (time.process_time() - started) * 1000 / len(crops.state)
    said = _said(odds)
    answers = {"Garim": said}
    if crops.pictures is not None:
        answers["AIZOO"] = aizoo(crops.pictures)
    figures: dict[str, object] = {
        "footage": _footage(),
        "size": {name: _by_size(crops, answer) for name, answer in answers.items()},
        "people": {name: _by_people(crops, answer) for name, answer in answers.items()},
        "states": _states(crops, said),
        "ms_a_face": each_ms,
    }
    print(_told(crops, figures))
    if ask.json:
        ask.json.write_text(json.dumps(figures, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", type=Path, required=True, metavar="DIR", help="as training.mask.make made them")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    return parser.parse_args()


def aizoo(pictures: NDArray[np.uint8]) -> I64:
    """What AIZOO's detector says of the face in the middle of each picture u8[n,h,w,3] RGB: its surest answer there."""
    network = load(AIZOO, {"loc": 4, "cls": 2})
    near = np.concatenate([np.repeat(_central(cells), 4) for cells in _AIZOO_CELLS])
    said = []
    for picture in pictures:
        large = Image.fromarray(picture).resize((_AIZOO_SIDE, _AIZOO_SIDE), Image.Resampling.BICUBIC)
        light = np.asarray(large, np.float32) / 255  # its own scale
        scores = network(light)["cls"][0][near]  # type: ignore[arg-type]
        said.append(int(scores.max(0).argmax()))
    return np.array(said)


def _central(cells: int) -> NDArray[np.bool_]:
    at = np.abs((np.arange(cells) + 0.5) / cells - 0.5) < 0.2
    return np.asarray((at[:, None] & at[None]).ravel())


def _footage() -> dict[str, list[float]]:
    """Of the bare faces in each film: how many there are, and what share is called worn, absent, incorrect, unknown."""
    faces, masks, found = Faces(), Masks(), {}
    for path in sorted((DATA / "video").glob("*.mp4")):
        crops = []
        with av.open(str(path)) as film:
            for number, frame in enumerate(film.decode(video=0)):
                if number % EVERY == 0:
                    bgr = np.ascontiguousarray(frame.to_ndarray(format="bgr24"))
                    crops += [around(bgr, box) for box in faces(core.Image(bgr, 1.0), SURE).xyxy]
        if crops:
            found[path.stem] = masks(crops)
    every = {**found, "all": np.concatenate(list(found.values()))}
    return {name: [len(odds), *np.bincount(_said(odds), minlength=4) / len(odds)] for name, odds in every.items()}


def _said(odds: F32) -> I64:
    return np.where(odds.max(1) >= CONFIDENT, odds.argmax(1), UNKNOWN)


def balanced(state: I64, said: I64) -> float:
    """The mean of the rates of right answers about worn masks and about bare faces; NaN where either is missing."""
    rates = [(said[state == each] == each).mean() if (state == each).any() else np.nan for each in (WORN, ABSENT)]
    return float(np.mean(rates))


def _drawn(state: I64, said: I64, who: NDArray[np.str_]) -> tuple[float, float, float]:
    """Balanced accuracy, and the ends of its interval."""
    people, rows = np.unique(who, return_inverse=True)
    right = np.zeros((len(people), 2))
    count = np.zeros((len(people), 2))
    for place, each in enumerate((WORN, ABSENT)):
        of = state == each
        count[:, place] = np.bincount(rows[of], minlength=len(people))
        right[:, place] = np.bincount(rows[of], (said[of] == each).astype(float), minlength=len(people))
    picks = np.random.default_rng(0).integers(0, len(people), (DRAWS, len(people)))
    totals = count[picks].sum(1)
    rates = np.divide(right[picks].sum(1), totals, out=np.full_like(totals, np.nan), where=totals > 0).mean(1)
    low, high = np.nanquantile(rates, (0.025, 0.975))
    return balanced(state, said), float(low), float(high)


def _by_size(crops: Crops, said: I64) -> dict[str, tuple[float, float, float]]:
    figures = {}
    for low, high in pairwise(EDGES):
        rows = (crops.size >= low) & (crops.size < high) & (crops.state != INCORRECT)
        figures[f"{low}-{high} px" if high < 1000 else f"{low} px and more"] = _drawn(
            crops.state[rows], said[rows], crops.who[rows]
        )
    return figures


def _by_people(crops: Crops, said: I64) -> dict[str, tuple[float, float, float]]:
    known = told()
    figures = {}
    for trait in ("sex", "group"):
        values = np.array([getattr(known[who], trait) if who in known else "" for who in crops.who])
        for value in np.unique(values):
            rows = (values == value) & (crops.size >= LEAST_PX) & (crops.state != INCORRECT)
            count = len(np.unique(crops.who[rows]))
            figures[f"{value} ({count} people)"] = _drawn(crops.state[rows], said[rows], crops.who[rows])
    return figures


def _states(crops: Crops, said: I64) -> dict[str, list[float]]:
    """Of each state, from 24 px on, the shares that are called each, and unknown."""
    rows = crops.size >= 24
    return {
        name: [float((said[rows & (crops.state == place)] == answer).mean()) for answer in range(4)]
        for place, name in enumerate(STATES)
    }


def _told(crops: Crops, figures: dict[str, object]) -> str:
    parts = [
        f"{len(crops.state)} crops of {len(np.unique(crops.who))} people; {figures['ms_a_face']:.2f} ms CPU a face."
    ]
    for kind, title in (("size", "face"), ("people", f"who, faces from {LEAST_PX} px on")):
        by_name: dict[str, dict[str, tuple[float, float, float]]] = figures[kind]  # type: ignore[assignment]
        names = list(by_name)
        lines = [[row, *(_cell(by_name[name][row]) for name in names)] for row in by_name[names[0]]]
        parts.append(table([title, *(f"{name}, balanced accuracy" for name in names)], lines, right=1))
    states: dict[str, Sequence[float]] = figures["states"]  # type: ignore[assignment]
    lines = [[name, *(f"{100 * share:.1f} %" for share in shares)] for name, shares in states.items()]
    parts.append(table(["from 24 px on", *(f"called {name}" for name in STATES), "unknown"], lines, right=1))
    films: dict[str, Sequence[float]] = figures["footage"]  # type: ignore[assignment]
    lines = [[name, f"{count:.0f}", *(f"{100 * share:.0f} %" for share in of)] for name, (count, *of) in films.items()]
    parts.append(table(["bare faces in", "faces", *(f"called {name}" for name in STATES), "unknown"], lines, right=1))
    return "\n\n".join(parts)


def _cell(figure: Sequence[float]) -> str:
    return f"{figure[0]:.3f} ({figure[1]:.3f} to {figure[2]:.3f})"


if __name__ == "__main__":
    sys.exit(main())
