"""Cosignatures fetched from real witnesses, and what strangers answer instead."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.ledger.trees import AT, Tree, signer, tree
from tests.ledger.witnesses import stranger, witness

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind
from garim.ledger import checkpoint, note, policy
from garim.ledger.checkpoint_text import MOST_ENTRIES
from garim.ledger.collect import Rewound, Uncosigned, cosigned
from garim.ledger.keys import Signer
from garim.ledger.note import Note
from garim.ledger.policy import Policy

ORIGIN = "log.example/a"
LOG = signer(ORIGIN)
ONE = signer("w.example/1", Kind.COSIGN_ED25519)
TWO = signer("w.example/2", Kind.COSIGN_ML_DSA_44)
THREE = signer("w.example/3", Kind.COSIGN_ED25519)


def asking(*witnesses: tuple[Signer, str | None], needed: int | None = None) -> Policy:
    lines = "".join(f"witness {who.vkey.name} {who.vkey} {url or ''}\n" for who, url in witnesses)
    names = " ".join(who.vkey.name for who, _ in witnesses)
    return policy.read(f"log {LOG.vkey}\n{lines}group g {needed or len(witnesses)} {names}\nquorum g\n".encode())


def no_proof(old: int, size: int) -> Sequence[bytes]:
    raise AssertionError(f"no proof is needed from {old} to {size}")


def nowhere() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_each_witness_is_asked_and_the_log_grows(tmp_path: Path) -> None:
    log = tree(LOG, 6)
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as first, witness(tmp_path / "2", [TWO], [LOG.vkey]) as second:
        believed = asking((ONE, first), (TWO, second + "/"))
        for size in (1, 4, 4, 6):
            made = cosigned(log.head(size), believed, log.proof)
            assert made.text == log.head(size).text
            assert note.verified(made, [LOG.vkey, ONE.vkey, TWO.vkey]) == (LOG.vkey, ONE.vkey, TWO.vkey)
            assert checkpoint.opened(note.parse(bytes(made)), [LOG.vkey]).size == size
        again = cosigned(made, believed, log.proof)
        assert [line.name for line in again.signatures] == [line.name for line in made.signatures]


def test_a_new_witness_needs_no_proof(tmp_path: Path) -> None:
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as url:
        cosigned(tree(LOG, 5).head(), asking((ONE, url)), no_proof)
        cosigned(tree(LOG, 5).head(), asking((ONE, url)), no_proof)


def test_a_quorum_is_enough_and_less_names_each_and_its_answer(tmp_path: Path) -> None:
    log = tree(LOG, 2)
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as first, witness(tmp_path / "3", [THREE], []) as third:
        whom = (ONE, first), (TWO, nowhere()), (THREE, third)
        made = cosigned(log.head(), asking(*whom, needed=1), log.proof)
        assert note.verified(made, [ONE.vkey, TWO.vkey, THREE.vkey]) == (ONE.vkey,)
        with pytest.raises(Uncosigned) as raised:
            cosigned(log.head(), asking(*whom, needed=2), log.proof)
    said = str(raised.value)
    assert "g has 1 of the 2 that it needs" in said
    assert "w.example/1: cosigned" in said
    assert re.search("w.example/2: http://[^ ]*: does not answer", said)
    assert "w.example/3: answered 404" in said


def test_who_has_no_url_is_not_asked_and_what_it_gave_before_counts() -> None:
    log = tree(LOG, 2)
    with pytest.raises(Uncosigned, match="none has a URL"):
        cosigned(log.head(), asking((ONE, None)), no_proof)
    line = note.signature(ONE, log.head().text, AT)
    before = Note(log.head().text, (*log.head().signatures, line))
    assert cosigned(before, asking((ONE, None)), no_proof) == before
    assert cosigned(log.head(), policy.read(b"quorum none\n"), no_proof) == log.head()


def test_who_has_a_url_and_is_silent_does_not_count_by_what_it_gave_before(tmp_path: Path) -> None:
    """A ledger that was restored with its cosigned checkpoint: nobody says that it is the newest copy."""
    log = tree(LOG, 2)
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as url:
        before = cosigned(log.head(), asking((ONE, url)), no_proof)
    assert note.verified(before, [ONE.vkey])
    with pytest.raises(Uncosigned, match="does not answer"):
        cosigned(before, asking((ONE, url)), no_proof)


def test_who_says_that_it_saw_more_shows_it_or_is_not_believed() -> None:
    log, other = tree(LOG, 3), tree(signer(ORIGIN), 9)
    shows: dict[bytes, tuple[int, dict[str, str], bytes]] = {b"": (200, {}, bytes(other.head()))}
    with (
        stranger(lambda body: shows.get(body, (409, {}, b"9\n"))) as url,
        pytest.raises(Uncosigned, match="no key that"),
    ):
        cosigned(log.head(), asking((ONE, url)), log.proof)
    shows = {b"": (200, {}, bytes(log.head(2)))}
    with (
        stranger(lambda body: shows.get(body, (409, {}, b"9\n"))) as url,
        pytest.raises(Uncosigned, match="what it shows is this log"),
    ):
        cosigned(log.head(), asking((ONE, url)), log.proof)


def test_a_false_line_given_before_is_no_cosignature() -> None:
    log = tree(LOG, 2)
    false = note.signature(ONE, tree(LOG, 3).head().text, AT)
    with pytest.raises(Uncosigned, match="does not hold"):
        cosigned(Note(log.head().text, (*log.head().signatures, false)), asking((ONE, None)), no_proof)


def test_an_older_copy_is_found_out(tmp_path: Path) -> None:
    log = tree(LOG, 7)
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as url:
        cosigned(log.head(), asking((ONE, url)), log.proof)
        with pytest.raises(Rewound, match="cosigned 7 entries, and this ledger has 4: it is an older copy") as raised:
            cosigned(log.head(4), asking((ONE, url)), log.proof)
    assert f"{url}/" in str(raised.value)
    assert "Append nothing" in str(raised.value)


@pytest.mark.parametrize("size", [4, 6])
def test_rewritten_history_is_found_out(tmp_path: Path, size: int) -> None:
    log = tree(LOG, 4)
    other = Tree((LOG,), (*log.entries[:2], *(b"rewritten %d" % i for i in range(size - 2))))
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as url:
        cosigned(log.head(), asking((ONE, url)), log.proof)
        with pytest.raises(Rewound, match="the first 4 entries are not those"):
            cosigned(other.head(), asking((ONE, url)), other.proof)


def test_one_witness_that_saw_more_stops_a_quorum_of_others(tmp_path: Path) -> None:
    log = tree(LOG, 7)
    with witness(tmp_path / "1", [ONE], [LOG.vkey]) as first, witness(tmp_path / "2", [TWO], [LOG.vkey]) as second:
        cosigned(log.head(), asking((TWO, second)), log.proof)
        with pytest.raises(Rewound):
            cosigned(log.head(4), asking((ONE, first), (TWO, second), needed=1), log.proof)


def line_of(who: Signer, text: str, at: int = AT) -> bytes:
    return str(note.signature(who, text, at)).encode()


def test_what_strangers_answer_is_told_and_not_believed() -> None:
    log = tree(LOG, 3)
    text = log.head().text
    answers: list[tuple[tuple[int, dict[str, str], bytes], str]] = [
        ((200, {}, line_of(signer("w.example/1", Kind.COSIGN_ED25519), text)), "no key that is known"),
        ((200, {}, line_of(ONE, tree(LOG, 4).head().text)), "does not hold"),
        ((200, {}, line_of(ONE, text) + line_of(ONE, tree(LOG, 4).head().text)), "does not hold"),
        ((200, {}, line_of(ONE, text, 0)), "without a time"),
        ((200, {}, line_of(ONE, text)[:-1]), "a note is"),
        ((200, {}, b""), "a note is"),
        ((200, {}, b"\xff"), "UTF-8"),
        ((200, {}, b"x" * (1 << 20)), "answered more than"),
        ((204, {}, b""), "answered 204"),
        ((302, {"Location": "http://127.0.0.1/"}, b""), "answered 302"),
        ((403, {}, b"\x1b[31mred\n" + b"x" * 999), r"answered 403, '\\x1b\[31mred\\nx{191}'"),
        ((409, {}, b"0\n"), "named the same"),
        ((409, {}, b"2"), "without a size"),
        ((409, {}, b"+2\n"), "not a number"),
        ((409, {}, "٣\n".encode()), "without a size"),
        ((409, {}, b"%d\n" % MOST_ENTRIES), "shows no checkpoint of it"),
        ((422, {}, b"why"), "answered 422, 'why'"),
        ((500, {}, b""), "answered 500"),
    ]
    given = iter(answers)
    with stranger(lambda body: next(given)[0] if body else (404, {}, b"")) as url:
        for _, why in answers:
            with pytest.raises((Uncosigned, Rewound), match=why):
                cosigned(log.head(), asking((ONE, url)), log.proof)


def test_lines_of_other_keys_are_ignored() -> None:
    log = tree(LOG, 3)
    octets = line_of(THREE, log.head().text) + line_of(ONE, log.head().text)
    with stranger(lambda _: (200, {}, octets)) as url:
        made = cosigned(log.head(), asking((ONE, url)), log.proof)
    assert [line.name for line in made.signatures] == [ORIGIN, "w.example/1"]


def test_a_witness_whose_size_never_stands_still_is_left() -> None:
    log, sizes = tree(LOG, 9), iter(range(1, 9))
    with (
        stranger(lambda _: (409, {}, b"%d\n" % next(sizes))) as url,
        pytest.raises(Uncosigned, match="another size 4 times"),
    ):
        cosigned(log.head(), asking((ONE, url)), log.proof)


def test_what_is_sent_is_a_request() -> None:
    log, bodies = tree(LOG, 5), []

    def answer(octets: bytes) -> tuple[int, dict[str, str], bytes]:
        bodies.append(octets)
        return (409, {}, b"3\n") if len(bodies) == 1 else (200, {}, line_of(ONE, log.head().text))

    with stranger(answer) as url:
        cosigned(log.head(), asking((ONE, url)), log.proof)
    assert bodies[0] == b"old 0\n\n" + bytes(log.head())
    assert bodies[1].startswith(b"old 3\n")
    assert bodies[1].endswith(b"\n\n" + bytes(log.head()))
    assert bodies[1].index(b"\n\n") == len(b"old 3") + 45 * len(log.proof(3, 5))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1",
        "127.0.0.1",
        "http://",
        "http://127.0.0.1:x",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/?a=b",
        "http://127.0.0.1/#a",
        "http://\u00e9.example",
        "http://\udcff.example",
        "http://[::1",
    ],
)
def test_only_http_and_https_are_spoken(url: str) -> None:
    believed = policy.read(f"witness W {ONE.vkey} {url}\nquorum W\n".encode("utf-8", "surrogateescape"))
    with pytest.raises(Uncosigned, match="no http or https address"):
        cosigned(tree(LOG, 1).head(), believed, no_proof)


def test_who_does_not_answer_in_time_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Uncosigned, match="does not answer"):
            cosigned(tree(LOG, 1).head(), asking((ONE, url)), no_proof, timeout=0.1)


def test_who_answers_byte_by_byte_is_left() -> None:
    def dripping() -> None:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            line.recv(1 << 16)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not left.wait(0.02):
                line.sendall(b"x")

    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=dripping)
        thread.start()
        believed = asking((ONE, f"http://127.0.0.1:{server.getsockname()[1]}"))
        with pytest.raises(Uncosigned, match="does not answer within"):
            cosigned(tree(LOG, 1).head(), believed, no_proof, timeout=0.2)
        left.set()
        thread.join()


def test_what_is_no_checkpoint_is_not_sent() -> None:
    with pytest.raises(Malformed):
        cosigned(note.signed("a text\n", [LOG], AT), asking((ONE, nowhere())), no_proof)


def test_rewound_is_disproved_and_uncosigned_is_unfinished() -> None:
    assert issubclass(Rewound, Disproved)
    assert (Rewound.exit_code, Uncosigned.exit_code) == (1, 3)
