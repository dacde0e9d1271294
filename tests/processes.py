"""`garim` as a process of its own, hundreds of times: forked from one that has imported the command's room already.

Each call is a real process of the real command: its own words, environment, folder, stdout, stderr and exit code,
ended by the interpreter as any other. What that does not prove is that the console script starts from nothing: that is
`script`, and whoever starts `GARIM` by hand. For each command there is one process to fork from: it holds what that
command imports anyway, so no process holds two sides of the wall.

This file is also that process.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO

ROOMS: Mapping[str, Sequence[str]] = {
    "redact": (
        *("garim.cover", "garim.redact.batch", "garim.redact.report", "garim.vision", "garim.consent", "garim.ledger"),
        *("PIL.JpegImagePlugin", "PIL.PngImagePlugin", "rich.progress"),
    ),
    "exposure": ("garim.exposure.issue", "garim.exposure.run", "garim.exposure.publish", "garim.consent"),
    "consent": ("garim.consent", "garim.ledger"),
    "corpus": ("garim.corpus.opening", "garim.corpus.answering", "garim.consent", "rich.progress"),
    "ledger": ("garim.ledger",),
    "gate": ("garim.gate.passport", "garim.gate.passport.page"),
}
ALWAYS = ("typer._adapters", "rich.console", "cryptography.hazmat.backends.openssl.backend")
GARIM = Path(sys.executable).with_name("garim")
LONGEST = 1 << 17  # bytes of a call


def script(
    *words: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
    before: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[str]:
    """The console script, from nothing; `before` is done in its process, before it begins."""
    return subprocess.run(
        [str(GARIM), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=cwd,
        env=env,
        preexec_fn=before,
    )


def garim(
    *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """`garim` with `words`, whatever the outcome. Raises `subprocess.TimeoutExpired`.

    A redaction looks fast where nothing else is said: what it finds is tested elsewhere.
    """
    command = list(map(str, words))
    if command[:1] == ["redact"] and "--effort" not in command:
        command[1:1] = ["--effort", "fast"]
    if sys.platform != "linux" or not command or command[0] not in ROOMS:
        return script(*words, cwd=cwd, env=env, timeout=timeout)
    call = {"words": command, "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _parent(command[0]).code_of(call, (out, err), timeout)
        return subprocess.CompletedProcess(command, code, _read(out), _read(err))


class _Parent:
    """What is forked from; it ends with the process that asked for it."""

    def __init__(self, room: str) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = [sys.executable, "-P", __file__, str(theirs.fileno()), room]
            self._process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        atexit.register(self._end)

    def _end(self) -> None:
        self._door.close()
        self._process.wait(10)

    def code_of(self, call: Mapping[str, object], outputs: Sequence[IO[bytes]], timeout: float) -> int:
        self._door.settimeout(timeout)
        socket.send_fds(self._door, [json.dumps(call).encode()], [file.fileno() for file in outputs])
        child = int(self._door.recv(64))
        try:
            return int(self._door.recv(64))
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            self._door.settimeout(None)
            self._door.recv(64)
            raise subprocess.TimeoutExpired("garim", timeout) from None


_parent = lru_cache(_Parent)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


def _forks(door: socket.socket) -> list[str] | None:
    """In each child the words that it was called with; `None` in the parent, when nobody will call any more."""
    while True:
        call, handles, _, _ = socket.recv_fds(door, LONGEST, 2)
        if not call:
            return None
        if (child := os.fork()) == 0:
            door.close()
            asked = json.loads(call)
            os.chdir(asked["cwd"])
            os.environ.clear()
            os.environ.update(asked["env"])
            for number, handle in enumerate(handles, 1):
                os.dup2(handle, number)
                os.close(handle)
            words: list[str] = asked["words"]
            return words
        for handle in handles:
            os.close(handle)
        door.send(str(child).encode())
        door.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


if __name__ == "__main__":
    from garim.cli.main import run

    for module in (*ALWAYS, *ROOMS[sys.argv[2]]):
        importlib.import_module(module)
    if sys.argv[2] == "redact":
        from garim.inference.network import _runtime

        _runtime()
    gc.freeze()
    if (words := _forks(socket.socket(fileno=int(sys.argv[1])))) is not None:
        sys.argv = [str(GARIM), *words]
        run()
