"""A WITNESS ON THE NETWORK: HTTP/1.1, `POST /add-checkpoint` and `GET /<SHA-256 of an origin>/checkpoint`.

Laws: a cosignature leaves only after the tree that it is for is remembered; a body is read only where its length is
announced and small; who is silent for `TIMEOUT_S` is hung up on. It speaks no TLS: it listens on this machine, and
a web server in front of it faces strangers.
"""

from __future__ import annotations

import logging
import re
import socket
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from garim.core.errors import GarimError, Malformed, Misuse
from garim.core.vkey import VerifierKey
from garim.ledger.checkpoint_text import decimal
from garim.ledger.keys import Signer
from garim.ledger.witness import MOST_BYTES, Answer, Identity, answer, cosigned, read
from garim.ledger.witness_state import State

TIMEOUT_S = 10.0
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")
_log = logging.getLogger(__name__)


def serve(host: str, port: int, state_path: Path, signers: Sequence[Signer], logs: Sequence[VerifierKey]) -> None:
    """Answer until interrupted, with the memory at `state_path`. Raises `Misuse` where the address is not to be had."""
    with State(state_path) as state, WitnessServer(host, port, state, Identity(tuple(signers), tuple(logs))) as server:
        server.serve_forever()


def add_checkpoint(body: bytes, identity: Identity, state: State, now: int) -> Answer:
    """The answer to the request in `body` at `now` (s since the Epoch); a cosignature is remembered before it."""
    try:
        request = read(body)
    except Malformed as error:
        return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
    while True:
        seen = state.seen(request.checkpoint.origin)
        reply = answer(request, identity.logs, seen)
        if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            # signed by the log, so it may be proof that the log was rewritten
            _log.warning("%s %r", reply.body.strip(), bytes(request.note))
        if reply.status != HTTPStatus.OK:
            return reply
        # a clock that was set back must not make a larger tree older than a smaller one
        at = max(now, seen.at)
        note, lines = cosigned(request, identity, at)
        if state.advance(seen, request.checkpoint, at, note):
            return Answer(HTTPStatus.OK, lines)
        # another request won; what was signed here is dropped, and the rules are asked again


class WitnessServer(ThreadingHTTPServer):
    """Listens once made; `serve_forever` answers. Raises `Misuse` where the address is not to be had."""

    daemon_threads = True

    def __init__(self, host: str, port: int, state: State, identity: Identity) -> None:
        self.state = state
        self.identity = identity
        try:
            super().__init__((host, port), _Exchange)
        except OSError as error:
            raise Misuse(f"{host}:{port}: cannot be listened on: {error.strerror or error}") from None

    @property
    def url(self) -> str:
        """The submission prefix, which is the monitoring prefix too."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """A connection that broke is a line in the log; no other one is touched."""
        _log.info("%s: the connection broke", client_address, exc_info=True)


class _Exchange(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "garim"
    sys_version = ""
    timeout = TIMEOUT_S
    disable_nagle_algorithm = True  # head and body are two writes

    def do_POST(self) -> None:
        refused, length = self._length()
        if refused:
            self.close_connection = True  # what was sent of the body would be taken for the next request
            return self._reply(refused)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        if self.path != "/add-checkpoint":
            return self._reply(Answer(HTTPStatus.NOT_FOUND, "a witness takes checkpoints at /add-checkpoint\n"))
        return self._reply(self._answered(body))

    def do_GET(self) -> None:
        found = _CHECKPOINT.fullmatch(self.path)
        try:
            note = self.server.state.checkpoint(found[1]) if found else None
        except GarimError as error:
            return self._reply(Answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n"))
        if note is None:
            return self._reply(Answer(HTTPStatus.NOT_FOUND, "no checkpoint of such a log was cosigned here\n"))
        return self._reply(Answer(HTTPStatus.OK, note.decode()))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        _log.info("%s %s", self.client_address[0], format % args)

    def _length(self) -> tuple[Answer | None, int]:
        """The length of the body, or why it is not read."""
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            return Answer(HTTPStatus.LENGTH_REQUIRED, "a body is sent with one Content-Length\n"), 0
        try:
            length = decimal(lengths[0])
        except Malformed as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n"), 0
        if length > MOST_BYTES:
            return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MOST_BYTES} bytes\n"), 0
        return None, length

    def _answered(self, body: bytes) -> Answer:
        try:
            return add_checkpoint(body, self.server.identity, self.server.state, int(time.time()))
        except GarimError as error:
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n")

    def _reply(self, reply: Answer) -> None:
        octets = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(octets)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(octets)
