"""The PKD's downloads: as RFC 2849 writes them, and as they come."""

from __future__ import annotations

import base64
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.gate.passport import ldif
from garim.gate.passport.ldif import Found, Kind
from garim.gate.passport.outcomes import Reason, Refused


def folded(name: str, data: bytes, *, width: int = 76, end: str = "\n") -> str:
    """An attribute as RFC 2849 folds it: each line that goes on begins with one space."""
    line = f"{name}:: {base64.b64encode(data).decode()}"
    parts = [line[:width], *(line[at : at + width - 1] for at in range(width, len(line), width - 1))]
    return (end + " ").join(parts) + end


def read(text: str | bytes) -> list[Found]:
    return list(ldif.found(io.BytesIO(text.encode() if isinstance(text, str) else text)))


LIST = (
    "version: 1\n\n# what the PKD writes\n#  a remark that\n  goes on\n"
    "dn: cn=CN\\=csca-germany\\,OU\\=bsi\\,C\\=XX,o=ml,c=DE,dc=data,dc=download,dc=pkd,dc=icao,dc=int\n"
    "pkdVersion: 70\n"
    + folded("pkdMasterListContent", b"\x30" * 1000)
    + "objectClass: top\nobjectClass: pkdMasterList\n"
)


def test_objects_come_with_their_kind_and_the_country_of_their_entry() -> None:
    text = (
        LIST
        + "\ndn: cn=x,o=crl,C=fr,dc=data\n"
        + folded("certificateRevocationList;binary", b"crl")
        + "\ndn: cn=y,o=dsc,dc=data\n"
        + folded("userCertificate;binary", b"cert")
        + folded("userCertificate;binary", b"cert 2")
    )
    assert read(text) == [
        Found(Kind.LIST, b"\x30" * 1000, "DE"),
        Found(Kind.CRL, b"crl", "FR"),
        Found(Kind.SIGNER, b"cert", ""),
        Found(Kind.SIGNER, b"cert 2", ""),
    ]


def test_a_name_in_base64_is_read_too() -> None:
    text = folded("dn", "cn=Ministère,o=ml,c=FR,dc=int".encode()) + folded("CscaMasterListData", b"old")
    assert read(text) == [Found(Kind.LIST, b"old", "FR")]


@given(st.lists(st.binary(max_size=400), max_size=5), st.integers(40, 200), st.sampled_from(["\n", "\r\n"]))
def test_what_was_folded_is_unfolded(blobs: list[bytes], width: int, end: str) -> None:
    text = "".join(folded("pkdMasterListContent", blob, width=width, end=end) for blob in blobs)
    assert [one.data for one in read(text)] == blobs


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read(data)
    except Refused as refused:
        assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pkdMasterListContent:: ????\n", Reason.UNEXPECTED_TAG),
        ("pkdMasterListContent:: QUJ\n", Reason.UNEXPECTED_TAG),
        ("pkdMasterListContent:< file:///etc/passwd\n", Reason.UNEXPECTED_TAG),
        ("no colon\n", Reason.UNEXPECTED_TAG),
    ],
)
def test_what_is_no_ldif_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        read(text)
    assert refused.value.reason is reason


class Endless(io.RawIOBase):
    """A file of 1 GiB that nobody stored."""

    def __init__(self, line: bytes) -> None:
        self.left = 1 << 30
        self.line = line

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0, "a reader without a limit"
        taken = self.line[:size] if self.line.endswith(b"\n") else (self.line * (size // len(self.line) + 1))[:size]
        self.left -= len(taken)
        return taken if self.left > 0 else b""


@pytest.mark.parametrize("line", [b"A" * 65536, b" " + b"A" * 65535 + b"\n"])
def test_a_value_without_end_is_refused_in_bounded_memory(line: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Refused) as refused:
            list(ldif.found(Endless(line)))  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 4 * ldif.MOST_VALUE
    finally:
        tracemalloc.stop()
    assert refused.value.reason is Reason.TOO_LARGE


def test_memory_does_not_grow_with_the_file() -> None:
    entry = folded("pkdMasterListContent", bytes(100_000)).encode()

    class Many(io.RawIOBase):
        lines: Iterator[bytes] = iter(())
        left = 100

        def readline(self, size: int | None = -1, /) -> bytes:
            line = next(self.lines, b"")
            if not line and self.left:
                self.left -= 1
                self.lines = iter(entry.splitlines(keepends=True))
                line = next(self.lines)
            return line

    tracemalloc.start()
    try:
        assert sum(map(bool, ldif.found(Many()))) == 100  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("head", "answer"),
    [(b"version: 1\n", True), (b"\xef\xbb\xbf# x\n\ndn:: AA", True), (b"0\x82\x01\x00", False), (b"", False)],
)
def test_an_ldif_file_is_known_by_its_first_line(head: bytes, answer: bool) -> None:
    assert ldif.is_ldif(head) is answer
