"""What every test may ask for: model weights, a real ffmpeg, the demo's faces; each skips with its name."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

if "GARIM_WEIGHTS" not in os.environ and (SHARED / "weights").is_dir():
    os.environ["GARIM_WEIGHTS"] = str(SHARED / "weights")
