"""`garim gate` as a stranger meets it: a dump, a public list, and what each line says. Real processes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from PIL import Image
from tests.conftest import ROOT
from tests.gate.passport.certificates import csca, revocation_list
from tests.gate.passport.dg2s import portrait
from tests.gate.passport.pki import Passport, made_master_list, made_passport
from tests.gate.passport.suites import USUAL
from tests.processes import garim

Run = Callable[..., subprocess.CompletedProcess[str]]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "garim-inspection-1.schema.json").read_text())
TODAY = datetime.now(UTC).date()
HOLDER = ("GARIM", "SPECIMEN", "M12345678", "740812")


@pytest.fixture(scope="module")
def made() -> Passport:
    return made_passport(portrait(), today=TODAY)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    env = os.environ | {"XDG_DATA_HOME": str(tmp_path / "data"), "COLUMNS": "100"}

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return garim("gate", *words, cwd=tmp_path, env=env)

    return run


@pytest.fixture
def dump(made: Passport, tmp_path: Path) -> Path:
    folder = made.written(tmp_path / "passport")
    (folder / "csca.cer").rename(tmp_path / "csca.cer")
    return folder


@pytest.fixture
def trusting(made: Passport, run: Run, dump: Path, tmp_path: Path) -> Run:
    """As `run`, where a master list with the document's country was added."""
    listed, root = made_master_list([made.csca], signed_at=datetime.now(UTC) - timedelta(days=1))
    (tmp_path / "list.ml").write_bytes(listed)
    (tmp_path / "root.cer").write_bytes(root.certificate)
    ran = run("trust", "add", "list.ml", "--root", "root.cer")
    assert ran.returncode == 0, ran.stderr
    assert "2 certificates read; 2 chain, and are trusted" in ran.stdout
    return run


def test_a_dump_and_a_list_prove_a_passport(trusting: Run, dump: Path, tmp_path: Path) -> None:
    ran = trusting("inspect", "passport", "--page", "passport.html")
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.startswith("PROVEN  passport (TD3), issued by KOR\n")
    assert "whether the chip is a copy" in ran.stdout
    assert "no_revocation_list" in ran.stdout
    page = (tmp_path / "passport.html").read_text()
    assert "PROVEN" in page
    assert not [word for word in HOLDER if word in ran.stdout + ran.stderr + page]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("passport", "passport.html", "csca.cer", "data", "list.ml", "root.cer")
    }


def test_a_zip_of_it_is_the_same(trusting: Run, dump: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "passport.zip", "w") as archive:
        for path in sorted(dump.iterdir()):
            archive.write(path, f"dump/{path.name}")
    assert trusting("inspect", "passport.zip").returncode == 0


def test_json_names_nobody_unless_asked(trusting: Run, dump: Path) -> None:
    ran = trusting("inspect", dump, "--json")
    facts = json.loads(ran.stdout)
    jsonschema.validate(facts, SCHEMA)
    assert (ran.returncode, facts["verdict"], facts["holder"]) == (0, "proven", None)
    assert not [word for word in HOLDER if word in ran.stdout]
    asked = json.loads(trusting("inspect", dump, "--json", "--holder").stdout)
    jsonschema.validate(asked, SCHEMA)
    holder = asked["holder"]
    assert (holder["surname"], holder["given"], holder["number"], holder["birth"]) == HOLDER


def test_what_shows_the_holder_is_for_its_owner_alone(trusting: Run, dump: Path, tmp_path: Path) -> None:
    ran = trusting("inspect", dump, "--holder", "--page", "page.html", "--portrait", "face.png")
    assert ran.returncode == 0
    assert "SPECIMEN" in ran.stdout
    for name in ("page.html", "face.png"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    page = (tmp_path / "page.html").read_text()
    assert "SPECIMEN" in page and "data:image/png;base64," in page
    with Image.open(tmp_path / "face.png") as face:
        assert face.format == "PNG" and face.mode == "RGB" and not face.info


def test_nothing_is_overwritten_unasked(trusting: Run, dump: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("mine")
    ran = trusting("inspect", dump, "--page", "page.html")
    assert ran.returncode == 2 and "--force" in ran.stderr and ran.stdout == ""
    assert (tmp_path / "page.html").read_text() == "mine"
    assert trusting("inspect", dump, "--page", "page.html", "--force").returncode == 0
    assert trusting("inspect", dump, "--page", "one", "--portrait", "./one").returncode == 2
    assert trusting("inspect", dump, "--page", dump / "EF_DG1.bin", "--force").returncode == 2
    assert (dump / "EF_DG1.bin").stat().st_size < 100


def test_one_bit_is_enough_and_is_named(trusting: Run, dump: Path, tmp_path: Path) -> None:
    path = dump / "EF_DG2.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    ran = trusting("inspect", dump, "--portrait", "face.png", "--page", "page.html")
    assert ran.returncode == 1
    assert ran.stdout.startswith("REFUSED")
    assert "DG2, portrait: it is not what was signed" in ran.stdout
    assert "not written" in ran.stderr and not (tmp_path / "face.png").exists()
    assert "it is not what was signed" in (tmp_path / "page.html").read_text()


def test_without_a_list_nobody_is_believed(run: Run, dump: Path) -> None:
    facts = json.loads(run("inspect", dump, "--json").stdout)
    assert facts["verdict"] == "unproven"
    assert [row["reason"] for row in facts["checks"] if row["code"] == "chain"] == ["no_trust_list"]
    assert run("inspect", dump, "--trust", "nowhere").returncode == 2
    assert run("inspect", dump, "--crl", "csca.cer").returncode == 2


def test_another_day_and_the_printed_page(trusting: Run, dump: Path, tmp_path: Path) -> None:
    late = json.loads(trusting("inspect", dump, "--json", "--at", f"{TODAY.year + 7}-01-01").stdout)
    assert {row["reason"] for row in late["checks"] if row["outcome"] == "failed"} == {"document_expired"}
    text = (dump / "EF_DG1.bin").read_bytes()[-88:].decode()
    (tmp_path / "mrz.txt").write_text(f"{text[:44]}\n{text[44:]}\n")
    assert trusting("inspect", dump, "--printed-mrz", "mrz.txt").returncode == 0
    (tmp_path / "mrz.txt").write_text(f"{text[:44]}\n{text[44:].replace('M123', 'M124')}\n")
    ran = trusting("inspect", dump, "--printed-mrz", "mrz.txt", "--json")
    assert ran.returncode == 1 and "printed_differs" in ran.stdout


def test_a_revoked_signer(trusting: Run, made: Passport, dump: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, serial in (("ours", made.signer.ask.serial), ("other", made.signer.ask.serial + 1)):
        written = revocation_list(made.root, [serial], issued=now - timedelta(days=1), next_update=now + timedelta(9))
        (tmp_path / f"{name}.crl").write_bytes(written)
    ran = trusting("inspect", dump, "--crl", "ours.crl", "--json")
    assert ran.returncode == 1 and '"revoked"' in ran.stdout
    clean = json.loads(trusting("inspect", dump, "--crl", "other.crl", "--json").stdout)
    assert [row["outcome"] for row in clean["checks"] if row["code"] == "revocation"] == ["passed"]
    assert trusting("trust", "add", "ours.crl").returncode == 0
    assert trusting("inspect", dump).returncode == 1, "what is held counts without being named"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere",), 3, "nothing was inspected"),
        (("csca.cer",), 2, "neither a folder nor a zip"),
        (("passport", "--at", "today"), 2, "--at today"),
        (("passport", "--at", "2026-01-01T10:00"), 2, "in which zone"),
        (("passport", "--printed-mrz", "nowhere"), 3, "cannot be read"),
    ],
)
def test_misuse_and_what_cannot_be_read(run: Run, dump: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ran = run("inspect", *words)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert said in ran.stderr and len(ran.stderr.splitlines()) == 1


def test_a_folder_that_holds_one_file_twice_is_an_answer(run: Run, dump: Path) -> None:
    (dump / "DG1.bin").write_bytes((dump / "EF_DG1.bin").read_bytes())
    ran = run("inspect", dump, "--json")
    facts = json.loads(ran.stdout)
    jsonschema.validate(facts, SCHEMA)
    assert (ran.returncode, facts["checks"][0]["reason"]) == (1, "duplicate_file")


def test_a_strangers_file_names_do_not_steer_the_terminal(trusting: Run, dump: Path) -> None:
    (dump / "evil\u202e\x1b[2J.txt").write_text("no file of a chip")
    ran = trusting("inspect", dump)
    assert ran.returncode == 0 and "evil" not in ran.stdout + ran.stderr  # it may be the holder's name
    ran = trusting("inspect", dump, "--holder")
    assert ran.returncode == 0 and "\x1b" not in ran.stdout and "\u202e" not in ran.stdout
    assert r"evil\u202e\x1b[2J.txt" in ran.stdout


def test_trust_under_another_root_is_not_begun(run: Run, made: Passport, tmp_path: Path) -> None:
    listed, _ = made_master_list([made.csca], signed_at=datetime.now(UTC) - timedelta(days=1))
    (tmp_path / "list.ml").write_bytes(listed)
    (tmp_path / "other.cer").write_bytes(csca("DE", USUAL, label="nobody").certificate)
    assert run("trust", "add", "list.ml").returncode == 2
    ran = run("trust", "add", "list.ml", "--root", "other.cer")
    assert ran.returncode == 1 and ran.stderr.startswith("garim: ")
    assert "no country is trusted" in run("trust", "list").stdout


def test_one_certificate_by_its_fingerprint(run: Run, made: Passport, dump: Path) -> None:
    asked = run("trust", "add", "csca.cer")
    assert asked.returncode == 2 and made.root.sha256 in asked.stderr
    assert run("trust", "add", "csca.cer", "--sha256", "0" * 64).returncode == 1
    added = run("trust", "add", "csca.cer", "--sha256", made.root.sha256, "--json")
    (held,) = json.loads(added.stdout)["held"]
    assert (added.returncode, held["country"], held["trusted"]) == (0, "KR", 1)
    assert run("inspect", dump).returncode == 0
    assert run("trust", "remove", held["id"][:8]).returncode == 0
    assert run("inspect", dump).returncode == 1
    assert json.loads(run("trust", "list", "--json").stdout) == {"held": [], "countries": []}


def test_the_example_runs(trusting: Run, dump: Path, tmp_path: Path) -> None:
    words = [sys.executable, ROOT / "examples" / "inspect_passport.py", dump, "list.ml", "root.cer"]
    ran = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("PROVEN: content ")
    assert not [word for word in HOLDER if word in ran.stdout]


def test_a_time_that_the_calendar_lacks_in_utc_is_misuse(trusting: Run, dump: Path) -> None:
    ran = trusting("inspect", dump, "--at", "9999-12-31T23:59-14:00", "--json")
    assert ran.returncode == 2 and "nothing was begun" in ran.stderr


def test_the_store_of_trust_is_never_written_over(trusting: Run, dump: Path, tmp_path: Path) -> None:
    shared = tmp_path / "trusted"
    assert trusting("trust", "list", "--trust", shared).returncode != 0
    shared.mkdir()
    (shared / "trust.sqlite").write_bytes(b"a store")
    ran = trusting("inspect", dump, "--trust", shared, "--page", shared / "trust.sqlite", "--force")
    assert ran.returncode == 2 and (shared / "trust.sqlite").read_bytes() == b"a store"


def test_a_pipe_is_no_printed_page(trusting: Run, dump: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert trusting("inspect", dump, "--printed-mrz", tmp_path / "pipe").returncode == 2


def test_a_page_for_another_day_says_so(trusting: Run, dump: Path, tmp_path: Path) -> None:
    for name, options in (("then.html", ("--at", "2020-01-01")), ("now.html", ())):
        trusting("inspect", dump, "--page", tmp_path / name, *options)
    then, now = ((tmp_path / name).read_text("utf-8") for name in ("then.html", "now.html"))
    assert "The time was set by hand" in then and "The time was set by hand" not in now
