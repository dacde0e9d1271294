"""The two portraits: proven by hash, cut out, and played by the demo's scene."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from demo.clip import Person, frames

from demo import faces, scene
from garim.core.errors import NoWeights

needs_photos = pytest.mark.skipif(
    bool(faces.missing()), reason=f"not in the cache: {', '.join(faces.missing())}; run: python -m demo.faces"
)


def test_another_photo_under_the_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert faces.missing() == ["astronaut.png", "grace_hopper.jpg"]
    path = faces.cached(faces.ADMIRAL)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xd8" + bytes(faces.ADMIRAL.pinned.size - 2))
    assert "grace_hopper.jpg" in faces.missing()
    with pytest.raises(NoWeights, match=r"python -m demo\.faces"):
        faces.sprites()


def test_the_outline_holds_the_face_and_leaves_the_background() -> None:
    for portrait in faces.PORTRAITS:
        sprite = faces.cut_out(np.full((600, 512, 3), 90, np.uint8), portrait)
        x1, y1, x2, y2 = (round(edge) for edge in portrait.face)
        middle = (y1 + y2) // 2
        assert sprite.matte[y1 : y2 - 8, (x1 + x2) // 2].min() > 0.99
        assert sprite.matte[middle, x1 + 6 : x2 - 6].min() > 0.9
        assert sprite.matte[0].max() == sprite.matte[:, 0].max() == 0
        assert sprite.matte[-1].max() < 0.05  # it dissolves, it is not cut off


@needs_photos
def test_pulling_again_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "member", None)
    faces.pull()


@needs_photos
def test_the_scene_shows_what_it_promises() -> None:
    shown = scene.demo(*faces.sprites())
    people = [person for shot in shown.shots for person in shot.people]
    assert sum(shot.frames for shot in shown.shots) / shown.rate == 10
    assert sorted(person.number for person in people) == list(range(1, len(people) + 1))
    sizes = [key.size for person in people for key in person.keys]
    assert min(sizes) <= 20 and max(sizes) >= 300
    assert max(abs(key.tilt) for person in people for key in person.keys) <= 15
    assert any(_alone(person) for person in people)


def _alone(person: Person) -> bool:
    return any((key.x < 0 and after.x > 0) or (key.x > 0 and after.x < 0) for key, after in pairwise(person.keys))


@needs_photos
@pytest.mark.slow
def test_the_whole_truth() -> None:
    shown = scene.demo(*faces.sprites())
    small = replace(shown, noise=0.0)
    seen = [truth for _, truth in frames(small)]
    counted = np.array([(truth.visible >= 0.25).sum() for truth in seen])
    nobody = counted == 0
    assert nobody[150:].sum() >= 20 and not nobody[:150].any()
    assert any(((truth.visible > 0) & (truth.visible < 0.25)).any() for truth in seen)
    assert counted.max() >= 6
