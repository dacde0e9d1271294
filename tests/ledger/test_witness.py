"""A witness cosigns what continues the latest tree that it cosigned, and names the status of the first rule broken."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import sqlite3
import struct
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.ledger.trees import AT, Tree, body, root, signer, tree
from tests.ledger.witnesses import asked, shown, told, witness

from garim.core.errors import Malformed, Misuse, Unreadable, Unwritable
from garim.core.vkey import Kind
from garim.ledger import cosignature, note, witness_server
from garim.ledger.checkpoint import Checkpoint, opened
from garim.ledger.keys import Signer
from garim.ledger.note import Note, Signature
from garim.ledger.witness import MOST_BYTES, NEVER, Identity, Seen, answer, cosigned, read
from garim.ledger.witness_state import State, create, origin_hash

ORIGIN = "log.example/a"
LOG = signer(ORIGIN)
PQ_LOG = signer(ORIGIN, Kind.COSIGN_ML_DSA_44)
SMALL = signer("w.example/1", Kind.COSIGN_ED25519)
LARGE = signer("w.example/2", Kind.COSIGN_ML_DSA_44)
US = Identity((SMALL, LARGE), (LOG.vkey,))
STEP = base64.b64encode(bytes(32)).decode()


def seen(log: Tree, size: int) -> Seen:
    return Seen(size, root(log.entries[:size]), AT)


def status(request: bytes, latest: Seen) -> int:
    return answer(read(request), [LOG.vkey], latest).status


def connected(url: str) -> socket.socket:
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10)


def test_a_request_is_read() -> None:
    log = tree(LOG, 5)
    request = read(body(3, log.proof(3, 5), log.head()))
    assert request.old == 3
    assert list(request.proof) == log.proof(3, 5)
    assert request.note == log.head()
    assert request.checkpoint == Checkpoint(ORIGIN, 5, root(log.entries))


@pytest.mark.parametrize(
    "head",
    [
        "",
        "\n",
        "old\n",
        "old \n",
        "old +3\n",
        "old 03\n",
        "old  3\n",
        "old 3 \n",
        "Old 3\n",
        " old 3\n",
        "old 3\r\n",
        "old \u0663\n",
        "old -1\n",
        f"{STEP}\nold 3\n",
        "old 3\nxyz\n",
        f"old 3\n{STEP[:-4]}\n",
        f"old 3\n {STEP}\n",
        "old 3\n" + f"{STEP}\n" * 64,
    ],
)
def test_no_request(head: str) -> None:
    with pytest.raises(Malformed):
        read(head.encode() + b"\n" + bytes(tree(LOG, 5).head()))


def test_a_request_without_a_checkpoint() -> None:
    read(b"old 3\n" + f"{STEP}\n".encode() * 63 + b"\n" + bytes(tree(LOG, 5).head()))
    for rest in (b"", b"text\n", bytes(note.signed("a text\n", [LOG], AT))):
        with pytest.raises(Malformed):
            read(b"old 3\n\n" + rest)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("old", [0, 1, 2, 3, 4, 5, 8])
def test_what_continues_the_latest_tree_is_taken(old: int, size: int) -> None:
    log = tree(LOG, size)
    if old > size:
        assert status(body(old, [], log.head()), seen(tree(LOG, old), old)) == 400
        return
    proof = log.proof(old, size) if old else []
    assert status(body(old, proof, log.head()), seen(log, old) if old else NEVER) == 200
    for latest in range(9):
        if latest != old:
            assert status(body(old, proof, log.head()), seen(tree(LOG, 8), latest)) == 409


@pytest.mark.parametrize(("old", "size"), [(1, 2), (3, 5), (4, 8), (5, 5), (7, 8)])
def test_what_does_not_continue_it_is_refused(old: int, size: int) -> None:
    log, other = tree(LOG, size), tree(LOG, size, "other")
    proof, latest = log.proof(old, size), seen(log, old)
    assert status(body(old, other.proof(old, size), other.head()), latest) == 422
    assert status(body(old, proof, other.head()), latest) == 422
    assert status(body(old, [*proof, bytes(32)], log.head()), latest) == 422
    if proof:
        assert status(body(old, proof[:-1], log.head()), latest) == 422
        assert status(body(old, proof[::-1], log.head()), latest) == (422 if len(set(proof)) > 1 else 200)


def test_from_nothing_no_proof_is_needed_or_taken() -> None:
    log = tree(LOG, 3)
    assert status(body(0, [], log.head()), NEVER) == 200
    assert status(body(0, [bytes(32)], log.head()), NEVER) == 422


def test_an_empty_tree_has_one_root() -> None:
    assert status(body(0, [], tree(LOG, 0).head()), NEVER) == 200
    false = note.signed(Checkpoint(ORIGIN, 0, bytes(32)).text, [LOG], AT)
    assert status(body(0, [], false), NEVER) == 422


def test_the_first_rule_broken_names_the_status() -> None:
    log, stranger = tree(LOG, 3), tree(signer("log.example/b"), 3)
    unsigned = tree(signer(ORIGIN), 3).head()
    assert status(body(9, [bytes(32)], stranger.head()), seen(log, 2)) == 404
    assert status(body(9, [bytes(32)], unsigned), seen(log, 2)) == 403
    assert status(body(9, [bytes(32)], log.head()), seen(log, 2)) == 400
    assert status(body(1, [bytes(32)], log.head()), seen(log, 2)) == 409
    assert status(body(2, [bytes(32)], log.head()), seen(log, 2)) == 422


def test_a_conflict_is_answered_with_the_size() -> None:
    reply = answer(read(body(1, [], tree(LOG, 3).head())), [LOG.vkey], seen(tree(LOG, 2), 2))
    assert (reply.status, reply.body, reply.type) == (409, "2\n", "text/x.tlog.size")


def test_extension_lines_are_cosigned_along() -> None:
    text = Checkpoint(ORIGIN, 1, root([b"x"]), ("more",)).text
    request = read(body(0, [], note.signed(text, [LOG], AT)))
    assert answer(request, [LOG.vkey], NEVER).status == 200
    made, _ = cosigned(request, US, AT)
    assert note.verified(made, [SMALL.vkey, LARGE.vkey]) == (SMALL.vkey, LARGE.vkey)


def test_what_is_shown_has_the_logs_lines_and_ours_and_no_others() -> None:
    log = tree((LOG, PQ_LOG, LOG), 3)
    head = log.head()
    unknown = Signature("x", bytes(4), b"x")
    request = read(body(0, [], Note(head.text, (unknown, *head.signatures, unknown))))
    made, lines = cosigned(request, US, AT)
    assert made.signatures[:1] == head.signatures[:1]
    assert [line.name for line in made.signatures] == [ORIGIN, "w.example/1", "w.example/2"]
    assert lines == "".join(map(str, made.signatures[1:]))
    assert note.verified(made, [LOG.vkey, SMALL.vkey, LARGE.vkey]) == (LOG.vkey, SMALL.vkey, LARGE.vkey)
    assert [cosignature.split(line.value)[0] for line in made.signatures[1:]] == [AT, AT]


def test_a_witness_has_cosigners_keys() -> None:
    for signers in ((), (LOG,), (SMALL, LOG)):
        with pytest.raises(Misuse):
            Identity(signers, (LOG.vkey,))
    long = signer("l" * 256).vkey
    Identity((SMALL,), (long,))
    with pytest.raises(Misuse, match="255 bytes"):
        Identity((LARGE,), (long,))


def advanced(state: State, log: Tree, since: Seen, size: int, at: int = AT) -> bool:
    made = Checkpoint(log.origin, size, root(log.entries[:size]))
    return state.advance(since, made, at, log.head(size))


def test_a_memory_moves_on_from_what_was_seen_and_from_nothing_else(tmp_path: Path) -> None:
    create(tmp_path / "state")
    log = tree(LOG, 5)
    with State(tmp_path / "state") as state:
        assert state.seen(ORIGIN) == NEVER
        assert advanced(state, log, NEVER, 2)
        assert not advanced(state, log, NEVER, 1)
        assert state.seen(ORIGIN) == seen(log, 2)
        for stale in (Seen(1, seen(log, 2).root, AT), Seen(2, bytes(32), AT), Seen(2, seen(log, 2).root, AT - 1)):
            assert not advanced(state, log, stale, 3)
        assert advanced(state, log, seen(log, 2), 5, AT + 7)
        assert state.checkpoint(origin_hash(ORIGIN)) == bytes(log.head())
        assert state.seen("log.example/b") == NEVER
        assert state.checkpoint(origin_hash("log.example/b")) is None
    with State(tmp_path / "state") as again:
        assert again.seen(ORIGIN) == Seen(5, root(log.entries), AT + 7)


def test_a_memory_is_begun_once_and_never_in_silence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no memory"):
        State(tmp_path / "state")
    assert not (tmp_path / "state").exists()
    create(tmp_path / "state")
    with pytest.raises(Misuse, match="never begun anew"):
        create(tmp_path / "state")
    with pytest.raises(Unwritable):
        create(tmp_path / "no" / "state")


def test_another_file_is_no_memory(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("not a database, however long it may be " * 100)
    with pytest.raises(Unreadable, match="is not the memory"):
        State(tmp_path / "empty")
    with pytest.raises(Unwritable):
        State(tmp_path / "text")


def test_over_http(tmp_path: Path) -> None:
    log = tree(LOG, 5)
    with witness(tmp_path / "state", US.signers, US.logs) as url:
        assert shown(url, f"/{origin_hash(ORIGIN)}/checkpoint")[0] == 404
        code, _, lines = asked(url, body(0, [], log.head(3)))
        assert code == 200
        given = note.parse(log.head(3).text.encode() + b"\n" + lines)
        assert note.verified(given, [SMALL.vkey, LARGE.vkey]) == (SMALL.vkey, LARGE.vkey)
        assert asked(url, body(0, [], log.head(3))) == (409, "text/x.tlog.size", b"3\n")
        assert asked(url, body(3, log.proof(3, 5), log.head()))[0] == 200
        assert asked(url, body(5, [], log.head()))[0] == 200
        assert asked(url, b"nonsense")[0] == 400
        code, _, octets = shown(url, f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
        assert code == 200
        assert opened(note.parse(octets), [LOG.vkey]).size == 5
        assert len(note.verified(note.parse(octets), [LOG.vkey, SMALL.vkey, LARGE.vkey])) == 3
    with witness(tmp_path / "state", US.signers, US.logs) as url:
        assert asked(url, body(0, [], log.head(3))) == (409, "text/x.tlog.size", b"5\n")


def test_a_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    log = tree(LOG, 2)
    with (
        witness(tmp_path / "state", [SMALL], US.logs) as url,
        contextlib.closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as line,
    ):
        for size, code in ((1, 200), (1, 409), (2, 409)):
            line.request("POST", "/add-checkpoint", body(0, [], log.head(size)))
            kept = line.sock
            assert told(line.getresponse())[0] == code
            assert line.sock is kept


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 411),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: +2\r\n\r\nab", 400),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (f"POST /add-checkpoint HTTP/1.1\r\nContent-Length: {MOST_BYTES + 1}\r\n\r\n", 413),
        ("POST /elsewhere HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", 404),
        ("GET /add-checkpoint HTTP/1.1\r\n\r\n", 404),
        ("GET /../checkpoint HTTP/1.1\r\n\r\n", 404),
        ("PUT /add-checkpoint HTTP/1.1\r\n\r\n", 501),
    ],
)
def test_other_requests(tmp_path: Path, head: str, code: int) -> None:
    with witness(tmp_path / "state", [SMALL], US.logs) as url, connected(url) as line:
        line.sendall(head.encode())
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as answered:
            assert answered.readline().split()[1] == str(code).encode()


def test_a_body_that_breaks_off_is_not_answered(tmp_path: Path) -> None:
    octets = body(0, [], tree(LOG, 1).head())
    with witness(tmp_path / "state", [SMALL], US.logs) as url:
        with connected(url) as line:
            line.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (len(octets) + 1) + octets)
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
        assert asked(url, octets)[0] == 200


def test_who_is_silent_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_server._Exchange, "timeout", 0.2)
    with witness(tmp_path / "state", [SMALL], US.logs) as url, connected(url) as line:
        line.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold")
        assert line.recv(100) == b""


def test_what_cannot_be_remembered_is_not_cosigned(tmp_path: Path) -> None:
    with witness(tmp_path / "state", [SMALL], US.logs) as url:
        with contextlib.closing(sqlite3.connect(tmp_path / "state")) as other, other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON seen BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        code, _, said = asked(url, body(0, [], tree(LOG, 1).head()))
        assert code == 500
        assert b"disk full; nothing was cosigned" in said
        with contextlib.closing(sqlite3.connect(tmp_path / "state")) as other, other:
            other.execute("DROP TABLE seen")
        assert shown(url, f"/{origin_hash(ORIGIN)}/checkpoint")[0] == 500


def test_a_clock_set_back_does_not_make_a_larger_tree_the_older(tmp_path: Path) -> None:
    create(tmp_path / "state")
    log = tree(LOG, 3)
    times = []
    with State(tmp_path / "state") as state:
        for old, size, now in ((0, 1, AT), (1, 2, AT - 100), (2, 3, AT + 1)):
            proof = log.proof(old, size) if old else []
            lines = witness_server.add_checkpoint(body(old, proof, log.head(size)), US, state, now).body
            given = note.parse(f"{log.head(size).text}\n{lines}".encode())
            times.append([cosignature.split(line.value)[0] for line in given.signatures])
    assert times == [[AT] * 2, [AT] * 2, [AT + 1] * 2]


def test_a_rewritten_log_leaves_a_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    create(tmp_path / "state")
    log, other = tree(LOG, 3), tree(LOG, 3, "other")
    with State(tmp_path / "state") as state:
        witness_server.add_checkpoint(body(0, [], log.head()), US, state, AT)
        witness_server.add_checkpoint(body(3, [], other.head()), US, state, AT)
    assert base64.b64encode(root(other.entries)).decode() in caplog.text


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    with witness(tmp_path / "state", [SMALL], US.logs) as url, State(tmp_path / "state") as state:
        port = urlsplit(url).port
        assert port is not None
        with pytest.raises(Misuse, match="cannot be listened on"):
            witness_server.WitnessServer("127.0.0.1", port, state, US)


def test_serve_wants_a_memory(tmp_path: Path) -> None:
    signers: list[Signer] = [SMALL]
    with pytest.raises(Unreadable):
        witness_server.serve("127.0.0.1", 0, tmp_path / "state", signers, [LOG.vkey])


def test_a_memory_let_go_of_answers_no_more(tmp_path: Path) -> None:
    create(tmp_path / "state")
    with State(tmp_path / "state") as state:
        state.seen(ORIGIN)
    with pytest.raises(Unwritable, match="closed"):
        state.seen(ORIGIN)


def test_requests_and_broken_connections_are_lines_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO", logger=witness_server.__name__)
    with witness(tmp_path / "state", [SMALL], US.logs) as url:
        asked(url, b"nonsense")
        with connected(url) as line:
            line.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
        until = time.monotonic() + 10
        while "the connection broke" not in caplog.text and time.monotonic() < until:
            time.sleep(0.01)
    assert '"POST /add-checkpoint HTTP/1.1" 400' in caplog.text
    assert "the connection broke" in caplog.text
    assert capfd.readouterr().err == ""
