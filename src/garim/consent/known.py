"""Whose word counts: officers who may attest, and persons' own keys; a text file, one vkey a line.

    # the ministry's records office
    office+b2aa2d7f+AbC…=   officer          # since 2026-03
    p-01+97ab34cd+AdE…=     subject P-01

A line that cannot be read is an error, never skipped: what it was to allow, or to end, nobody could tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from garim.consent.errors import UnknownKey
from garim.consent.record import Event, Record, Signer
from garim.consent.states import Act
from garim.core.errors import Malformed
from garim.core.vkey import Kind, VerifierKey

_COMMENT = re.compile(r"(^|\s)#.*")  # names of keys may hold a '#', but nothing before it is a space


@dataclass(frozen=True, slots=True)
class Known:
    """Keys whose signatures count: of `officers` for anybody, of `subjects` for the one pseudonym beside each."""

    officers: frozenset[VerifierKey] = frozenset()
    subjects: frozenset[tuple[VerifierKey, str]] = frozenset()

    def has(self, key: VerifierKey, by: Signer, pseudonym: str) -> bool:
        """Whether `key` may sign for `pseudonym` in the role `by`."""
        if by is Signer.OFFICER:
            return key in self.officers
        return (key, pseudonym) in self.subjects


def read(text: str) -> Known:
    """The keys that `text` lists. Raises `Malformed` with the line that is wrong."""
    officers, subjects = set(), set()
    for number, line in enumerate(text.splitlines(), 1):
        match _COMMENT.sub("", line).split():
            case []:
                continue
            case [key, Signer.OFFICER.value]:
                officers.add(_key(key, number))
            case [key, Signer.SUBJECT.value, pseudonym]:
                subjects.add((_key(key, number), pseudonym))
            case _:
                raise Malformed(f"line {number}: is KEY officer, or KEY subject PSEUDONYM, and perhaps a # comment")
    return Known(frozenset(officers), frozenset(subjects))


def refuse_unknown(record: Record, known: Known) -> None:
    """Raise `UnknownKey` where a signer's word does not count.

    Who gave may withdraw with the same key, known or not any more: no list stands between a person and that.
    """
    given = [(event.key, event.by) for event in record.events if event.act is Act.SIGN]
    for event in record.events:
        if event.act is Act.SIGN or (event.key, event.by) not in given:
            _refuse_stranger(event, record.pseudonym, known)


def refuse_unknown_withdrawal(record: Record, known: Known) -> None:
    """The same of the withdrawal alone: at home, a person's list of officers may be empty."""
    first, last = record.events[0], record.events[-1]
    if (last.key, last.by) != (first.key, first.by):
        _refuse_stranger(last, record.pseudonym, known)


def _refuse_stranger(event: Event, pseudonym: str, known: Known) -> None:
    if known.has(event.key, event.by, pseudonym):
        return
    line = f"{event.key} {event.by}{f' {pseudonym}' if event.by is Signer.SUBJECT else ''}"
    raise UnknownKey(
        f"signed by {event.key.name}, who is not known as {event.by} here. "
        f"If you trust that key, add to garim/known-keys in your config folder, or to --known FILE: {line}"
    )


def _key(text: str, number: int) -> VerifierKey:
    try:
        key = VerifierKey.parse(text)
    except Malformed as error:
        raise Malformed(f"line {number}: {error}") from None
    if key.kind is not Kind.ED25519:
        raise Malformed(f"line {number}: {key.name}: consents are signed with Ed25519, not {key.kind.name}")
    return key
