"""An evaluation as a page that an inspector reads: one file, on a screen or on paper; it loads and runs nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from garim.gate.blocks import Blocks, Safe, joined
from garim.gate.evaluate.intervals import Rate
from garim.gate.evaluate.results import UNSAID, ByGroup, Errors, Evaluation, Grouping, Target
from garim.gate.evaluate.words import WAYS, bare, exact, left_out, ratio, resampled, share, times

_PALE, _DARK = 0, 4  # shades of a cell of a table of pairs


def page(done: Evaluation, entry: int, *, det: bytes, scores: bytes) -> str:
    """The page on `done`, which stands on the log as `entry`; with its two pictures as SVG."""
    fill = _blocks()
    return fill(
        "page",
        policy=fill.policy,
        title=f"{done.matcher}: how often it errs",
        matcher=done.matcher,
        caution=done.caution,
        at=f"{done.at.day} {done.at:%B %Y, %H:%M:%S} UTC",
        at_iso=f"{done.at:%Y-%m-%dT%H:%M:%SZ}",
        version=version("garim"),
        test=fill("test") if done.test else Safe(),
        summary=_summary(done),
        people=_people(done),
        errors=_errors(done),
        targets=joined(_target(target) for target in done.targets),
        det=_picture(det, "Detection error trade-off: false non-match rate over false match rate"),
        scores=_picture(scores, "How similarities of mated and of non-mated comparisons are spread"),
        groups=joined(_grouping(grouping, done) for grouping in done.groupings),
        withheld=fill("withheld", ways=", ".join(WAYS[name] for name in done.withheld)) if done.withheld else Safe(),
        unsaid=joined(fill("item", text=f"{text[:1].upper()}{text[1:]}.") for text in UNSAID),
        entry=entry,
    )


def _summary(done: Evaluation) -> Safe:
    in_use = done.in_use
    return _blocks()(
        "summary",
        threshold=f"{in_use.threshold:.3f}",
        fmr=share(in_use.false_matches),
        fmr_interval=exact(in_use.false_matches),
        fnmr=share(in_use.false_non_matches),
        fnmr_interval=exact(in_use.false_non_matches),
        fta=share(done.acquire),
        fta_interval=exact(done.acquire),
    )


def _people(done: Evaluation) -> Safe:
    rows: list[tuple[str, object]] = [
        ("People who agreed", f"{done.subjects:,}, with {done.photos:,} photos"),
        ("Left out, without a consent that holds", _left_out(done)),
        ("Compared: a reference and a probe that the gate would compare", f"{done.compared:,}"),
        ("Mated comparisons", f"{done.mated:,}"),
        ("Non-mated comparisons", f"{done.non_mated:,}"),
        ("Failure to enrol: references without one face", times(done.enrol)),
        ("Failure to acquire: photos that the gate would not compare", times(done.acquire)),
        ("Failure to acquire, of probes alone", times(done.acquire_probes)),
    ]
    return joined(_blocks()("row", name=name, value=value) for name, value in rows)


def _left_out(done: Evaluation) -> str:
    return left_out(done.left_out) or "nobody"


def _errors(done: Evaluation) -> Safe:
    """One row of errors for the threshold in use, and one for each that was found."""
    rows = [("in use at the gate", done.in_use)]
    rows += [(f"for FMR {target.target:g}", target.errors) for target in done.targets if target.errors is not None]
    return joined(part for name, errors in rows for part in _error_rows(name, errors, done))


def _error_rows(name: str, errors: Errors, done: Evaluation) -> Iterator[Safe]:
    of = [
        ("False match rate (FMR)", errors.false_matches),
        ("FMR of people alike in all groups", errors.similar),
        ("False non-match rate (FNMR)", errors.false_non_matches),
    ]
    whole = [("FAR, false accept rate", done.accepted(errors)), ("FRR, false reject rate", done.rejected(errors))]
    first = _blocks()("threshold", name=name, threshold=f"{errors.threshold:.3f}", rows=len(of) + len(whole))
    for label, rate in of:
        if rate is None:
            yield _blocks()("error_none", first=first, label=label)
        else:
            yield _blocks()(
                "error", first=first, label=label, share=share(rate), count=times(rate, bare=True), exact=exact(rate),
                resampled=resampled(rate),
            )  # fmt: skip
        first = Safe()
    for label, of_all in whole:
        yield _blocks()("error_whole", label=label, share=bare(of_all))


def _target(target: Target) -> Safe:
    found = target.errors
    return _blocks()(
        "target",
        target=f"{target.target:g}",
        threshold="not told" if found is None else f"{found.threshold:.3f}",
        interval="" if target.low is None or target.high is None else f"{target.low:.3f} to {target.high:.3f}",
        comparisons=f"{target.comparisons:,}",
        said=target.said,
    )


def _picture(svg: bytes, alt: str) -> Safe:
    return _blocks()("picture", data=Safe(base64.b64encode(svg).decode()), alt=alt)


def _grouping(grouping: Grouping, done: Evaluation) -> Safe:
    rows = joined(
        _blocks()("group", name=group.name, subjects=f"{group.subjects:,}", fta=times(group.acquire))
        for group in grouping.groups
    )
    at = [("at the gate's threshold", done.in_use)]
    at += [(f"at the threshold for FMR {target.target:g}", target.errors) for target in done.targets if target.errors]
    tables = joined(
        _by_group(grouping, way, f"{word}, {errors.threshold:.3f}")
        for word, errors in at
        for way in errors.ways
        if way.name == grouping.name
    )
    return _blocks()("grouping", title=f"By {WAYS[grouping.name]}", rows=rows, tables=tables)


def _by_group(grouping: Grouping, way: ByGroup, word: str) -> Safe:
    names = [group.name for group in grouping.groups]
    highest = max((rate.share or 0) for row in way.false_matches for rate in row)
    fill = _blocks()
    body = joined(
        fill(
            "pair_row",
            name=name,
            fnmr=_rate(way.false_non_matches[a]),
            cells=joined(_rate(rate, highest) for rate in way.false_matches[a]),
        )
        for a, name in enumerate(names)
    )
    fnmr, fmr = way.differential()
    return fill(
        "by_group",
        word=word,
        heads=joined(fill("head", name=name) for name in names),
        count=len(names),
        body=body,
        fnmr=ratio(fnmr),
        fmr=ratio(fmr),
    )


def _rate(rate: Rate, highest: float = 0.0) -> Safe:
    shade = round(_DARK * (rate.share or 0) / highest) if highest else _PALE
    return _blocks()(
        "rate", shade=f"shade{shade}", share=share(rate), count=times(rate, bare=True), exact=exact(rate),
        resampled=_blocks()("drawn", interval=resampled(rate)) if rate.resampled else Safe(),
    )  # fmt: skip


@cache
def _blocks() -> Blocks:
    return Blocks(files("garim.gate.evaluate").joinpath("pages/evaluation.html").read_text("utf-8"))
