"""A witness's own folder: its keys and its memory, made together the first time and never again.

Law: a witness that lost its memory is not begun anew under its old keys; it would cosign a second history.
"""

from __future__ import annotations

from pathlib import Path

from garim.core.errors import Misuse
from garim.core.vkey import Kind
from garim.files import unwritable
from garim.ledger import keys, witness_state
from garim.ledger.keys import Signer


def kept(folder: Path, name: str) -> tuple[tuple[Signer, ...], Path]:
    """The keys and the memory of the witness in `folder`, made under `name` where there is none yet.

    Raises `Misuse` where the name is missing or another one, `Unreadable` where half of it is gone.
    """
    secrets, memory = folder / "keys", folder / "memory.sqlite"
    if not secrets.exists() and not memory.exists():
        if not name:
            raise Misuse(f"{folder}: no witness is there yet; --name gives it its name, for ever. Nothing was begun")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from None
        signers = tuple(keys.new(name, kind) for kind in (Kind.COSIGN_ED25519, Kind.COSIGN_ML_DSA_44))
        witness_state.create(memory)  # first: keys without a memory would look like a loss
        keys.write(secrets, signers)
    signers = keys.load(secrets)
    if name not in ("", signers[0].vkey.name):
        raise Misuse(f"{folder}: the witness there is {signers[0].vkey.name}, and stays it; nothing was begun")
    return signers, memory
