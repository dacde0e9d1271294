"""`garim exposure expire`: what it says, and how it leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from tests.exposure.rows import SETTINGS, WHOLE, some
from typer.testing import CliRunner

from garim.cli.exposure_expire import expire
from garim.core.errors import Misuse
from garim.exposure.budget import Budget
from garim.exposure.store import Found, Store

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
YOUNG, DAY_OLD, OLD = (NOW - timedelta(hours=hours) for hours in (2, 30, 15 * 24))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    for hour in (YOUNG, DAY_OLD, OLD):
        store.put("gate-3", hour, SETTINGS, some(people=0.2), WHOLE)
    return store


def run(store: Path, *more: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(expire)
    done = CliRunner().invoke(app, ["--store", str(store), *more], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value, done.stdout


def test_what_was_done_is_said(store: Store) -> None:
    code, said = run(store.path)
    assert code == 0
    assert said.splitlines() == [
        f"{DAY_OLD:%Y-%m-%d %H}h  coarse now: 1 file",
        f"{OLD:%Y-%m-%d}  destroyed with its keys: 1 file",
    ]
    assert run(store.path) == (0, "nothing was due\n")
    found = store.get("gate-3", DAY_OLD)
    assert isinstance(found, Found)
    assert found.coarse


def test_as_json(store: Store) -> None:
    code, said = run(store.path, "--json", "--keep-days", "13")
    assert code == 0
    assert json.loads(said) == {
        "coarsened": [{"hour": f"{DAY_OLD:%Y-%m-%dT%H}Z", "files": 1}],
        "destroyed": [{"day": f"{OLD:%Y-%m-%d}", "files": 1}],
        "forgotten": 0,
        "damaged": [],
        "undone": [],
        "ahead": [],
    }


def test_what_is_forgotten_is_said(store: Store) -> None:
    with Budget(store.path) as budget:
        budget.spend_map("gate-3", OLD)
        budget.spend_map("gate-3", YOUNG)
    code, said = run(store.path)
    assert code == 0
    assert said.splitlines()[-1] == "forgotten of what cases asked of days that are destroyed: 1"


def test_damage_is_in_the_words_and_the_exit_code(store: Store) -> None:
    file = store.file("gate-3", DAY_OLD)
    file.write_bytes(b"")
    store.put("gate-4", NOW + timedelta(days=400), SETTINGS, some(people=0.2), WHOLE)
    code, said = run(store.path)
    assert code == 1
    assert f"damaged: {file}: no file of this store, or cut short" in said
    assert "has not come yet" in said


def test_what_is_overdue_and_still_there_leaves_with_3(store: Store) -> None:
    key = store.keys.folder / f"{DAY_OLD:%Y-%m-%dT%H}.key"
    key.unlink()
    key.mkdir()
    code, said = run(store.path)
    assert code == 3
    assert f"{OLD:%Y-%m-%d}  destroyed with its keys: 1 file" in said, "what was done is said"
    assert f"NOT DONE, and kept too long: {key}: " in said


@pytest.mark.parametrize("days", ["0", "15"])
def test_days_are_1_to_14(days: str, store: Store) -> None:
    with pytest.raises(typer.BadParameter):
        run(store.path, "--keep-days", days)


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="is no store"):
        run(tmp_path)
