"""A log read over HTTP from a real server on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.ledger.entries import many

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.ledger.log import Log
from garim.ledger.site import site
from garim.ledger.verify import Trust, verify


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server names it
        """Nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.end_headers()
        else:
            super().do_GET()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log.create(tmp_path / "log", "log.example/one")
    log.append(many(300))
    return log


@pytest.fixture
def served(log: Log) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(log.path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_log_on_the_web_is_verified_as_its_folder_is(log: Log, served: str) -> None:
    found = verify(site(served + "/"), Trust(log.vkeys), said=lambda _: None, progress=lambda *_: None)
    assert found.head.size == 300


def test_what_is_not_there_is_missing(log: Log, served: str) -> None:
    (log.path / "tile/0/000").unlink()
    with pytest.raises(Malformed, match="tile/0/000 is missing"):
        verify(site(served), Trust(log.vkeys), said=lambda _: None, progress=lambda *_: None)


def test_a_redirect_is_not_followed(served: str) -> None:
    with pytest.raises(Unreadable, match="answered 302"):
        site(f"{served}/moved")("checkpoint")


@pytest.mark.parametrize("prefix", ["file:///etc", "ftp://127.0.0.1/log", "http://", "http://127.0.0.1:0", "log"])
def test_only_the_web_is_asked(prefix: str) -> None:
    with pytest.raises(Misuse, match="no http or https address"):
        site(prefix)("checkpoint")


def test_who_drips_even_the_head_of_an_answer_is_left() -> None:
    """Each byte comes in time, and the answer never does: a time-out of the socket alone would wait for ever."""

    def dripping() -> None:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            while not left.wait(0.05):
                line.sendall(b"H")

    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=dripping)
        thread.start()
        began = time.monotonic()
        with pytest.raises(Unreadable, match=r"does not answer within 0\.3 s"):
            site(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.3)("checkpoint")
        assert time.monotonic() - began < 4
        left.set()
        thread.join()


def test_nobody_there() -> None:
    with pytest.raises(Unreadable, match="does not answer"):
        site("http://127.0.0.1:1", timeout=2)("checkpoint")
