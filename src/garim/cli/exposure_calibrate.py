"""`garim exposure calibrate`: where in the street the px of one camera are, and how surely."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garim.cli.progress import bar
from garim.cli.told import say
from garim.core.errors import Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.exposure.fit import Fit
    from garim.exposure.ground import Ground
    from garim.exposure.heights import Heights
    from garim.exposure.moments import Moments
    from garim.media import Film
    from garim.vision.people import People

Video = Annotated[Path, typer.Argument(metavar="VIDEO", help="A film of the camera's view, with people walking in it.")]
PointsOption = Annotated[
    Path | None,
    typer.Option("--points", metavar="FILE", help="CSV x_px,y_px,x_m,y_m: six points on the ground at least."),
]
TsaiOption = Annotated[
    Path | None, typer.Option("--tsai", metavar="FILE", help="Tsai's camera parameters instead, as XML or JSON.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="GROUND.json", help="If not given, VIDEO.ground.json.")
]
Picture = Annotated[
    Path | None,
    typer.Option(metavar="OUT.svg", help="Draw a metre grid over the view, without its people, to look at."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Accept = Annotated[
    bool,
    typer.Option("--accept-heights", help="Write a ground that people's heights disagree with; it will say that."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]


def calibrate(
    video: Video,
    points: PointsOption = None,
    tsai: TsaiOption = None,
    output: Output = None,
    picture: Picture = None,
    as_json: AsJson = False,
    force: Force = False,
    accept_heights: Accept = False,
) -> int:
    """Find out where in the street each px is, in metres, and check it by the people who walk there.

    Points that are too few, badly placed or do not agree are refused, and the worst is named; so is a ground on which
    people would be too tall or too small. The picture shows nobody.

    Exit codes: 0 done; 1 done with --accept-heights, though people disagree; 2 misuse, or points that do not do;
    3 not finished, nothing published.
    """
    from garim.exposure.ground import Verdict
    from garim.exposure.heights import heights
    from garim.exposure.moments import moments
    from garim.media import Reader
    from garim.media.codecs import WATCHED
    from garim.vision.people import People

    source = _source(points, tsai)
    output = output or video.with_name(f"{video.stem}.ground.json")
    for made in (output, picture):
        if made:
            refuse_clash(made, [video, source], force=force)
    if picture and picture.suffix.lower() != ".svg":
        raise Misuse(f"{picture}: the picture is an SVG, and its name ends so; nothing was written")
    if not video.is_file():
        raise Misuse(f"{video}: {'is a folder' if video.is_dir() else 'no such file'}; nothing was written")
    with Reader(video, WATCHED) as reader:
        film = reader.film
    ground, fit = _ground(source, film, by_points=points is not None)
    people = People()
    with bar(video.name, unit="moments") as progress:
        seen = moments(video, people, progress)
    checked = heights(ground, seen.people)
    if checked.verdict is Verdict.DISAGREE and not accept_heights:
        if fit:
            _table(fit)
        raise Misuse(
            f"{source}: people do not agree with this ground: {checked.why}; nothing was written. --accept-heights "
            "writes it nevertheless, and it says so to whoever uses it"
        )
    ground = replace(ground, people=checked.verdict)
    drawn = _drawn(seen, people, ground, fit, checked) if picture else ""
    _write(output, ground, picture, drawn, force=force)
    if as_json:
        typer.echo(json.dumps(_plain(output, picture, ground, fit, checked)))
    else:
        _tell(output, picture, ground, fit, checked)
    return 1 if checked.verdict is Verdict.DISAGREE else 0


def _source(points: Path | None, tsai: Path | None) -> Path:
    if points and not tsai:
        return points
    if tsai and not points:
        return tsai
    raise Misuse("how does the ground lie? --points FILE or --tsai FILE says it, one of the two; nothing was begun")


def _ground(source: Path, film: Film, *, by_points: bool) -> tuple[Ground, Fit | None]:
    from garim.exposure import points, tsai
    from garim.exposure.fit import fit

    try:
        text = source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{source}: cannot be read ({error}); nothing was written") from None
    try:
        if not by_points:
            return tsai.ground(text).resized(film.upright), None
        shape = float(film.shape or 1)
        fitted = fit(points.read(text), film.upright, aspect=1 / shape if film.rotation % 180 else shape)
    except Misuse as refused:
        raise Misuse(f"{source}: {refused}") from None
    return fitted.ground, fitted


def _drawn(seen: Moments, people: People, ground: Ground, fit: Fit | None, checked: Heights) -> str:
    from garim.core.boxes import Boxes
    from garim.core.image import Image
    from garim.exposure.empty import FLOOR, emptied
    from garim.exposure.grid import picture
    from garim.vision.faces import Faces

    faces = Faces()

    def anybody(image: Image, floor: float) -> Boxes:
        return Boxes.joined([people(image, floor), faces(image, max(floor, 0.3))])

    pairs = zip(seen.images, seen.people, strict=True)
    covered = [Boxes.joined([boxes, faces(image, max(FLOOR, 0.3))]) for image, boxes in pairs]
    view, _ = emptied(seen.images, covered, anybody)
    return picture(view, ground, fit, checked)


def _write(output: Path, ground: Ground, picture: Path | None, drawn: str, *, force: bool) -> None:
    from garim.exposure.ground import written

    with whole(output, force=force) as path:
        path.write_text(written(ground), "utf-8")
    if picture:
        with whole(picture, force=force) as path:
            path.write_text(drawn, "utf-8")


def _plain(output: Path, picture: Path | None, ground: Ground, fit: Fit | None, checked: Heights) -> dict[str, Any]:
    """The stable JSON."""
    from garim.exposure.grid import reach

    return {
        "ground": str(output),
        "picture": str(picture) if picture else None,
        "origin": ground.origin,
        "error_px": ground.error_px,
        "distortion": ground.distortion,
        "camera_height_m": _rounded(ground.camera_height_m if ground.focal_px else None),
        "camera_height_sd_m": _rounded(fit.height_sd_m if fit else None),
        "reach": [{"away_m": round(away, 2), "sd_m": round(sd, 3)} for away, sd in reach(ground)],
        "points": [dict(zip(_COLUMNS, row, strict=True)) for row in _rows(fit)] if fit else [],
        "heights": asdict(checked),
    }


_COLUMNS = ("x_px", "y_px", "x_m", "y_m", "off_px", "off_cm", "left_out_px")


def _rows(fit: Fit) -> list[list[float]]:
    """A row a point, as `_COLUMNS` says."""
    import numpy as np

    off_px = np.linalg.norm(fit.off_px, axis=1)
    both = np.column_stack([fit.points.px, fit.points.metres, off_px, fit.off_m * 100, fit.left_out_px])
    return [[round(number, 2) for number in row] for row in both.tolist()]


def _tell(output: Path, picture: Path | None, ground: Ground, fit: Fit | None, checked: Heights) -> None:
    from rich.markup import escape

    from garim.exposure.grid import MOST_SD, reach

    tell = say()
    if fit:
        _table(fit)
    tell(f"[bold]{escape(str(output))}[/bold]")
    if ground.error_px is not None:
        bent = f"distortion {ground.distortion:+.3f}" if ground.distortion else "no distortion that the points tell"
        tell(f"  {ground.error_px:.1f} px off (root mean square); {bent}")
    places = reach(ground)
    named = zip(("near", "midway", "far"), places, strict=False)
    words = ", ".join(
        f"[bold]\N{PLUS-MINUS SIGN} {sd:.2f} m[/bold] {name} ({away:.0f} m)" for name, (away, sd) in named
    )
    tell(f"  a foot's place: {words or f'nowhere surer than {MOST_SD:g} m'}")
    if ground.focal_px is None:
        tell("  camera height: these points do not tell it")
    else:
        give = f" \N{PLUS-MINUS SIGN} {fit.height_sd_m:.1f}" if fit and fit.height_sd_m is not None else ""
        tell(f"  the camera hangs {ground.camera_height_m:.2f}{give} m high")
    _tell_heights(checked)
    if picture:
        tell(f"  look at {escape(str(picture))}: does the grid lie on the ground? It shows nobody")


def _tell_heights(checked: Heights) -> None:
    tell = say()
    if checked.verdict == "unknown":
        tell(f"  [yellow]not checked by people's heights[/yellow]: {checked.why}")
    elif checked.verdict == "disagree":
        tell(f"  [bold red]people do not agree[/bold red]: {checked.why}")
    else:
        tell(f"  people on it are {checked.median_m:.2f} m tall (the middle of {checked.people}): they agree")


def _table(fit: Fit) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("point", "x px", "y px", "x m", "y m", "off px", "off cm", "left out px"):
        table.add_column(name, justify="right")
    for number, (x_px, y_px, x_m, y_m, *off) in enumerate(_rows(fit), 1):
        table.add_row(
            str(number), f"{x_px:g}", f"{y_px:g}", f"{x_m:.2f}", f"{y_m:.2f}", *(f"{each:.1f}" for each in off)
        )
    say()(table)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
