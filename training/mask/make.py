"""MAKE THE CROPS: `python -m training.mask.make --out DIR [--seed 1] [--crops 48000]`, 10 minutes on two cores.

Each part (test, calibrate, train) is of other people. A part is made of shards, each by its own seed, so that as many
processes as there are make the same crops.
"""

from __future__ import annotations

import argparse
import os
import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.mask.crops import STATES
from training.mask.people import heads, split
from training.mask.scene import PATCH, SIZES, Shot, compressed, cropped, shot
from training.mask.wear import dressed

SHARES = (0.44, 0.43, 0.13)
EACH = 5  # shots of a head as it is dressed
SHARD = 1000  # crops
OF_THE_OTHERS = {"test": 0.12, "calibrate": 0.06}  # of the crops that are trained on


def main() -> int:
    ask = _asked()
    ask.out.mkdir(parents=True, exist_ok=True)
    work = []
    for place, part in enumerate(("test", "calibrate", "train")):
        count = round(ask.crops * OF_THE_OTHERS.get(part, 1) / SHARD)
        work += [(ask.out, part, split(ask.seed)[part], (ask.seed, place, number)) for number in range(count)]
    left = [each for each in work if not _path(*each[:2], each[3][2]).exists()]
    for person in {person for _, _, people, _ in left for person in people}:
        heads(person)  # cut out once, before there are processes
    with Pool(ask.processes) as pool:
        for done, _ in enumerate(pool.imap_unordered(_shard, left), 1):
            print(f"\r{done} of {len(left)} thousand crops", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="crops go there: 8 GB a million")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="who is in which part, and all else [1]")
    parser.add_argument("--crops", type=int, default=48_000, metavar="N", help="to train on [48000]")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="N", help="[as many as cores]")
    return parser.parse_args()


def _path(folder: Path, part: str, number: int) -> Path:
    return folder / f"{part}-{number:04}.npz"


def _shard(work: tuple[Path, str, list[str], tuple[int, int, int]]) -> None:
    folder, part, people, seed = work
    random = np.random.default_rng(seed)
    shots, states, who = [], [], []
    while len(shots) < SHARD:
        person = people[random.integers(len(people))]
        choice = heads(person)
        head = choice[random.integers(len(choice))]
        state = int(random.choice(len(STATES), p=SHARES))
        rgb, matte = dressed(head, STATES[state], random)
        for size in np.exp(random.uniform(*np.log(SIZES), EACH)).tolist():
            shots.append(shot(rgb, matte, head, random, size))
            states.append(state)
            who.append(person)
    done = [each for first in range(0, SHARD, 100) for each in compressed(shots[first : first + 100], random)]
    faces = np.stack([cropped(each, random) for each in done])
    more = {"pictures": np.stack([_picture(each) for each in done])} if part == "test" else {}
    path = _path(folder, part, seed[2])
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(
        unfinished, faces=faces, state=states, size=np.array([each.size for each in done], np.float32), who=who, **more
    )
    unfinished.replace(path)


def _picture(each: Shot) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(each.rgb).resize((PATCH, PATCH), Image.Resampling.BICUBIC))


if __name__ == "__main__":
    sys.exit(main())
