"""The whole way through the commands: admitted, listed, released, withdrawn, erased, and proven to whoever asks.

With the London set in real processes; each refusal with pictures of nobody, in this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.attacks.harness import Ran, garim, here
from tests.conftest import ROOT, SHARED
from tests.corpus.world import CONTROLLER, OFFICER, anybody, consent, noise

from garim.consent import Purpose, Signer, public_of, save, save_key
from garim.core.errors import Unwritable
from garim.corpus import one_face, records_file
from garim.corpus.masterkey import MasterFile
from garim.corpus.opening import opened
from garim.corpus.withdraw import withdraw_numbers
from garim.ledger import opened as log_opened

LONDON = SHARED / "data" / "faces_london"
PROCESSOR = "Trainers Ltd"
Run = Callable[..., Ran]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office: its ledger, a place for the master key, everything of the user's own apart."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "XDG_CONFIG_HOME": "config",
        "XDG_STATE_HOME": "state",
        "COLUMNS": "120",
        "GARIM_MASTER": "elsewhere/master.key",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "key").write_text(garim("ledger", "init", "records", "--origin", "institute.example/photos").out)
    return tmp_path


@pytest.fixture
def begun(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A TEST corpus of three people with two photos each, of nobody."""

    class Anybody:
        __call__ = staticmethod(anybody)

    monkeypatch.setattr(one_face, "OneFace", Anybody)
    (place / "known-keys").write_text(f"{public_of(OFFICER)} officer\n")
    (place / "known-keys").chmod(0o600)
    folder = place / "set"
    folder.mkdir()
    rows = ["file,consent,nationality,birth_year,sex,captured_on,provenance"]
    for number in (1, 2, 3):
        save(consent(f"P-0{number}"), folder / f"P-0{number}.TEST.consent.json")
        for photo in (1, 2):
            noise(folder / f"{number}{photo}.png", 10 * number + photo)
            rows.append(
                f"{number}{photo}.png,P-0{number}.TEST.consent.json,KOR,199{number},female,2026-03-0{photo},subject-upload"
            )
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    assert corpus("init", "--controller", CONTROLLER, "--test").code == 0
    assert corpus("admit", "set", "--known", "known-keys").code == 0
    return place


def corpus(command: str, *words: str | Path, run: Run = here) -> Ran:
    return run("corpus", command, "photos", *words, "--ledger", "records")


def told(ran: Ran) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(ran.out)
    return tree


def listed(*words: str) -> Ran:
    return corpus("manifest", "--purpose", "corpus.train", "--processor", PROCESSOR, "-o", "list.parquet", *words)


@pytest.mark.weights
@pytest.mark.skipif(not LONDON.is_dir(), reason="the London set is not beside the checkout")
def test_the_london_set_from_admission_to_proof(place: Path) -> None:
    example = [sys.executable, str(ROOT / "examples" / "volunteers.py"), str(LONDON), "volunteers"]
    assert "204 photos, TEST" in subprocess.run(example, capture_output=True, text=True, check=True).stdout
    named = ("--controller", "Institute of Examples", "--test")
    begun = corpus("init", *named, run=garim)
    assert begun.code == 0 and "TEST" in begun.err and "master.key is the master key" in begun.err
    assert (place / "elsewhere" / "master.key").stat().st_mode & 0o777 == 0o600

    admitted = corpus("admit", "volunteers", "--known", "volunteers/known-keys", run=garim)
    assert admitted.code == 0, admitted.err
    assert "204 photos of 102 people admitted" in admitted.err

    asked = ("--purpose", "corpus.train", "--processor", "Vision Lab", "-o", "train.parquet")
    made = corpus("manifest", *asked, run=garim)
    assert made.code == 0 and "manifest 1, 204 photos of 102 people" in made.err
    released = corpus("release", "train.parquet", "-o", "train.tar", run=garim)
    assert released.code == 0 and "release 1 of manifest 1, 204 photos" in released.err
    with tarfile.open("train.tar") as tar:
        files = {name for name in tar.getnames() if name.endswith(".jpg")}
        assert len(files) == 204
        first = tar.extractfile("0.jpg")
        assert first is not None and first.read() == (LONDON / "001_neutral.jpg").read_bytes()
    (place / "model.onnx").write_bytes(b"weights")
    assert corpus("model", "train.parquet", "--model", "model.onnx", "--name", "gate-v1", run=garim).code == 0

    mine = "volunteers/L-001.corpus.train.TEST.consent.json"
    withdrawn = corpus("withdraw", "--consent", mine, "-o", "receipt.json", run=garim)
    assert withdrawn.code == 0 and "L-001: withdrawn, for good" in withdrawn.err
    again = corpus("release", "train.parquet", "-o", "again.tar", run=garim)
    assert again.code == 1 and "202 photos" in again.err and "2 withheld" in again.err
    with tarfile.open("again.tar") as tar:
        assert not {"0.jpg", "1.jpg"} & set(tar.getnames())

    erased = corpus("erase", "--consent", mine, "-o", "erased.json", run=garim)
    assert erased.code == 1 and "to be recalled from Vision Lab: release 1" in erased.err
    assert json.loads((place / "erased.json").read_text())["photos"] == [0, 1]

    answered = corpus("was-i-used", "--consent", mine, "-o", "used.json", run=garim)
    assert answered.code == 0, answered.err
    assert "you were erased" in answered.out and "corpus.train by Vision Lab; 2 photos of yours" in answered.out
    assert "model gate-v1" in answered.out
    for proof in ("used.json", "receipt.json", "erased.receipt.json"):
        proven = garim("ledger", "verify", proof, "--key", "key")
        assert proven.code == 0, proven.err
    proven = garim("ledger", "verify", "used.json", "--key", "key")
    assert "2 of its 204 photos: 0, 1" in proven.out and "that there was no other use" in proven.out

    log = (place / "records").rglob("*")
    telling = (b"L-001", b"Vision Lab", b"gate-v1", b"Institute")
    assert not any(word in path.read_bytes() for path in log if path.is_file() for word in telling)
    checked = corpus("check", run=garim)
    assert checked.code == 0 and "202 of 202 photos" in checked.err


def test_an_answer_that_was_changed_proves_nothing(begun: Path) -> None:
    assert listed().code == 0
    assert corpus("release", "list.parquet", "-o", "out.tar").code == 0
    (begun / "model").write_bytes(b"1")
    assert corpus("model", "list.parquet", "--model", "model", "--name", "one").code == 0
    asked = corpus("was-i-used", "--consent", "set/P-01.TEST.consent.json", "-o", "used.json")
    assert asked.code == 0 and "your consent stands" in asked.out
    whole = json.loads((begun / "used.json").read_text())
    assert [len(whole[name]) for name in ("photos", "manifests", "releases", "models", "ended")] == [2, 1, 1, 1, 0]
    assert here("ledger", "verify", "used.json", "--key", "key").code == 0

    def changed(change: Callable[[dict[str, Any]], object]) -> Ran:
        tree = json.loads(json.dumps(whole))
        change(tree)
        (begun / "changed.json").write_text(json.dumps(tree))
        return here("ledger", "verify", "changed.json", "--key", "key")

    for change in (
        lambda tree: tree["manifests"][0].update(processor="Nobody Ltd"),
        lambda tree: tree["manifests"][0].update(purpose="corpus.test"),
        lambda tree: tree["manifests"][0].update(predicate=""),
        lambda tree: tree["manifests"][0].update(photos=7),
        lambda tree: tree["manifests"][0]["rows"][0].update(photo=5),
        lambda tree: tree["manifests"][0]["rows"][0].update(index=3),
        lambda tree: tree["manifests"][0]["rows"].clear(),
        lambda tree: tree["manifests"][0].update(root="00" * 32),
        lambda tree: tree["manifests"].clear(),
        lambda tree: tree["releases"][0].update(root="00" * 32),
        lambda tree: tree["releases"][0].update(receipt=tree["models"][0]["receipt"]),
        lambda tree: tree["models"][0].update(sha256="00" * 32),
        lambda tree: tree["models"][0].update(receipt=tree["manifests"][0]["receipt"]),
        lambda tree: tree["models"][0].update(name="another"),
        lambda tree: tree["models"][0].update(at="2020-01-01T00:00:00Z"),
        lambda tree: tree["manifests"][0].update(at="2020-01-01T00:00:00Z"),
        lambda tree: tree["manifests"][0].update(manifest=7),
        lambda tree: tree["manifests"].append(tree["manifests"][0]),
        lambda tree: tree["manifests"][0]["rows"].append(tree["manifests"][0]["rows"][0]),
        lambda tree: tree["releases"][0].update(at="2020-01-01T00:00:00Z"),
        lambda tree: tree.update(standing="dead"),
        lambda tree: tree.update(more=1),
    ):
        ran = changed(change)
        assert ran.code == 1, (ran, change)


def test_a_proof_says_what_the_ledger_bears_out_and_nothing_beside_it(begun: Path) -> None:
    assert listed().code == 0
    assert corpus("release", "list.parquet", "-o", "out.tar").code == 0
    (begun / "model").write_bytes(b"1")
    assert corpus("model", "list.parquet", "--model", "model", "--name", "one").code == 0
    for number in (1, 2):
        mine = f"set/P-0{number}.TEST.consent.json"
        assert corpus("erase", "--consent", mine, "-o", f"erased{number}.json").code == 1
        assert corpus("was-i-used", "--consent", mine, "-o", f"used{number}.json").code == 0
    one, other = (json.loads((begun / f"used{number}.json").read_text()) for number in (1, 2))

    def proved(tree: dict[str, Any]) -> Ran:
        (begun / "told.json").write_text(json.dumps(tree))
        return here("ledger", "verify", "told.json", "--key", "key")

    whole = proved(one)
    steps, _, unproved = whole.out.partition("Not proved")
    assert whole.code == 0 and "Entry 4, " in steps and "Entry 5, " in steps and "same person as entry 4" in steps
    words = {"standing": "agrees", "subject": "P-99", "controller": "Nobody"}
    numbers = json.loads(json.dumps(one | words).replace('"manifest": 1', '"manifest": 8'))
    numbers["releases"][0]["release"] = 9
    again = proved(numbers)
    assert again.code == 0 and again.out.partition("Not proved")[0] == steps, "nobody's own words are proofs"
    assert "P-99" in again.out.partition("Not proved")[2] and "P-01" in unproved
    for change in (
        {"ended": [one["ended"][0], other["ended"][1]]},
        {"ended": [{**one["ended"][0], "at": "2020-01-01T00:00:00Z"}]},
        {"ended": [{**one["ended"][0], "what": "corpus.erased"}]},
    ):
        assert proved(one | change).code == 1, change


def test_who_proves_nothing_is_told_nothing(begun: Path) -> None:
    assert listed().code == 0
    save(consent("P-01"), begun / "other.TEST.consent.json")
    save(consent("P-09"), begun / "stranger.TEST.consent.json")
    for words in (["--consent", "other.TEST.consent.json"], ["--consent", "stranger.TEST.consent.json"]):
        ran = corpus("was-i-used", *words, "-o", "used.json")
        assert ran.code == 1 and ran.out == "" and "Nothing was told" in ran.err
    for words in ([], ["--subject", "P-01"], ["--receipt", "set/P-01.TEST.consent.json", "--subject", "P-01"]):
        assert corpus("was-i-used", *words).code == 2
    assert not (begun / "used.json").exists()
    assert corpus("withdraw", "--consent", "other.TEST.consent.json").code == 1
    assert corpus("was-i-used", "--consent", "set/P-01.TEST.consent.json").code == 0


def test_a_receipt_of_a_withdrawal_opens_its_person_s_questions_and_no_other_s(begun: Path) -> None:
    assert corpus("withdraw", "--consent", "set/P-01.TEST.consent.json", "-o", "receipt.json").code == 0
    assert (begun / "receipt.json").stat().st_mode & 0o777 == 0o600
    asked = corpus("was-i-used", "--receipt", "receipt.json", "--subject", "P-01")
    assert asked.code == 0 and "you withdrew" in asked.out and "on no manifest" in asked.out
    assert corpus("was-i-used", "--receipt", "receipt.json", "--subject", "P-02").code == 1


def test_withdrawn_is_on_no_list_and_again_is_the_same(begun: Path) -> None:
    first = told(corpus("withdraw", "--subject", "P-02", "--json"))
    second = told(corpus("withdraw", "--subject", "P-02", "--json"))
    assert first["new"] and not second["new"] and first["entry"] == second["entry"] and first["by"] == "officer"
    assert told(listed("--json"))["photos"] == 4
    assert corpus("withdraw", "--subject", "P-77").code == 2
    assert corpus("withdraw", "--subject", "P-02", "--consent", "set/P-02.TEST.consent.json").code == 2


def test_only_this_use_and_these_photos(begun: Path) -> None:
    other = ("--purpose", "corpus.test", "--processor", PROCESSOR, "-o", "none.parquet")
    assert corpus("manifest", *other).code == 2 and not (begun / "none.parquet").exists()
    nobody = ("--purpose", "corpus.train", "--processor", "Nobody Ltd", "-o", "none.parquet")
    assert "nobody agrees" in corpus("manifest", *nobody).err and not (begun / "none.parquet").exists()
    assert told(listed("--where", "birth_year=1992-1993", "--json"))["photos"] == 4
    assert listed().code == 2, "nothing is replaced unasked"
    assert corpus("manifest", "--purpose", "gate.verify", "--processor", "x", "-o", "none.parquet").code == 2
    assert corpus("release", "set/photos.csv", "-o", "out.tar").code in (2, 3) and not (begun / "out.tar").exists()


def test_another_corpus_s_manifest_is_not_released(begun: Path) -> None:
    assert listed().code == 0
    (begun / "photos").rename(begun / "one")
    assert corpus("init", "--controller", CONTROLLER, "--test").code == 0
    assert corpus("admit", "set", "--known", "known-keys").code == 0
    ran = corpus("release", "list.parquet", "-o", "out.tar")
    assert ran.code == 2 and "not one that this corpus made" in ran.err and not (begun / "out.tar").exists()


def test_what_is_refused_at_the_door(begun: Path) -> None:
    one = ("--consent", "set/P-01.TEST.consent.json", "--captured", "2026-03-01", "--known", "known-keys")
    scraped = corpus("admit", "set/11.png", *one, "--provenance", "web-scraping")
    assert scraped.code == 2 and "photos that can be seen are not photos that may be taken" in scraped.err
    twice = corpus("admit", "set/11.png", *one, "--provenance", "subject-upload")
    assert twice.code == 1 and "not admitted (duplicate)" in twice.err
    unsigned = corpus(
        "admit", noise(begun / "new.png", 99), "--captured", "2026-03-01", "--provenance", "subject-upload"
    )
    assert unsigned.code == 2 and "--consent" in unsigned.err
    save(consent("P-04", purpose=Purpose.CORPUS_TEST, controller="Somebody Else"), begun / "else.TEST.consent.json")
    other = corpus(
        "admit", "new.png", "--consent", "else.TEST.consent.json", *one[2:], "--provenance", "subject-upload"
    )
    assert other.code == 1 and "not admitted (consent)" in other.err
    assert corpus("admit", "records").code == 2, "a folder without a list"
    nowhere = corpus("admit", "nosuchfolder")
    assert nowhere.code == 2 and "nosuchfolder: is not there" in nowhere.err
    again = told(corpus("admit", "set", "--known", "known-keys", "--json"))
    assert again["admitted"] == 0 and {row["why"] for row in again["refused"]} == {"duplicate"}


def test_a_master_key_is_named_once_and_lies_elsewhere(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = here("corpus", "init", "new", "--controller", CONTROLLER, "--master", "new/key", "--ledger", "records")
    assert inside.code == 2 and "would lie in the corpus" in inside.err and not (begun / "new").exists()
    monkeypatch.delenv("GARIM_MASTER")
    assert corpus("check").code == 2
    octets = bytes.fromhex((begun / "elsewhere" / "master.key").read_text().split()[1])
    (begun / "raw").write_bytes(octets)
    by_command = corpus("check", "--master-command", "cat raw")
    assert by_command.code == 0, by_command.err
    monkeypatch.setenv("GARIM_MASTER", "elsewhere/another.key")
    assert corpus("check").code == 3
    assert corpus("check", "--master-command", "cat raw").code == 0, "what is typed is meant"
    assert corpus("check", "--master-command", "cat raw", "--master", "elsewhere/master.key").code == 2
    monkeypatch.delenv("GARIM_MASTER")
    (begun / "raw").write_bytes(octets[::-1])
    assert corpus("check", "--master-command", "cat raw").code == 2
    assert corpus("check", "--master-command", "cat 'raw").code == 2


def test_an_audit_names_gaps_and_a_manifest_gets_its_data_sheet(begun: Path) -> None:
    ran = corpus("audit", "--out", "audit")
    assert ran.code == 1 and "fewer than 300 people" in ran.err
    facts = json.loads((begun / "audit" / "audit.json").read_text())
    assert (facts["subjects"], facts["photos"]) == (0, 5), "of three people nothing is told"
    assert "fewer than 5 people" in (begun / "audit" / "index.html").read_text()
    assert corpus("audit", "--out", "audit").code == 2
    assert corpus("audit", "--out", "audit", "--force").code == 1
    assert listed().code == 0
    assert corpus("audit", "--out", "sheet", "--manifest", "list.parquet").code == 1
    sheet = json.loads((begun / "sheet" / "croissant.json").read_text())
    assert sheet["conformsTo"][0] == "http://mlcommons.org/croissant/1.0" and "TEST" in sheet["keywords"]
    assert PROCESSOR in sheet["license"]
    narrow = ("--purpose", "corpus.train", "--processor", PROCESSOR, "--where", "sex=male")
    assert corpus("audit", "--out", "men", *narrow).code == 1
    assert json.loads((begun / "men" / "audit.json").read_text())["gaps"] == ["Nobody is in it."]
    assert corpus("audit", "--out", "odd", "--purpose", "corpus.train").code == 2
    assert corpus("audit", "--out", "odd", "--rates", "set/photos.csv").code == 2 and not (begun / "odd").exists()


def test_an_assessment_follows_the_corpus(begun: Path) -> None:
    first = corpus("dpia", "-o", "dpia.html")
    assert first.code == 1 and "8 questions are open" in first.err and "independent witnesses" in first.err
    before = json.loads((begun / "dpia.json").read_text())
    assert before["held"]["subjects"] == 0 and before["held"]["photos"] == 5 and before["held"]["test_photos"] == 5
    assert before["uses"]["corpus.train, Trainers Ltd"]["photos"] == 0, "three people are too few to be told of"
    assert corpus("dpia", "-o", "dpia.html").code == 2, "the last assessment is not replaced unasked"
    corpus("withdraw", "--subject", "P-01")
    (begun / "answers.toml").write_text('necessity = "Because."\n')
    after = told(
        corpus("dpia", "-o", "dpia.md", "--since", "dpia.json", "--force", "--answers", "answers.toml", "--json")
    )
    changed = {row["fact"]: (row["was"], row["now"]) for row in after["changed"]}
    assert changed["held / photos"] == ("5", "0") and "held / withdrawn" not in changed
    assert changed["answers / necessity"] == ("", "Because.")
    assert "| held / photos | 5 | 0 |" in (begun / "dpia.md").read_text()
    (begun / "answers.toml").write_text('colour = "blue"\n')
    assert corpus("dpia", "-o", "x.md", "--answers", "answers.toml").code == 2 and not (begun / "x.md").exists()


def test_who_came_in_with_a_file_of_records_asks_and_goes_by_their_own_consent(begun: Path) -> None:
    mine = [consent(f"B-{number}", controller=CONTROLLER) for number in range(3)]
    for record in mine:
        save(record, begun / f"{record.pseudonym}.TEST.consent.json")
    several: dict[str, list[Any]] = {
        "pseudonym": [record.pseudonym for record in mine],
        "nationality": ["KOR", "JPN", "XXX"],
        "birth_year": [1990, 1980, 0],
        "sex": ["female", "male", "unstated"],
        "captured_on": [date(2026, 1, 1)] * 3,
        "provenance": ["taken-by-us"] * 3,
        "purposes": ["corpus.train"] * 3,
        "processors": [PROCESSOR] * 3,
        "until": [date(2031, 1, 1)] * 3,
        "consent": [record.commitment for record in mine],
    }
    table = pa.table({name: pa.array(several[name], kind) for name, kind in records_file.COLUMNS.items()})
    parquet.write_table(table, begun / "rows.parquet")
    save_key(OFFICER, begun / "office.key")
    unattested = corpus("admit", "rows.parquet", "--known", "known-keys")
    assert unattested.code == 3 and "nobody's word" in unattested.err
    attested = here("corpus", "attest", "rows.parquet", "--key", "office.key", "--controller", CONTROLLER)
    assert attested.code == 0, attested.err
    assert told(corpus("admit", "rows.parquet", "--known", "known-keys", "--json")) == {
        "admitted": 3,
        "refused": 0,
        "twice": 0,
    }
    assert told(listed("--json"))["photos"] == 9
    asked = corpus("was-i-used", "--consent", "B-1.TEST.consent.json", "-o", "used.json")
    assert asked.code == 0 and "1 photo of yours" in asked.out, asked.err
    assert here("ledger", "verify", "used.json", "--key", "key").code == 0
    again = corpus("admit", "rows.parquet", "--known", "known-keys")
    assert again.code == 1 and "came into this corpus already" in again.err
    released = corpus("release", "list.parquet", "-o", "out.tar")
    assert released.code == 1 and "3 left out: of these the corpus holds a record and no picture" in released.err
    assert told(corpus("withdraw", "--consent", "B-2.TEST.consent.json", "--json"))["by"] == "subject"
    assert corpus("erase", "--consent", "B-1.TEST.consent.json", "-o", "erased.json").code == 1, "out.tar is to recall"
    assert corpus("was-i-used", "--consent", "B-1.TEST.consent.json").out.startswith("B-1"), "and still answered"


def test_who_was_withdrawn_with_others_is_told_so_and_that_there_is_no_receipt(begun: Path) -> None:
    with (
        log_opened(begun / "records") as log,
        opened(begun / "photos", MasterFile(Path("elsewhere/master.key")), log) as it,
    ):
        entry = withdraw_numbers(it, np.array([0, 1], np.uint32), by=Signer.OFFICER)
    for words, code in (((), 0), (("-o", "receipt.json"), 1)):
        ran = corpus("withdraw", "--subject", "P-01", *words)
        assert ran.code == code and f"entry {entry}" in ran.err and "no receipt of one person" in ran.err
    assert not (begun / "receipt.json").exists()
    assert told(corpus("withdraw", "--subject", "P-01", "--json"))["receipt"] is None


def test_a_changed_byte_is_found_and_named(begun: Path) -> None:
    assert corpus("check").code == 0
    (pack,) = (begun / "photos" / "vault").glob("*.pack")
    octets = bytearray(pack.read_bytes())
    octets[200] ^= 1
    pack.write_bytes(octets)
    ran = corpus("check", "--json")
    assert ran.code == 1 and len(told(ran)["found"]) == 1
    assert corpus("check", "--sample", "6").code == 1


def test_nobody_is_withdrawn_where_their_receipt_cannot_be_written(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = ("--consent", "set/P-01.TEST.consent.json", "-o")
    for command in ("withdraw", "erase"):
        for output in ("nonexistent/x.json", "."):
            ran = corpus(command, *mine, output)
            assert ran.code == 2 and "-o" in ran.err and "Traceback" not in ran.err, ran.err
    assert told(corpus("was-i-used", *mine[:2], "--json"))["standing"] == "agrees"

    def full(*_: object, **__: object) -> None:
        raise Unwritable("no room")

    with monkeypatch.context() as patched:
        patched.setattr("garim.cli.corpus_withdraw.whole", full)
        ran = corpus("withdraw", *mine, "mine.json")
        assert ran.code == 3 and "could not be written, and the person is withdrawn, entry" in ran.err
        erased = corpus("erase", *mine, "gone.json")
        assert erased.code == 3 and "the person is erased, entry" in erased.err
    assert corpus("withdraw", *mine, "mine.json").code == 0 and (begun / "mine.json").exists()
    assert corpus("erase", *mine, "gone.json").code == 0 and (begun / "gone.receipt.json").exists()
