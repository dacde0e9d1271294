"""ONE CAMERA'S HOUR, SEALED: what stands on it for anybody, and rows that only the key opens. Pure.

    "GARIMH02"  length u32  label  nonce (12 bytes)  rows, AES-256-GCM  tag (16 bytes)

Laws: everything before the nonce is bound to the rows, so that a file cannot be taken for another camera's, another
hour's, other settings', another ground's or a fine one for a coarse one; the label is in its one form (RFC 8785) or
refused.

A nonce is random. Under one key there are at most as many files as there are cameras (a day's key: 24 times that):
260,000 at ten thousand cameras, so that two alike have a chance of 2^-61. The file's size still tells how much
walked by in that hour, roughly.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garim.core.errors import Malformed, Misuse
from garim.exposure.positions import HZ, TICKS

Covered = tuple[tuple[int, int], ...]
"""Which ticks were watched: [start, end) in half seconds of the hour, rising, apart from each other."""

_MAGIC = b"GARIMH02"
_LENGTH = struct.Struct(">I")
_NONCE_BYTES = 12
_HOUR = "%Y-%m-%dT%HZ"
_CAMERA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # never ".", "..", nor what looks like an option
_GROUND = re.compile(r"[0-9a-f]{64}")
_SETTINGS = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Label:
    """What a file says of itself to anybody: nothing of anybody. Raises `Misuse` for a camera's id, `ValueError`."""

    camera: str
    hour: datetime
    settings: str
    covered: Covered
    coarse: bool = False
    ground: str = ""
    """The name of the ground in whose metres the rows are; empty where nobody said it."""

    def __post_init__(self) -> None:
        camera_id(self.camera)
        whole_hour(self.hour)
        if not _SETTINGS.fullmatch(self.settings):
            raise ValueError("settings: a hash, in letters, digits, . _ : and -")
        if self.ground and not _GROUND.fullmatch(self.ground):
            raise ValueError("ground: a name that ground_named gave")
        edges = [tick for span in self.covered for tick in span]
        if not edges or edges[0] < 0 or edges[-1] > TICKS or any(a >= b for a, b in pairwise(edges)):
            raise ValueError("covered: at least one span of ticks of the hour, rising and apart from each other")


def ground_named(text: str) -> str:
    """The name of the ground whose file is `text`, the same for the same alone."""
    return hashlib.sha256(text.encode()).hexdigest()


def camera_id(text: str) -> str:
    """`text`, where a camera can have this id. Raises `Misuse`."""
    if not _CAMERA.fullmatch(text):
        raise Misuse(
            f"camera {text!r}: an id is 1 to 64 of a-z, A-Z, 0-9, . _ and -, a letter or digit first; nothing was done"
        )
    return text


def whole_hour(at: datetime) -> datetime:
    """`at`, where it is a whole hour in UTC. Raises `ValueError`."""
    if at.utcoffset() != timedelta(0) or (at.minute, at.second, at.microsecond) != (0, 0, 0):
        raise ValueError(f"{at}: a whole hour in UTC")
    return at


def joined(*covered: Covered) -> Covered:
    """What any of `covered` covers; spans that touch or overlap become one."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(span for each in covered for span in each):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(spans)


def without(covered: Covered, gone: Covered) -> Covered:
    """What `covered` covers and `gone` does not."""
    spans: list[tuple[int, int]] = []
    for start, end in covered:
        for away, back in gone:
            if start < back and away < end:
                if start < away:
                    spans.append((start, away))
                start = back
        if start < end:
            spans.append((start, end))
    return tuple(spans)


def seconds(covered: Covered) -> float:
    """How long that is."""
    return sum(end - start for start, end in covered) / HZ


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as it lies there, its label read and not yet proved."""

    label: Label
    bound: bytes
    nonce: bytes
    rows: bytes

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Raises `Malformed`."""
        start = len(_MAGIC) + _LENGTH.size
        if not octets.startswith(_MAGIC) or len(octets) < start:
            raise Malformed("no file of this store, or cut short")
        end = start + _LENGTH.unpack_from(octets, len(_MAGIC))[0]
        nonce = octets[end : end + _NONCE_BYTES]
        if len(nonce) != _NONCE_BYTES:
            raise Malformed("cut short")
        return cls(_label(octets[start:end]), octets[:end], nonce, octets[end + _NONCE_BYTES :])

    def opened(self, key: bytes) -> bytes:
        """The rows. Raises `Malformed` where a byte is not as it was sealed, or the key is another."""
        try:
            return AESGCM(key).decrypt(self.nonce, self.rows, self.bound)
        except (InvalidTag, ValueError):  # ValueError: not even a tag is left
            raise Malformed("damaged, cut short, or sealed under another key") from None


def sealed(label: Label, rows: bytes, key: bytes) -> bytes:
    """The file that holds `rows` under `key`."""
    text = _written(label)
    bound = b"".join([_MAGIC, _LENGTH.pack(len(text)), text])
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b"".join([bound, nonce, AESGCM(key).encrypt(nonce, rows, bound)])


def _written(label: Label) -> bytes:
    plain = {
        "camera": label.camera,
        "coarse": label.coarse,
        "covered": label.covered,
        "ground": label.ground,
        "hour": label.hour.strftime(_HOUR),
        "settings": label.settings,
    }
    # of plain letters and whole numbers this is RFC 8785, and a tenth of the time
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def _label(octets: bytes) -> Label:
    try:
        plain = json.loads(octets)
        hour = datetime.strptime(plain["hour"], _HOUR).replace(tzinfo=UTC)
        label = Label(
            plain["camera"], hour, plain["settings"], _spans(plain["covered"]), plain["coarse"], plain["ground"]
        )
        if _written(label) != octets:
            raise ValueError("not in its one form")
    except (ValueError, KeyError, TypeError, RecursionError, Misuse):
        raise Malformed("its label is damaged, or none of ours") from None
    return label


def _spans(plain: Sequence[Sequence[int]]) -> Covered:
    return tuple((start, end) for start, end in plain)
