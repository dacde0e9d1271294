"""`garim redact` as a shell meets it: what stands on stdout, what on stderr, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from tests import processes
from tests.films import crowd, decodes, film, pictures, shot, shown, stands, tone
from tests.processes import GARIM

KEYS = {
    *("source", "output", "input_sha256", "output_sha256", "frames", "seconds", "tracks", "masked", "rounds"),
    *(
        "style",
        "check",
        "unchecked",
        "residual",
        "sound",
        "left_out",
        "encoding",
        "kept",
        "exempt",
        "regions",
        "warning",
        "reports",
        "receipt",
    ),
}


def garim(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A real process; whatever the outcome."""
    return processes.garim(*words, env=os.environ | {"COLUMNS": "200"})


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with one face and with sound."""
    rows, _ = crowd(shot(12, stands(160, 120, 70)))
    words = ("-map", "0", "-map", "1", "-c:a", "aac")
    return film(tmp_path_factory.mktemp("people") / "clip.mp4", rows, *words, inputs=tone(440, 0.5))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with nobody in it."""
    return film(tmp_path_factory.mktemp("street") / "clip.mp4", pictures(30))


@pytest.mark.weights
def test_a_film_goes_in_and_comes_out(people: Path) -> None:
    ran = processes.script("redact", people)
    output = people.with_name("clip.redacted.mp4")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert str(output) in ran.stderr
    assert "no face seen" in ran.stderr
    assert "voices" in ran.stderr
    assert "\r" not in ran.stderr
    assert "\x1b" not in ran.stderr
    decodes(output)
    assert len(shown(output)) == 12
    again = garim("redact", people)
    assert (again.returncode, again.stdout) == (2, "")
    assert "--force" in again.stderr


@pytest.mark.weights
def test_json_is_all_that_stdout_holds(people: Path, tmp_path: Path) -> None:
    ran = garim("redact", people, "-o", tmp_path / "b.mp4", "--json", "--check", "keys", "--quality", "30")
    assert ran.returncode == 0
    told = json.loads(ran.stdout)
    assert told.keys() >= KEYS
    assert (told["source"], told["output"]) == (str(people), str(tmp_path / "b.mp4"))
    assert (told["frames"], told["residual"], told["unchecked"], told["check"]) == (12, 0, False, "keys")
    assert told["tracks"] >= 1
    assert re.fullmatch("[0-9a-f]{64}", told["output_sha256"])
    assert len(told["sound"]) == 1


@pytest.mark.weights
def test_unchecked_stands_everywhere(street: Path) -> None:
    output = street.with_name("clip.redacted.UNCHECKED.mp4")
    told = garim("redact", street, "--check", "off")
    assert "UNCHECKED: nobody" in told.stderr
    assert b"UNCHECKED" in output.read_bytes()
    told = garim("redact", street, "--check", "off", "--force", "--json")
    assert json.loads(told.stdout)["unchecked"] is True
    assert json.loads(told.stdout)["output"] == str(output)


def test_an_error_is_json_too_where_that_was_asked_for(tmp_path: Path) -> None:
    ran = garim("redact", tmp_path / "nothing.mp4", "--json")
    assert ran.returncode == 2
    told = json.loads(ran.stdout)
    assert told["exit_code"] == 2
    assert "no such file" in told["error"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--quality", "52"), "between 0 (best) and 51"),
        (("--quality", "-1"), "between 0 (best) and 51"),
        (("--quality", "nan"), "between 0 (best) and 51"),
        (("--quality", "good"), "--quality"),
        (("--encoder-preset", "placebo"), "ultrafast"),
        (("--style", "smear"), "fill"),
        (("--check", "some"), "all, keys, off"),
        (("--identify",), "--identify"),
    ],
)
def test_misuse_is_told_before_anything_is_begun(words: tuple[str, ...], says: str, street: Path) -> None:
    before = sorted(street.parent.iterdir())
    ran = garim("redact", street, *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert says in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert sorted(street.parent.iterdir()) == before


def test_the_version() -> None:
    ran = garim("--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, version("garim") + "\n", "")


@pytest.mark.parametrize("words", [("-h",), ("--help",), ("redact", "-h"), ("redact", "--help")])
def test_help(words: tuple[str, ...]) -> None:
    ran = garim(*words)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Usage: garim" in ran.stdout


def test_a_bare_garim_shows_what_there_is() -> None:
    ran = garim()
    assert (ran.returncode, ran.stderr) == (2, "")
    assert "redact" in ran.stdout


@pytest.mark.parametrize("words", [("vanish",), ("redact",), ("--nothing",)])
def test_what_does_not_exist(words: tuple[str, ...]) -> None:
    ran = garim(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("garim: ")
    assert ran.stderr.count("\n") == 1
    assert "--help" in ran.stderr


def on_a_terminal(*words: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal as stderr was sent."""
    outer, inner = pty.openpty()
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm"}
    command = [str(GARIM), *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=inner, text=True, env=environment) as process:
        os.close(inner)
        sent = b""
        while part := _read(outer):
            sent += part
        os.close(outer)
        assert process.stdout is not None
        out = process.stdout.read()
    return process.returncode, out, sent.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # what Linux says where nobody holds the other end
        return b""


@pytest.mark.weights
def test_a_terminal_shows_a_bar_and_stdout_stays_clean(street: Path, tmp_path: Path) -> None:
    code, out, sent = on_a_terminal("redact", street, "-o", tmp_path / "b.mp4", "--json")
    assert code == 0
    assert json.loads(out)["frames"] == 30
    assert "\x1b[" in sent
    for step in ("look", "write", "check"):
        assert step in sent
    assert "frames/s" in sent
    assert "100%" in sent


@pytest.mark.weights
def test_an_error_on_a_terminal_stands_on_a_line_of_its_own(street: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(street.read_bytes()[:3000])
    code, out, sent = on_a_terminal("redact", cut)
    assert (code, out) == (3, "")
    last = sent.replace("\r", "\n").rstrip().splitlines()[-1]
    assert "garim: " in last
    assert "cut.mp4" in last


@pytest.mark.weights
def test_nobody_reads_stdout(street: Path, tmp_path: Path) -> None:
    """A closed pipe is no fault to be told of, and not the exit code of accepted residuals."""
    command = [str(GARIM), "redact", str(street), "-o", str(tmp_path / "b.mp4"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert "Traceback" not in said
    assert process.returncode in (0, 3)


@pytest.mark.weights
def test_a_redaction_is_on_the_ledger_that_was_named(people: Path, tmp_path: Path) -> None:
    key = garim("ledger", "init", tmp_path / "log", "--origin", "log.example/one").stdout.strip()
    output = tmp_path / "out.mp4"
    ran = garim("redact", people, "-o", output, "--ledger", tmp_path / "log", "--report", "--json")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    report = Path(result["reports"][1])
    receipt = json.loads(report.read_text())["receipt"]
    assert receipt == result["receipt"]
    assert receipt["opened"] == {"input": result["input_sha256"], "output": result["output_sha256"]}
    page = Path(result["reports"][0]).read_text()
    assert "log.example/one" in page
    assert f"garim ledger verify {report.name}" in page

    proved = garim("ledger", "verify", report, "--key", key)
    assert proved.returncode == 0, proved.stderr
    assert f"SHA-256 {result['output_sha256']}" in proved.stdout
    entry = json.loads(garim("ledger", "show", tmp_path / "log", "--json").stdout)["entries"][0]
    assert (entry["kind"], entry["facts"]["frames"], entry["facts"]["style"]) == ("redact.published", 12, "fill")
    public = b"".join(path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file())
    for secret in (result["input_sha256"], result["output_sha256"], people.name, receipt["key"]):
        assert secret.encode() not in public

    report.write_text(report.read_text().replace(result["output_sha256"], "0" * 64))
    forged = garim("ledger", "verify", report, "--key", key)
    assert forged.returncode == 1
    assert "the entry's output is not the one that the receipt names" in forged.stderr
    report.write_text(report.read_text().replace('"receipt": {', '"receipt": null, "was": {'))
    assert "there is no receipt of a ledger in it" in garim("ledger", "verify", report, "--key", key).stderr


@pytest.mark.weights
def test_a_folder_is_on_the_ledger_file_by_file(people: Path, street: Path, tmp_path: Path) -> None:
    garim("ledger", "init", tmp_path / "log", "--origin", "log.example/one")
    folder = tmp_path / "films"
    folder.mkdir()
    for number, film_ in enumerate((people, street)):
        (folder / f"{number}.mp4").write_bytes(film_.read_bytes())
    ran = garim("redact", folder, "--ledger", tmp_path / "log", "--report")
    assert ran.returncode == 0, ran.stderr
    shown_ = json.loads(garim("ledger", "show", tmp_path / "log", "--json").stdout)
    assert shown_["size"] == 2
    again = garim("redact", folder, "--ledger", tmp_path / "log")
    assert again.returncode == 0
    assert json.loads(garim("ledger", "show", tmp_path / "log", "--json").stdout)["size"] == 2, (
        "skipped, not done again"
    )


def test_no_ledger_there_nothing_is_begun(people: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    ran = garim("redact", people, "-o", output, "--ledger", tmp_path / "nothing")
    assert ran.returncode == 2
    assert "garim ledger init" in ran.stderr
    assert not output.exists()
