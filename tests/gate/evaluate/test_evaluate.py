"""An evaluation from the set to its files and its entry: real photos, real models, real signatures."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import pytest
from PIL import Image, ImageFilter
from tests.conftest import ROOT
from tests.gate.evaluate.sets import KNOWN_LINE, Person, london, made

from garim.consent import NoConsent
from garim.consent.known import Known
from garim.consent.known import read as known_of
from garim.core.errors import Misuse
from garim.gate.evaluate import Evaluated, evaluate, facts, write
from garim.gate.evaluate.files import NAMES
from garim.ledger import Log, standing
from garim.ledger.entry import commitment, read
from garim.recognise.matcher import Name
from garim.recognise.thresholds import threshold

SCHEMA = json.loads((ROOT / "docs" / "schema" / "garim-evaluation-1.schema.json").read_text())
KNOWN = known_of(KNOWN_LINE)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with Log.create(tmp_path_factory.mktemp("log") / "ledger", "example.org/gate") as log:
        yield log


def evaluated(folder: Path, log: Log, *, known: Known = KNOWN, test: bool = True, **more: Any) -> Evaluated:
    return evaluate(folder, log=log, known=known, withdrawn=lambda _: False, allow_test=test, **more)


@pytest.fixture(scope="module")
def some(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """A third of London, and two whose photos have no face."""
    folder = tmp_path_factory.mktemp("some")
    grey = []
    for number in range(3):
        Image.fromarray(np.full((64, 64, 3), 90 + 20 * number, np.uint8)).save(folder / f"grey-{number}.png")
        grey.append(folder / f"grey-{number}.png")
    people = london(34)
    without = [Person("N-1", (grey[0], people[0].photos[0]), "white", "male"), Person("N-2", (grey[1], grey[2]))]
    people[0] = Person("L-x", (people[1].photos[1], people[0].photos[1]), "white", "female", "1990")
    people[1] = Person("L-y", (people[1].photos[0],), "white")
    return evaluated(made(folder / "set", [*people, *without]), log)


@pytest.mark.weights
def test_what_a_set_comes_to(some: Evaluated) -> None:
    done = some.evaluation
    assert (done.subjects, done.compared, done.left_out) == (35, 33, {"one_photo": 1})
    assert (done.mated, done.non_mated) == (33, 33 * 32)
    assert (done.enrol.errors, done.acquire.errors, done.acquire.comparisons) == (2, 3, 70)
    assert done.in_use.threshold == threshold(Name.OMZ_0095).similarity
    assert done.in_use.false_non_matches.errors == 1, "L-x are two people"
    assert done.in_use.false_matches.errors == 0
    for grouping in done.groupings:
        assert sum(group.subjects for group in grouping.groups) == 35
        assert min(group.compared for group in grouping.groups) >= 5
        assert sum(group.acquire.errors for group in grouping.groups) == 3
    for way in done.in_use.ways:
        assert sum(rate.comparisons for row in way.false_matches for rate in row) == done.non_mated


@pytest.mark.weights
def test_the_report_is_as_published_and_of_nobody(some: Evaluated) -> None:
    report = json.loads(some.report)
    jsonschema.validate(report, SCHEMA)
    assert report == facts(some.evaluation)
    assert report["test"] is True
    assert report["set"]["left_out"] == {"one_photo": "fewer than 5"}
    text = some.report.decode()
    assert not re.findall(r"L-\d|N-\d|\.jpg|\.png|[0-9a-f]{32}", text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report | {"scores": []}, SCHEMA)
    odd = copy.deepcopy(report)
    odd["in_use"]["by"]["sex"]["fmr"][0]["pairs"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(odd, SCHEMA)


@pytest.mark.weights
def test_it_is_on_the_log_before_it_is_anybodys(some: Evaluated, log: Log) -> None:
    entry = read(some.receipt.proof.entry)
    assert entry == read(standing(log.path, "gate.evaluated")[some.receipt.proof.index])
    done = some.evaluation
    assert dict(entry.facts) == dict(entry.facts) | {
        "subjects": 35,
        "photos": 70,
        "left_out": "fewer than 5",
        "unacquired": 3,
        "mated": 33,
        "non_mated": 33 * 32,
        "false_matches": 0,
        "false_non_matches": 1,
        "threshold_thousandths": 550,
        "test": "yes",
        "matcher": done.matcher,
    }
    some.receipt.refuse_false()
    digest = hashlib.sha256(some.report).hexdigest()
    assert entry.facts["report"] == commitment(some.receipt.key, "report", digest.encode())
    assert digest not in some.receipt.proof.entry.decode()


@pytest.mark.weights
def test_its_files(some: Evaluated, tmp_path: Path) -> None:
    write(some, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(NAMES)
    assert (tmp_path / "out/report.json").read_bytes() == some.report
    assert (tmp_path / "out/receipt.json").stat().st_mode & 0o777 == 0o600
    for name in ("det.png", "scores.png"):
        with Image.open(BytesIO((tmp_path / "out" / name).read_bytes())) as picture:
            assert picture.width > 800 and len(set(picture.convert("L").tobytes())) > 50
    page = (tmp_path / "out/index.html").read_text()
    assert "1 of 33" in page and "TEST" in page and "default-src 'none'" in page
    assert not re.search(r"<script|https?:|L-\d", re.sub(r"base64,[^\"]*", "", page))
    for name in ("det.svg", "scores.svg"):
        assert "TEST" in (tmp_path / "out" / name).read_text() or "<path" in (tmp_path / "out" / name).read_text()
    with pytest.raises(Misuse, match="--force"):
        write(some, tmp_path / "out")
    write(some, tmp_path / "again")
    for name in NAMES:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), "the same each time"


@pytest.mark.weights
def test_nobody_and_too_few(log: Log, tmp_path: Path) -> None:
    size = log.tree.size
    folder = made(tmp_path / "set", london()[:4])
    with pytest.raises(NoConsent, match="fewer than 5 with a consent made for tests"):
        evaluated(folder, log, test=False)
    with pytest.raises(Misuse, match="fewer than 5"):
        evaluated(folder, log)
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.full((64, 64, 3), 99, np.uint8)).save(tmp_path / "b.png")
    faceless = Person("N-1", (tmp_path / "a.png", tmp_path / "b.png"))
    with pytest.raises(Misuse, match="fewer than 5 people have two photos"):
        evaluated(made(tmp_path / "other", [*london()[:4], faceless]), log)
    assert log.tree.size == size


@pytest.mark.weights
def test_what_the_gate_refuses_is_not_acquired(log: Log, tmp_path: Path) -> None:
    """Blurred as a lens out of focus does: found as faces, and none is fit. A reference may be: it is no still."""
    people = london(18)
    blurred = tmp_path / "blurred"
    blurred.mkdir()
    for person in people[:9]:
        for photo, share in zip(person.photos, (100, 60), strict=True):
            with Image.open(photo) as picture:
                picture.filter(ImageFilter.GaussianBlur(picture.width / share)).save(blurred / f"{photo.stem}.png")
    lost = [
        Person(person.pseudonym, (person.photos[0], blurred / f"{person.photos[1].stem}.png")) for person in people[:6]
    ]
    kept = [
        Person(person.pseudonym, (blurred / f"{person.photos[0].stem}.png", person.photos[1])) for person in people[6:9]
    ]
    done = evaluated(made(tmp_path / "set", [*lost, *kept, *people[9:]]), log).evaluation
    assert (done.enrol.errors, done.acquire.errors) == (0, 6)
    assert (done.acquire_probes.errors, done.acquire_probes.comparisons) == (6, len(people))
    assert done.compared == len(people) - 6
    missed = done.in_use.false_non_matches.share
    assert missed is not None
    assert done.rejected(done.in_use) == pytest.approx(6 / len(people) + missed * (1 - 6 / len(people)))
    assert done.accepted(done.in_use) == 0


@pytest.mark.weights
@pytest.mark.slow
def test_london(log: Log, tmp_path: Path) -> None:
    """The figures that the guide prints; another processor may move a score across."""
    done = evaluated(made(tmp_path / "set", london()), log).evaluation
    assert (done.mated, done.non_mated, done.acquire.errors) == (102, 10302, 0)
    assert (done.in_use.false_matches.errors, done.in_use.false_non_matches.errors) == (0, 0)
    found, none = done.targets
    assert found.errors is not None and none.errors is None
    assert found.errors.threshold == pytest.approx(0.38, abs=0.02)
    assert found.errors.false_non_matches.errors == 0
    assert found.errors.similar is not None and found.errors.similar.share is not None
    assert found.errors.similar.share > 3 * (found.errors.false_matches.share or 0), (
        "who is alike is mistaken more often"
    )
    sizes = {grouping.name: {group.name: group.subjects for group in grouping.groups} for grouping in done.groupings}
    assert sizes["nationality"] == {"black": 13, "east_asian": 10, "west_asian": 10, "white": 69}
    assert sizes["sex"] == {"female": 49, "male": 53}
    assert sizes["age"] == {"18-24": 42, "25-34": 41, "35-44": 14, "others": 5}
