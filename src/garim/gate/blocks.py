"""A page of blocks: HTML with holes, each filled with words that are escaped unless they were made here.

Laws: whatever is not `Safe` is escaped, and what cannot be seen in it is written out; the page loads nothing and runs
nothing, as `policy` tells the browser.

    <!-- block NAME -->
    <p>$word</p>
    <!-- end -->
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from html import escape
from string import Template

_BLOCK = re.compile(r"<!-- block (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # Unicode's names for what turns text around, or hides in it


class Safe(str):
    """HTML that was made here."""

    __slots__ = ()


class Blocks:
    """The blocks of `text`, whose one style the policy allows."""

    def __init__(self, text: str) -> None:
        self._blocks = {name: Template(body.removesuffix("\n")) for name, body in _BLOCK.findall(text)}
        found = _STYLE.search(text)
        digest = hashlib.sha256(found[1].encode() if found else b"").digest()
        self.policy = Safe(
            f"default-src 'none'; img-src data:; style-src 'sha256-{base64.b64encode(digest).decode()}'; "
            "script-src 'none'; base-uri 'none'; form-action 'none'"
        )

    def __call__(self, which: str, /, **words: object) -> Safe:
        """The block of that name, filled. Raises `KeyError` where a word is missing."""
        return Safe(self._blocks[which].substitute({key: safe(word) for key, word in words.items()}))


def joined(parts: Iterable[Safe]) -> Safe:
    """One after the other, a line each."""
    return Safe("".join(f"{part}\n" for part in parts))


def safe(word: object) -> Safe:
    """`word`, escaped where it was not made here."""
    return word if isinstance(word, Safe) else Safe(escape(_visible(str(word))))


def _visible(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _INVISIBLE else c for c in text)
