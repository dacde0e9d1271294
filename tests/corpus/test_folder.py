"""A folder with its list: what is taken from it, what is refused, and that nothing outside it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import SHARED
from tests.corpus.world import KNOWN, anybody, consent, new, noise

from garim.consent import save
from garim.core.errors import Misuse, Unreadable
from garim.corpus.admit import Admission, Refusal, admit_all
from garim.corpus.check import check
from garim.corpus.errors import Why
from garim.corpus.folder import COLUMNS, candidates
from garim.corpus.one_face import OneFace

LONDON = SHARED / "data" / "faces_london"


def listed(folder: Path, *rows: str, head: str = ",".join(COLUMNS)) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def people(folder: Path) -> None:
    folder.mkdir()
    for number in (1, 2):
        save(consent(f"P-0{number}"), folder / f"{number}.TEST.consent.json")
        noise(folder / f"{number}.png", number)


def test_each_line_is_a_photo_or_a_refusal_with_its_number(tmp_path: Path) -> None:
    world, folder = new(tmp_path), tmp_path / "in"
    people(folder)
    (tmp_path / "out.png").write_bytes((folder / "1.png").read_bytes())
    (folder / "link.png").symlink_to(tmp_path / "out.png")
    path = listed(
        folder,
        "1.png,1.TEST.consent.json,KOR,1990,female,2026-03-01,subject-upload",
        "2.png, 2.TEST.consent.json ; ,,,,2026-03-01,taken-by-us",
        "2.png,2.TEST.consent.json,,,,2026-03-01,web-scraping",
        "../out.png,1.TEST.consent.json,,,,2026-03-01,taken-by-us",
        "link.png,1.TEST.consent.json,,,,2026-03-01,taken-by-us",
        f"{tmp_path}/out.png,1.TEST.consent.json,,,,2026-03-01,taken-by-us",
        "2.png,,,,,2026-03-01,taken-by-us",
        "2.png,2.png,,,,2026-03-01,taken-by-us",
        "2.png,2.TEST.consent.json,,,,yesterday,taken-by-us",
        "1.TEST.consent.json,1.TEST.consent.json,,,,2026-03-01,taken-by-us",
        "gone.png,2.TEST.consent.json,,,,2026-03-01,taken-by-us",
    )
    with world.open() as corpus:
        told = list(admit_all(corpus, candidates(path), known=KNOWN, look=anybody))
        assert [type(each) for each in told] == [Admission, Admission] + [Refusal] * 9
        whys = [each.why for each in told if isinstance(each, Refusal)]
        assert whys == [
            *(Why.PROVENANCE, Why.PICTURE, Why.PICTURE, Why.PICTURE, Why.CONSENT),
            *(Why.CONSENT, Why.DETAILS, Why.PICTURE, Why.PICTURE),
        ]
        said = [each.said for each in told if isinstance(each, Refusal)]
        assert said[0].startswith("line 4: ") and not any("P-0" in each for each in said)
        assert check(corpus).found == ()


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_list_without_a_column_admits_nothing(tmp_path: Path, missing: str) -> None:
    head = ",".join(name for name in COLUMNS if name != missing)
    with pytest.raises(Misuse, match=f"no column {missing}"):
        list(candidates(listed(tmp_path, head=head)))


def test_what_is_no_csv_is_said(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for octets in (b"\xff\xfe\x00", b",".join(name.encode() for name in COLUMNS) + b"\n" + b"x" * 100_000):
        path.write_bytes(octets)
        with pytest.raises((Unreadable, Misuse)):
            list(candidates(path))
    with pytest.raises(Unreadable):
        list(candidates(tmp_path / "none.csv"))


@pytest.mark.weights
@pytest.mark.skipif(not LONDON.is_dir(), reason="the London set is not here")
def test_one_face_is_taken_none_and_two_are_not(tmp_path: Path) -> None:
    from PIL import Image

    world, folder = new(tmp_path), tmp_path / "in"
    people(folder)
    one, two = (Image.open(LONDON / name).convert("RGB") for name in ("001_neutral.jpg", "002_neutral.jpg"))
    one.save(folder / "one.jpg")
    both = Image.new("RGB", (one.width + two.width, max(one.height, two.height)))
    both.paste(one, (0, 0))
    both.paste(two, (one.width, 0))
    both.save(folder / "both.jpg")
    rows = [f"{name},1.TEST.consent.json,,,,2026-03-01,taken-by-us" for name in ("one.jpg", "both.jpg", "1.png")]
    with world.open() as corpus:
        told = list(admit_all(corpus, candidates(listed(folder, *rows)), known=KNOWN, look=OneFace()))
    assert isinstance(told[0], Admission)
    assert [each.why for each in told if isinstance(each, Refusal)] == [Why.SEVERAL_FACES, Why.NO_FACE]
