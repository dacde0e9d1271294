"""WHOM TO BELIEVE: logs, witnesses, and the quorum of witnesses that makes a checkpoint valid. C2SP tlog-policy. Pure.

Laws: names are opaque octets; a name stands for one thing, is defined before it is used, and is a member once at
most; a public key is one log and one witness at most, under whatever name; there is exactly one quorum.

A log's key is of kind 0x01 or 0x06 (0x04 says what a witness saw), a witness's of kind 0x04 or 0x06.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind, VerifierKey
from garim.ledger.checkpoint_text import decimal

MOST_BYTES = 1 << 20
MOST_LINES = 256  # of logs, and of witnesses and groups; the specification asks for 32 at least
NONE = b"none"
_LOG_KINDS = {Kind.ED25519, Kind.COSIGN_ML_DSA_44}
_WITNESS_KINDS = {Kind.COSIGN_ED25519, Kind.COSIGN_ML_DSA_44}
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_THRESHOLDS: dict[bytes, Callable[[int], int]] = {b"any": lambda members: 1, b"all": lambda members: members}


@dataclass(frozen=True, slots=True)
class Log:
    """A log whose checkpoints are accepted; its origin is the name in its `vkey`."""

    vkey: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under the `name` that this policy gives it; `url` is its submission prefix."""

    name: bytes
    vkey: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Has witnessed what `threshold` of its `members` have; these are names of witnesses and of groups before it."""

    name: bytes
    threshold: int
    members: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.members):
            raise Malformed(f"group {shown(self.name)}: needs {self.threshold} of {len(self.members)} members")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as read; `quorum` is the name of a witness or a group, or `NONE`."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: bytes

    def satisfied_by(self, keys: Collection[VerifierKey]) -> tuple[Witness, ...]:
        """The witnesses among `keys`, whose signatures were verified before.

        Raises `Disproved`, saying who is missing, where they are no quorum.
        """
        present = tuple(witness for witness in self.witnesses if witness.vkey in keys)
        reached = {witness.name for witness in present}
        for group in self.groups:  # a member is defined before its group, so one pass suffices
            if sum(member in reached for member in group.members) >= group.threshold:
                reached.add(group.name)
        if self.quorum != NONE and self.quorum not in reached:
            raise Disproved(f"no quorum of witnesses: {self._missing(self.quorum, reached)}")
        return present

    def _missing(self, name: bytes, reached: set[bytes]) -> str:
        """What `name`, which is not reached, lacks: in words, its groups taken apart. Ends, as names only lead back."""
        group = next((group for group in self.groups if group.name == name), None)
        if group is None:
            return f"{shown(name)} has not cosigned"
        absent = [member for member in group.members if member not in reached]
        there = len(group.members) - len(absent)
        reasons = ", ".join(self._missing(member, reached) for member in absent)
        return f"{shown(name)} has {there} of the {group.threshold} that it needs ({reasons})"


def read(octets: bytes) -> Policy:
    """The policy in a file's `octets`. Raises `Malformed`, with the number of the line."""
    if len(octets) > MOST_BYTES:
        raise Malformed(f"a policy has at most {MOST_BYTES} bytes")
    if not octets.endswith(b"\n"):
        raise Malformed("the policy's last line does not end in a newline: the file may have been cut short")
    draft = _Draft()
    for number, line in enumerate(octets.removesuffix(b"\n").split(b"\n"), 1):
        try:
            _take(draft, line)
        except Malformed as error:
            raise Malformed(f"line {number} of the policy: {error}") from None
    if draft.quorum is None:
        raise Malformed("the policy has no quorum line; `quorum none` asks for no witness")
    return Policy(tuple(draft.logs), tuple(draft.witnesses), tuple(draft.groups), draft.quorum)


def shown(name: bytes) -> str:
    """An opaque name as people can read it; octets that are not printable are escaped."""
    text = name.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)


@dataclass(slots=True)
class _Draft:
    """What the lines so far have defined."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: bytes | None = None
    names: set[bytes] = field(default_factory=lambda: {NONE})
    members: set[bytes] = field(default_factory=lambda: {NONE})


def _take(draft: _Draft, line: bytes) -> None:
    if found := _FORBIDDEN.search(line):
        raise Malformed(f"the octet 0x{found[0].hex()} is not allowed")
    # not split(), which takes more than space and tab for white
    words = [word for word in re.split(rb"[ \t]+", line) if word]
    if not words or words[0].startswith(b"#"):
        return
    if words[0] not in _LINES:
        raise Malformed(f"{shown(words[0])} is none of log, witness, group and quorum")
    least, most, take = _LINES[words[0]]
    if not least <= len(words) - 1 <= most:
        raise Malformed(f"a {shown(words[0])} line does not have {len(words) - 1} items")
    take(draft, words[1:])


def _log(draft: _Draft, words: list[bytes]) -> None:
    if len(draft.logs) == MOST_LINES:
        raise Malformed(f"more than {MOST_LINES} logs")
    key = _key(words[0], _LOG_KINDS, {log.vkey.public for log in draft.logs})
    draft.logs.append(Log(key, _url(words[1:])))


def _witness(draft: _Draft, words: list[bytes]) -> None:
    _define(draft, words[0])
    key = _key(words[1], _WITNESS_KINDS, {witness.vkey.public for witness in draft.witnesses})
    draft.witnesses.append(Witness(words[0], key, _url(words[2:])))


def _group(draft: _Draft, words: list[bytes]) -> None:
    name, threshold, members = words[0], words[1], words[2:]
    for member in members:
        if member not in draft.names or member == NONE:
            raise Malformed(f"{shown(member)} is not defined on a line before")
        if member in draft.members:
            raise Malformed(f"{shown(member)} is a member already, and can be one only once")
        draft.members.add(member)
    _define(draft, name)
    known = _THRESHOLDS.get(threshold)
    needed = known(len(members)) if known else decimal(threshold.decode("latin-1"))
    draft.groups.append(Group(name, needed, tuple(members)))


def _quorum(draft: _Draft, words: list[bytes]) -> None:
    if draft.quorum is not None:
        raise Malformed("there is a quorum already")
    if words[0] not in draft.names:
        raise Malformed(f"{shown(words[0])} is not defined on a line before")
    draft.quorum = words[0]


# the least and most items that follow the word
_LINES: dict[bytes, tuple[int, int, Callable[[_Draft, list[bytes]], None]]] = {
    b"log": (1, 2, _log),
    b"witness": (2, 3, _witness),
    b"group": (3, MOST_LINES, _group),
    b"quorum": (1, 1, _quorum),
}


def _define(draft: _Draft, name: bytes) -> None:
    if name in draft.names:
        raise Malformed(f"{shown(name)} is defined already")
    if len(draft.names) > MOST_LINES:
        raise Malformed(f"more than {MOST_LINES} witnesses and groups")
    draft.names.add(name)


def _key(word: bytes, kinds: set[Kind], taken: set[bytes]) -> VerifierKey:
    try:
        key = VerifierKey.parse(word.decode())
    except UnicodeDecodeError:
        raise Malformed(f"{shown(word)} is not a key") from None
    if key.kind not in kinds:
        raise Malformed(f"{key.name}: a {key.kind.name} key has no place on such a line")
    if key.public in taken:
        raise Malformed(f"{key.name}: this public key stands on a line before, whatever its name there")
    return key


def _url(words: list[bytes]) -> str | None:
    return words[0].decode("utf-8", "surrogateescape") if words else None
