"""A build backend that builds nothing: it stands in setuptools' place while pip fetches a source archive.

Law: of what the archive holds it reads `PKG-INFO` and nothing else; no `setup.py` is ever run.

pip gives out a source archive only after asking for its metadata (PEP 517), which would execute the package. `packages`
copies this file to where pip looks for that archive's backend. It imports nothing of Garim.
"""

from __future__ import annotations

import email
import shutil
from pathlib import Path


class _Unbuilt:
    """PEP 517's `prepare_metadata_for_build_wheel`, in the folder of the unpacked archive; no other hook."""

    def prepare_metadata_for_build_wheel(self, folder: str, settings: object = None) -> str:
        told = email.message_from_bytes(Path("PKG-INFO").read_bytes())
        info = Path(folder) / f"{told['Name']}-{told['Version']}.dist-info"
        info.mkdir()
        shutil.copyfile("PKG-INFO", info / "METADATA")
        return info.name


__legacy__ = _Unbuilt()  # the name under which pip asks for an archive without a pyproject.toml
