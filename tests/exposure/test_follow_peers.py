"""Beside ByteTrack as `trackers` has it, which shares no code with us: what it links, ours links."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from tests.peers.newer_python import NoPeer, environment

from benchmarks import _pets
from garim.core.boxes import Boxes
from garim.exposure.follow import follow

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not _pets.FOLDER.is_dir(), reason=f"{_pets.FOLDER}: not beside the checkout"),
]

SCRIPT = Path(__file__).parents[1] / "peers" / "trackers_bytetrack.py"
Film = list[tuple[float, Boxes]]
Box = tuple[float, ...]  # when, and its sides
Links = set[tuple[Box, Box]]


@pytest.fixture(scope="session")
def python() -> Path:
    try:
        return environment("trackers==2.6.1")
    except NoPeer as error:
        pytest.skip(f"trackers, beside which ours would be tried: {error}")


def theirs(python: Path, film: Film, fps: float) -> list[list[Box]]:
    moments = [[[*box, score] for box, score in zip(b.xyxy.tolist(), b.score.tolist(), strict=True)] for _, b in film]
    asked = json.dumps({"fps": fps, "moments": moments})
    done = subprocess.run([python, "-I", SCRIPT], input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tracks: dict[int, list[Box]] = {}
    for (at, boxes), numbers in zip(film, json.loads(done.stdout), strict=True):
        for box, number in zip(boxes.xyxy.tolist(), numbers, strict=True):
            if number >= 0:
                tracks.setdefault(number, []).append((at, *box))
    return list(tracks.values())


def ours(film: Film) -> list[list[Box]]:
    trails = follow(film, _pets.ground().size)
    return [[(at, *box) for at, box in zip(t.at.tolist(), t.xyxy.tolist(), strict=True)] for t in trails]


def links(tracks: list[list[Box]]) -> Links:
    return {pair for track in tracks for pair in pairwise(track)}


@pytest.mark.parametrize("every", [1, 2])
def test_what_it_links_ours_links_in_fewer_tracks(python: Path, every: int) -> None:
    film = list(_pets.boxes(every))
    they, we = theirs(python, film, _pets.HZ / every), ours(film)
    assert len(we) == 19 <= len(they)
    both = links(they) & links(we)
    assert len(both) >= 0.98 * len(links(they))
    assert len(links(we)) >= len(links(they))
