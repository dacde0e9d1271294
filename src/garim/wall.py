"""THE WALL, as it stands in a running process: what opens footage and what compares faces never share one.

Laws: a room on either side arms its side before it imports anything else; once armed, a process stays on that
side until it ends; a module of the other side is refused when it is imported later, and the room refuses to
load where one is there already. `cli` has no side: it imports only the room of the command at hand.

This is one brick of six (docs/adr/0002-the-wall.md). It stops mistakes and shortcuts in libraries, notebooks
and consoles; it does not stop someone who edits `sys.meta_path`. Standard library only: it can come first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from importlib.abc import MetaPathFinder
from types import ModuleType


class Side(Enum):
    """The two sides of the wall."""

    FOOTAGE = "opens footage"
    IDENTITY = "compares faces"


ROOMS: dict[Side, frozenset[str]] = {
    Side.FOOTAGE: frozenset({"garim.media", "garim.redact", "garim.exposure", "garim.fleet"}),
    Side.IDENTITY: frozenset({"garim.recognise", "garim.gate", "garim.corpus"}),
}

# cv2 stands on both: it opens video, and it ships a face recogniser
FORBIDDEN: dict[Side, frozenset[str]] = {
    Side.FOOTAGE: ROOMS[Side.IDENTITY]
    | {"insightface", "face_recognition", "dlib", "deepface", "facenet_pytorch", "cv2"},
    Side.IDENTITY: ROOMS[Side.FOOTAGE] | {"av", "cv2"},
}


class _Guard(MetaPathFinder):
    """Finds nothing; refuses what its side forbids."""

    def __init__(self, side: Side) -> None:
        self.side = side

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if _beyond(self.side, [fullname]):
            raise _refusal(self.side, fullname)


_guards: list[_Guard] = []  # one at most: a process has one side


def arm(side: Side) -> None:
    """Put this process on `side` until it ends; arming the same side again changes nothing.

    Raises `ImportError` where a module that `side` forbids is loaded already, or the other side is armed.
    """
    if _guards and _guards[0].side is not side:
        raise _refusal(side, _guards[0].side.name.lower())
    modules: Mapping[str, ModuleType | None] = sys.modules.copy()  # None: blocked, which is as good as absent
    for name in _beyond(side, [name for name, module in modules.items() if module is not None]):
        raise _refusal(side, name)
    if not _guards:
        _guards.append(_Guard(side))
    if _guards[0] not in sys.meta_path:
        sys.meta_path.insert(0, _guards[0])


def _beyond(side: Side, names: Iterable[str]) -> list[str]:
    """Those of `names` that are, or lie within, a module that `side` forbids."""
    return [name for name in names if any(name == f or name.startswith(f + ".") for f in FORBIDDEN[side])]


def _refusal(side: Side, name: str) -> ImportError:
    return ImportError(
        f"{name}: refused by garim's wall: this process {side.value}, and what opens footage never shares a "
        f"process with what compares faces. Use a process of its own for each side",
        name=name,
    )
