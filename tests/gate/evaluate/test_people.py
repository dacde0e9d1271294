"""Who is in a set: those who agreed, proven; and what a set may not be. Real records, real signatures."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.gate.evaluate.sets import KNOWN_LINE, NOW, OFFICER, Person, consent, made, written

from garim.consent import Data, Purpose, new_key, save
from garim.consent.known import Known
from garim.consent.known import read as known_of
from garim.core.errors import GarimError, Malformed, Misuse, Unreadable
from garim.gate.evaluate.people import People, read


def nobody(commitment: bytes) -> bool:
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    people = []
    for number in range(3):
        own = tuple(photos / f"{number}-{kind}.jpg" for kind in "ab")
        for path in own:
            path.write_bytes(path.name.encode())
        people.append(Person(f"P-{number}", own, "KOR", "female", "1990"))
    return made(tmp_path / "set", people)


def admitted(folder: Path, *, test: bool = True, known: Known | None = None, **ways: Callable[[bytes], bool]) -> People:
    trusted = known_of(KNOWN_LINE) if known is None else known
    return read(folder, known=trusted, withdrawn=ways.get("withdrawn", nobody), at=NOW, allow_test=test)


def rows(folder: Path) -> list[list[str]]:
    with (folder / "set.csv").open() as file:
        return list(csv.reader(file))[1:]


def test_who_agreed_is_in_with_groups_and_photos_in_order(folder: Path) -> None:
    people = admitted(folder)
    assert [subject.pseudonym for subject in people.subjects] == ["P-0", "P-1", "P-2"]
    first = people.subjects[0]
    assert [path.name for path, _ in first.photos] == ["P-0-0-a.jpg", "P-0-0-b.jpg"]
    assert (first.nationality, first.sex, first.born) == ("KOR", "female", 1990)
    assert (people.test, dict(people.left_out)) == (True, {})
    assert repr(first) == "Subject()"


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"purpose": Purpose.CORPUS_TEST, "data": (Data.PHOTO,)}, "other_purpose"),
        ({"valid_from": NOW + timedelta(days=1)}, "not_yet"),
        ({"valid_from": NOW - timedelta(days=9), "valid_until": NOW - timedelta(days=1)}, "expired"),
        ({"data": (Data.PHOTO, Data.GROUP)}, "other_data"),
        ({"pseudonym": "P-9"}, "other_person"),
        ({"key": new_key("stranger")}, "unknown_key"),
    ],
)
def test_who_did_not_agree_is_left_out_and_counted(folder: Path, parts: dict[str, object], why: str) -> None:
    words = {"pseudonym": "P-1"} | parts
    save(consent(**words), folder / "consents/P-1.TEST.consent.json", force=True)  # type: ignore[arg-type]
    people = admitted(folder)
    assert [subject.pseudonym for subject in people.subjects] == ["P-0", "P-2"]
    assert people.left_out == {why: 1}


def test_altered_missing_withdrawn_and_test_ones(folder: Path) -> None:
    path = folder / "consents/P-1.TEST.consent.json"
    path.write_text(path.read_text().replace("City of Examples", "City of Exampled"))
    (folder / "consents/P-0.TEST.consent.json").unlink()
    assert admitted(folder).left_out == {"altered": 1, "no_record": 1}
    assert admitted(folder, withdrawn=lambda commitment: True).left_out["withdrawn"] == 1
    assert admitted(folder, test=False).left_out["for_tests"] == 2
    assert not admitted(folder, known=Known()).subjects


def test_groups_count_only_where_that_was_agreed_to(folder: Path) -> None:
    record = consent("P-1", OFFICER, data=(Data.PHOTO, Data.TEMPLATE))
    save(record, folder / "consents/P-1.TEST.consent.json", force=True)
    subject = admitted(folder).subjects[1]
    assert (subject.nationality, subject.sex, subject.born) == ("", "", None)


def test_one_photo_is_nothing_to_compare(folder: Path) -> None:
    written(folder, rows(folder)[1:])
    assert admitted(folder).left_out == {"one_photo": 1}


def test_what_was_evaluated_has_one_hash(folder: Path) -> None:
    before = admitted(folder).sha256
    assert before == admitted(folder).sha256
    (folder / rows(folder)[0][1]).unlink()
    (folder / rows(folder)[0][1]).write_bytes(b"another photo")
    assert admitted(folder).sha256 != before


Change = Callable[[list[list[str]], Path], list[list[str]]]


def changed(row: int, column: int, to: str) -> Change:
    return lambda found, _: [
        [to if (i, j) == (row, column) else cell for j, cell in enumerate(cells)] for i, cells in enumerate(found)
    ]


BAD: dict[str, tuple[Change, type[GarimError], str]] = {
    "a file outside": (changed(0, 1, "../secret.jpg"), Malformed, "line 2: names a file outside"),
    "an absolute file": (changed(0, 1, "/etc/passwd"), Malformed, "line 2: names a file outside"),
    "no file": (changed(0, 1, ""), Malformed, "line 2"),
    "a record outside": (changed(2, 5, "../x.consent.json"), Malformed, "line 4"),
    "a sentence for a group": (changed(1, 2, "born in Seoul in May"), Malformed, "line 3"),
    "no year": (changed(1, 4, "90"), Malformed, "line 3"),
    "a person of two groups": (changed(1, 3, "male"), Malformed, "lines 2 and 3"),
    "a column too many": (lambda found, _: [[*row, "x"] for row in found], Malformed, "line 2"),
    "a photo that is not there": (changed(3, 1, "photos/none.jpg"), Unreadable, "line 5"),
    "one photo twice": (lambda found, _: [found[0], [*found[0]], *found[2:]], Misuse, "1 photos are in it twice"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_set_that_is_none(folder: Path, name: str) -> None:
    change, error, said = BAD[name]
    written(folder, change(rows(folder), folder))
    with pytest.raises(error, match=said) as raised:
        admitted(folder)
    assert "nobody was compared" in str(raised.value)
    assert not [word for word in ("P-0", "P-1", "Seoul", "passwd") if word in str(raised.value)]


def test_a_link_out_of_the_set_is_no_photo(folder: Path, tmp_path: Path) -> None:
    path = folder / rows(folder)[0][1]
    path.unlink()
    path.symlink_to(tmp_path / "photos" / "0-a.jpg")
    with pytest.raises(Unreadable, match="no plain file"):
        admitted(folder)


@pytest.mark.parametrize("octets", [None, b"", b"\xff\xfe\x00", b"pseudonym,file\n", b'pseudonym,"'])
def test_a_list_that_is_none(folder: Path, octets: bytes | None) -> None:
    (folder / "set.csv").unlink()
    if octets is not None:
        (folder / "set.csv").write_bytes(octets)
    with pytest.raises(Unreadable if octets is None else Malformed, match="nobody was compared"):
        admitted(folder)
