"""Mutants of real bytes: every reader answers or refuses, in bounded time, and none accepts what nobody signed.

The default run takes some hundreds of each; `slow` a hundred thousand.
"""

from __future__ import annotations

import os
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.passport.borders import shown, told
from tests.gate.passport.dg2s import portrait
from tests.gate.passport.mutants import mutant
from tests.gate.passport.pki import Passport, made_passport
from tests.gate.passport.readers import READERS, Reader, small_jpeg
from tests.gate.passport.suites import BY_NAME

from garim.gate.passport.outcomes import Code, Outcome, Refused
from garim.gate.passport.tlv import unpadded

MOST_CPU_S = 5.0  # a mutant that takes longer hangs, for whoever waits at a border
QUICK, MANY = 150, 10_000  # of each reader
SEED = int(os.environ.get("GARIM_MUTANTS", "20260601"))
SUITES = ("P-256 sha256", "brainpoolP384r1 sha384 explicit", "RSA 2048 PSS sha256", "RSA 2048 PKCS#1 sha256")


def answered(reader: Reader, data: bytes) -> bool:
    """Whether it gave a value; a refusal is an answer too, any other exception is the test's end."""
    began = time.process_time()
    try:
        reader.read(data)
    except Refused as refused:
        assert "\n" not in str(refused)
        return False
    finally:
        assert time.process_time() - began < MOST_CPU_S, f"{len(data)} bytes took too long: {data[:200].hex()}"
    return True


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_each_reader_takes_its_seeds(reader: Reader) -> None:
    for seed in reader.seeds():
        assert answered(reader, seed)


def _fed(reader: Reader, count: int) -> None:
    random, seeds = Random(SEED), reader.seeds()
    for number in range(count):
        data = mutant(seeds[number % len(seeds)], random)
        try:
            answered(reader, data)
        except Exception as error:
            error.add_note(f"mutant {number} of seed {SEED}: {data.hex()}")
            raise


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_mutant_gets_anything_but_an_answer(reader: Reader) -> None:
    _fed(reader, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_mutant_of_many_gets_anything_but_an_answer(reader: Reader) -> None:
    _fed(reader, MANY)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(data=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_bytes_of_no_kind_get_an_answer(reader: Reader, data: bytes) -> None:
    answered(reader, data)


@given(tag=st.sampled_from([0x30, 0x60, 0x61, 0x75, 0x77, 0x7F61]), depth=st.integers(1, 3_000))
@settings(max_examples=30, deadline=None)
def test_nests_are_no_way_in(tag: int, depth: int) -> None:
    data = b""
    for _ in range(depth):
        size = len(data)
        head = tag.to_bytes(2 if tag > 255 else 1, "big")
        data = head + (bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3, "big")) + data
    for reader in READERS.values():
        answered(reader, data)


# whole documents


def _made(suite: str) -> Passport:
    return made_passport(small_jpeg(), suite=BY_NAME[suite])


def _judged(made: Passport, name: str, data: bytes) -> bool:
    """Show `made` with other bytes in file `name`; whether that was still proven or flagged: and then by right."""
    done = shown({**made.files, name: data}, [made.csca], made.at)
    other = unpadded(data) != made.files.get(name)  # a dump may fill a file up with zeros
    for check in done.checks:
        if check.code is Code.DG_HASH and check.about == name and other:
            assert check.outcome not in (Outcome.PASSED, Outcome.FLAGGED), told(done)
    believed = done.content_sha256 is not None and all(
        done.holds(code) for code in (Code.SOD_SIGNATURE, Code.SIGNER_VALIDITY, Code.CHAIN)
    )
    if believed:
        genuine = shown(made.files, [made.csca], made.at)
        assert (done.content_sha256, done.signer) == (genuine.content_sha256, genuine.signer), told(done)
        if name == "DG1" and other:
            assert done.mrz is None, told(done)
    return believed


def _shown(suite: str, count: int) -> tuple[int, int]:
    made, random = _made(suite), Random(SEED)
    names = ("SOD", "SOD", "SOD", "DG1", "DG2", "COM")
    believed = 0
    for number in range(count):
        name = names[number % len(names)]
        data = mutant(made.files[name], random)
        try:
            believed += _judged(made, name, data)
        except Exception as error:
            error.add_note(f"mutant {number} of seed {SEED}, {name}: {data.hex()}")
            raise
    return believed, count


@pytest.mark.parametrize("suite", SUITES)
def test_no_mutant_of_a_document_passes_for_what_was_signed(suite: str) -> None:
    _shown(suite, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_no_mutant_of_many_documents_passes_for_what_was_signed(suite: str) -> None:
    _shown(suite, MANY // 2)


def test_what_nobody_signed_can_change_and_the_names_that_logs_use_do_not() -> None:
    """The SOD's bytes are malleable (its version is unsigned): the content's hash and the signer's are not."""
    made = made_passport(portrait())
    sod = made.files["SOD"]
    at = sod.index(b"\x02\x01\x03")
    changed = sod[:at] + b"\x02\x01\x04" + sod[at + 3 :]
    first, second = (shown({**made.files, "SOD": each}, [made.csca], made.at) for each in (sod, changed))
    assert second.holds(Code.SOD_SIGNATURE), told(second)
    assert (first.content_sha256, first.signer) == (second.content_sha256, second.signer)
