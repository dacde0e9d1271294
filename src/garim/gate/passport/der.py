"""DER, READ ONCE: what a signature is over and what is read are the same bytes, and bytes have one reading.

Laws: a length is definite, of at most three bytes behind its first, in its shortest form; only SEQUENCE, SET and
context tags hold others; nothing stands behind an object or inside it unread; at most `MOST_DEPTH` levels; all of this
is checked once, for the whole tree, by `read`, before anything is taken out of it. No error but `Refused` leaves.

Let through, because signed certificates of states have it and it changes no reading: a SET's elements in any order, a
default value that is written out, TRUE as another byte than FF, zero bits at the end of a list of named bits. A number
with zeros in front and a time with an offset have one reading, too: `any_integer` and `any_time` take them for whoever
says so to a person. What is hashed is always the bytes as they stand (`Item.whole`), never what they would be if
written again.

Why not asn1crypto: it reads late, so a bad byte raises wherever it is first touched (32 % of mutants, as ValueError,
KeyError or UnicodeDecodeError), and it takes lengths that DER forbids. Here nothing is left to raise later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from garim.gate.passport.outcomes import Reason, Refused

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
MOST_DEPTH = 24  # certificates have 10
_LONGEST_LENGTH = 3
_LONGEST_INTEGER = 72  # bytes; P-521 has 67, serial numbers 20. Longer ones Python would not always print
_LONGEST_OID = 64  # bytes
_ENCODINGS = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}  # any other string is read as Latin-1
_MINUTE = timedelta(minutes=1)
_TIMES = {
    UTC_TIME: re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d\d[0-5]\d)"),
    GENERALIZED_TIME: re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d\d[0-5]\d)"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One object: its tag, its bytes as they stand, and where among these its content begins. No repr shows them."""

    tag: int
    whole: bytes
    head: int

    @property
    def content(self) -> bytes:
        """The bytes behind tag and length."""
        return self.whole[self.head :]

    def items(self) -> tuple[Item, ...]:
        """What stands in it. Raises `Refused` for an object that holds no others."""
        if not self.tag & 0x20:
            raise refused(Reason.UNEXPECTED_TAG, f"an object {self.tag:02X} stands where one that holds others belongs")
        found: list[Item] = []
        at = self.head
        while at < len(self.whole):
            start, end = _head(self.whole, at, len(self.whole))
            found.append(Item(self.whole[at], self.whole[at:end], start - at))
            at = end
        return tuple(found)

    def __repr__(self) -> str:
        return f"Item({self.tag:02X}, {len(self.whole)} bytes)"


class Fields:
    """The fields of a SEQUENCE, taken one after another; `end` refuses what is left."""

    def __init__(self, item: Item, *, tag: int = SEQUENCE) -> None:
        _expect(item, tag)
        self._items = item.items()
        self._at = 0

    def take(self, *tags: int) -> Item:
        """The next field, which has one of `tags` where any are given. Raises `Refused`."""
        if self._at == len(self._items):
            raise refused(Reason.NOT_DER, "an object lacks a field")
        item = self._items[self._at]
        if tags:
            _expect(item, *tags)
        self._at += 1
        return item

    def maybe(self, *tags: int) -> Item | None:
        """The next field if it has one of `tags`."""
        if self._at < len(self._items) and self._items[self._at].tag in tags:
            return self.take()
        return None

    def end(self) -> None:
        """Nothing is left. Raises `Refused`."""
        if self._at != len(self._items):
            raise refused(Reason.NOT_DER, "an object has a field too many")


def read(data: bytes, tag: int = SEQUENCE) -> Item:
    """The one object that `data` is, of tag `tag`, checked to its last leaf. Raises `Refused`."""
    start, end = _head(data, 0, len(data))
    if end != len(data):
        raise refused(Reason.TRAILING_BYTES, f"{len(data) - end} bytes stand behind an object")
    _shape(data, 0, end, 0)
    item = Item(data[0], data, start)
    _expect(item, tag)
    return item


def _shape(data: bytes, at: int, end: int, depth: int) -> None:
    if depth > MOST_DEPTH:
        raise refused(Reason.NOT_DER, f"objects stand more than {MOST_DEPTH} deep")
    while at < end:
        tag = data[at]
        start, at = _head(data, at, end)
        if tag == 0 or (tag < 0x40 and (tag & 0x20 != 0) != (tag & 0x1F in (0x10, 0x11))):
            raise refused(Reason.NOT_DER, f"an object has the tag {tag:02X}, which DER has not")
        if tag & 0x20:
            _shape(data, start, at, depth + 1)


def _head(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the content of the object at `at` begins, and where it ends: both within `end`."""
    if end - at < 2:
        raise refused(Reason.TRUNCATED, "the bytes end where an object belongs")
    if data[at] & 0x1F == 0x1F:
        raise refused(Reason.UNEXPECTED_TAG, "a tag of several bytes stands where none belongs")
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        if count == 0:
            raise refused(Reason.INDEFINITE_LENGTH, "an object does not say how long it is")
        if count > _LONGEST_LENGTH:
            raise refused(Reason.LENGTH_TOO_LONG, f"a length has {count} bytes where {_LONGEST_LENGTH} are the most")
        start += count
        length = int.from_bytes(data[at + 2 : start])
        if start <= end and length < (0x80 if count == 1 else 1 << 8 * (count - 1)):
            raise refused(Reason.LENGTH_NOT_SHORTEST, "a length is not in its shortest form")
    if length > end - start:
        raise refused(Reason.TRUNCATED, "an object is longer than what holds it")
    return start, start + length


def integer(item: Item, *, most: int = _LONGEST_INTEGER) -> int:
    """The whole number of at most `most` bytes and any sign: states number certificates 0 and -78. Raises `Refused`."""
    number, shortest = any_integer(item, most=most)
    if not shortest:
        raise refused(Reason.NOT_DER, "a whole number is not in its shortest form")
    return number


def any_integer(item: Item, *, most: int = _LONGEST_INTEGER) -> tuple[int, bool]:
    """As `integer`, for a caller who says what deviates; and whether it is in its shortest form. Raises `Refused`."""
    _expect(item, INTEGER)
    content = item.content
    if not 1 <= len(content) <= most:
        raise refused(Reason.NOT_DER, f"a whole number has {len(content)} bytes")
    padded = len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7
    return int.from_bytes(content, signed=True), not padded


def boolean(item: Item) -> bool:
    """True for any byte but 00 (Ukraine's certificates write 01). Raises `Refused`."""
    _expect(item, BOOLEAN)
    if len(item.content) != 1:
        raise refused(Reason.NOT_DER, "a truth value is not one byte")
    return item.content != b"\0"


def bits(item: Item) -> bytes:
    """A bit string that is whole bytes, as signatures and keys are. Raises `Refused`."""
    _expect(item, BITS)
    if item.content[:1] != b"\0":
        raise refused(Reason.NOT_DER, "a bit string is not whole bytes")
    return item.content[1:]


def named_bits(item: Item) -> frozenset[int]:
    """The numbers of the bits that are set, at most 64 of them. Raises `Refused`."""
    _expect(item, BITS)
    unused, value = item.content[:1], item.content[1:]
    if not unused or unused[0] > 7 or len(value) > 8 or (unused[0] and not value):
        raise refused(Reason.NOT_DER, "a list of bits has no such form")
    if value and value[-1] & ((1 << unused[0]) - 1):
        raise refused(Reason.NOT_DER, "a list of bits sets bits that it says it has not")
    return frozenset(at for at in range(8 * len(value)) if value[at // 8] >> (7 - at % 8) & 1)


def octets(item: Item) -> bytes:
    """The bytes. Raises `Refused`."""
    _expect(item, OCTETS)
    return item.content


def oid(item: Item) -> str:
    """An object identifier as numbers with dots. Raises `Refused`."""
    _expect(item, OID)
    content = item.content
    if not 1 <= len(content) <= _LONGEST_OID or content[-1] & 0x80:
        raise refused(Reason.NOT_DER, "an object identifier has no such form")
    arcs: list[int] = []
    arc, starts = 0, True
    for byte in content:
        if starts and byte == 0x80:
            raise refused(Reason.NOT_DER, "an object identifier is not in its shortest form")
        arc, starts = arc << 7 | byte & 0x7F, not byte & 0x80
        if starts:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def null(item: Item | None) -> None:
    """Nothing: NULL, or no field at all, as both are written where an algorithm has no parameters. Raises `Refused`."""
    if item is not None and (item.tag != NULL or item.content):
        raise refused(Reason.NOT_DER, "an algorithm has parameters where it has none")


def time(item: Item, tag: int | None = None) -> datetime:
    """A moment in UTC, to the second; `tag` is the form's own where a context tag hides it. Raises `Refused`."""
    moment, as_der = any_time(item, tag)
    if not as_der:
        raise refused(Reason.NOT_DER, "a time is not written as DER has it")
    return moment


def any_time(item: Item, tag: int | None = None) -> tuple[datetime, bool]:
    """As `time`, without seconds or with an offset from UTC, too; and whether it is as DER has it. Raises `Refused`."""
    form = _TIMES.get(item.tag if tag is None else tag)
    found = form.fullmatch(item.content) if form else None
    if found is None:
        raise refused(Reason.NOT_DER, "a time is not written as DER has it")
    year, month, day, hour, minute, second = (int(part or b"0") for part in found.groups()[:6])
    if len(found[1]) == 2:
        year += 1900 if year >= 50 else 2000  # RFC 5280, 4.1.2.5.1
    zone = found[7].decode("ascii")
    try:
        offset = (
            UTC if zone == "Z" else timezone(_MINUTE * (int(zone[0] + "1") * (60 * int(zone[1:3]) + int(zone[3:]))))
        )
        moment = datetime(year, month, day, hour, minute, second, tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused(Reason.NOT_DER, "a time is none that a calendar has") from None
    return moment, zone == "Z" and found[6] is not None


def text(item: Item) -> str:
    """A string of any kind, fit to be shown: what is no letter of its kind, or no printable one, becomes U+FFFD."""
    read_as = item.content.decode(_ENCODINGS.get(item.tag, "latin-1"), "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in read_as)


def refused(reason: Reason, what: str) -> Refused:
    """The error: `what` was found, nothing was taken, and what to do."""
    return Refused(reason, f"{what}; nothing of it was taken. Read the chip, or fetch the file, again")


def _expect(item: Item, *tags: int) -> None:
    if item.tag not in tags:
        wanted = " or ".join(f"{tag:02X}" for tag in tags)
        raise refused(Reason.UNEXPECTED_TAG, f"an object has the tag {item.tag:02X} where {wanted} belongs")
