"""A still, from look to publication: looked at in two sizes and in the mirror, since time does not help."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best, clipped, covered, grown
from garim.core.errors import StillShowing, Unreadable, Unsupported
from garim.cover import fill
from garim.files import sha256, whole
from garim.pictures import MAGIC, Still, opened, save
from garim.pictures.still import SUFFIXES
from garim.redact.check import HIDDEN
from garim.redact.plan import COVERED
from garim.redact.result import Ask, Check, Progress, Redaction, Residual
from garim.vision.faces import SAME_FACE, Faces

KINDS = tuple(MAGIC)
ROUNDS = 3
LOOKS = (640, 1280)  # px of the long side; large faces show in the first, small ones in the second
SURE = 0.35
SUSPECTED = 0.3


def redact_still(ask: Ask, faces: Faces, progress: Progress) -> Redaction:
    """Redact one still; see `garim.redact.redact`."""
    still = opened(ask.source)
    if ask.output.suffix.lower() not in SUFFIXES[still.kind]:
        raise Unsupported(
            f"{ask.output}: a {still.kind} picture is written as {SUFFIXES[still.kind][0]}; nothing was written"
        )
    digest = sha256(ask.source)
    found = seen(still, faces, SURE)
    regions = clipped(grown(found.xyxy, *COVERED), *still.size)
    with whole(ask.output, force=ask.force) as path:
        for number in range(1, ROUNDS + 1):
            fill(still.planes(), regions)
            save(still, path, ask.output, ask.remark)
            progress("write", number, None)
            left = _left(path, regions, faces) if ask.check is not Check.OFF else Boxes.none()
            if not len(left):
                break
            if number < ROUNDS:
                regions = np.concatenate([regions, clipped(grown(left.xyxy, *COVERED), *still.size)])
        if len(left) and not ask.accept_residual:
            raise StillShowing(
                f"{ask.source}: after {ROUNDS} rounds {len(left)} places still look like a face; nothing was "
                "published. --accept-residual publishes it all the same, and says so"
            )
        if sha256(ask.source) != digest:
            raise Unreadable(f"{ask.source}: changed while it was read; nothing was published. Run it again")
        output_digest = sha256(path)
    whole_picture = np.array([(0, 0, *still.size)], np.float32)
    return Redaction(
        source=ask.source,
        output=ask.output,
        input_sha256=digest,
        output_sha256=output_digest,
        frames=1,
        seconds=None,
        tracks=len(regions),
        masked=float(covered(whole_picture, regions)[0]),
        rounds=number,
        style=ask.style,
        check=ask.check,
        residual=tuple(_residual(box, score) for box, score in zip(left.xyxy, left.score, strict=True)),
        sound=(),
        left_out=still.left_out,
    )


def seen(still: Still, faces: Faces, floor: float) -> Boxes:
    """Faces in `still` with a score from `floor` on, in several sizes, straight and mirrored."""
    images = [still.image(side) for side in LOOKS if side == LOOKS[0] or max(still.size) > LOOKS[0]]
    found = Boxes.joined([look(image, floor) for image in images for look in (faces, faces.mirrored)])
    return best(found, SAME_FACE)


def _left(path: Path, regions: NDArray[np.float32], faces: Faces) -> Boxes:
    boxes = seen(opened(path), faces, SUSPECTED)
    return boxes[covered(boxes.xyxy, regions) < HIDDEN]


def _residual(box: NDArray[np.float32], score: float) -> Residual:
    x1, y1, x2, y2 = box.tolist()
    return Residual(0.0, (x1, y1, x2, y2), float(score))
