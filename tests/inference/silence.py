"""Run by test_network in a process of its own: what loading and asking a network opens, as an audit hook sees it."""

import contextlib
import json
import os
import sys
from pathlib import Path

WATCHED = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.mkdir", "os.rename")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
events: list[tuple[str, str]] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
    if writes or event.startswith(WATCHED):
        events.append((event, str(arguments[0])))


sys.addaudithook(watch)

import numpy as np  # noqa: E402  after the hook, as all that follows

from garim.inference.network import load  # noqa: E402
from garim.vision.weights import YUNET  # noqa: E402

imported = sorted({"openvino", "av", "PIL", "scipy"} & set(sys.modules))
KINDS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
network = load(YUNET, {f"{kind}_{stride}": n for stride in (8, 16, 32) for kind, n in KINDS.items()})
network(np.zeros((64, 64, 3), np.uint8))
during = events[:]
events.clear()
home = sorted(path.name for path in Path.home().iterdir())

import socket  # noqa: E402
import subprocess  # noqa: E402

socket.socket().close()
(Path.home() / "folder").mkdir()
(Path.home() / "folder" / "file").write_text("seen")
with contextlib.suppress(OSError):
    subprocess.Popen(["/nowhere/to/be/found"])
print(json.dumps({"imported": imported, "during": during, "home": home, "after": events}))
