"""A LOG ON THE WEB, read as its folder is. Only http and https; no redirect is followed; nothing is believed."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from garim.core.errors import Unreadable
from garim.ledger.folder import MOST_BYTES
from garim.ledger.web import exchanged


def site(prefix: str, *, timeout: float = 30.0) -> Callable[[str], bytes]:
    """What reads a log's files under the URL `prefix`. It raises `FileNotFoundError`, or `Unreadable`."""
    prefix = prefix.rstrip("/")

    def read(name: str) -> bytes:
        status, body = exchanged(f"{prefix}/{name}", None, timeout=timeout, most=MOST_BYTES)
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise FileNotFoundError(name)
        if status != HTTPStatus.OK:
            raise Unreadable(f"{prefix}/{name}: answered {status}; nothing was proved. Try again")
        return body

    return read
