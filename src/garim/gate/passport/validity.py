"""WHEN A SIGNER MAY SIGN: its certificate's dates, at the moment of the check and at that of the signature.

Laws: the moment of the check is the caller's, never the clock's; a signing time is the signer's own word, and can only
count against it. Doc 9303-12, 7.1: a document signer's certificate is valid as long as the documents that it signed,
its private key for some months only, which the private key usage period tells.
"""

from __future__ import annotations

from datetime import datetime

from garim.gate.passport.certificate import Certificate
from garim.gate.passport.outcomes import Reason


def against(signer: Certificate, *, at: datetime, signed_at: datetime | None = None) -> tuple[Reason, ...]:
    """What speaks against `signer` at the time `at`, for a signature that says it was made at `signed_at`.

    Empty where nothing does. `EXPIRED_SIGNER` and `NOT_YET_VALID` are about `at`; `SIGNING_TIME` says that the
    signature was made outside the certificate's validity, or its key's, or later than `at`.
    """
    reasons = []
    if at > signer.not_after:
        reasons.append(Reason.EXPIRED_SIGNER)
    if at < signer.not_before:
        reasons.append(Reason.NOT_YET_VALID)
    if signed_at is not None and not _could_sign(signer, signed_at, at):
        reasons.append(Reason.SIGNING_TIME)
    return tuple(reasons)


def _could_sign(signer: Certificate, signed_at: datetime, at: datetime) -> bool:
    key_from, key_until = signer.extensions.key_used_from, signer.extensions.key_used_until
    return (
        signer.not_before <= signed_at <= min(signer.not_after, at)
        and (key_from is None or key_from <= signed_at)
        and (key_until is None or signed_at <= key_until)
    )
