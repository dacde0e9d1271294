"""BYTES <-> STILLS, within limits (the only importer of Pillow).

Laws: a still is read whole or not at all; its orientation is applied; no metadata goes from one file to another,
only what is needed to show the same colours.
"""

from garim.pictures.still import MAGIC, Still, opened, save

__all__ = ["MAGIC", "Still", "opened", "save"]
