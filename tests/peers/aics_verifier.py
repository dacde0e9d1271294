"""A STRANGER LOOKS AT A LOG OF OURS: aics-tlog verifies it, with none of our code.

Runs under a newer Python, as a script of its own. A question (JSON, see `Question`) comes in on stdin; one JSON
object goes out: what was verified, or `refused` with the step that failed and the peer's words for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TypedDict

from aics_tlog import (  # type: ignore[import-not-found]  # lives in an environment of its own
    FileSystemTileReader,
    VerifiedTileReader,
    audit_tiles,
    consistency_proof_from_tiles,
    inclusion_proof_from_tiles,
    parse_note,
    parse_vkey,
    read_entry,
    tree_root_from_tiles,
    verify_checkpoint,
    verify_consistency,
    verify_leaf_inclusion,
)


class Question(TypedDict):
    """Hashes are hex. `proofs` are ours, by index, `older` is a signed checkpoint from before, `grown` our proof."""

    folder: str
    origin: str
    log_key: str
    witnesses: list[str]
    quorum: int
    proofs: dict[str, list[str]]
    older: str | None
    grown: list[str]


class Refused(Exception):
    """A step that the peer does not accept; its first argument names the step."""


def verified(ask: Question) -> dict[str, object]:
    """What the peer found true, step by step. Raises `Refused`."""
    size, root, cosigned = _checkpoint((Path(ask["folder"]) / "checkpoint").read_bytes(), ask, ask["quorum"])
    tiles = FileSystemTileReader(ask["folder"])
    _check("root", tree_root_from_tiles(tiles, size) == root, "the tiles do not lead to the checkpoint's root")
    report = audit_tiles(tiles, size, root)
    proven = VerifiedTileReader(tiles, size, root)
    for index, ours in ((int(index), _hashes(ours)) for index, ours in ask["proofs"].items()):
        entry = read_entry(tiles, index, size)
        _check("entry", entry == proven.entry(index), f"entry {index} is not the one that the tree has")
        theirs = inclusion_proof_from_tiles(proven, index, size)
        _check("their proof", verify_leaf_inclusion(entry, index, size, theirs, root), f"of entry {index}")
        _check("our proof", verify_leaf_inclusion(entry, index, size, ours, root), f"of entry {index}")
    if ask["older"] is not None:
        old_size, old_root, _ = _checkpoint(ask["older"].encode(), ask, 0)
        theirs = consistency_proof_from_tiles(proven, old_size, size)
        _check("their growth", verify_consistency(old_size, size, old_root, root, theirs), f"from {old_size}")
        _check("our growth", verify_consistency(old_size, size, old_root, root, _hashes(ask["grown"])), f"{old_size}")
    return {
        "size": size,
        "root": root.hex(),
        "tiles": report.tiles,
        "bundles": report.bundles,
        "proofs": len(ask["proofs"]),
        "cosigned by": cosigned,
    }


def _checkpoint(note: bytes, ask: Question, quorum: int) -> tuple[int, bytes, list[str]]:
    found = verify_checkpoint(
        parse_note(note),
        parse_vkey(ask["log_key"]),
        [parse_vkey(key) for key in ask["witnesses"]],
        quorum,
        expected_origin=ask["origin"],
    )
    _check("checkpoint", found.ok, found.error)
    return found.size, found.root, found.witnesses


def _hashes(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in proof]


def _check(step: str, holds: bool, words: str) -> None:
    if not holds:
        raise Refused(step, words)


if __name__ == "__main__":
    try:
        print(json.dumps(verified(json.load(sys.stdin))))
    except Refused as error:
        print(json.dumps({"refused": error.args[0], "words": error.args[1]}))
    except (ValueError, OSError) as error:  # the peer's own: a tile missing, bytes that do not parse
        print(json.dumps({"refused": type(error).__name__, "words": str(error)}))
