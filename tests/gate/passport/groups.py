"""A CHIP'S FILES BUT FOR THE SOD AND THE FACE: COM, DG1 with its lines and check digits, and any other data group."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tests.gate.passport.asn import tlv

TAGS = dict(zip(range(1, 17), (0x61, 0x75, 0x63, 0x76, *range(0x65, 0x71)), strict=True))
WEIGHTS = (7, 3, 1)


def com(numbers: Iterable[int], *, lds: str = "0107") -> bytes:
    tags = bytes(TAGS[number] for number in numbers)
    return tlv(0x60, tlv(0x5F01, lds.encode()), tlv(0x5F36, b"040000"), tlv(0x5C, tags))


def dg1(lines: str) -> bytes:
    return tlv(0x61, tlv(0x5F1F, lines.encode("ascii")))


def group(number: int, *parts: bytes) -> bytes:
    """Data group `number` around any content."""
    return tlv(TAGS[number], *parts)


def digit(text: str) -> str:
    """The check digit of Doc 9303-3, 4.9."""
    values = (0 if each == "<" else int(each, 36) for each in text)
    return str(sum(value * WEIGHTS[at % 3] for at, value in enumerate(values)) % 10)


def lines(
    kind: str = "TD3",
    *,
    country: str = "KOR",
    code: str = "",
    number: str = "M12345678",
    born: date = date(1974, 8, 12),
    sex: str = "F",
    expires: date = date(2032, 4, 15),
    names: str = "GARIM<<SPECIMEN",
    optional: str = "",
) -> str:
    """The machine readable zone of a made holder, its lines one after the other as DG1 has them."""
    country = country.ljust(3, "<")
    birth, until = f"{born:%y%m%d}", f"{expires:%y%m%d}"
    dated = birth + digit(birth), until + digit(until)
    if kind == "TD1":
        return _td1(code or "I<", country, number, dated, sex, names, optional)
    held = number.ljust(9, "<")
    held += digit(held)
    if kind == "TD2":
        rest = optional.ljust(7, "<")
        second = f"{held}{country}{dated[0]}{sex}{dated[1]}{rest}"
        second += digit(held + dated[0] + dated[1] + rest)
        return f"{code or 'I<'}{country}{names.ljust(31, '<')}{second}"
    rest = optional.ljust(14, "<")
    rest += digit(rest) if optional else "<"
    second = f"{held}{country}{dated[0]}{sex}{dated[1]}{rest}"
    second += digit(held + dated[0] + dated[1] + rest)
    return f"{code or 'P<'}{country}{names.ljust(39, '<')}{second}"


def _td1(code: str, country: str, number: str, dated: tuple[str, str], sex: str, names: str, optional: str) -> str:
    if len(number) > 9:  # the rest of a long number, its digit and a filler stand first in the optional field
        first = f"{number[:9]}<{number[9:]}{digit(number)}<{optional}".ljust(25, "<")
    else:
        held = number.ljust(9, "<")
        first = f"{held}{digit(held)}{optional}".ljust(25, "<")
    second = f"{dated[0]}{sex}{dated[1]}{country}".ljust(29, "<")
    second += digit(first + dated[0] + dated[1] + second[18:29])
    return f"{code}{country}{first}{second}{names.ljust(30, '<')}"
