"""ONE REQUEST, ONE ANSWER, within limits. Only http and https; no redirect is followed; a status is just an answer."""

from __future__ import annotations

import queue
import threading
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from garim.core.errors import Misuse, Unreadable

_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def exchanged(url: str, body: bytes | None, *, timeout: float, most: int) -> tuple[int, bytes]:
    """The status and the body, of at most `most` bytes, that `url` answers to a GET, or to a POST of `body`.

    `timeout` is in s, for the whole exchange. Raises `Unreadable` where there is no answer, `Misuse` for no address.
    """
    refuse_address(url)
    answers: queue.SimpleQueue[tuple[int, bytes] | Unreadable] = queue.SimpleQueue()
    # a socket's own time-out begins anew with each byte: who drips them would hold us for ever. The thread is left
    # behind then, and ends with the process
    threading.Thread(target=lambda: answers.put(_answer(url, body, timeout, most)), daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise Unreadable(f"{url}: does not answer within {timeout:g} s") from None
    if isinstance(answer, Unreadable):
        raise answer
    return answer


def _answer(url: str, body: bytes | None, timeout: float, most: int) -> tuple[int, bytes] | Unreadable:
    request = Request(url, body, _TEXT if body is not None else {})  # noqa: S310 - its scheme was checked
    try:
        with cast(HTTPResponse, _opener().open(request, timeout=timeout)) as response:
            octets = response.read(most + 1)
    except (OSError, HTTPException) as error:
        return Unreadable(f"{url}: does not answer: {str(error)!a}")
    if len(octets) > most:
        return Unreadable(f"{url}: answered more than {most} bytes")
    return response.status, octets


def refuse_address(url: str) -> None:
    """Raise `Misuse` where `url` is no http or https address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable or not url.isascii() or parts.query or parts.fragment:
        raise Misuse(f"{url!a} is no http or https address; nothing was asked")


def _opener() -> OpenerDirector:
    # build_opener would add redirects, ftp and files; without an error processor every status is just an answer
    opener = OpenerDirector()
    opener.addheaders = [("User-Agent", "garim")]
    for part in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(part)
    return opener
