"""A matcher by its name: the one that was asked for, or an error."""

from __future__ import annotations

from typing import assert_never

from garim.recognise.matcher import Matcher, Name


def loaded(name: Name, *, threads: int = 1) -> Matcher:
    """The matcher of that name. Raises `NoWeights`, and `Misuse` where its library is not installed."""
    match name:
        case Name.OMZ_0095:
            from garim.recognise.omz import Omz

            return Omz(threads=threads)
        case Name.DLIB:
            from garim.recognise.dlib_net import DlibNet  # the one way to dlib: nobody else loads it

            return DlibNet()
        case _:
            assert_never(name)
