"""A bar on stderr, for people only: what is being done, how many a second, time left."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

_EVERY = 8  # drawing is not free


@contextlib.contextmanager
def bar(title: str, *, unit: str = "frames") -> Iterator[Callable[[str, int, int | None], None]]:
    """A function `(step, done, total)` that moves the bar; a silent one where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda step, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[title]}  {task.description:6}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", title=title, pace="", total=None)
        now = ""

        def moved(step: str, done: int, total: int | None) -> None:
            nonlocal now
            if step != now or done < 2:
                now = step
                progress.reset(task, description=step, total=total)
            if done % _EVERY == 0 or done == total:
                speed = progress.tasks[0].speed
                progress.update(task, completed=done, pace=f"{speed:.0f} {unit}/s" if speed else "")

        yield moved
