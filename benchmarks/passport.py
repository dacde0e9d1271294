"""A PASSPORT'S INSPECTION: what it costs, and which forgeries two other readers accept, in one run.

    .venv/bin/python benchmarks/passport.py [--quick] [--cases] [--json OUT]

Documents are those that the tests make; the list is the German master list in ../shared, where it is there. A
document's CPU is this process' and, apart, its decoder's after it was ready. pymrtd runs in an environment of its own,
as its README says (GARIM_PYMRTD: a checkout, else GitHub); gmrtd where GARIM_GMRTD names what _gmrtd_reads.go was
built to.
Tables go to stdout, progress to stderr. Exit codes: 0 measured, whether goals are met or not; 1 a side failed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._passport_cases import GENUINE, Case, cases  # noqa: E402 - as above
from benchmarks._passport_tables import ACCEPTED, Answer, Figure  # noqa: E402 - as above
from benchmarks._spent import spent  # noqa: E402 - as above
from benchmarks._tools import GARIM, Uninstalled, installed  # noqa: E402 - as above
from tests.gate.passport.dg2s import jpeg_2000, portrait  # noqa: E402 - as above
from tests.gate.passport.pki import made_passport  # noqa: E402 - as above
from tests.gate.passport.suites import BY_NAME  # noqa: E402 - as above

from benchmarks import _passport_tables as tables  # noqa: E402 - after the path
from garim.gate.passport import (  # noqa: E402
    Anchors,
    Decoder,
    Document,
    Inspection,
    Outcome,
    Verdict,
    certificate,
    inspect,
    read,
)
from garim.gate.passport.outcomes import SAID_ONLY  # noqa: E402 - as above

STARTED = time.monotonic()
HERE = Path(__file__).resolve()
LIST = HERE.parents[2] / "shared" / "data" / "epassport" / "masterlist"
PYMRTD = "git+https://github.com/ZeroPass/pymrtd@3731a0e"
ITS_CRYPTOGRAPHY = "cryptography==41.0.3"  # pymrtd 0.6.5 asks for this one, and patches what later ones removed
DOCUMENTS = ("P-256 sha256", "RSA 3072 PSS sha256", "RSA 4096 PKCS#1 sha256", "brainpoolP384r1 sha384 explicit")
READY_S = 0.5  # in which a decoder that is still starting does something, on a busy machine, too
MOST_DOCUMENT_MS, MOST_LIST_S, MOST_LIST_MB = 30.0, 2.0, 120.0


def main() -> int:
    ask = _asked()
    load = os.getloadavg()
    figures = [*_documents(ask.runs), *_list(ask.runs)]
    made = list(cases())
    answers = [_garim(made)]
    missing = []
    for name, peer in (("pymrtd", _pymrtd), ("gmrtd", _gmrtd)):
        try:
            answers.append(_peer(name, peer(), made))
        except Uninstalled as error:
            missing.append(str(error))
    found = [each for reader in answers for each in reader]
    header = _header(load, missing)
    told = [header, tables.figures(figures), tables.summary(found)]
    print("\n\n".join(told + ([tables.cases(found)] if ask.cases else [])))
    if ask.json:
        rows = {"figures": [asdict(each) for each in figures], "answers": [asdict(each) for each in found]}
        ask.json.write_text(json.dumps({"header": header, **rows}, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three documents of a kind, the list once")
    parser.add_argument("--cases", action="store_true", help="the table of all cases, too")
    parser.add_argument(
        "--runs", type=int, default=20, metavar="N", help="documents of a kind, a fifth as many lists [20]"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures and answers there too")
    ask = parser.parse_args()
    ask.runs = 3 if ask.quick else ask.runs
    return ask


# what a document costs


def _documents(runs: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="garim-bench-") as folder, Decoder() as decoder:
        for name in DOCUMENTS:
            for form, image in (("JPEG", portrait()), ("JPEG 2000", jpeg_2000(portrait()))):
                made = made_passport(image, suite=BY_NAME[name])
                there = made.written(Path(folder) / f"{name} {form}")
                (there / "csca.cer").unlink()
                trust = Anchors([certificate(made.csca)])
                _tell(f"{runs} documents: {name}, {form}")
                took = [_once(there, trust, made.at, decoder) for _ in range(runs)]
                ours, childs, walls = (median(each) * 1000 for each in zip(*took, strict=True))
                what = f"{name}, {form}"
                yield Figure(f"{what}: CPU, inspecting and decoding", ours + childs, "ms", MOST_DOCUMENT_MS)
                yield Figure(f"{what}: of it the decoder's", childs, "ms")
                yield Figure(f"{what}: wall", walls, "ms")


def _once(folder: Path, trust: Anchors, at: datetime, decoder: Decoder) -> tuple[float, float, float]:
    """Seconds of CPU here, of CPU in the decoder once it was ready, and of wall, for one document."""
    decoder.start()
    before, starting = _childrens_cpu(), _ready()
    wall, own = time.perf_counter(), time.process_time()
    done = inspect(read(folder), trust, at=at, decoder=decoder)
    own, wall = time.process_time() - own, time.perf_counter() - wall
    if done.verdict is not Verdict.PROVEN:
        raise SystemExit(f"{folder.name}: {done.verdict}; no figure would mean anything")
    return own, max(0.0, _childrens_cpu() - before - starting), wall


def _ready() -> float:
    """Wait until the decoder does nothing any more but wait for a picture: its CPU until then."""
    used = -1.0
    while (now := _running_childrens_cpu()) != used:
        used = now
        time.sleep(READY_S)
    return used


def _childrens_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _running_childrens_cpu() -> float:
    """CPU of this process' children until now, by the scheduler's account; 0 where there is none (not Linux)."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    if not listed.is_file():
        return 0.0
    threads = [each for child in listed.read_text().split() for each in Path(f"/proc/{child}/task").glob("*/schedstat")]
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def _list(runs: int) -> Iterator[Figure]:
    if not (LIST / "de.ml").is_file():
        _tell(f"no {LIST}: the list is not measured")
        return
    took = []
    for number in range(max(1, runs // 5)):
        _tell(f"the list, {number + 1}")
        with tempfile.TemporaryDirectory(prefix="garim-bench-") as folder:
            words = ("gate", "trust", "add", LIST / "de.ml", "--root", LIST / "de_root.cer")
            done = spent([GARIM, *words, "--trust", Path(folder) / "trust"])
        if done.code not in (0, 1):  # 1: some of its certificates do not chain, and are named
            raise SystemExit(f"trust add: exit {done.code}: {done.said}")
        took.append(done)
    yield Figure("588 certificates into the store: CPU", median(each.cpu_s for each in took), "s", MOST_LIST_S)
    yield Figure("588 certificates into the store: wall", median(each.wall_s for each in took), "s")
    yield Figure("588 certificates into the store: peak", max(each.peak_mb for each in took), "MB", MOST_LIST_MB)


# who accepts what


def _garim(made: Sequence[Case]) -> list[Answer]:
    with Decoder() as decoder:
        found = []
        for case in made:
            trust = Anchors([certificate(each) for each in case.trusted])
            done = inspect(Document(case.files), trust, at=datetime.fromisoformat(case.at), decoder=decoder)
            proven = done.verdict is Verdict.PROVEN
            found.append(Answer(case.group, case.name, case.group == GENUINE, "Garim", proven, _word(done)))
        return found


def _word(done: Inspection) -> str:
    if done.verdict is Verdict.PROVEN:
        return ACCEPTED
    for outcome in (Outcome.FAILED, Outcome.UNCHECKED, Outcome.FLAGGED):
        for check in done.checks:
            if check.outcome is outcome and check.reason not in SAID_ONLY:
                return f"{done.verdict}: {check.reason}"
    return done.verdict


def _pymrtd() -> list[str | Path]:
    source = os.environ.get("GARIM_PYMRTD", PYMRTD)
    steps = [[ITS_CRYPTOGRAPHY, "asn1crypto==1.5.1", "setuptools<81", "wheel"], [source]]
    return [installed("pymrtd", steps) / "bin" / "python", "-P", HERE.with_name("_pymrtd_reads.py")]


def _gmrtd() -> list[str | Path]:
    named = os.environ.get("GARIM_GMRTD")
    if not named:
        raise Uninstalled("gmrtd: GARIM_GMRTD names no reader; benchmarks/_gmrtd_reads.go says how to build one")
    return [Path(named)]


def _peer(name: str, words: Sequence[str | Path], made: Sequence[Case]) -> list[Answer]:
    _tell(f"{name}: {len(made)} cases")
    asked = "".join(case.line() + "\n" for case in made)
    done = subprocess.run(list(words), input=asked, capture_output=True, text=True, timeout=600, check=False)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(said) != len(made):
        raise Uninstalled(f"{name}: exit {done.returncode} after {len(said)} of {len(made)} cases")
    pairs = zip(made, said, strict=True)
    return [Answer(each.group, each.name, each.group == GENUINE, name, not why, why or ACCEPTED) for each, why in pairs]


def _header(load: tuple[float, float, float], missing: Sequence[str]) -> str:
    where = f"{machine()}; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/passport.py", *sys.argv[1:]])
    lines = [f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}."]
    return "\n".join([*lines, *(f"\nNot measured: {note}." for note in missing)])


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
