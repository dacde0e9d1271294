"""Real bytes of states, out of ../shared: the German master list's certificates, and files of specimens."""

from __future__ import annotations

from functools import cache

from asn1crypto import cms, core
from tests.gate.passport.files import dump


class _List(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    _fields = [("version", core.Integer), ("certificates", core.SetOf, {"spec": core.Any})]  # noqa: RUF012


def specimen(name: str) -> bytes:
    """A file of `../shared/data/epassport`; the test is skipped where it is not there."""
    return dump(name).read_bytes()


def listed() -> tuple[bytes, ...]:
    """The 588 certificates of the German list of 2026-05-28."""
    return _listed(specimen("masterlist/de.ml"))


@cache
def _listed(data: bytes) -> tuple[bytes, ...]:
    """Read by asn1crypto, so that what is tested does not read its own truth."""
    content = cms.ContentInfo.load(data)["content"]["encap_content_info"]["content"]
    return tuple(each.dump() for each in _List.load(bytes(content))["certificates"])
