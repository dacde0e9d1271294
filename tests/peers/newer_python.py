"""A NEWER PYTHON, for other people's tools that want one: found on this machine, never fetched.

Looked for in this order: the one that GARIM_PEER_PYTHON names, and then no other; `python3.15` to `python3.12` on
PATH; pyenv's folder. Each is asked for its version: a name on PATH may be a shim with nothing behind it. What a tool
needs goes from the package index into an environment of its own in the cache, once.

    .venv/bin/python -m tests.peers.newer_python    prints the Python that would be taken, or why there is none
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

OLDEST = (3, 12)
NAMES = [f"python3.{minor}" for minor in (15, 14, 13, 12)]


class NoPeer(Exception):
    """A tool of others cannot be run here; the message says why, and what would help."""


def newer_python(env: Mapping[str, str] = os.environ) -> Path:
    """A Python of at least 3.12. Raises `NoPeer`."""
    named = env.get("GARIM_PEER_PYTHON")
    if named:
        if not _new_enough(named):
            raise NoPeer(f"GARIM_PEER_PYTHON={named}: does not run, or is older than {_words(OLDEST)}")
        return Path(named)
    for candidate in _candidates(env):
        if _new_enough(candidate):
            return Path(candidate)
    raise NoPeer(
        f"no Python of at least {_words(OLDEST)}: looked for {', '.join(NAMES)} on PATH and in pyenv's folder. "
        "Name one in GARIM_PEER_PYTHON"
    )


def environment(requirement: str) -> Path:
    """The Python of an environment that has `requirement` ("name==version"), made on first use. Raises `NoPeer`."""
    base = newer_python()
    home = _cache() / requirement.replace("==", "-")
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run beside each other
        made_by = home / "made-by"
        if not (made_by.is_file() and made_by.read_text() == str(base)):
            shutil.rmtree(home, ignore_errors=True)
            _passed(requirement, [str(base), "-m", "venv", str(home)])
            _passed(requirement, [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement])
            made_by.write_text(str(base))
    return home / "bin" / "python"


def _candidates(env: Mapping[str, str]) -> Iterator[str]:
    for name in NAMES:
        found = shutil.which(name, path=env.get("PATH"))
        if found:
            yield found
    pyenv = Path(env.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for name in NAMES:
        yield from map(str, sorted(pyenv.glob(f"versions/*/bin/{name}")))


def _new_enough(python: str) -> bool:
    asked = [python, "-I", "-c", f"import sys, venv; sys.exit(sys.version_info < {OLDEST})"]
    try:
        return subprocess.run(asked, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _cache() -> Path:
    # the specification of XDG says that a relative path is to be ignored
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "garim" / "peers"


def _passed(requirement: str, words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.startswith("ERROR")]
        raise NoPeer(f"{requirement} cannot be installed here: {said[-1] if said else f'exit {done.returncode}'}")


def _words(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    try:
        print(newer_python())
    except NoPeer as error:
        sys.exit(str(error))
