"""What was asked, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from garim.core.plan import Keep, Plan
from garim.cover import Style
from garim.inference.weights import Weight
from garim.media import Encoding
from garim.redact.cover import Cover
from garim.redact.effort import Effort

REMARK = "UNCHECKED: garim destroyed what it saw, and nobody looked again"
"""Stands in the metadata of a file that was published with `Check.OFF`."""

Progress = Callable[[str, int, int | None], None]
"""Called with the step's name, how many frames of it are done, and how many there are where that is known."""


class Check(StrEnum):
    """How much of the written file is looked at again: all of it, key frames and track ends, nothing."""

    ALL = "all"
    KEYS = "keys"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for one input; see `garim.redact.redact`."""

    source: Path
    output: Path
    style: Style
    check: Check
    mute: bool
    encoding: Encoding
    accept_residual: bool
    force: bool
    effort: Effort = Effort.NORMAL
    cover: Cover = Cover.FACES

    @property
    def remark(self) -> str:
        """What the file itself has to say."""
        return REMARK if self.check is Check.OFF else ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a source is made of: frames, length, sound tracks, and what no output of it will have.

    Once it was written: how many frames were `copied` bit for bit, or why all of it was encoded.
    """

    frames: int
    seconds: float | None
    sound: tuple[str, ...]
    left_out: tuple[str, ...]
    copied: int = 0
    why_whole: str = ""


@dataclass(frozen=True, slots=True)
class Residual:
    """Something that the last check still took for a face, or for a person who was to be covered.

    `at` in seconds, `xyxy` px upright, `score` 0..1.
    """

    at: float
    xyxy: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True, slots=True)
class Redaction:
    """What became of one input. Complete only where `residual` is empty and `check` is not off.

    `tracks` is how many the plan has, and of these `regions` were destroyed; `masked` is the share of all pixels, over
    all frames, that was destroyed; `rounds` how often it was written; `weights` the models that could look. `copied`
    frames of a film are the source's, bit for bit; `why_whole` says why none is.
    """

    source: Path
    output: Path
    input_sha256: str
    output_sha256: str
    frames: int
    seconds: float | None
    tracks: int
    masked: float
    rounds: int
    style: Style
    check: Check
    cover: Cover
    weights: tuple[Weight, ...]
    residual: tuple[Residual, ...]
    sound: tuple[str, ...]
    left_out: tuple[str, ...]
    copied: int
    why_whole: str
    encoding: Encoding
    plan: Plan

    @property
    def people(self) -> tuple[Keep, ...]:
        """Who agreed to stay visible, each once."""
        return tuple(dict.fromkeys(keep for keep in self._keeps if keep.pseudonym is not None))

    @property
    def exempt(self) -> tuple[Keep, ...]:
        """Regions that stay visible because the plan says that they are no faces: nobody agreed."""
        return tuple(keep for keep in self._keeps if keep.pseudonym is None)

    @property
    def regions(self) -> int:
        """How many of the plan's tracks were destroyed."""
        return self.tracks - len(self._keeps)

    @property
    def published(self) -> Published:
        """What a ledger may say of it."""
        return Published(
            input_sha256=self.input_sha256,
            output_sha256=self.output_sha256,
            check=self.check,
            frames=self.frames,
            kept=len({keep.pseudonym for keep in self.people}),
            exempt=len(self.exempt),
            regions=self.regions,
            residual=len(self.residual),
            rounds=self.rounds,
            style=self.style,
        )

    @property
    def _keeps(self) -> tuple[Keep, ...]:
        return tuple(lane.keep for lane in self.plan.lanes if lane.keep is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a ledger may say of an output: two hashes, which it commits to, and else counts and words from lists.

    `kept` people agreed to stay visible; `exempt` regions stay so because they were said to be no faces; `regions` were
    destroyed.
    """

    input_sha256: str
    output_sha256: str
    check: Check
    frames: int
    kept: int
    exempt: int
    regions: int
    residual: int
    rounds: int
    style: Style
