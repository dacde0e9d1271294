"""A CORPUS'S FOLDER: how it begins, and what its first file says.

Laws: it appears whole, or not at all; the master key does not lie in it; what `corpus.json` says is what was said when
it was made, or it is refused.
"""

from __future__ import annotations

import hmac
import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import rfc8785

from garim.consent import time_text
from garim.core.errors import Disproved, Malformed, Misuse, Unreadable
from garim.corpus.errors import WrongMaster
from garim.corpus.masterkey import Master, Secrets, derived
from garim.corpus.state import NAME, State
from garim.files import unwritable, whole
from garim.ledger import Log, merkle

FORMAT = "garim-corpus-1"
FILE = "corpus.json"
FOLDERS = ("keys", "vault", "subjects", "parts", "lists", "manifests")
_MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """What a corpus is: `id` 16 bytes in hex; a TEST corpus takes TEST consents, and says so everywhere."""

    id: str
    controller: str
    made_at: str
    test: bool
    origin: str
    """The name of the ledger that it answers to."""

    @property
    def octets(self) -> bytes:
        """The id."""
        return bytes.fromhex(self.id)


def make(folder: Path, master: Master, log: Log, *, controller: str, at: datetime, test: bool = False) -> Made:
    """A new, empty corpus at `folder` that answers to `log`. Raises `Misuse` where something is there, `Unwritable`."""
    if folder.exists() or folder.is_symlink():
        raise Misuse(f"{folder}: exists already; nothing was made. A corpus begins in a new folder")
    if not controller.strip() or not controller.isprintable() or len(controller) > _MOST_WORDS:
        raise Misuse("a controller is one line of printable text, as consents name it; nothing was made")
    made = Made(secrets.token_hex(16), controller, time_text(at), test, log.origin)
    keys = derived(master, made.octets)
    begun = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    try:
        begun.mkdir(mode=0o700, parents=True)
        for name in FOLDERS:
            (begun / name).mkdir(mode=0o700)
        with whole(begun / FILE, mode=0o600) as path:
            path.write_text(_text(made, keys), "utf-8")
        facts: dict[str, int | bytes | str] = {"subjects": 0, "photos": 0, "consents": 0, "generation": 0}
        State.create(begun / NAME, keys.seal, facts | {"ledger_size": 0, "ledger_root": merkle.EMPTY})
        begun.rename(folder)
    except OSError as error:
        raise unwritable(folder, error) from None
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return made


def read(folder: Path, master: Master) -> tuple[Made, Secrets]:
    """What the corpus at `folder` is, and its keys. Raises `Misuse`, `WrongMaster`, `Disproved`, `Unreadable`."""
    path = folder / FILE
    try:
        text = path.read_text("utf-8") if path.stat().st_size < 1 << 16 else ""
    except FileNotFoundError:
        raise Misuse(f"{folder}: is no corpus: there is no {FILE} in it. garim corpus init makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: cannot be read: {error}; nothing was opened") from None
    try:
        tree = json.loads(text)
        made = Made(*(tree[name] for name in ("id", "controller", "made_at", "test", "origin")))
        key = bytes.fromhex(tree["key"])
        keys = derived(master, made.octets)
    except (ValueError, KeyError, TypeError):
        raise Malformed(f"{path}: is not what garim corpus init writes; nothing was opened. Restore it") from None
    if not hmac.compare_digest(key, _of_key(keys)):
        raise WrongMaster(f"{folder}: this master key is not this corpus's; nothing was opened. Name the right one")
    if text != _text(made, keys):
        raise Disproved(f"{path}: was changed since the corpus was made; nothing was opened. Restore it")
    return made, keys


def _text(made: Made, keys: Secrets) -> str:
    plain = {"format": FORMAT, **asdict(made), "key": _of_key(keys).hex()}
    seal = hmac.digest(keys.check, b"made" + rfc8785.dumps(plain), "sha256")
    return json.dumps({**plain, "seal": seal.hex()}, indent=1, ensure_ascii=False) + "\n"


def _of_key(keys: Secrets) -> bytes:
    return hmac.digest(keys.check, b"key" + keys.corpus, "sha256")[:16]
