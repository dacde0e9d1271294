"""OTHERS' MATCHERS, as a stranger installs and calls them: by their own programs, in environments of their own.

Their weights come from hubs. Where a file of theirs is here already, proven and by the same name, it is laid where they
look for it; nothing else is brought. What does not run says so with its error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks._gate_sums import F64, Errors, Rate, errors, rate
from benchmarks._spent import Spent, spent
from benchmarks._tools import Uninstalled, installed

DEEPFACE, UNIFACE = "DeepFace 0.0.103", "UniFace 4.2.1"
DLIB_FILE, YUNET_FILE = "dlib_face_recognition_resnet_model_v1.dat", "face_detection_yunet_2023mar.onnx"
HUB = "does not run: its weights come from a hub"
LONGEST_S = 300.0
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b.*")
_MOST_WORDS = 220


@dataclass(frozen=True, slots=True)
class Read:
    """What a peer made of `photos`, in order: a template f64[d] each, None where it saw no one face; what that took."""

    templates: tuple[F64 | None, ...]
    took: Spent


def deepface() -> Path:
    """Its program. Raises `Uninstalled`."""
    needs = ["deepface[cli]==0.0.103", "dlib-bin>=20.0", "werkzeug"]  # it imports the last, and does not ask for it
    return installed("deepface", [needs]) / "bin" / "deepface"


def uniface() -> Path:
    """The Python that has it. Raises `Uninstalled`."""
    return installed("uniface", [["uniface==4.2.1", "onnxruntime"]]) / "bin" / "python"


def laid(home: Path, weights: Sequence[Path]) -> Path:
    """A home for DeepFace in which those files are where it looks. Raises `Uninstalled` for one that is not here."""
    there = home / ".deepface" / "weights"
    there.mkdir(parents=True, exist_ok=True)
    for name in (DLIB_FILE, YUNET_FILE):
        found = next((folder / name for folder in weights if (folder / name).is_file()), None)
        if found is None:
            raise Uninstalled(f"{DEEPFACE}: {name} is not here; garim weights pull dlib yunet")
        shutil.copyfile(found, there / name)
    return home


def represented(program: Path, home: Path, photos: Sequence[str], out: Path) -> Read:
    """DeepFace's templates by its model Dlib, faces by YuNet. Raises `Uninstalled` where it ends otherwise."""
    words: list[str | Path] = [program, "represent", f"--img_path={json.dumps(list(photos))}", "--model_name=Dlib"]
    detector = ("--detector_backend=yunet", "--enforce_detection=False")
    run: list[str | Path] = [
        "/usr/bin/env",
        f"DEEPFACE_HOME={home}",
        "/bin/sh",
        "-c",
        'out="$0"; exec "$@" > "$out"',
        out,
    ]
    took = spent([*run, *words, *detector], longest_s=LONGEST_S)
    if took.code:
        raise Uninstalled(f"{DEEPFACE}: exit {took.code}: {took.said[:_MOST_WORDS]}")
    return Read(templates(out.read_text(), len(photos)), took)


def templates(said: str, photos: int) -> tuple[F64 | None, ...]:
    """Of what it said, a line a photo. A photo in which it saw no face is one of confidence 0."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("[")]
    if len(lines) != photos:
        raise Uninstalled(f"{DEEPFACE}: answered for {len(lines)} of {photos} photos")
    return tuple(_template(faces) for faces in lines)


def _template(faces: list[dict[str, object]]) -> F64 | None:
    return np.array(faces[0]["embedding"], np.float64) if len(faces) == 1 and faces[0]["face_confidence"] else None


def failed(found: Sequence[F64 | None]) -> Rate:
    """Photos in which it saw no one face."""
    return rate(sum(each is None for each in found), len(found))


def erred(found: Sequence[F64 | None], target: float) -> tuple[int, Errors]:
    """Of templates of a reference and a probe in turn: how many people have both, and the errors among them."""
    pairs = zip(found[::2], found[1::2], strict=True)
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    return len(both), errors(np.array([a for a, _ in both]), np.array([b for _, b in both]), target)


def its_own_words(said: str) -> str:
    """The first line of the last error that a program's output tells of."""
    found = [line for line in map(str.strip, said.splitlines()) if _ERROR.match(line)]
    if not found:
        return "it said nothing of an error"
    words = " ".join(found[-1].split()).rstrip(" .")
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"


def why_not(words: Sequence[str | Path], variables: dict[str, str]) -> str | None:
    """Run what should fail for want of weights: why it does; None where it runs after all."""
    try:
        done = subprocess.run(
            list(words), env=os.environ | variables, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{HUB}; ended after {LONGEST_S:.0f} s without a word"
    if done.returncode == 0:
        return None
    return f"{HUB} ({its_own_words(done.stderr)})"


def default_deepface(program: Path, home: Path, photo: str) -> str | None:
    """Why its default model does not run here."""
    words: list[str | Path] = [program, "represent", photo, "--detector_backend=yunet"]
    return why_not(words, {"DEEPFACE_HOME": str(home)})


def default_uniface(python: Path, home: Path) -> str | None:
    """The same of the matcher that its README begins with."""
    return why_not([python, "-c", "import uniface; uniface.ArcFace()"], {"UNIFACE_CACHE_DIR": str(home)})
