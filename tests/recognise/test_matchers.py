"""Both matchers behind the one seam: what they answer, and that neither stands in for the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.recognise.faces import drawn, photos, portrait, shown

from garim.core.errors import Misuse, NoWeights
from garim.inference.weights import find
from garim.pictures import opened
from garim.recognise import dlib_net, weights
from garim.recognise.matcher import Matcher, Name
from garim.recognise.matchers import loaded
from garim.recognise.portrait import Origin
from garim.recognise.thresholds import Pair, threshold

pytestmark = pytest.mark.weights


@pytest.fixture(params=["omz", "second"])
def matcher(request: pytest.FixtureRequest) -> Matcher:
    made: Matcher = request.getfixturevalue(request.param)
    return made


def test_a_person_is_like_themselves_and_not_like_another(matcher: Matcher) -> None:
    neutral, smiling = photos()[:5], photos()[len(photos()) // 2 :][:5]
    live = [matcher.template(portrait(path, Origin.LIVE)) for path in smiling]
    documents = [matcher.template(portrait(path, Origin.DOCUMENT)) for path in neutral]
    at = threshold(matcher.name).similarity
    alike = np.array([[matcher.similarity(a, b) >= at for b in documents] for a in live])
    assert np.array_equal(alike, np.eye(5, dtype=bool))


def test_the_same_portrait_is_the_same(matcher: Matcher) -> None:
    a, b = (matcher.template(portrait(photos()[0])) for _ in range(2))
    assert matcher.similarity(a, b) == pytest.approx(1, abs=1e-6)
    assert matcher.similarity(a, b) == matcher.similarity(b, a)


@pytest.mark.parametrize("change", ["half size", "tilted", "turned grey"])
def test_what_does_not_change_who_it_is(matcher: Matcher, change: str) -> None:
    rgb = opened(photos()[0]).samples
    changed = {
        "half size": lambda: rgb[::2, ::2],
        "tilted": lambda: np.ascontiguousarray(_tilted(rgb)),
        "turned grey": lambda: np.repeat(rgb.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2),
    }[change]()
    a, b = matcher.template(shown(rgb)), matcher.template(shown(changed))
    assert matcher.similarity(a, b) > threshold(matcher.name).similarity


def _tilted(rgb: np.ndarray) -> np.ndarray:
    from garim.recognise.align import warped

    angle, middle = np.radians(25), np.array(rgb.shape[1::-1]) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return warped(rgb, np.column_stack([turn, middle - turn @ middle]), len(rgb))


def test_red_and_blue_are_not_exchanged(matcher: Matcher) -> None:
    path, again = photos()[0], photos()[len(photos()) // 2]
    right = portrait(path)
    wrong = type(right)(np.ascontiguousarray(right.rgb[:, :, ::-1]), right.points, right.origin, right.session)
    other = matcher.template(portrait(again))
    assert matcher.similarity(matcher.template(right), other) > matcher.similarity(matcher.template(wrong), other)


def test_two_documents_are_never_compared(matcher: Matcher) -> None:
    a, b = (matcher.template(drawn(Origin.DOCUMENT, seed=seed)) for seed in (1, 2))
    with pytest.raises(Misuse, match="DOCUMENT and DOCUMENT"):
        matcher.similarity(a, b)


def test_one_does_not_read_the_other(omz: Matcher, second: Matcher) -> None:
    a, b = omz.template(drawn()), second.template(drawn())
    for matcher in (omz, second):
        with pytest.raises(Misuse, match="nothing was compared"):
            matcher.similarity(a, b)


def test_each_says_what_is_known_against_it(omz: Matcher, second: Matcher) -> None:
    assert "not disclosed" in omz.caution
    assert "East Asian" in second.caution


def test_the_second_says_so_each_time_it_is_loaded(second: Matcher, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        loaded(Name.DLIB)
        assert capfd.readouterr().err == f"garim: dlib: {dlib_net.CAUTION}\n"


@pytest.mark.parametrize("name", Name)
def test_what_is_missing_is_an_error_and_no_other_matcher(
    name: Name, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GARIM_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(NoWeights, match=f"garim weights pull {name}"):
        loaded(name)


def test_without_dlib_it_says_what_to_install(second: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(Misuse, match=r"pip install 'garim\[dlib\]'"):
        loaded(Name.DLIB)


def test_proven_bytes_that_are_no_model_of_dlib(second: Matcher) -> None:
    with pytest.raises(NoWeights, match="dlib: not a model") as error:
        dlib_net._loaded(b"nothing")
    assert "\n" not in str(error.value)


def test_dlib_reads_what_was_proven_and_no_landmarks(second: Matcher, tmp_path: Path) -> None:
    """Every file that is opened while it loads: the pinned one, by us; and one in memory, by dlib."""
    path = find(weights.DLIB)[0]
    script = (
        "import sys; seen = []\n"
        "sys.addaudithook(lambda event, given: seen.append(str(given[0])) if event == 'open' else None)\n"
        "from garim.recognise.dlib_net import DlibNet; DlibNet()\n"
        "print('\\n'.join(name for name in seen if name.endswith('.dat')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(path)]


def test_the_template_is_made_of_the_face_alone(omz: Matcher) -> None:
    """What is beside the aligned face does not count: no clothes, no background."""
    seen = portrait(photos()[0])
    bare = seen.rgb.copy()
    x, y = seen.points[:, 0], seen.points[:, 1]
    size = int(np.ptp(y) * 1.6)
    bare[: max(0, int(y.min()) - size)] = 0
    bare[int(y.max()) + size :] = 255
    bare[:, : max(0, int(x.min()) - size)] = 0
    other = type(seen)(bare, seen.points, seen.origin, seen.session)
    assert not np.array_equal(bare, seen.rgb)
    assert omz.similarity(omz.template(seen), omz.template(other)) == pytest.approx(1, abs=1e-9)


def test_the_capture_threshold_is_the_looser_one() -> None:
    for name in Name:
        assert threshold(name, Pair.CAPTURE).similarity < threshold(name, Pair.DOCUMENT).similarity
