"""WHICH OF MANY COUNTRY CERTIFICATES CHAIN: those that sign themselves, and those that a chaining one's key signed.

Laws: each certificate is sorted out once, by a signature verified here, and whatever does not chain is named with its
reason; order does not matter. Of several ways to one the strongest is taken; what is weak on that is said. Signatures
are tried up to a limit; what is left over then does not chain. A link certificate (Doc 9303-12, 4.2) carries trust from
an old key to a new one, from an old name to a new one, and between a state and its territories. The issuer that it
names is its issuer's subject byte for byte (RFC 5280, 4.1.2.6, has CAs write it so): of the German list's 588, three
break this, and each of their keys stands there self-signed, too.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from garim.gate.passport import distinguished
from garim.gate.passport.certificate import Certificate, signed_by
from garim.gate.passport.chain import is_self_signed
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

_MOST_OF_ONE = 128  # issuers tried for one certificate; the most of one name on the German list are China's 25
_MOST_TRIED = 8192  # for all of a list, of which the largest known takes some 400


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A certificate, or a list, that is not trusted, and why. `subject` is "" where it could not be read."""

    sha256: str
    subject: str
    serial: int | None
    country: str
    reason: Reason
    said: str


@dataclass(frozen=True, slots=True)
class SortedOut:
    """What chains, in the order that it came in, and what does not.

    `flags`: by fingerprint, what is weak (SHA-1, a short key) on the best way to one that chains; absent where nothing.
    """

    chaining: tuple[Certificate, ...]
    left_out: tuple[LeftOut, ...]
    flags: Mapping[str, tuple[Reason, ...]]


def sorted_out(certificates: Iterable[Certificate]) -> SortedOut:
    """Which of `certificates`, that somebody trusted vouches for together, chain among themselves; each counts once."""
    each = list({one.sha256: one for one in certificates}.values())
    proofs = _Proofs()
    reached = _reached([one for one in each if is_self_signed(one)], each, proofs)
    names = _by(each, lambda one: distinguished.key(one.subject_der))
    keys = _by(each, lambda one: one.extensions.ski)
    left_out = []
    for one in each:
        if one.sha256 not in reached:
            aki = one.extensions.aki
            keyed = keys.get(aki, []) if aki is not None else []
            reason, said = _why(one, keyed, names.get(distinguished.key(one.issuer_der), []), proofs)
            left_out.append(LeftOut(one.sha256, one.subject, one.serial, one.country, reason, said))
    flags = {digest: tuple(sorted(weak)) for digest, weak in reached.items() if weak}
    return SortedOut(tuple(one for one in each if one.sha256 in reached), tuple(left_out), flags)


def followed(roots: Sequence[Certificate], others: Iterable[Certificate]) -> list[Certificate]:
    """`roots`, and those of `others` that are CAs of a root's country and lead from `roots` to other keys."""
    countries = {one.country for one in roots}
    fit = [one for one in others if one.extensions.is_ca and one.country in countries]
    links = [one for one in fit if not is_self_signed(one)]
    reached = _reached(roots, links, _Proofs())
    return [*roots, *(one for one in links if one.sha256 in reached)]


class _Proofs:
    """Signatures tried, each once, and no more than a list that is meant to be read needs."""

    def __init__(self) -> None:
        self._left = _MOST_TRIED
        self._by_child: Counter[str] = Counter()

    def spent(self, child: Certificate) -> bool:
        """Whether no more may be tried for `child`."""
        return not self._left or self._by_child[child.sha256] >= _MOST_OF_ONE

    def made(self, child: Certificate, issuer: Certificate) -> Made:
        """How `issuer`'s key signed `child`. Raises `Refused`: TOO_LARGE where too many were tried."""
        if self.spent(child):
            raise Refused(
                Reason.TOO_LARGE, f"too many certificates may have signed it to try them all ({child.issuer})"
            )
        self._left -= 1
        self._by_child[child.sha256] += 1
        return signed_by(child, issuer)


def _reached(
    roots: Sequence[Certificate], each: Iterable[Certificate], proofs: _Proofs
) -> dict[str, frozenset[Reason]]:
    """The fingerprints of `roots`, and of those of `each` that chain under them, with what is weak on the way."""
    children = _by(each, lambda one: one.issuer_der)
    reached: dict[str, frozenset[Reason]] = {one.sha256: frozenset() for one in roots}
    tried: set[tuple[bytes, bytes]] = set()
    strong, weak = deque(roots), deque[tuple[Certificate, frozenset[Reason]]]()
    while strong or weak:  # nothing is reached by a weak way that a strong one leads to
        if strong:
            parent = strong.popleft()
        else:
            parent, flags = weak.popleft()
            reached[parent.sha256] = flags
        for child in children.get(parent.subject_der, []):
            trial = (parent.spki, child.der)  # several certificates hold one key
            if child.sha256 in reached or trial in tried or proofs.spent(child):
                continue
            tried.add(trial)
            with contextlib.suppress(Refused):
                flags = reached[parent.sha256] | frozenset(proofs.made(child, parent).weak)
                if flags:
                    weak.append((child, flags))
                else:
                    reached[child.sha256] = flags
                    strong.append(child)
    return reached


_Key = TypeVar("_Key")


def _by(each: Iterable[Certificate], key: Callable[[Certificate], _Key]) -> dict[_Key, list[Certificate]]:
    found: dict[_Key, list[Certificate]] = {}
    for one in each:
        found.setdefault(key(one), []).append(one)
    return found


def _why(
    certificate: Certificate, keyed: Sequence[Certificate], named: Sequence[Certificate], proofs: _Proofs
) -> tuple[Reason, str]:
    """Why it does not chain, where `keyed` have the key identifier that it names, and `named` its issuer's name."""
    for one in chain(keyed, named):
        try:
            proofs.made(certificate, one)
        except Refused as refused:
            if refused.reason is not Reason.BAD_SIGNATURE:
                return refused.reason, str(refused)
            continue
        if one.subject_der != certificate.issuer_der:
            return Reason.CERTIFICATE_FORM, f"it names its issuer otherwise than its issuer does: {one.subject}"
        return Reason.UNKNOWN_ISSUER, f"it was signed by one that does not chain either: {one.subject}"
    if keyed or (named and certificate.extensions.aki is None):
        return Reason.ISSUER_SIGNATURE, f"no key on the list of its issuer signed it ({certificate.issuer})"
    return Reason.UNKNOWN_ISSUER, f"the key that signed it is not on the list (issuer: {certificate.issuer})"
