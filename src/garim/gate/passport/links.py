"""WHICH OF MANY COUNTRY CERTIFICATES CHAIN: those that sign themselves, and those that a chaining one's key signed.

Laws: each certificate is sorted out once, by a signature verified here, and whatever does not chain is named with its
reason; order does not matter. A link certificate (Doc 9303-12, 4.2) carries trust from an old key to a new one, from an
old name to a new one, and between a state and its territories. The issuer that it names is its issuer's subject byte
for byte (RFC 5280, 4.1.2.6, has CAs write it so): of the German list's 588, three break this, and each of their keys
stands there self-signed, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from garim.gate.passport import distinguished
from garim.gate.passport.certificate import Certificate, signed_by
from garim.gate.passport.chain import is_self_signed
from garim.gate.passport.outcomes import Reason, Refused


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
    """What chains, in the order that it came in, and what does not."""

    chaining: tuple[Certificate, ...]
    left_out: tuple[LeftOut, ...]


def sorted_out(certificates: Iterable[Certificate]) -> SortedOut:
    """Which of `certificates`, that somebody trusted vouches for together, chain among themselves; each counts once."""
    each = list({one.sha256: one for one in certificates}.values())
    roots = [one for one in each if is_self_signed(one)]
    reached = _reached(roots, each)
    left_out = [_left_out(one, each) for one in each if one.sha256 not in reached]
    return SortedOut(tuple(one for one in each if one.sha256 in reached), tuple(left_out))


def followed(roots: Sequence[Certificate], others: Iterable[Certificate]) -> list[Certificate]:
    """`roots`, and those of `others` that are CAs of a root's country and lead from `roots` to other keys."""
    countries = {one.country for one in roots}
    fit = [one for one in others if one.extensions.is_ca and one.country in countries]
    links = [one for one in fit if not is_self_signed(one)]
    reached = _reached(roots, links)
    return [*roots, *(one for one in links if one.sha256 in reached)]


def _reached(roots: Sequence[Certificate], each: Iterable[Certificate]) -> set[str]:
    """The fingerprints of `roots`, and of those of `each` that chain under them."""
    children: dict[bytes, list[Certificate]] = {}
    for one in each:
        children.setdefault(one.issuer_der, []).append(one)
    reached = {one.sha256 for one in roots}
    tried: set[tuple[bytes, bytes]] = set()
    waiting = deque(roots)
    while waiting:
        parent = waiting.popleft()
        for child in children.get(parent.subject_der, []):
            trial = (parent.spki, child.der)  # several certificates hold one key
            if child.sha256 in reached or trial in tried:
                continue
            tried.add(trial)
            if _signed(child, parent):
                reached.add(child.sha256)
                waiting.append(child)
    return reached


def _signed(child: Certificate, parent: Certificate) -> bool:
    try:
        signed_by(child, parent)
    except Refused:
        return False
    return True


def _left_out(certificate: Certificate, each: Sequence[Certificate]) -> LeftOut:
    reason, said = _why(certificate, each)
    return LeftOut(certificate.sha256, certificate.subject, certificate.serial, certificate.country, reason, said)


def _why(certificate: Certificate, each: Sequence[Certificate]) -> tuple[Reason, str]:
    aki = certificate.extensions.aki
    named = [one for one in each if distinguished.same(one.subject_der, certificate.issuer_der)]
    keyed = [one for one in each if aki is not None and one.extensions.ski == aki]
    for one in (*keyed, *named):
        try:
            signed_by(certificate, one)
        except Refused as refused:
            if refused.reason is not Reason.BAD_SIGNATURE:
                return refused.reason, str(refused)
            continue
        if one.subject_der != certificate.issuer_der:
            return Reason.CERTIFICATE_FORM, f"it names its issuer otherwise than its issuer does: {one.subject}"
        return Reason.UNKNOWN_ISSUER, f"it was signed by one that does not chain either: {one.subject}"
    if keyed or (named and aki is None):
        return Reason.ISSUER_SIGNATURE, f"no key on the list of its issuer signed it ({certificate.issuer})"
    return Reason.UNKNOWN_ISSUER, f"the key that signed it is not on the list (issuer: {certificate.issuer})"
