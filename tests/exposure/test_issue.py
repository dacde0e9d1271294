"""A list leaves once the ledger has it: once for each of its people, by every ledger that is asked."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from tests.exposure.test_exposure_notice import KNOWN, MIDNIGHT, NOW, PEOPLE, ZONES, case_of
from tests.exposure.test_noticed import agreed

from garim.core.errors import Misuse, Unwritable
from garim.core.vkey import Kind
from garim.exposure import zones
from garim.exposure.issue import Draft, Issued, draft, issue
from garim.exposure.notice import opened
from garim.exposure.noticed import people
from garim.ledger import Log, default, keys, standing
from garim.ledger import opened as ledger

SIGNER = keys.new("health.city.example", Kind.ED25519)
PLACES = zones.read(json.dumps(ZONES))
AGREED = {name: agreed(name) for name in PEOPLE}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def drafted(*names: str, hours: int = 1) -> Draft:
    who = people([case_of(name) for name in names], [AGREED[name] for name in names], KNOWN, NOW)
    return draft(who, PLACES, advice="Call 1339.", at=NOW, hours=hours)


def kinds(path: Path | None) -> list[int]:
    return [len(standing(path, kind)) for kind in ("exposure.notice", "exposure.noticed")]


def test_a_list_is_on_the_ledger_that_is_named_and_its_people_on_the_own_one_too(tmp_path: Path) -> None:
    made = drafted(*PEOPLE[:3])
    assert {window.day for window in made.notice.windows} == {MIDNIGHT.date()}
    with Log.create(tmp_path / "log", "health.example/log") as log:
        issued = issue(made, SIGNER, log)
        assert issued.receipt.proof.proven(log.vkeys).size == 4
    assert opened(issued.note, SIGNER.vkey) == made.notice
    issued.receipt.refuse_false()
    assert kinds(tmp_path / "log") == [1, 3] and kinds(None) == [0, 3]


def test_a_list_that_could_not_be_logged_is_none(tmp_path: Path) -> None:
    with Log.create(tmp_path / "log", "health.example/log") as log:
        made = drafted(*PEOPLE[:3])
        (tmp_path / "log.private" / "noticed.lock").mkdir()
        with pytest.raises(Unwritable):
            issue(made, SIGNER, log)
    assert kinds(tmp_path / "log") == [0, 0] and kinds(None) == [0, 0]


def test_what_one_ledger_refuses_no_other_is_told(tmp_path: Path) -> None:
    with Log.create(tmp_path / "log", "health.example/log") as log:
        with ledger(None) as own:
            issue(drafted(*PEOPLE[:3]), SIGNER, own)
        with pytest.raises(Misuse, match="in an earlier list"):
            issue(drafted(*PEOPLE), SIGNER, log)
    assert kinds(tmp_path / "log") == [0, 0] and kinds(None) == [1, 3]


def test_only_an_ed25519_key_signs() -> None:
    with ledger(None) as log:
        for kind in (Kind.COSIGN_ED25519, Kind.COSIGN_ML_DSA_44):
            with pytest.raises(Misuse, match="garim consent key makes one"):
                issue(drafted(*PEOPLE[:3]), keys.new("health", kind), log)
        assert log.tree.size == 0


@pytest.mark.parametrize("named", ["own", "named"])
def test_of_lists_at_the_same_moment_one_is_issued(tmp_path: Path, named: str) -> None:
    """Two at once, over the same consents in other windows, once asked and not yet written: the first has its turn."""
    path = default() if named == "own" else tmp_path / "log"
    Log.create(path, "health.example/log").close()
    ledger(None).close()
    drafts = [drafted(*PEOPLE[:3], hours=hours) for hours in (1, 2, 3, 4)]
    start, issued, refused = threading.Barrier(len(drafts)), list[Issued](), list[Misuse]()

    def run(made: Draft) -> None:
        with Log(path) as log:
            start.wait()
            try:
                issued.append(issue(made, SIGNER, log))
            except Misuse as error:
                refused.append(error)

    threads = [threading.Thread(target=run, args=(made,)) for made in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(issued), len(refused)) == (1, 3)
    assert kinds(path) == [1, 3] and kinds(None)[1] == 3
