"""AN OFFICER'S WORD FOR A FILE OF RECORDS: a signature over its SHA-256, beside it.

Laws: whoever signs says that each row's consent was seen, is valid, and is kept where it can be shown; what was signed
is the file to the byte, for one controller; only an officer who is known here counts.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from garim import signing
from garim.consent import Known, time_text
from garim.core.errors import Disproved, Malformed, Unreadable
from garim.core.vkey import SigningKey, VerifierKey, unbase64
from garim.files import sha256, whole

DOMAIN = b"garim corpus records v1\n"
SUFFIX = ".attested.json"
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class Attestation:
    """Who says what of a file of records; `text` is it as JSON."""

    sha256: str
    controller: str
    at: str
    key: VerifierKey
    text: str


def attest(records: Path, key: SigningKey, *, controller: str, at: datetime) -> Path:
    """Sign for `records`; where the attestation was put. Raises `Misuse` where one is there, `Unreadable`."""
    pair = signing.derived(key)
    said = {"sha256": sha256(records), "controller": controller, "at": time_text(at), "key": str(pair.vkey)}
    signature = b64encode(pair.sign(_message(said))).decode()
    path = records.with_name(records.name + SUFFIX)
    with whole(path) as unfinished:
        unfinished.write_text(json.dumps({**said, "signature": signature}, indent=1) + "\n", "utf-8")
    return path


def proven(records: Path, *, controller: str, known: Known) -> Attestation:
    """The attestation beside `records`, once it holds. Raises `Unreadable`, `Malformed`, `Disproved`."""
    path = records.with_name(records.name + SUFFIX)
    try:
        text = path.read_text("utf-8") if path.stat().st_size < _MOST else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: nobody's word for these records can be read ({type(error).__name__})") from None
    try:
        tree = json.loads(text)
        said = {name: tree[name] for name in ("sha256", "controller", "at", "key")}
        key, signature = VerifierKey.parse(said["key"]), unbase64(tree["signature"])
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, _message(said))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Malformed(f"{path}: is no attestation; nothing was admitted") from None
    except InvalidSignature:
        raise Disproved(f"{path}: is not what was signed; nothing was admitted. Ask for the original") from None
    if key not in known.officers:
        raise Disproved(f"{path}: {key.name} is no officer who is known here; nothing was admitted")
    if said["controller"] != controller:
        raise Disproved(f"{path}: was signed for another controller; nothing was admitted")
    if said["sha256"] != sha256(records):
        raise Disproved(f"{records}: is not the file that was signed for; nothing was admitted. Ask for the original")
    return Attestation(said["sha256"], controller, said["at"], key, text)


def _message(said: dict[str, str]) -> bytes:
    return DOMAIN + rfc8785.dumps(said)
