"""A policy says one thing only, and who is missing where it is not met."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.trees import signer

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind, VerifierKey
from garim.ledger.policy import MOST_BYTES, MOST_LINES, Group, read, shown

LOG = signer("log.example/a").vkey
PQ_LOG = signer("log.example/a", Kind.COSIGN_ML_DSA_44).vkey
W = [signer(f"w{i}.example", Kind.COSIGN_ED25519 if i % 2 else Kind.COSIGN_ML_DSA_44).vkey for i in range(4)]
HEAD = f"log {LOG}\n" + "".join(f"witness W{i} {key}\n" for i, key in enumerate(W))


def test_logs_witnesses_groups_and_quorum() -> None:
    text = f"""\
# ours
 \tlog\t {LOG}   https://log.example/a/
log {PQ_LOG}
witness \u00e9\u00a0x {W[0]} https://w0.example/submit
\t
witness W1 {W[1]}
  # nobody else
group g 2 \u00e9\u00a0x W1
quorum g
"""
    found = read(text.encode())
    assert [(log.vkey, log.url) for log in found.logs] == [(LOG, "https://log.example/a/"), (PQ_LOG, None)]
    odd = "\u00e9\u00a0x".encode()
    assert [(one.name, one.vkey, one.url) for one in found.witnesses] == [
        (odd, W[0], "https://w0.example/submit"),
        (b"W1", W[1], None),
    ]
    assert found.groups == (Group(b"g", 2, (odd, b"W1")),)
    assert found.quorum == b"g"


def test_a_quorum_of_none_needs_nobody() -> None:
    found = read(b"quorum none\n")
    assert (found.logs, found.witnesses, found.quorum) == ((), (), b"none")
    assert found.satisfied_by([]) == ()
    assert [one.vkey for one in read(f"{HEAD}quorum none\n".encode()).satisfied_by([W[2]])] == [W[2]]


def test_a_quorum_of_one_witness() -> None:
    found = read(f"{HEAD}quorum W1\n".encode())
    assert [one.name for one in found.satisfied_by([W[0], W[1]])] == [b"W0", b"W1"]
    with pytest.raises(Disproved, match="W1 has not cosigned"):
        found.satisfied_by([W[0], W[2], W[3]])


@pytest.mark.parametrize(("threshold", "needed"), [("any", 1), ("all", 4), ("1", 1), ("2", 2), ("4", 4)])
def test_a_group_is_met_by_so_many_and_by_no_fewer(threshold: str, needed: int) -> None:
    found = read(f"{HEAD}group g {threshold} W0 W1 W2 W3\nquorum g\n".encode())
    for count in range(5):
        for some in itertools.combinations(W, count):
            if count >= needed:
                assert {one.vkey for one in found.satisfied_by(some)} == set(some)
            else:
                with pytest.raises(Disproved, match=f"g has {count} of the {needed} that it needs"):
                    found.satisfied_by(some)


def test_what_is_missing_is_said_through_groups() -> None:
    found = read(f"{HEAD}group a 2 W0 W1\ngroup b any W2 W3\ngroup both all a b\nquorum both\n".encode())
    with pytest.raises(Disproved) as raised:
        found.satisfied_by([W[0], W[2]])
    assert str(raised.value).endswith(
        "both has 1 of the 2 that it needs (a has 1 of the 2 that it needs (W1 has not cosigned))"
    )


def test_a_key_of_the_log_is_no_witness() -> None:
    found = read(f"{HEAD}group g any W0 W1\nquorum g\n".encode())
    same_key_as_a_log = VerifierKey(W[1].name, Kind.ED25519, W[1].public)
    with pytest.raises(Disproved):
        found.satisfied_by([LOG, same_key_as_a_log])


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("", "no quorum"),
        ("quorum W0\nquorum W0\n", "a quorum already"),
        ("quorum W9\n", "not defined"),
        ("quorum\n", "0 items"),
        ("quorum W0 W1\n", "2 items"),
        ("quorum g\ngroup g any W0\n", "not defined"),
        ("group g any\nquorum g\n", "2 items"),
        ("group g any none\nquorum g\n", "not defined"),
        ("group g any g\nquorum g\n", "not defined"),
        ("group g any W9\nquorum g\n", "not defined"),
        ("group g 0 W0\nquorum g\n", "needs 0 of 1"),
        ("group g 2 W0\nquorum g\n", "needs 2 of 1"),
        ("group g 01 W0\nquorum g\n", "number"),
        ("group g +1 W0\nquorum g\n", "number"),
        ("group g \u00b9 W0\nquorum g\n", "number"),
        ("group g ANY W0\nquorum g\n", "number"),
        ("group g 1 W0 W0\nquorum g\n", "only once"),
        ("group g any W0\ngroup h any W0\nquorum h\n", "only once"),
        ("group g any W0\ngroup h any g\ngroup i any g\nquorum i\n", "only once"),
        ("group W1 any W0\nquorum W1\n", "defined already"),
        ("group none any W0\nquorum none\n", "defined already"),
        (f"witness none {signer('x', Kind.COSIGN_ED25519).vkey}\nquorum none\n", "defined already"),
        (f"witness W0 {signer('x', Kind.COSIGN_ED25519).vkey}\nquorum none\n", "defined already"),
        (f"witness X {LOG}\nquorum none\n", "no place"),
        (f"witness X {VerifierKey('other.example', Kind.COSIGN_ED25519, W[1].public)}\nquorum none\n", "stands on"),
        (f"log {VerifierKey('other.example', Kind.ED25519, LOG.public)}\nquorum none\n", "stands on"),
        (f"log {signer('x', Kind.COSIGN_ED25519).vkey}\nquorum none\n", "no place"),
        (f"log {LOG} https://a.example https://b.example\nquorum none\n", "3 items"),
        ("log\nquorum none\n", "0 items"),
        ("log nothing\nquorum none\n", "a key is written"),
        ("Quorum none\n", "none of log"),
        ("quorum none", "newline"),
        ("quorum none\r\n", "0x0d"),
        ("quorum none\x7f\n", "0x7f"),
        ("# \x00\nquorum none\n", "0x00"),
        ("quorum none # as a remark\n", "items"),
        ("quorum\u00a0none\n", "none of log"),
    ],
    ids=itertools.count(),  # the lines hold keys made anew in each worker
)
def test_what_no_policy_says(lines: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read((HEAD + lines).encode())


def test_the_line_is_named() -> None:
    with pytest.raises(Malformed, match="line 6 of the policy"):
        read(f"{HEAD}quorum W9\n".encode())


def test_names_are_octets_not_letters() -> None:
    kelvin = b"\xe2\x84\xaa"
    text = HEAD.encode().replace(b"witness W0", b"witness K").replace(b"witness W1", b"witness " + kelvin)
    found = read(text + b"quorum " + kelvin + b"\n")
    with pytest.raises(Disproved):
        found.satisfied_by([W[0]])
    assert len(found.satisfied_by([W[1]])) == 1
    assert read(text.replace(kelvin, b"\xff\xfe") + b"quorum \xff\xfe\n").quorum == b"\xff\xfe"


def test_names_are_shown_so_that_a_terminal_stays_as_it_is() -> None:
    assert shown(b"plain") == "plain"
    assert shown("\u00e9".encode()) == "\u00e9"
    assert shown(b"\xff") == "\\xff"
    assert "\x9b" not in shown("\x9b31m".encode())


def test_limits() -> None:
    def keyed(word: str, count: int) -> str:
        cosigner = Kind.ED25519 if word == "log" else Kind.COSIGN_ED25519
        named = ("" if word == "log" else f"n{i} " for i in itertools.count())
        made = (VerifierKey("a", cosigner, i.to_bytes(32)) for i in range(count))
        return "".join(f"{word} {name}{key}\n" for name, key in zip(named, made, strict=False))

    for word in ("log", "witness"):
        read((keyed(word, 32) + "quorum none\n").encode())
        read((keyed(word, MOST_LINES) + "quorum none\n").encode())
        with pytest.raises(Malformed, match="more than"):
            read((keyed(word, MOST_LINES + 1) + "quorum none\n").encode())
    with pytest.raises(Malformed, match="at most"):
        read(b"#" * MOST_BYTES + b"\nquorum none\n")


def test_groups_nested_as_deep_as_they_may_be() -> None:
    chain = "".join(f"group g{i} any {'W0' if i == 0 else f'g{i - 1}'}\n" for i in range(MOST_LINES - 4))
    found = read(f"{HEAD}{chain}quorum g{MOST_LINES - 5}\n".encode())
    assert len(found.satisfied_by([W[0]])) == 1
    with pytest.raises(Disproved, match="W0 has not cosigned"):
        found.satisfied_by([W[1]])


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_octets_are_a_policy_or_malformed(octets: bytes) -> None:
    for text in (octets, HEAD.encode() + octets + b"\nquorum W0\n"):
        try:
            found = read(text)
        except Malformed:
            continue
        assert found.quorum in {b"none", b"W0"}


@given(st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_another_witness_never_unmakes_a_quorum(some: set[int], more: set[int]) -> None:
    found = read(f"{HEAD}group a 2 W0 W1 W2\ngroup b all a W3\nquorum b\n".encode())
    try:
        found.satisfied_by([W[i] for i in some])
    except Disproved:
        return
    found.satisfied_by([W[i] for i in some | more])
