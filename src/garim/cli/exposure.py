"""`garim exposure`: how many were how close for how long; never who."""

from __future__ import annotations

import typer

from garim.cli.exposure_calibrate import calibrate
from garim.cli.exposure_case import case
from garim.cli.exposure_expire import expire
from garim.cli.exposure_map import show_map
from garim.cli.exposure_masks import masks
from garim.cli.exposure_notice import notice
from garim.cli.exposure_publish import publish
from garim.cli.exposure_sign import sign
from garim.cli.exposure_track import track

app = typer.Typer(
    no_args_is_help=True,
    help="Close contacts inside one camera's view, as counts of unnamed people. Unnamed is not anonymous: "
    "where somebody walked can single them out, so what is stored is sealed, coarsened after a day and destroyed.",
)
app.command("calibrate")(calibrate)
app.command("track")(track)
app.command("map")(show_map)
app.command("sign")(sign)
app.command("case")(case)
app.command("notice")(notice)
app.command("publish")(publish)
app.command("expire")(expire)
app.command("masks")(masks)
