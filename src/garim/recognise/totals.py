"""A set of people who agreed -> how often a matcher errs on them. No pair's similarity comes out, to nobody.

Why this is not one pair at a time, as all else in this room: of thousands of photos there are millions of pairs. Why it
is no gallery: it takes portraits of origin CONSENTED alone, all of one session; no probe is of somebody outside
the set; and what it gives are `Totals`, which say nothing of fewer than `FLOOR` people.
"""

from __future__ import annotations

from collections.abc import Sequence

from garim.recognise.counts import Asked, Totals
from garim.recognise.matcher import Matcher
from garim.recognise.template import Template


def totals(
    matcher: Matcher, references: Sequence[Template], probes: Sequence[Template], of: Sequence[int], asked: Asked
) -> Totals:
    """How often `matcher` errs: each reference, one a subject, with each probe, of which i is of the subject `of[i]`.

    Raises `Misuse` where a template is not of a consented set, of another session or by another matcher; `ValueError`
    where subjects, probes and what is asked do not fit.
    """
    return Template._counted(references, probes, of, (matcher.name, matcher.metric), asked)
