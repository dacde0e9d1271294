"""The notice as a page that compares it with its reader's own diary, in the reader's browser.

Laws: the page is one file, runs no script but ours, and its own policy lets nothing out: no connection, no form, no
picture from elsewhere. It holds the signed note as it is, and checks the signature itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files

from garim.core.vkey import VerifierKey


def page(signed_note: str, key: VerifierKey) -> str:
    """The page on `signed_note`, which `key` is to have signed."""
    room = files("garim.exposure") / "pages"
    style, script = ((room / f"notice.{kind}").read_text("utf-8") for kind in ("css", "js"))
    # inside a script element only these could end it; as escapes they mean the same to JSON
    facts = re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps({"note": signed_note, "key": str(key)}))
    pieces = {"csp": _policy(style, script), "style": style, "script": script, "facts": facts}
    # all in one pass, so that no mark inside a piece is taken for one of ours
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: pieces[mark[1]], (room / "notice.html").read_text("utf-8"))


def _policy(style: str, script: str) -> str:
    return (
        "default-src 'none'; connect-src 'none'; img-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
