"""FROM A SIGNER TO A TRUSTED COUNTRY CERTIFICATE: Doc 9303-12's rules, which are not those of the web (RFC 5280).

Laws: a chain is signatures, each verified here; a name finds candidates and proves nothing. The signer and its CSCA
are of one country. A CSCA may have expired since: what counts is that it was valid when it signed. Where several bear
one name (new keys, link certificates) each is tried. From the CSCA that signed, link certificates are followed as far
as they go: all of them are trusted. A signer whose key is for something else signs no passport.

What holds, and is not as Doc 9303-12 has it, is a flag; what does not hold raises `Refused`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from garim.gate.passport import distinguished
from garim.gate.passport.anchors import Trust
from garim.gate.passport.certificate import DOCUMENT_TYPES, Certificate, signed_by
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

_CLOCKS = timedelta(days=1)  # a signer may seem to be older than its CSCA: a clock, a time zone
_MOST_TYPES = 4  # that are said
_MOST_LINKS = 8  # Hungary's, the longest known, has 4
_MOST_TRIED = 64  # of one name; China has 25
_KNOWN = {f"2.5.29.{arc}" for arc in (14, 15, 16, 17, 18, 19, 31, 32, 35, 37)} | {
    "2.23.136.1.1.6.1",  # the issuer changed its name
    DOCUMENT_TYPES,
}
_SIGNS, _SIGNS_CERTIFICATES = "digitalSignature", "keyCertSign"


@dataclass(frozen=True, slots=True)
class Chain:
    """The signer, the CSCA that signed it, and what links lead on from there; `made` says how each was signed.

    `flags`: weak signatures, and what is not as Doc 9303-12 has it.
    """

    path: tuple[Certificate, ...]
    made: tuple[Made, ...]
    flags: tuple[Reason, ...]

    @property
    def csca(self) -> Certificate:
        """The trusted country certificate that signed the signer."""
        return self.path[1]


def chained(signer: Certificate, trust: Trust, *, at: datetime) -> Chain:
    """The chain from the document signer `signer` to a trusted CSCA that was in force at `at`.

    Raises `Refused`: CERTIFICATE_USE, CERTIFICATE_FORM, UNKNOWN_COUNTRY, UNKNOWN_ISSUER, ISSUER_SIGNATURE,
    COUNTRY_DIFFERS, OUTSIDE_ISSUER_VALIDITY, NOT_YET_VALID, and what the issuer's key or algorithm raises.
    """
    refuse_use(signer)
    chain = issued(signer, trust, at=at, country=_state(signer))
    return chain if signer.extensions.key_usage is not None else _flagged(chain, Reason.CERTIFICATE_USE)


def refuse_use(signer: Certificate) -> None:
    """Raise `Refused` (CERTIFICATE_USE) where the signer's certificate is not for signing documents."""
    says = signer.extensions
    if says.is_ca:
        raise _refused(Reason.CERTIFICATE_USE, "the signer's certificate is for signing certificates, not documents")
    if says.key_usage is not None and _SIGNS not in says.key_usage:
        raise _refused(Reason.CERTIFICATE_USE, "the signer's key is not for signing")
    if says.extended_usage:  # master lists, visa stickers, connections: keys of the same CSCA, for something else
        raise _refused(Reason.CERTIFICATE_USE, "the signer's key is for signing something else than passports")
    unread = {DOCUMENT_TYPES} if says.document_types is None else set()
    if says.critical - (_KNOWN - unread):
        raise _refused(Reason.CERTIFICATE_USE, "the signer's certificate depends on something that is not read")


def refuse_type(signer: Certificate, document_code: str) -> None:
    """Raise `Refused` (CERTIFICATE_USE) where the signer says what it signs, and not documents of `document_code`.

    Doc 9303-12, 7.1: one letter stands for all codes that begin with it, two for themselves.
    """
    types = signer.extensions.document_types
    if types is not None and not types & {document_code, document_code[:1]}:
        may = ", ".join(sorted(types)[:_MOST_TYPES])
        said = f"the signer may sign documents of the type {may}, and this is of the type {document_code}"
        raise _refused(Reason.CERTIFICATE_USE, said)


def _state(signer: Certificate) -> str:
    """Its country; where its subject names none at all, its issuer's."""
    none = distinguished.countries(signer.subject_der) == frozenset()
    return signer.issuer_country if none else signer.country


def issued(signer: Certificate, trust: Trust, *, at: datetime, country: str | None = None) -> Chain:
    """As `chained`, for a signer of another kind (of master lists), whose use the caller looks at."""
    country = signer.country if country is None else country
    if not country:
        raise _refused(Reason.CERTIFICATE_FORM, "the signer's certificate names no country")
    if country not in trust.countries:
        raise _refused(Reason.UNKNOWN_COUNTRY, f"no trusted certificate of {country} is at hand")
    csca, made = _issuer(signer, trust, at, country)
    path, ways = [signer, csca], [made]
    while not is_self_signed(path[-1]) and len(path) <= _MOST_LINKS:
        link = next(_that_signed(path[-1], _apart(_candidates(path[-1], trust), path)), None)
        if link is None:
            break  # trusted by itself: a fingerprint, or a list, says so
        path.append(link[0])
        ways.append(link[1])
    flags = {reason for one in ways for reason in one.weak} | set(_deviations(signer, csca))
    return Chain(tuple(path), tuple(ways), tuple(sorted(flags)))


def is_self_signed(certificate: Certificate) -> bool:
    """Whether its own key signed it."""
    if not distinguished.same(certificate.subject_der, certificate.issuer_der):
        return False
    return next(_that_signed(certificate, [certificate]), None) is not None


def _issuer(signer: Certificate, trust: Trust, at: datetime, country: str) -> tuple[Certificate, Made]:
    """The best of the trusted certificates whose key signed `signer`."""
    candidates = _candidates(signer, trust)
    if not candidates:
        raise _refused(Reason.UNKNOWN_ISSUER, f"no trusted certificate of {country} has the issuer's name or key")
    found: list[tuple[Reason | None, Certificate, Made]] = []
    for csca, made in _that_signed(signer, candidates, strict=True):
        found.append((_unfit(signer, csca, at, country), csca, made))
        if found[-1][0] is None and _like_a_root(csca):
            break  # none is better
    fit = [(csca, made) for unfit, csca, made in found if unfit is None]
    if fit:
        return min(fit, key=lambda one: not _like_a_root(one[0]))
    raise _refused(found[0][0] or Reason.ISSUER_SIGNATURE, _UNFIT[found[0][0]])


def _that_signed(
    certificate: Certificate, candidates: Iterable[Certificate], *, strict: bool = False
) -> Iterator[tuple[Certificate, Made]]:
    """Those of `candidates` whose key signed `certificate`, the likeliest first.

    `strict` raises `Refused` where none did, as the likeliest one's failure says.
    """
    failed: Refused | None = None
    none = True
    for candidate in sorted(candidates, key=lambda one: _unlike(certificate, one))[:_MOST_TRIED]:
        try:
            made = signed_by(certificate, candidate)
        except Refused as refused:
            failed = failed or refused
            continue
        none = False
        yield candidate, made
    if strict and none and failed is not None:
        if failed.reason is Reason.BAD_SIGNATURE:
            raise _refused(Reason.ISSUER_SIGNATURE, _UNFIT[Reason.ISSUER_SIGNATURE]) from None
        raise failed


def _unlike(certificate: Certificate, candidate: Certificate) -> tuple[bool, bool, bool]:
    named, held = certificate.extensions.aki, candidate.extensions.ski
    other_key = None not in (named, held) and named != held
    other_name = not distinguished.same(certificate.issuer_der, candidate.subject_der)
    return other_key, other_name, not _like_a_root(candidate)


def _like_a_root(certificate: Certificate) -> bool:
    """Whether it seems to be self-signed, where a link certificate may have both names in common, too."""
    return certificate.self_issued and certificate.extensions.aki in (None, certificate.extensions.ski)


def _unfit(signer: Certificate, csca: Certificate, at: datetime, country: str) -> Reason | None:
    """Why `csca`, whose key signed `signer`, cannot have been in a position to."""
    if csca.country != country:
        return Reason.COUNTRY_DIFFERS
    if csca.not_before > at:
        return Reason.NOT_YET_VALID
    if not csca.not_before - _CLOCKS <= signer.not_before <= csca.not_after:
        return Reason.OUTSIDE_ISSUER_VALIDITY
    uses = csca.extensions.key_usage
    if (uses is not None and _SIGNS_CERTIFICATES not in uses) or csca.extensions.critical - _KNOWN:
        return Reason.CERTIFICATE_USE
    return None


def _deviations(signer: Certificate, csca: Certificate) -> Iterator[Reason]:
    """What is not as Doc 9303-12, 7.1 has it, between two certificates of which one signed the other."""
    other_key, other_name, _ = _unlike(signer, csca)
    if other_key or other_name or not signer.country:
        yield Reason.CERTIFICATE_FORM
    if signer.not_before < csca.not_before:
        yield Reason.OUTSIDE_ISSUER_VALIDITY
    yield from (*signer.deviations, *csca.deviations)
    if (
        not csca.extensions.is_ca or csca.extensions.key_usage is None
    ):  # five of the German list's 588, which a state answers for
        yield Reason.CERTIFICATE_USE


def _candidates(certificate: Certificate, trust: Trust) -> Sequence[Certificate]:
    return trust.candidates(certificate.issuer_der, certificate.extensions.aki)


def _apart(candidates: Sequence[Certificate], path: Sequence[Certificate]) -> list[Certificate]:
    return [one for one in candidates if one not in path]


def _flagged(chain: Chain, reason: Reason) -> Chain:
    return Chain(chain.path, chain.made, tuple(sorted({*chain.flags, reason})))


_UNFIT = {
    None: "",
    Reason.ISSUER_SIGNATURE: "trusted certificates have the issuer's name or key, and none of their keys signed",
    Reason.COUNTRY_DIFFERS: "the certificate that signed the signer's is another country's",
    Reason.NOT_YET_VALID: "the country's certificate is not yet valid",
    Reason.OUTSIDE_ISSUER_VALIDITY: "the signer's certificate was issued outside the validity of the country's",
    Reason.CERTIFICATE_USE: "the country's certificate is not for signing certificates",
}


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"chain: {what}; the signer is not believed. Have a person look, or get a newer master list")
