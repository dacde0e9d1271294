"""CROPS OF FACES with what is known of each, in files of a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STATES = ("worn", "absent", "incorrect")


@dataclass(frozen=True, slots=True)
class Crops:
    """`faces` u8[n,48,48,3] BGR; `state` i64[n], a place in `STATES`; `size` f32[n] px; `who`, n numbers of people.

    Those to test on have `pictures` u8[n,104,104,3] RGB, too, for detectors of other sizes: more of the same scene.
    """

    faces: NDArray[np.uint8]
    state: NDArray[np.int64]
    size: NDArray[np.float32]
    who: NDArray[np.str_]
    pictures: NDArray[np.uint8] | None = None

    @classmethod
    def read(cls, folder: Path, part: str) -> Crops:
        """All crops of a part."""
        loaded = [np.load(path) for path in sorted(folder.glob(f"{part}-*.npz"))]
        if not loaded:
            raise SystemExit(f"{folder}: no crops of {part}; make them: python -m training.mask.make --out {folder}")
        return cls(**{name: np.concatenate([each[name] for each in loaded]) for name in loaded[0]})
