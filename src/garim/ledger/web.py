"""ONE REQUEST, ONE ANSWER, within limits. Only http and https; no redirect is followed; a status is just an answer."""

from __future__ import annotations

import time
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from garim.core.errors import Unreadable

_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def exchanged(url: str, body: bytes | None, *, timeout: float, most: int) -> tuple[int, bytes]:
    """The status and the body, of at most `most` bytes, that `url` answers to a GET, or to a POST of `body`.

    `timeout` is in s, for the whole answer. Raises `Unreadable` where there is none.
    """
    refuse_address(url)
    request = Request(url, body, _TEXT if body is not None else {})  # noqa: S310 - checked above
    until = time.monotonic() + timeout
    try:
        with cast(HTTPResponse, _opener().open(request, timeout=timeout)) as response:
            octets = b""
            while len(octets) <= most and (chunk := response.read1(1 << 16)):
                octets += chunk
                if time.monotonic() > until:
                    raise TimeoutError("it answers too slowly")
    except (OSError, HTTPException) as error:
        raise Unreadable(f"{url}: does not answer: {str(error)!a}") from None
    if len(octets) > most:
        raise Unreadable(f"{url}: answered more than {most} bytes")
    return response.status, octets


def refuse_address(url: str) -> None:
    """Raise `Unreadable` where `url` is no http or https address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable or not url.isascii() or parts.query or parts.fragment:
        raise Unreadable(f"{url!a} is no http or https address")


def _opener() -> OpenerDirector:
    # build_opener would add redirects, ftp and files; without an error processor every status is just an answer
    opener = OpenerDirector()
    opener.addheaders = [("User-Agent", "garim")]
    for part in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(part)
    return opener
