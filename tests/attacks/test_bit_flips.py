"""Promise: whatever bits are wrong, either nothing is published, or the film has every frame at its time.

Where bits are wrong in the pictures or the sound, those of the source before the damage are meant. Where they are
wrong in the index, a wrong time or length can be as good as a right one, and nobody can tell: then the output has the
frames that the file as it is now shows to ffmpeg.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from tests.attacks.harness import Ran, here, untouched
from tests.films import FFMPEG, packets, shown
from tests.media.copies import copied

from garim.core.errors import GarimError, Unreadable, Unsupported

pytestmark = pytest.mark.weights


def boxes(content: bytes) -> dict[str, tuple[int, int]]:
    """Where the outermost boxes of a film lie: start and end of what is in each."""
    found, place = {}, 0
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        found[content[place + 4 : place + 8].decode()] = place + 8, place + size
        place += size
    return found


def flipped(source: Path, part: str, seed: int) -> Path:
    """`source` with one to eight wrong bits in one of its boxes, or anywhere."""
    chance = random.Random(seed)
    content = bytearray(source.read_bytes())
    start, end = boxes(bytes(content)).get(part, (0, len(content)))
    for _ in range(chance.choice([1, 1, 2, 8])):
        content[chance.randrange(start, end)] ^= 1 << chance.randrange(8)
    path = source.with_name(f"{part}{seed}.mp4")
    path.write_bytes(content)
    return path


def written(source: Path) -> Path | None:
    """The copy of a damaged film, or None where it is refused in one line."""
    try:
        return copied(source)
    except GarimError as error:
        assert isinstance(error, Unreadable | Unsupported)
        assert "\n" not in str(error)
        assert "nothing was" in str(error)
        return None


@pytest.mark.parametrize("seed", range(25))
def test_wrong_bits_in_the_pictures(seed: int, plain: Path) -> None:
    output = written(flipped(plain, "mdat", seed))
    if output is not None:
        decodes_pictures(output)
        assert [p.at for p in shown(output)] == [p.at for p in shown(plain)]
        assert [p.at for p in packets(output, "a:0")] == [p.at for p in packets(plain, "a:0")]


def decodes_pictures(path: Path) -> None:
    """Red unless ffmpeg decodes the pictures without a word; wrong sound is passed on as wrong as it was."""
    command = [FFMPEG, "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if not line.startswith("[aac")] == []


@pytest.mark.parametrize("seed", range(25))
def test_wrong_bits_in_the_index(seed: int, plain: Path) -> None:
    source = flipped(plain, "moov", seed)
    output = written(source)
    if output is not None:
        decodes_pictures(output)
        assert [p.at for p in shown(output)] == [p.at for p in shown(source)]


def test_some_are_let_through_and_some_are_not(plain: Path) -> None:
    """The two above are not true for want of one of their cases."""
    outcomes = {(part, written(flipped(plain, part, seed)) is None) for part in ("mdat", "moov") for seed in range(20)}
    assert outcomes == {("mdat", True), ("mdat", False), ("moov", True), ("moov", False)}


def told(ran: Ran) -> bool:
    """Whether a command either did it, or said in one line why not."""
    lines = ran.err.count("\n")
    return ran.code == 0 or (ran.code in (2, 3) and lines == 1 and "fault of garim" not in ran.err)


@pytest.mark.parametrize("seed", range(12))
def test_the_command_says_it_in_one_line(seed: int, plain: Path, tmp_path: Path) -> None:
    source = flipped(plain, "anywhere", seed)
    (tmp_path / "in").mkdir()
    source = source.rename(tmp_path / "in" / source.name)
    output = tmp_path / "out.mp4"
    with untouched(tmp_path / "in"):
        ran = here("redact", source, "-o", output)
    assert told(ran), ran
    assert output.exists() == (ran.code == 0)
    if ran.code == 0:
        decodes_pictures(output)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_many_more(seed: int, plain: Path) -> None:
    for part in ("mdat", "moov", "anywhere"):
        output = written(flipped(plain, part, seed))
        if output is not None:
            decodes_pictures(output)
            assert len(shown(output)) == len(shown(plain)) or part != "mdat"
