"""Whatever form a dump has, the same files come of it; what is ambiguous, or too much, is refused by name."""

from __future__ import annotations

import base64
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.files import dump, tlv

from garim.core.errors import Unreadable, Unsupported
from garim.gate.passport.document import LARGEST, MOST, Document, read
from garim.gate.passport.lds import FILES, Com, com, deviations, named, opened, told_by
from garim.gate.passport.outcomes import Reason, Refused

COM = tlv(0x60, tlv(0x5F01, b"0107") + tlv(0x5F36, b"040000") + tlv(0x5C, bytes([0x61, 0x75])))
DG1 = tlv(0x61, tlv(0x5F1F, b"P<" + b"A" * 86))
DG2 = tlv(0x75, bytes(300))
SOD = tlv(0x77, tlv(0x30, bytes(200)))
FOUR = {"COM": COM, "SOD": SOD, "DG1": DG1, "DG2": DG2}


def refused(path: Path, reason: Reason) -> str:
    """What is said where `path` is refused for `reason`."""
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.reason is reason
    assert "\n" not in str(caught.value)
    return str(caught.value)


def folder(path: Path, files: dict[str, bytes]) -> Path:
    """`files` by name, written below `path`."""
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def zipped(path: Path, files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """`files` by name, in a zip."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("EF_COM.bin", "COM"),
        ("EF.SOD", "SOD"),
        ("ef.dg1", "DG1"),
        ("Datagroup15.bin", "DG15"),
        ("DG1.bin", "DG1"),
        ("DG01.hex", "DG1"),
        ("dg_16.b64", "DG16"),
        ("ef0101.bin", "DG1"),
        ("ef011E.bin", "COM"),
        ("011d.bin", "SOD"),
        ("0110.BIN", "DG16"),
        ("0x6101", "DG1"),
        ("0x77.bin", "SOD"),
        ("DG17.bin", None),
        ("DG0.bin", None),
        ("0111.bin", None),
        ("CardAccess.bin", None),
        ("EF.CardSecurity", None),
        ("DG2.jpg", None),
        ("COMMENT.txt", None),
        ("2011-0101.bin", None),
    ],
)
def test_names_of_dumps(filename: str, name: str | None) -> None:
    assert told_by(filename) == name


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_known_by_its_tag(name: str) -> None:
    value = tlv(0x5F1F, b"zone") if name == "DG1" else b"value"
    data = tlv(FILES[name].tag, value)
    assert named("unsaid.bin", data) == name
    assert named(f"{FILES[name].file_id:04X}.bin", data) == name
    assert opened(name, data).value == value
    assert named("unsaid.bin", data + bytes(4)) == name
    assert named("unsaid.bin", data[:-1]) is None
    assert named("unsaid.bin", data + b"\0\1") is None


def test_a_name_never_overrules_the_bytes() -> None:
    for data in (DG2, b"", b"\x30\x00", b"\xff\xd8\xff"):
        with pytest.raises(Refused) as caught:
            named("DG1.bin", data)
        assert caught.value.reason is Reason.UNEXPECTED_TAG


@pytest.mark.parametrize("data", [b"about the holder", b"", b"\x30\x03\x02\x01\x01", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_file_of_a_chip(data: bytes) -> None:
    assert named("notes", data) is None


def test_com() -> None:
    assert com(COM) == Com("1.7", "4.0.0", ("DG1", "DG2"))
    assert com(tlv(0x60, tlv(0x5F01, b"0107") + tlv(0x5C, b"a"))) == Com("1.7", "", ("DG1",))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (COM, ()),
        (COM + bytes(2), (Reason.TRAILING_BYTES,)),
        (b"\x60\x81" + COM[1:], (Reason.LENGTH_NOT_SHORTEST,)),
        (tlv(0x60, COM[2:4] + b"\x81" + COM[4:]), (Reason.LENGTH_NOT_SHORTEST,)),
        (b"\x60\x81" + COM[1:] + bytes(2), (Reason.TRAILING_BYTES, Reason.LENGTH_NOT_SHORTEST)),
    ],
)
def test_a_form_to_be_weighed(data: bytes, said: tuple[Reason, ...]) -> None:
    assert deviations("COM", data) == said
    assert com(data) == com(COM)


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (tlv(0x5F01, b"0107") + tlv(0x5F36, b"040000"), Reason.UNEXPECTED_TAG),
        (tlv(0x5F01, b"017") + tlv(0x5F36, b"040000") + tlv(0x5C, b""), Reason.LDS_VERSION),
        (tlv(0x5F01, b"0107") + tlv(0x5F36, b"04000\xb2") + tlv(0x5C, b""), Reason.LDS_VERSION),
        (tlv(0x5F01, b"0107") + tlv(0x5F36, b"040000") + tlv(0x5C, b"aa"), Reason.DUPLICATE_ENTRY),
        (tlv(0x5F01, b"0107") + tlv(0x5F36, b"040000") + tlv(0x5C, b"a\x77"), Reason.UNEXPECTED_TAG),
        (tlv(0x5F01, b"0107") * 2 + tlv(0x5F36, b"040000") + tlv(0x5C, b"a"), Reason.DUPLICATE_ENTRY),
        (tlv(0x5F01, b"0107") + tlv(0x5F36, b"040000") + tlv(0x5C, b"a") + tlv(0x04, b""), Reason.UNEXPECTED_TAG),
    ],
)
def test_com_in_another_form(inner: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        com(tlv(0x60, inner))
    assert caught.value.reason is reason


@given(st.binary(max_size=60))
def test_com_reads_or_refuses(data: bytes) -> None:
    for each in (data, tlv(0x60, data)):
        try:
            com(each)
        except Refused:
            continue


@pytest.mark.parametrize(
    ("name", "present"),
    [
        ("bsi2008/EF_COM.bin", ("DG1", "DG2", "DG3", "DG14")),
        ("loes2006/ef011E.bin", ("DG1", "DG2", "DG15")),
    ],
)
def test_com_of_real_chips(name: str, present: tuple[str, ...]) -> None:
    assert com(dump(name).read_bytes()) == Com("1.7", "4.0.0", present)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("bsi2008", "COM SOD DG1 DG2 DG3 DG4 DG14 DG15"),
        ("loes2006", "COM SOD DG1 DG2 DG15"),
        ("tsemrtd_dgs", "COM SOD DG1 DG2 DG3 DG4 DG5 DG7 DG11 DG12 DG14 DG15"),
    ],
)
def test_real_dumps(name: str, files: str, tmp_path: Path) -> None:
    document = read(dump(name))
    assert list(document.files) == files.split()
    assert document.left_out == ()
    for each, data in document.files.items():
        opened(each, data)
    copies = {path.name: path.read_bytes() for path in dump(name).iterdir()}
    assert read(zipped(tmp_path / "dump.zip", copies)) == document


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "DG1.bin": bytes,
    "DG1.hex": lambda data: data.hex().encode(),
    "ef0101.hex": lambda data: data.hex(":").upper().encode() + b"\n",
    "EF_DG1.txt": lambda data: b"0x" + data.hex().encode(),
    "dump.b64": base64.b64encode,
    "Datagroup1.base64": base64.encodebytes,
}


@pytest.mark.parametrize("name", FORMS)
def test_binary_hex_and_base64_are_one(name: str, tmp_path: Path) -> None:
    assert read(folder(tmp_path, {name: FORMS[name](DG1)})).files == {"DG1": DG1}


def test_other_files_are_left_out_by_name(tmp_path: Path) -> None:
    others = {"CardAccess.bin": b"\x31\x00", "DG2.jpg": bytes(5 * LARGEST), "notes.txt": b"hello", "sub/DG3.bin": b""}
    document = read(folder(tmp_path, {"SOD.bin": SOD, "DG1.bin": DG1} | others))
    assert document.files == {"SOD": SOD, "DG1": DG1}
    assert document.left_out == ("CardAccess.bin", "DG2.jpg", "notes.txt", "sub")


EF_DIR = bytes.fromhex("61094f07a0000002471001")  # opens with DG1's tag


@pytest.mark.parametrize("kind", [folder, zipped])
@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("EF_DIR.bin", EF_DIR),
        ("2F00.bin", EF_DIR),
        ("unsaid.bin", EF_DIR),
        ("EF_ATR_INFO.bin", b"\x47\x00"),
        ("EF.CVCA", b"\x42\x00"),
        ("011C.bin", b"\x31\x00"),
        ("EF_CardAccess.bin", DG1),
        ("CardSecurity.bin", DG1),
        ("DG1.txt", b"P<KOR, a passport of Korea\nread on a Tuesday\n"),
        ("DG1.txt", b"abcd"),  # words that base64 would read
        ("EF_DG1.txt", b"a note, and the first letter is DG1's tag"),
        ("DG1.hex", DG1.hex().encode()),  # the same once more
    ],
)
def test_what_stands_beside_is_left_out(
    kind: Callable[[Path, dict[str, bytes]], Path], filename: str, data: bytes, tmp_path: Path
) -> None:
    document = read(kind(tmp_path / "a", {"EF_DG1.bin": DG1, "SOD.bin": SOD, filename: data}))
    assert document.files == {"SOD": SOD, "DG1": DG1}
    assert document.left_out in ((filename,), ("EF_DG1.bin",))  # of two that are one, the first is taken


@pytest.mark.parametrize("kind", [folder, zipped])
def test_a_text_that_spells_another_file_of_that_name(
    kind: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path
) -> None:
    other = DG1[:-1] + b"0"
    refused(kind(tmp_path / "a", {"EF_DG1.bin": DG1, "DG1.txt": other.hex().encode()}), Reason.DUPLICATE_FILE)


@pytest.mark.parametrize("where", ["", "dump/", "a/b/"])
def test_one_folder_inside_is_stepped_into(where: str, tmp_path: Path) -> None:
    files = {f"{where}{name}.bin": data for name, data in FOUR.items()} | {
        ".DS_Store": b"\0",
        "__MACOSX/._DG1.bin": b"",
    }
    archive = zipped(tmp_path / "dump.zip", files)
    assert read(archive).files == FOUR
    del files["__MACOSX/._DG1.bin"]
    assert read(folder(tmp_path / "dump", files)).files == FOUR


@pytest.mark.parametrize("kind", [folder, zipped])
def test_two_files_for_one_name(kind: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> None:
    refused(kind(tmp_path / "a", {"DG1.bin": DG1, "ef0101.bin": DG1}), Reason.DUPLICATE_FILE)
    refused(kind(tmp_path / "b", {"DG1.bin": DG1, "unsaid": DG1}), Reason.DUPLICATE_FILE)


def test_two_entries_of_one_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("DG1.bin", DG1)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("DG1.bin", DG1)
    refused(tmp_path / "a.zip", Reason.DUPLICATE_FILE)


@pytest.mark.parametrize("kind", [folder, zipped])
def test_no_file_of_a_chip(kind: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> None:
    refused(kind(tmp_path / "a", {"notes.txt": b"hello"}), Reason.MISSING_FILE)


@pytest.mark.parametrize("kind", [folder, zipped])
def test_so_large_and_no_larger(kind: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> None:
    largest = tlv(0x75, bytes(LARGEST - 5))
    assert len(read(kind(tmp_path / "a", {"DG2.hex": largest.hex().encode()})).files["DG2"]) == LARGEST
    for name, data in (("DG2.bin", largest + b"\0"), ("DG2.hex", largest.hex().encode() + b"00")):
        refused(kind(tmp_path / name, {name: data}), Reason.TOO_LARGE)
    refused(kind(tmp_path / "c", {"DG2.bin": b"\x75" + bytes(8 * LARGEST)}), Reason.TOO_LARGE)


@pytest.mark.parametrize("kind", [folder, zipped])
def test_so_much_in_all(kind: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> None:
    unsaid = {f"{number}.bin": bytes(3 * LARGEST) for number in range(6)}
    assert "16 MiB" in refused(kind(tmp_path / "a", unsaid), Reason.TOO_LARGE)


@pytest.mark.parametrize("kind", [folder, zipped])
def test_so_many_files(kind: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> None:
    files = {"DG1.bin": DG1} | {f"{number}.txt": b"" for number in range(MOST - 1)}
    assert len(read(kind(tmp_path / "a", files)).left_out) == MOST - 1
    refused(kind(tmp_path / "b", files | {"one-more.txt": b""}), Reason.TOO_LARGE)


def test_a_zip_of_very_many_entries_is_not_listed(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.zip", {str(number): b"" for number in range(3 * MOST)}), Reason.TOO_LARGE)


@pytest.mark.parametrize("name", ["../DG1.bin", "/DG1.bin", "a/../../DG1.bin", "..\\DG1.bin"])
def test_a_zip_names_nothing_outside_itself(name: str, tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.zip", {"SOD.bin": SOD, name: DG1}), Reason.ARCHIVE)


def test_a_zip_in_another_compression(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        refused(zipped(tmp_path / "a.zip", {"DG1.bin": DG1}, method=method), Reason.ARCHIVE)


def test_an_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", {"DG1.bin": DG1}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    refused(tmp_path / "a.zip", Reason.ARCHIVE)


def test_links_are_never_followed(tmp_path: Path) -> None:
    secret = folder(tmp_path / "out", {"DG1.bin": DG1}) / "DG1.bin"
    inside = folder(tmp_path / "in", {"SOD.bin": SOD})
    (inside / "DG1.bin").symlink_to(secret)
    (inside / "DG2").symlink_to(tmp_path / "out")
    assert read(inside) == Document({"SOD": SOD}, ("DG1.bin", "DG2"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("SOD.bin", SOD)
        link = zipfile.ZipInfo("DG1.bin")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(secret))
    assert read(tmp_path / "a.zip") == Document({"SOD": SOD}, ("DG1.bin",))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder(tmp_path, {"SOD.bin": SOD})
    os.mkfifo(tmp_path / "DG1.bin")
    assert read(tmp_path).left_out == ("DG1.bin",)
    with pytest.raises(Unsupported):
        read(tmp_path / "DG1.bin")


def test_a_path_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read(tmp_path / "nothing")
    with pytest.raises(Unsupported):
        read(folder(tmp_path, {"SOD.bin": SOD}) / "SOD.bin")


@pytest.mark.parametrize("cut", [4, 60, 200, -1, -20])
def test_a_damaged_zip(cut: int, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", FOUR_BY_NAME)
    path.write_bytes(path.read_bytes()[:cut])
    refused(path, Reason.ARCHIVE)


FOUR_BY_NAME = {f"{name}.bin": data for name, data in FOUR.items()}


@given(flips=st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_zip_with_bytes_changed(flips: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = zipped(tmp_path_factory.mktemp("zip") / "a.zip", FOUR_BY_NAME)
    data = bytearray(path.read_bytes())
    for at, value in flips:
        data[at % len(data)] ^= value
    path.write_bytes(data)
    try:
        document = read(path)
    except (Refused, Unsupported):
        return
    # the zip's own check sums stand between: what is read is what was written, or is left out
    assert all(FOUR[name] == data for name, data in document.files.items())


def test_a_document_is_checked_at_birth() -> None:
    with pytest.raises(ValueError, match="DG17"):
        Document({"DG17": b""})
    with pytest.raises(Refused) as caught:
        Document({"DG2": bytes(LARGEST + 1)})
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_document_does_not_change_and_shows_nothing() -> None:
    files = {"SOD": SOD, "DG1": DG1}
    document = Document(files, ("MUSTERMANN.txt",))
    files["DG2"] = DG2
    assert list(document.files) == ["SOD", "DG1"]
    with pytest.raises(TypeError):
        document.files["DG2"] = DG2  # type: ignore[index]
    assert not re.search("MUSTERMANN|AAAA|41414141", repr(document))


def test_an_entry_without_a_name(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"DG1.bin": DG1, "x": b"z"})
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 28 : entry + 30] = b"\0\0"  # the length of its name in the directory; the comment takes the rest up
    data[entry + 32 : entry + 34] = b"\1\0"
    path.write_bytes(data)
    refused(path, Reason.ARCHIVE)
