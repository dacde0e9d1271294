"""Template: what a model makes of one portrait. It can be compared, and nothing else can be done with it.

Laws: no numbers to read, no file, no copy, no order, no equality; a pair is compared only where LAWFUL says so, both
are of one session and one matcher made both.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import partial
from typing import NoReturn, SupportsIndex, assert_never, final

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse
from garim.recognise.counts import Asked, Totals
from garim.recognise.portrait import Origin, Portrait

F64 = NDArray[np.float64]

LAWFUL = frozenset(
    {
        frozenset({Origin.LIVE, Origin.DOCUMENT}),  # the traveller, and the passport that they handed over
        frozenset({Origin.LIVE}),  # one capture: whether the same person turned their head
    }
)
"""Of a set whose subjects agreed to it there are `totals` alone: two of them are strangers, and have no similarity."""


class Metric(Enum):
    """How alike two templates are, by what their model was trained for. More is more alike."""

    COSINE = "cosine of the angle"  # -1 to 1
    NEARNESS = "1 less the distance"  # to 1


@final
class Template:
    """Opaque; ends with the process that made it."""

    __slots__ = ("__matcher", "__numbers", "__origin", "__session")
    __hash__ = None  # type: ignore[assignment]  # no key of a gallery

    def __init__(self, numbers: F64, portrait: Portrait, matcher: str) -> None:
        if numbers.ndim != 1 or not np.isfinite(numbers).all() or not numbers.any():
            raise ValueError("template: f64[n], finite, not all zero")
        self.__numbers = numbers
        self.__origin = portrait.origin
        self.__session = portrait.session
        self.__matcher = matcher

    def __repr__(self) -> str:
        return f"Template({self.__origin.name})"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("templates are compared by the matcher that made them")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a template has no file and no copy")

    @staticmethod
    def compared(a: Template, b: Template, matcher: str, metric: Metric) -> float:
        """`metric` of a lawful pair that `matcher` made. Raises `Misuse` for any other."""
        if not a.__matcher == b.__matcher == matcher:
            raise Misuse(f"templates of {a.__matcher} and {b.__matcher} are nothing to {matcher}; nothing was compared")
        if frozenset({a.__origin, b.__origin}) not in LAWFUL:
            pair = f"{a.__origin.name} and {b.__origin.name}"
            raise Misuse(f"{pair}: no pair that may be compared; nothing was compared. See docs/adr/0002-the-wall.md")
        if a.__session != b.__session:
            raise Misuse("two sessions: their faces are never compared; nothing was compared")
        return _measured(a.__numbers, b.__numbers, metric)

    @staticmethod
    def _counted(
        references: Sequence[Template],
        probes: Sequence[Template],
        of: Sequence[int],
        by: tuple[str, Metric],
        asked: Asked,
    ) -> Totals:
        """For `totals` alone: what comes out is of no pair and of no person. Raises `Misuse`, `ValueError`."""
        from garim.recognise.counting import counted  # with all of SciPy, which who compares one pair need not wait for

        every = (*references, *probes)
        if any(each.__matcher != by[0] for each in every) or len({each.__session for each in every}) != 1:
            raise Misuse("a set is compared in one session by one matcher; nothing was compared")
        if any(each.__origin is not Origin.CONSENTED for each in every):
            raise Misuse("totals are of those who agreed to them; nothing was compared. See docs/adr/0002-the-wall.md")
        left, right = (np.array([each.__numbers for each in part]) for part in (references, probes))
        return counted(left, right, np.array(of, np.int64), partial(_all_measured, metric=by[1]), asked)


def _measured(a: F64, b: F64, metric: Metric) -> float:
    match metric:
        case Metric.COSINE:
            return float(a @ b / np.sqrt((a @ a) * (b @ b)))
        case Metric.NEARNESS:
            return 1 - float(np.linalg.norm(a - b))
        case _:
            assert_never(metric)


def _all_measured(a: F64, b: F64, *, metric: Metric) -> F64:
    """The same of each of `a` f64[n,d] with each of `b` f64[m,d]: f64[n,m]."""
    squares = (a * a).sum(axis=1)[:, None], (b * b).sum(axis=1)[None, :]
    match metric:
        case Metric.COSINE:
            return np.asarray(a @ b.T / np.sqrt(squares[0] * squares[1]))
        case Metric.NEARNESS:
            return np.asarray(1 - np.sqrt(np.maximum(squares[0] + squares[1] - 2 * (a @ b.T), 0)))
        case _:
            assert_never(metric)
