"""The writing: every frame decoded again, what the plan names destroyed in it, and encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from garim.core.boxes import covered, turned
from garim.core.plan import Plan
from garim.cover import destroy
from garim.media import Reader, Writer
from garim.redact.result import Ask, Progress


def write(reader: Reader, plan: Plan, path: Path, ask: Ask, progress: Progress) -> float:
    """Write to `path` what `plan` leaves of the film; gives the share of all its pixels that was destroyed."""
    film = reader.film
    quarters = film.rotation // 90
    whole = np.array([(0, 0, *plan.size)], np.float32)
    random = np.random.default_rng()
    masked = 0.0
    count = 0
    with Writer(path, reader, ask.output, ask.encoding, mute=ask.mute, remark=ask.remark) as writer:
        for frame in reader.frames(writer.copy):
            regions = plan.at(frame.pts)
            if len(regions):
                # the plan is upright, the planes are as coded
                destroy(frame.planes(), turned(regions, -quarters, plan.size), ask.style, random)
                masked += float(covered(whole, regions)[0])
            writer.write(frame)
            count += 1
            progress("write", count, film.frames)
    return masked / count
