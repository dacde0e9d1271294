"""README and the guide against the command itself: what they show exists, and what exists they explain.

Runs the real `garim`. A line of a fenced `sh`, `bash`, `console` or unnamed block that starts with `garim`, with or
without a prompt, is a command that is shown.
"""

from __future__ import annotations

import os
import re
import shlex
from functools import lru_cache
from pathlib import Path

import pytest
from tests.processes import garim

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
SHELLS = {"", "sh", "bash", "console", "shell"}


def commands(text: str) -> list[list[str]]:
    """The words of each `garim` command in the fenced blocks of `text`; a trailing backslash joins lines."""
    blocks = [body for _, language, body in FENCE.findall(text) if language in SHELLS]
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    words = [shlex.split(line, comments=True) for line in lines if line.split(" ")[0] == "garim"]
    return [_first_of_pipe(each) for each in words]


def _first_of_pipe(words: list[str]) -> list[str]:
    ends = [place for place, word in enumerate(words) if word in ("|", ">", "2>", "&&", ";")]
    return words[: ends[0]] if ends else words


@lru_cache
def help_of(*path: str) -> str | None:
    """What `garim PATH --help` says; None where there is no such command."""
    environment = os.environ | {"COLUMNS": "200", "_TYPER_FORCE_DISABLE_TERMINAL": "1"}
    done = garim(*path, "--help", env=environment)
    assert done.returncode in (0, 2), done.stderr
    return done.stdout if done.returncode == 0 else None


def subcommands(said: str) -> set[str]:
    """The commands that a help text lists."""
    panel = re.split(r"^\W*Commands\W*$", said, flags=re.MULTILINE)[1:]
    return set(re.findall(r"^[│ ]{1,4}([a-z][a-z-]*)(?=\s|$)", "".join(panel), re.MULTILINE))


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command that is shown; None where nothing is."""
    path: list[str] = []
    said = help_of()
    assert said is not None
    while len(words) > len(path) + 1 and subcommands(said):
        word = words[len(path) + 1]
        if word.startswith("-"):
            break
        said = help_of(*path, word) if word in subcommands(said) else None
        if said is None:
            return f"there is no `garim {' '.join([*path, word])}`"
        path.append(word)
    used = {option for word in words for option in OPTION.findall(word.partition("=")[0])[:1]}
    missing = sorted(used - set(OPTION.findall(said)))
    return f"`garim {' '.join(path)}` has no {', '.join(missing)}" if missing else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_shown_exists(page: Path) -> None:
    shown = commands(page.read_text())
    wrong = {shlex.join(words): complaint(words) for words in shown if complaint(words)}
    assert wrong == {}


def test_each_option_of_redact_is_in_the_guide() -> None:
    said = help_of("redact")
    assert said is not None, "there is no `garim redact`"
    guide = (ROOT / "docs" / "guide" / "redact.md").read_text()
    explained = set(OPTION.findall(" ".join(re.findall(r"`([^`\n]+)`", guide))))
    assert set(OPTION.findall(said)) - explained - {"--help", "-h"} == set()


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        ("garim vanish film.mp4", "there is no `garim vanish`"),
        ("$ garim redact film.mp4 --identify", "has no --identify"),
        ("garim redact film.mp4 \\\n  --names=all", "has no --names"),
        ("garim weights fetch yunet", "there is no `garim weights fetch`"),
        ("garim --who", "has no --who"),
    ],
)
def test_a_wrong_command_is_noticed(shown: str, wrong: str) -> None:
    (words,) = commands(f"Text.\n\n```sh\n{shown}\n```\n")
    assert wrong in (complaint(words) or "")


@pytest.mark.parametrize(
    "shown", ["garim --help", "garim redact film.mp4 -o out.mp4 | cat --nothing", "garim weights list"]
)
def test_a_right_command_is_let_through(shown: str) -> None:
    (words,) = commands(f"```console\n{shown}\n```\n")
    assert complaint(words) is None


def test_only_commands_of_ours_are_read() -> None:
    text = "`garim vanish`\n\n```python\ngarim vanish\n```\n\n```\nmake demo\nffmpeg -i garim\n```\n"
    assert commands(text) == []
