"""The seam that each matcher stands behind: one portrait -> a template, one lawful pair -> how alike."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from garim.recognise.portrait import Portrait
from garim.recognise.template import Metric, Template


class Name(StrEnum):
    """The matchers that there are. None stands in for another."""

    OMZ_0095 = "omz-0095"
    DLIB = "dlib"


class Matcher(Protocol):
    """Compares two templates of one session at a time; it takes no list of them."""

    @property
    def name(self) -> Name: ...

    @property
    def metric(self) -> Metric: ...

    @property
    def caution(self) -> str:
        """What is known against it: to be told with each result."""
        ...

    def template(self, portrait: Portrait) -> Template: ...

    def similarity(self, a: Template, b: Template) -> float:
        """More is more alike. Raises `Misuse` for a pair that `template.LAWFUL` does not have."""
        ...
