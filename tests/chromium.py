"""Debian's chromium, driven by playwright; whoever asks for it is skipped, with what to install, where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
ARGUMENTS = [*QUIET.split(), "--disable-component-update", "--disable-sync"]


@contextmanager
def launched(*more: str) -> Iterator[Browser]:
    """The browser, with `more` arguments."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *more], timeout=120_000)
        yield chromium
        chromium.close()
