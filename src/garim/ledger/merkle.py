"""THE TREE: RFC 6962 over SHA-256. Pure: it opens nothing.

Laws: a leaf is never taken for a node (their hashes begin with different bytes); a proof of any length but the
right one proves nothing; what does not hold is raised, not returned.

Proofs after RFC 9162, 2.1.3 and 2.1.4, whose hashing is that of RFC 6962.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from garim.core.errors import Disproved

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Span = Callable[[int, int], bytes]
"""The root over the leaves from `start` up to `end`: a subtree of RFC 6962's recursion, so `start` is aligned."""


def leaf(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def leaves(entries: Iterable[bytes]) -> list[bytes]:
    """The hash of each entry."""
    # leaf(), written out: a million entries pass here
    return [hashlib.sha256(b"\0" + entry).digest() for entry in entries]


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over `hashes`, of which all but the last stand for subtrees of one size, and the last for no more."""
    if not hashes:
        return EMPTY
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        # node(), written out: every hash of a million leaves passes here
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return row[0]


def split(size: int) -> int:
    """The size of a tree's left part: the largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(index: int, size: int, span: Span) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves, the leaf's sibling first."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(span(middle, end))
            end = middle
        else:
            path.append(span(start, middle))
            start = middle
    return path[::-1]


def consistency(old: int, size: int, span: Span) -> list[bytes]:
    """The hashes that show the tree of `old` leaves to be the beginning of that of `size` leaves."""
    if old in (0, size):
        return []
    path: list[bytes] = []
    start, end = 0, size
    while end != old:
        middle = start + split(end - start)
        if old <= middle:
            path.append(span(middle, end))
            end = middle
        else:
            path.append(span(start, middle))
            start = middle
    if start:  # else what is left is the old tree itself, whose root the verifier has
        path.append(span(start, end))
    return path[::-1]


def check_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], of: bytes) -> None:
    """Raise `Disproved` unless `proof` leads from the leaf `hashed` at `index` to `of`, the root of `size` leaves."""
    if not 0 <= index < size:
        raise Disproved(f"entry {index} does not lie in a tree of {size}")
    place, last, at = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            raise Disproved(f"the proof for entry {index} is longer than its way to the root")
        if place & 1 or place == last:
            at = node(sibling, at)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            at = node(at, sibling)
        place, last = place >> 1, last >> 1
    if last or at != of:
        raise Disproved(f"the proof does not lead from entry {index} to the root of the tree of {size}")


def check_consistency(old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `Disproved` unless `proof` shows the tree of `old` leaves to be the beginning of that of `size`."""
    if not 0 <= old <= size:
        raise Disproved(f"a tree of {size} does not begin with one of {old}")
    if old in (0, size):
        known = EMPTY if old == 0 else new_root
        if proof or old_root != known:
            raise Disproved(f"two different trees of {old} entries: history was rewritten")
        return
    if _climbed(old, old_root, size, proof) != (old_root, new_root):
        raise Disproved(f"the tree of {size} does not begin with the one of {old}: history was rewritten")


def _climbed(old: int, old_root: bytes, size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots as `proof` gives them: the old, the new. Raises `Disproved` where it has the wrong length."""
    path = list(proof)
    if old & (old - 1) == 0:  # a whole subtree of the new tree: its root is the first step
        path.insert(0, old_root)
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        raise Disproved("the proof is empty")
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise Disproved("the proof is too long")
        if place & 1 or place == last:
            before, after = node(sibling, before), node(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node(after, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Disproved("the proof is too short")
    return before, after
