"""Words of strangers, made safe for a terminal."""

from __future__ import annotations


def plain(text: str) -> str:
    """`text` on one line, with what cannot be seen, or would steer the terminal, written out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
