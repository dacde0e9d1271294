"""CAMERAS ON LOOPBACK: films given out by Debian's gst-rtsp-server, in a process of its own.

This file is also that process: the system's Python runs it, since the server's bindings come from Debian's packages.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PYTHON = "/usr/bin/python3"
PACKAGES = "gstreamer1.0-rtsp python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"


@contextlib.contextmanager
def cameras(film: Path, count: int, port: int = 0) -> Iterator[list[str]]:
    """The addresses of `count` cameras that show `film` (H.264 in MP4), each from its start to its end.

    `port` 0 is any that is free.
    Raises `OSError` with the reason where there is no such server on this machine.
    """
    try:
        server = subprocess.Popen(
            [PYTHON, __file__, str(film), str(count), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        raise OSError(f"no {PYTHON}: apt-get install {PACKAGES}") from None
    assert server.stdout and server.stdin and server.stderr
    try:
        given = server.stdout.readline().strip()
        if not given.isdecimal():
            why = (server.stderr.read().strip().splitlines() or ["it said nothing"])[-1]
            raise OSError(f"no gst-rtsp-server ({why}): apt-get install {PACKAGES}")
        yield [f"rtsp://127.0.0.1:{given}/{number}" for number in range(count)]
    finally:
        server.kill()
        server.communicate()


def _serve(film: str, count: int, port: str) -> None:
    import gi  # type: ignore[import-not-found]  # Debian's, not this environment's

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # as above

    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    for number in range(count):
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(f'( filesrc location="{film}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 )')
        server.get_mount_points().add_factory(f"/{number}", factory)
    loop = GLib.MainLoop()
    if not server.attach(None):
        sys.exit("the server cannot listen")
    print(server.get_bound_port(), flush=True)
    GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_HUP, lambda *_: loop.quit())  # whoever started it has gone
    loop.run()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
