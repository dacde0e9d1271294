"""What a check of a passport can come to: its code, its outcome, its reason. Words that logs and receipts may carry.

Laws: a check passes only where something was proved; what could not be looked at is `unchecked`, never `passed`; what
holds in a way that a person has to weigh (SHA-1, a deviation of the form) is `flagged`, never `passed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from garim.core.errors import Malformed


class Code(StrEnum):
    """The checks, in the order of Frontex's best practice guidelines for automated border control (2012), 4.4."""

    FILES = "files"  # what was handed over is files of a passport's chip
    SOD_SIGNATURE = "sod_signature"
    SIGNER_CERTIFICATE = "signer_certificate"
    SIGNER_VALIDITY = "signer_validity"
    CHAIN = "chain"
    REVOCATION = "revocation"
    SOD_COM = "sod_com"
    DG_HASH = "dg_hash"
    ISSUER = "issuer"
    MRZ_DIGITS = "mrz_digits"
    MRZ_PRINTED = "mrz_printed"
    EXPIRY = "expiry"
    PORTRAIT = "portrait"


class Outcome(StrEnum):
    """What one check came to."""

    PASSED = "passed"
    FLAGGED = "flagged"
    UNCHECKED = "unchecked"
    FAILED = "failed"


class Verdict(StrEnum):
    """What all checks come to. Any but `proven` goes to a person."""

    PROVEN = "proven"  # each check passed; what nobody could look at (see SAID_ONLY) is named beside it
    FLAGGED = "flagged"  # each holds, some in a way that a person has to weigh
    UNPROVEN = "unproven"  # something that a proof needs could not be checked
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a check did not simply pass. One word a cause; the sentence for people stands in `Check.said`."""

    # form
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    INDEFINITE_LENGTH = "indefinite_length"
    LENGTH_TOO_LONG = "length_too_long"  # more than three bytes of length
    LENGTH_NOT_SHORTEST = "length_not_shortest"
    UNEXPECTED_TAG = "unexpected_tag"
    NOT_DER = "not_der"
    TOO_LARGE = "too_large"
    MISSING_FILE = "missing_file"
    DUPLICATE_FILE = "duplicate_file"
    ARCHIVE = "archive"  # a zip that is damaged, encrypted, or names files outside itself
    # SOD
    SIGNER_COUNT = "signer_count"
    NO_SIGNED_ATTRIBUTES = "no_signed_attributes"
    CONTENT_TYPE = "content_type"
    CONTENT_IS_ID_DATA = "content_is_id_data"
    MESSAGE_DIGEST = "message_digest"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_ALGORITHM = "unknown_algorithm"
    WEAK_HASH = "weak_hash"  # SHA-1
    WEAK_KEY = "weak_key"
    DIGEST_DIFFERS = "digest_differs"  # CMS names one hash, the signature's algorithm another; both hold
    ALGORITHM_NAME = "algorithm_name"  # a kind of key stands where an algorithm belongs; with CMS's hash it holds
    UNKNOWN_CURVE = "unknown_curve"
    NO_SIGNER_CERTIFICATE = "no_signer_certificate"
    CERTIFICATE_FORM = "certificate_form"
    CERTIFICATE_USE = "certificate_use"
    LDS_VERSION = "lds_version"
    DUPLICATE_ENTRY = "duplicate_entry"
    LIST_FORM = "list_form"  # of a master list
    REVOCATION_FORM = "revocation_form"  # of a revocation list
    # time, chain
    EXPIRED_SIGNER = "expired_signer"
    NOT_YET_VALID = "not_yet_valid"
    SIGNING_TIME = "signing_time"
    NO_TRUST_LIST = "no_trust_list"
    UNKNOWN_COUNTRY = "unknown_country"
    UNKNOWN_ISSUER = "unknown_issuer"
    ISSUER_SIGNATURE = "issuer_signature"  # a trusted CSCA of this name, whose key did not sign
    OUTSIDE_ISSUER_VALIDITY = "outside_issuer_validity"
    REVOKED = "revoked"
    NO_REVOCATION_LIST = "no_revocation_list"
    STALE_REVOCATION_LIST = "stale_revocation_list"
    OLDER_LIST = "older_list"  # than the one of its issuer that is held
    # data groups
    COM_DIFFERS = "com_differs"
    NO_COM = "no_com"
    HASH_DIFFERS = "hash_differs"
    NOT_COVERED = "not_covered"  # a data group that the SOD does not name
    NOT_PRESENTED = "not_presented"  # signed, and not handed over; few may read it (fingerprints, irises)
    COUNTRY_DIFFERS = "country_differs"
    # MRZ
    MRZ_FORM = "mrz_form"
    CHECK_DIGIT = "check_digit"
    PRINTED_DIFFERS = "printed_differs"
    NO_PRINTED_MRZ = "no_printed_mrz"  # nobody handed over what the page says
    DOCUMENT_EXPIRED = "document_expired"
    # portrait
    FACE_RECORD = "face_record"  # in none of the forms that are read
    RECORD_LENGTH = "record_length"
    FACE_COUNT = "face_count"
    NO_PORTRAIT = "no_portrait"
    IMAGE_FORMAT = "image_format"
    IMAGE_TYPE_DIFFERS = "image_type_differs"
    IMAGE_SIZE_DIFFERS = "image_size_differs"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_DAMAGED = "image_damaged"
    DECODER_STOPPED = "decoder_stopped"
    NOT_DECODED = "not_decoded"  # no decoder was given


class Refused(Malformed):
    """A passport's bytes that cannot be taken, with the one-word `reason` that a log may carry.

    The message is for people, and never quotes what stands in the document about its holder.
    """

    def __init__(self, reason: Reason, said: str) -> None:
        super().__init__(said)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its code, what it is about ("DG2", "" where the code says it all), outcome, reason and sentence."""

    code: Code
    outcome: Outcome
    reason: Reason | None
    said: str
    about: str = ""

    def __post_init__(self) -> None:
        if (self.reason is None) != (self.outcome is Outcome.PASSED):
            raise ValueError("check: a reason stands wherever it did not simply pass")


SAID_ONLY = frozenset({Reason.NO_REVOCATION_LIST, Reason.NOT_PRESENTED, Reason.NO_PRINTED_MRZ})
"""Why a check that is `unchecked` does not bar `proven`: no revocation list or printed page was given, or a file that
only some authorities may read (fingerprints, irises) was not handed over. It is named all the same."""

_NEEDED = frozenset({Code.SOD_SIGNATURE, Code.SIGNER_CERTIFICATE, Code.SIGNER_VALIDITY, Code.CHAIN, Code.DG_HASH})

_WORST = (
    (Outcome.FAILED, Verdict.REFUSED),
    (Outcome.UNCHECKED, Verdict.UNPROVEN),
    (Outcome.FLAGGED, Verdict.FLAGGED),
)


def verdict(checks: Iterable[Check]) -> Verdict:
    """What `checks` come to together: the worst of them; and where a check is missing that a proof needs, no proof."""
    held = [check for check in checks if check.outcome is not Outcome.UNCHECKED or check.reason not in SAID_ONLY]
    outcomes = {check.outcome for check in held}
    if not {check.code for check in held} >= _NEEDED:
        outcomes.add(Outcome.UNCHECKED)
    return next((verdict for outcome, verdict in _WORST if outcome in outcomes), Verdict.PROVEN)
