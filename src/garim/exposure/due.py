"""WHAT TIME ASKS OF AN HOUR'S ROWS: a table of their age. Pure.

    age of the hour's last row   of the day's first row   due
    under 24 h                   under keep_days          keep
    24 h and more                under keep_days          coarsen
    any                          keep_days and more       destroy

Law: what is due follows from the hour and the clock alone. `expire` does it; whoever reads or writes rows asks, too,
so that rows which nobody expired are not told more finely, nor longer, than was promised.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

FINE = timedelta(hours=24)
MOST_DAYS = 14
HOUR = timedelta(hours=1)


class Due(StrEnum):
    """What time asks of an hour's rows."""

    KEEP = "keep"
    COARSEN = "coarsen"
    DESTROY = "destroy"


def due(hour: datetime, *, now: datetime, keep_days: int) -> Due:
    """What is due for the rows of `hour`. A day dies as one, when its first row is `keep_days` old."""
    if now - hour.replace(hour=0) >= timedelta(days=keep_days):
        return Due.DESTROY
    return Due.COARSEN if now - (hour + HOUR) >= FINE else Due.KEEP
