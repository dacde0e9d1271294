"""A STRANGER'S LOG: written by aics-tlog, with none of our code, for ours to read.

Runs under a newer Python, as a script of its own: `aics_writer.py FOLDER ORIGIN`. Appends (JSON: a list of lists of
entries) come in on stdin; the public keys of the log and of its witness go out, a line each.
"""

from __future__ import annotations

import json
import sys

from aics_tlog import (  # type: ignore[import-not-found]  # lives in an environment of its own
    Checkpoint,
    DirectoryTileStore,
    IncrementalTileWriter,
    Note,
    cosignature_vkey,
    format_vkey,
    sign_checkpoint,
    sign_cosignature,
    vkey_from_ed25519,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

WITNESS = "witness.example/theirs"
AT = 1_795_000_000  # s since the Epoch

if __name__ == "__main__":
    folder, origin = sys.argv[1:]
    key, witness = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    store = DirectoryTileStore(folder)
    writer = IncrementalTileWriter(store)
    for entries in json.load(sys.stdin):
        writer.append([entry.encode() for entry in entries])
    head = Checkpoint(origin, writer.size, writer.root())
    note = sign_checkpoint(head, key, origin)
    _, cosignature = sign_cosignature(witness, WITNESS, AT, origin, head.size, head.root)
    store.write_checkpoint(Note(note.text, (*note.signatures, cosignature)).to_bytes())
    print(format_vkey(vkey_from_ed25519(origin, key.public_key())))
    print(format_vkey(cosignature_vkey(WITNESS, witness.public_key())))
