"""What an evaluation came to: rates with their intervals, and as JSON (docs/schema/garim-evaluation-1.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from garim.gate.evaluate.intervals import Rate, rate, rule_of_3, rule_of_30
from garim.gate.evaluate.words import few
from garim.recognise.counts import FLOOR, At, Count, Found, Point

SCHEMA = "garim-evaluation-1"
# what no figure in it says
UNSAID = (
    "how often the gate errs as a whole: it compares the median of up to three stills of a capture, after head turns; "
    "here each probe is one photo, compared alone",
    "how the matcher errs on people who are not in the set, in other light, with other cameras or after years",
    "that two people of the set are not relatives, who are mistaken for one another more often",
    "the exact interval takes each comparison for a trial of its own; those of one person are not, so of false matches "
    "it is too narrow: the one by drawing subjects is beside it, and says nothing where there is no error",
    "anything of groups of fewer than 5 people, alone or by subtraction within this report; who has a report of nearly "
    "the same set, too, may learn of the difference",
)


@dataclass(frozen=True, slots=True)
class Group:
    """One group: how many people, how many of them were compared, and the photos that the gate could not compare."""

    name: str
    subjects: int
    compared: int
    acquire: Rate


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to group, and its groups."""

    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class ByGroup:
    """Errors by the groups of one way. `false_matches[a][b]`: references of group a, probes of group b."""

    name: str
    false_non_matches: tuple[Rate, ...]
    false_matches: tuple[tuple[Rate, ...], ...]

    def differential(self) -> tuple[float | None, float | None]:
        """The highest of the groups' rates to the lowest, of FNMR and of FMR within a group; None where one is 0."""
        within = [row[number] for number, row in enumerate(self.false_matches)]
        return _ratio(self.false_non_matches), _ratio(within)


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors at one threshold. `similar`: false matches of people who state the same in every way; None: too few."""

    threshold: float
    false_non_matches: Rate
    false_matches: Rate
    similar: Rate | None
    ways: tuple[ByGroup, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A false match rate, and the threshold that keeps to it on this set; None where the comparisons are too few."""

    target: float
    comparisons: int
    errors: Errors | None
    low: float | None
    high: float | None

    @property
    def said(self) -> str:
        """Whether so many comparisons bear it."""
        wanted = -(-FLOOR // self.target)
        if self.errors is None:
            few = "" if rule_of_3(self.target, self.comparisons) else " (rule of 3: no rate this low can be shown)"
            return f"not supported by so few comparisons{few}: {wanted:,.0f} are needed"
        if not rule_of_30(self.target, self.comparisons):
            return f"rough: fewer than 30 errors are behind it (rule of 30: {30 / self.target:,.0f} comparisons)"
        return "supported (rule of 30)"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is known of a matcher on a set; nothing of a person or a pair."""

    at: datetime
    matcher: str
    caution: str
    test: bool
    subjects: int
    photos: int
    left_out: Mapping[str, int]
    compared: int
    mated: int
    non_mated: int
    enrol: Rate
    acquire: Rate
    groupings: tuple[Grouping, ...]
    withheld: tuple[str, ...]
    in_use: Errors
    targets: tuple[Target, ...]
    curve: tuple[Point, ...]

    @property
    def acquire_probes(self) -> Rate:
        """Failure to acquire of the probes alone: what a traveller meets; a portrait has lesser rules."""
        errors, photos = self.acquire.errors - self.enrol.errors, self.photos - self.subjects
        return rate(Count(errors, photos))

    def rejected(self, at: Errors) -> float | None:
        """FRR of one attempt with one photo: FTA + FNMR x (1 - FTA), ISO/IEC 19795-1."""
        acquire, missed = self.acquire_probes.share, at.false_non_matches.share
        return None if acquire is None or missed is None else acquire + missed * (1 - acquire)

    def accepted(self, at: Errors) -> float | None:
        """FAR of one attempt with one photo, by somebody who makes no effort: FMR x (1 - FTA)."""
        acquire, matched = self.acquire_probes.share, at.false_matches.share
        return None if acquire is None or matched is None else matched * (1 - acquire)


def errors(at: At, names: Sequence[str]) -> Errors:
    """Rates of counts; `names` are the ways'."""
    return Errors(
        at.threshold,
        rate(at.false_non_matches),
        rate(at.false_matches),
        rate(at.similar) if at.similar.comparisons else None,
        tuple(
            ByGroup(
                name,
                tuple(map(rate, way.false_non_matches)),
                tuple(tuple(map(rate, row)) for row in way.pairs),
            )
            for name, way in zip(names, at.ways, strict=True)
        ),
    )


def target(found: Found, names: Sequence[str]) -> Target:
    """The same of a threshold that was found."""
    return Target(
        found.target, found.comparisons, None if found.at is None else errors(found.at, names), found.low, found.high
    )


def _ratio(rates: Sequence[Rate]) -> float | None:
    shares = [each.share for each in rates]
    if any(not share for share in shares):
        return None
    return max(share for share in shares if share) / min(share for share in shares if share)


def facts(done: Evaluation) -> dict[str, Any]:
    """The stable JSON."""
    return {
        "schema": SCHEMA,
        "garim": version("garim"),
        "at": f"{done.at:%Y-%m-%dT%H:%M:%SZ}",
        "test": done.test,
        "matcher": done.matcher,
        "caution": done.caution,
        "set": {
            "subjects": done.subjects,
            "photos": done.photos,
            "left_out": {why: few(count) for why, count in done.left_out.items()},
            "compared": done.compared,
            "mated": done.mated,
            "non_mated": done.non_mated,
        },
        "failure_to_enrol": _rate(done.enrol),
        "failure_to_acquire": _rate(done.acquire),
        "failure_to_acquire_probes": _rate(done.acquire_probes),
        "groups": {grouping.name: [_group(group) for group in grouping.groups] for grouping in done.groupings},
        "withheld": list(done.withheld),
        "in_use": _errors(done.in_use, done),
        "targets": [_target(each, done) for each in done.targets],
        "curve": [
            {
                "threshold": point.threshold,
                "false_non_matches": point.false_non_matches,
                "false_matches": point.false_matches,
            }
            for point in done.curve
        ],
        "unsaid": list(UNSAID),
    }


def _rate(of: Rate | None) -> dict[str, Any] | None:
    if of is None:
        return None
    drawn = of.resampled or (None, None)
    return {
        "errors": of.errors,
        "comparisons": of.comparisons,
        "rate": _short(of.share),
        "low": _short(of.low),
        "high": _short(of.high),
        "resampled_low": _short(drawn[0]),
        "resampled_high": _short(drawn[1]),
    }


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.6g}")


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "subjects": group.subjects,
        "compared": group.compared,
        "failure_to_acquire": _rate(group.acquire),
    }


def _errors(of: Errors, done: Evaluation) -> dict[str, Any]:
    names = {grouping.name: [group.name for group in grouping.groups] for grouping in done.groupings}
    return {
        "threshold": of.threshold,
        "fnmr": _rate(of.false_non_matches),
        "fmr": _rate(of.false_matches),
        "fmr_similar": _rate(of.similar),
        "frr": _short(done.rejected(of)),
        "far": _short(done.accepted(of)),
        "by": {way.name: _by_group(way, names[way.name]) for way in of.ways},
    }


def _by_group(way: ByGroup, names: Sequence[str]) -> dict[str, Any]:
    fnmr, fmr = way.differential()
    return {
        "fnmr": {name: _rate(each) for name, each in zip(names, way.false_non_matches, strict=True)},
        "fmr": [
            {"reference": a, "probe": b, **(_rate(way.false_matches[i][j]) or {})}
            for i, a in enumerate(names)
            for j, b in enumerate(names)
        ],
        "fnmr_highest_to_lowest": _short(fnmr),
        "fmr_highest_to_lowest": _short(fmr),
    }


def _target(of: Target, done: Evaluation) -> dict[str, Any]:
    return {
        "fmr": of.target,
        "comparisons": of.comparisons,
        "rule_of_3": rule_of_3(of.target, of.comparisons),
        "rule_of_30": rule_of_30(of.target, of.comparisons),
        "said": of.said,
        "threshold": None if of.errors is None else of.errors.threshold,
        "threshold_low": of.low,
        "threshold_high": of.high,
        "errors": None if of.errors is None else _errors(of.errors, done),
    }
