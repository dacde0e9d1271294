"""Servers on 127.0.0.1 for tests: real witnesses, and some that answer whatever they like."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import BaseServer
from urllib.parse import urlsplit

from garim.core.vkey import VerifierKey
from garim.ledger.keys import Signer
from garim.ledger.witness import Identity
from garim.ledger.witness_server import WitnessServer
from garim.ledger.witness_state import State, create


@contextlib.contextmanager
def witness(path: Path, signers: Sequence[Signer], logs: Sequence[VerifierKey]) -> Iterator[str]:
    """The URL of a witness whose memory lies at `path`, begun where it is new."""
    if not path.exists():
        create(path)
    us = Identity(tuple(signers), tuple(logs))
    with State(path) as state, WitnessServer("127.0.0.1", 0, state, us) as server, _serving(server):
        yield server.url


@contextlib.contextmanager
def stranger(answer: Callable[[bytes], tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    """The URL of a server that gives what `answer` makes of each body (of a GET: none): status, headers, body."""

    class Exchange(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._give(b"")

        def do_POST(self) -> None:
            self._give(self.rfile.read(int(self.headers["Content-Length"])))

        def _give(self, body: bytes) -> None:
            status, headers, octets = answer(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # who asked may have heard enough
                self.wfile.write(octets)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Exchange) as server, _serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


@contextlib.contextmanager
def _serving(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def asked(url: str, body: bytes, path: str = "/add-checkpoint") -> tuple[int, str, bytes]:
    """What a witness answers to `body`: status, content type, body."""
    with contextlib.closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as line:
        line.request("POST", path, body)
        return told(line.getresponse())


def shown(url: str, path: str) -> tuple[int, str, bytes]:
    """What a witness shows at `path`: status, content type, body."""
    with contextlib.closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as line:
        line.request("GET", path)
        return told(line.getresponse())


def told(response: HTTPResponse) -> tuple[int, str, bytes]:
    """Status, content type and body of `response`."""
    return response.status, response.headers["Content-Type"], response.read()
