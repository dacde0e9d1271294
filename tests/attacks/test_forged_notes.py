"""Who forges a note, rolls a log back, rewrites it or races its witness gets nothing that contradicts.

Notes are attacked as bytes; witnesses are real processes on 127.0.0.1, asked by other processes.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.ledger.trees import AT, Tree, body, root, signer, tree
from tests.ledger.witnesses import asked

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind, SigningKey, VerifierKey
from garim.ledger import cosignature, keys, note
from garim.ledger.checkpoint import Checkpoint, opened, read
from garim.ledger.keys import Signer
from garim.ledger.note import Note, Signature
from garim.ledger.witness_state import State, create

ORIGIN = "log.example/a"
LOG = signer(ORIGIN)
PQ_LOG = signer(ORIGIN, Kind.COSIGN_ML_DSA_44)
COSIGNER = signer("w.example/1", Kind.COSIGN_ED25519)
KEYS = [LOG.vkey, PQ_LOG.vkey]

HEAD = tree((LOG, PQ_LOG), 7).head()

SERVER = """
import sys, threading
from pathlib import Path
from garim.core.vkey import VerifierKey
from garim.ledger import keys
from garim.ledger.witness import Identity
from garim.ledger.witness_server import WitnessServer
from garim.ledger.witness_state import State
state, signers, *logs = sys.argv[1:]
us = Identity(keys.load(Path(signers)), tuple(VerifierKey.parse(log) for log in logs))
with State(Path(state)) as memory, WitnessServer("127.0.0.1", 0, memory, us) as server:
    print(server.url, flush=True)
    server.serve_forever()
"""
CLIENT = """
import http.client, json, sys
netloc = sys.argv[1]
line = http.client.HTTPConnection(netloc, timeout=30)
for request in map(json.loads, sys.stdin):
    line.request("POST", "/add-checkpoint", request.encode())
    response = line.getresponse()
    print(json.dumps([response.status, response.read().decode()]), flush=True)
"""


# notes as bytes


def test_a_known_keys_line_that_does_not_verify_rejects_the_note_whatever_stands_beside_it() -> None:
    for index, line in enumerate(HEAD.signatures):
        for at in (0, 7, 8, 40, len(line.value) - 1):
            value = bytes(byte ^ (0x10 if i == at else 0) for i, byte in enumerate(line.value))
            lines = list(HEAD.signatures)
            lines[index] = Signature(line.name, line.id, value)
            with pytest.raises(Disproved):
                opened(Note(HEAD.text, tuple(lines)), KEYS)
            with pytest.raises(Disproved):
                opened(Note(HEAD.text, (*HEAD.signatures, lines[index])), KEYS)


def test_a_flipped_bit_anywhere_is_noticed_or_concerns_a_name_or_id_only() -> None:
    octets = bytes(HEAD)
    signed_end = len(HEAD.text.encode())
    for index in range(0, len(octets), 1 if len(octets) < 500 else 3):
        flipped = bytes(byte ^ (1 if i == index else 0) for i, byte in enumerate(octets))
        try:
            tree_read = opened(note.parse(flipped), KEYS)
        except Disproved:
            continue
        # one of two lines now belongs to nobody known; the other still holds for the text, which is as it was
        assert index >= signed_end
        assert tree_read == read(HEAD.text)


def test_another_origin_under_the_same_key() -> None:
    forged = Checkpoint("log.example/b", 7, read(HEAD.text).root)
    with pytest.raises(Disproved, match="not a log that is known"):
        opened(note.signed(forged.text, [LOG], AT), KEYS)
    with pytest.raises(Disproved):
        opened(note.signed(forged.text, [LOG], AT), [*KEYS, signer("log.example/b").vkey])


def test_a_line_of_one_log_under_the_text_of_another() -> None:
    other = signer("log.example/b")
    theirs = Checkpoint("log.example/b", 9, bytes(32)).text
    for line in HEAD.signatures:
        with pytest.raises(Disproved):
            opened(Note(theirs, (line,)), [*KEYS, other.vkey])


def test_a_witness_is_not_the_log_and_a_log_line_is_no_cosignature() -> None:
    with pytest.raises(Disproved):
        opened(Note(HEAD.text, (note.signature(COSIGNER, HEAD.text, AT),)), KEYS)
    # the same secret under another kind has another id, and what it signed another message
    same = keys.derived(SigningKey(ORIGIN, Kind.COSIGN_ED25519, LOG.secret.seed, _id(LOG)))
    value = same.sign(HEAD.text, AT)
    for claimed in (Signature(ORIGIN, LOG.vkey.id, value), Signature(ORIGIN, LOG.vkey.id, value[8:])):
        with pytest.raises(Disproved):
            opened(Note(HEAD.text, (claimed,)), KEYS)


def _id(log: Signer) -> bytes:
    return VerifierKey(log.vkey.name, Kind.COSIGN_ED25519, log.vkey.public).id


@pytest.mark.parametrize("size", ["+7", " 7", "7 ", "007", "0x7", "7.0", "-7", "", "\u0667", "\uff17", "7_0", "7e0"])
def test_sizes_that_python_would_read(size: str) -> None:
    forged = HEAD.text.replace("\n7\n", f"\n{size}\n")
    with pytest.raises(Malformed):
        opened(note.signed(forged, [LOG], AT), KEYS)
    with pytest.raises(Malformed):
        PQ_LOG.sign(forged, AT)


@pytest.mark.parametrize("octet", [*range(0x0A), *range(0x0B, 0x20)])
def test_control_characters_in_text_and_lines(octet: int) -> None:
    octets = bytes(HEAD)
    for index in (0, 5, len(HEAD.text), len(octets) - 1):
        with pytest.raises(Malformed):
            note.parse(octets[:index] + bytes([octet]) + octets[index:])


def test_base64_that_is_not_as_it_must_be() -> None:
    octets = bytes(note.signed(HEAD.text, [LOG], AT)).decode()
    encoded = octets.rsplit(" ", 1)[1].removesuffix("\n")
    assert encoded.endswith("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    next_letter = alphabet[alphabet.index(encoded.rstrip("=")[-1]) + 1]
    others = (
        encoded.rstrip("="),
        encoded + "=",
        encoded.rstrip("=")[:-1] + next_letter + encoded[len(encoded.rstrip("=")) :],
        encoded.replace("+", "-").replace("/", "_") + ("" if {"+", "/"} & set(encoded) else "-"),
        encoded[:40] + " " + encoded[40:],
        encoded[:40] + "=" + encoded[40:],
    )
    for other in others:
        with pytest.raises(Malformed):
            note.parse(octets.replace(encoded, other).encode())
    hashed = base64.b64encode(read(HEAD.text).root).decode()
    for other in (hashed[:-1], hashed[:-2] + chr(ord(hashed[-2]) + 1) + "=", hashed + "\n"):
        with pytest.raises(Malformed):
            read(HEAD.text.replace(hashed, other))


def test_a_text_hidden_behind_another_note() -> None:
    inner = bytes(HEAD).decode()
    outer = note.parse((inner + "\n" + str(HEAD.signatures[0])).encode())
    with pytest.raises(Disproved):
        opened(outer, KEYS)


# witnesses as processes


@contextlib.contextmanager
def process(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The URL of a witness in a process of its own; those in one folder share a memory and a key."""
    if not (folder / "state").exists():
        create(folder / "state")
        keys.write(folder / "key", [COSIGNER])
    logs = [str(LOG.vkey), *(str(log.vkey) for log in RACERS)]
    command = [sys.executable, "-c", SERVER, str(folder / "state"), str(folder / "key"), *logs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server
        finally:
            server.kill()


@contextlib.contextmanager
def client(url: str) -> Iterator[subprocess.Popen[str]]:
    """A process that sends each line that it is given, JSON, to the witness at `url`, and prints the answer."""
    command = [sys.executable, "-c", CLIENT, urlsplit(url).netloc]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        yield asking
        assert asking.stdin is not None
        asking.stdin.close()


RACERS = [signer(f"race.example/{i}") for i in range(40)]


def test_a_witness_gives_a_forger_403_a_rollback_409_and_a_rewriter_422(tmp_path: Path) -> None:
    log = tree(LOG, 7)
    rewritten = Tree((LOG,), (b"other", *log.entries[1:], b"one more"))
    with process(tmp_path) as (url, _):
        assert asked(url, body(0, [], log.head()))[0] == 200
        line = log.head().signatures[0]
        forged = Note(rewritten.head().text, (line,))
        assert asked(url, body(7, log.proof(7, 7), forged))[0] == 403
        assert asked(url, body(7, [], tree(signer(ORIGIN), 8).head()))[0] == 403
        assert asked(url, body(0, [], log.head(3))) == (409, "text/x.tlog.size", b"7\n")
        assert asked(url, body(3, [], log.head(3))) == (409, "text/x.tlog.size", b"7\n")
        assert asked(url, body(7, [], log.head(3)))[0] == 400
        assert asked(url, body(7, rewritten.proof(7, 8), rewritten.head()))[0] == 422
        assert asked(url, body(7, [], Tree((LOG,), (b"x",) * 7).head()))[0] == 422
        assert asked(url, body(0, [], tree(signer("log.example/b"), 1).head()))[0] == 404
    with State(tmp_path / "state") as state:
        assert (state.seen(ORIGIN).size, state.seen(ORIGIN).root) == (7, root(log.entries))


@pytest.mark.parametrize("processes", [1, 2])
def test_two_forks_race_and_one_of_each_log_is_cosigned(tmp_path: Path, processes: int) -> None:
    """The log's key signed both; one process answers both askers, or two with one memory answer one each."""
    forks = [[body(0, [], tree(log, 3, word).head()) for log in RACERS] for word in ("left", "right")]
    with process(tmp_path) as (one, _), process(tmp_path) as (two, _):
        answers = _raced((one, one if processes == 1 else two), forks)
    for left, right in zip(*answers, strict=True):
        assert sorted((left[0], right[0])) == [200, 409]
        assert (left if left[0] == 409 else right)[1] == "3\n"


def _raced(urls: tuple[str, str], forks: list[list[bytes]]) -> list[list[tuple[int, str]]]:
    """What each of two processes is answered to its requests, sent at once, one by one."""
    with client(urls[0]) as left, client(urls[1]) as right:
        answers: list[list[tuple[int, str]]] = [[], []]
        for requests in zip(*forks, strict=True):
            for asking, request in zip((left, right), requests, strict=True):
                assert asking.stdin is not None
                asking.stdin.write(json.dumps(request.decode()) + "\n")
            for asking in (left, right):
                assert asking.stdin is not None
                asking.stdin.flush()
            for heard, asking in zip(answers, (left, right), strict=True):
                assert asking.stdout is not None
                status, said = json.loads(asking.stdout.readline())
                heard.append((status, said))
    return answers


def test_a_small_and_a_large_tree_race_and_the_witness_never_goes_back(tmp_path: Path) -> None:
    """The race of tlog-witness: a request for N that is checked before, and stored after, one for N+K."""
    pairs: list[list[bytes]] = [[], []]
    logs = [tree(log, 5) for log in RACERS]
    for log in logs:
        pairs[0].append(body(1, log.proof(1, 3), log.head(3)))
        pairs[1].append(body(1, log.proof(1, 5), log.head(5)))
    with process(tmp_path) as (one, _), process(tmp_path) as (two, _):
        for log in logs:
            assert asked(one, body(0, [], log.head(1)))[0] == 200
        answers = _raced((one, two), pairs)
    with State(tmp_path / "state") as state:
        for log, small, large in zip(logs, *answers, strict=True):
            won, size = (small, 3) if small[0] == 200 else (large, 5)
            assert {small[0], large[0]} == {200, 409}
            assert (small if won is large else large)[1] == f"{size}\n"
            latest = state.seen(log.origin)
            assert latest.size == size
            given = note.parse(f"{log.head(size).text}\n{won[1]}".encode())
            assert cosignature.split(given.signatures[0].value)[0] == latest.at


def test_a_witness_that_is_killed_remembers_all_that_it_cosigned(tmp_path: Path) -> None:
    log = tree(LOG, 64)
    size = 0
    for stop in (3, 11, 12, 30, 64):
        with process(tmp_path) as (url, server), contextlib.closing(_line(url)) as line:
            for new in range(size + 1, stop + 1):
                proof = log.proof(size, new) if size else []
                line.request("POST", "/add-checkpoint", body(size, proof, log.head(new)))
                response = line.getresponse()
                assert (response.status, bool(response.read())) == (200, True)
                size = new
            os.kill(server.pid, signal.SIGKILL)
        with State(tmp_path / "state") as state:
            assert (state.seen(ORIGIN).size, state.seen(ORIGIN).root) == (size, root(log.entries[:size]))


def test_a_witness_killed_at_any_moment_remembers_at_least_what_it_handed_out(tmp_path: Path) -> None:
    log = tree(LOG, 400)
    handed_out = 0
    for wait_s in itertools.islice(itertools.cycle((0.005, 0.013, 0.029)), 6):
        with process(tmp_path) as (url, server), contextlib.closing(_line(url)) as line:
            with State(tmp_path / "state") as state:
                size = state.seen(ORIGIN).size
            assert size >= handed_out
            until = time.monotonic() + wait_s
            for new in range(size + 1, len(log.entries) + 1):
                proof = log.proof(size, new) if size else []
                line.request("POST", "/add-checkpoint", body(size, proof, log.head(new)))
                if time.monotonic() > until:
                    os.kill(server.pid, signal.SIGKILL)
                try:
                    response = line.getresponse()
                    assert response.status == 200
                    response.read()
                except (ConnectionError, OSError):
                    break
                handed_out = size = new
    with State(tmp_path / "state") as state:
        assert state.seen(ORIGIN).size >= handed_out > 0


def _line(url: str) -> HTTPConnection:
    return HTTPConnection(urlsplit(url).netloc, timeout=10)
