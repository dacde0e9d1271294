"""From which similarity on two templates count as of one person: one table, each row with what it was set on.

The set is the London set (DeBruine & Jones 2017): 102 people, a neutral and a smiling photo each; 102 mated and 10,302
non-mated comparisons, each neutral photo with each smiling one, taken as the gate takes a picture (the face found at
320 px, compared at 640: `garim gate evaluate`; of full-size photos the similarities are others). Nobody should take
these rows for more than that: the people are few, so the comparisons depend on one another and the bound is too good;
the photos were made in one studio on one day; the subjects are adults who live in London. So thresholds for the
document stand above the highest similarity of two strangers that was seen, by .03 at least (dlib: 1 false match at .56,
none from .57 on; .60), and `garim gate evaluate` is there to set others on other people.

`upper95` is the upper end of the two-sided 95 % interval of Clopper and Pearson 1934 for the rate of false matches.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from garim.recognise.matcher import Name

LONDON = "Face Research Lab London Set: 102 people, 2 photos each, one studio, one day"


class Pair(Enum):
    """What is compared."""

    DOCUMENT = "the live face with the document's"
    CAPTURE = "two pictures of one capture, the head turned between"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `similarity` on a match; on `set_on`, so many false ones of so many comparisons of different people."""

    matcher: Name
    pair: Pair
    similarity: float
    false_matches: int
    comparisons: int
    upper95: float
    set_on: str

    @property
    def fmr(self) -> float:
        """False match rate as it was seen."""
        return self.false_matches / self.comparisons


ROWS = (
    Threshold(Name.OMZ_0095, Pair.DOCUMENT, 0.55, 0, 10302, 3.6e-4, LONDON),
    # looser: it only asks whether somebody else stepped in, and a head that is turned by 50 degrees is at 0.48
    Threshold(Name.OMZ_0095, Pair.CAPTURE, 0.40, 8, 10302, 1.53e-3, LONDON),
    Threshold(Name.DLIB, Pair.DOCUMENT, 0.60, 0, 10302, 3.6e-4, LONDON),
    Threshold(Name.DLIB, Pair.CAPTURE, 0.45, 33, 10302, 4.5e-3, LONDON),
)


def threshold(matcher: Name, pair: Pair = Pair.DOCUMENT) -> Threshold:
    """The row for it: there is one."""
    (row,) = (row for row in ROWS if (row.matcher, row.pair) == (matcher, pair))
    return row
