"""PINNED FILES: a model is its bytes, and its bytes are named by hash.

Laws: a row stands in the table of the room that owns the model; bytes are proven each time they are read;
the folder that GARIM_WEIGHTS names goes first, then what is part of garim, then the user's cache, and a wrong file
there is an error, not a reason to look further.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from garim.core.errors import NoWeights


@dataclass(frozen=True, slots=True)
class Pinned:
    """One file: its name, its SHA-256 in lower-case hex, its size in bytes."""

    file: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if Path(self.file).name != self.file or self.file in ("", ".."):
            raise ValueError(f"pinned: a file's name, not {self.file!r}")
        _refuse_other_than_hex(self.file, self.sha256)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A release on PyPI whose wheel holds the files in `folder`; nothing in it is ever executed."""

    package: str
    version: str
    folder: str

    def __str__(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Sdist:
    """A release on PyPI whose source archive, pinned itself, holds the files in `folder`; nothing is ever executed."""

    package: str
    version: str
    folder: str
    sha256: str

    def __post_init__(self) -> None:
        _refuse_other_than_hex(self.package, self.sha256)

    def __str__(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the makers publish the files: named to the user, never fetched."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class Packaged:
    """Part of garim itself: the files lie beside the modules of `room`, and are proven like any others."""

    room: str

    def __post_init__(self) -> None:
        if not self.room.isidentifier():
            raise ValueError(f"packaged: a room's name, not {self.room!r}")

    def __str__(self) -> str:
        return "garim itself"

    @property
    def folder(self) -> Path:
        """Where the room's modules are."""
        return Path(__file__).parents[1] / self.room


Package = Wheel | Sdist
Source = Package | Packaged | Upstream


@dataclass(frozen=True, slots=True)
class Weight:
    """A model: what it is for, under which licence, which files, from where; `card` is its model card."""

    name: str
    purpose: str
    licence: str
    files: tuple[Pinned, ...]
    sources: tuple[Source, ...]
    card: str

    @property
    def pull(self) -> str:
        """The command that brings it."""
        return f"garim weights pull {self.name}"

    @property
    def packaged(self) -> Packaged | None:
        """Where it is part of garim; none where it is not."""
        return next((source for source in self.sources if isinstance(source, Packaged)), None)

    @property
    def remedy(self) -> str:
        """What to do where it is missing or wrong."""
        return "It is part of garim: install garim anew" if self.packaged else f"Run: {self.pull}"


def cache() -> Path:
    """The folder that `garim weights pull` fills."""
    # the specification of XDG says that a relative path is to be ignored
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "garim" / "weights"


def folders() -> tuple[Path, ...]:
    """Where files are looked for, the first first."""
    named = os.environ.get("GARIM_WEIGHTS")
    return (Path(named), cache()) if named else (cache(),)


def _folders(weight: Weight) -> tuple[Path, ...]:
    *named, own = folders()
    return (*named, weight.packaged.folder, own) if weight.packaged else (*named, own)


def find(weight: Weight) -> tuple[Path, ...]:
    """Where each file of `weight` is, in the row's order, not yet proven. Raises `NoWeights`."""
    return tuple(_place(weight, file) for file in weight.files)


def read(weight: Weight) -> tuple[bytes, ...]:
    """The proven bytes of each file of `weight`, in the row's order. Raises `NoWeights`."""
    return tuple(_read(weight, file, path) for file, path in zip(weight.files, find(weight), strict=True))


def bounded(path: Path, file: Pinned) -> bytes:
    """The bytes at `path`, at most one more than are pinned. Raises `OSError`."""
    with path.open("rb") as stream:
        return stream.read(file.size + 1)


def proven(content: bytes, file: Pinned, origin: str, then: str) -> bytes:
    """`content`, where it is the pinned one; else `NoWeights`, which says `origin` and what to do `then`."""
    if len(content) != file.size:
        size = f"over {file.size}" if len(content) > file.size else f"{len(content)}"
        raise NoWeights(f"{origin}: {size} bytes where {file.file} has {file.size}; it was not used. {then}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        pair = f"SHA-256 {digest[:12]}… where {file.file} has {file.sha256[:12]}…"
        raise NoWeights(f"{origin}: {pair}; it was not used. {then}")
    return content


def _refuse_other_than_hex(name: str, sha256: str) -> None:
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError(f"pinned: {name} needs a SHA-256 in lower-case hex")


def _place(weight: Weight, file: Pinned) -> Path:
    for folder in _folders(weight):
        path = folder / file.file
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise NoWeights(f"{path}: cannot be read: {error.strerror}. Open the folder. {weight.remedy}") from None
        return path
    looked = " or ".join(map(str, _folders(weight)))
    raise NoWeights(f"{file.file}: not found in {looked}; nothing was begun. {weight.remedy}")


def _read(weight: Weight, file: Pinned, path: Path) -> bytes:
    then = _remedy(weight, path)
    try:
        content = bounded(path, file)
    except OSError as error:
        raise NoWeights(f"{path}: cannot be read: {error.strerror}; it was not used. {then}") from None
    return proven(content, file, str(path), then)


def _remedy(weight: Weight, path: Path) -> str:
    if path.parent == cache() or (weight.packaged and path.parent == weight.packaged.folder):
        return weight.remedy
    if weight.packaged:
        return "Remove it from GARIM_WEIGHTS: garim has its own"
    return f"Remove it from GARIM_WEIGHTS, then: {weight.pull}"
