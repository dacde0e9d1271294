"""`garim corpus`: photos of people who agreed, and can change their mind."""

from __future__ import annotations

import typer

from garim.cli.corpus_admit import admit, attest
from garim.cli.corpus_audit import audit
from garim.cli.corpus_check import check
from garim.cli.corpus_dpia import dpia
from garim.cli.corpus_init import init
from garim.cli.corpus_manifest import manifest, model, release
from garim.cli.corpus_used import was_i_used
from garim.cli.corpus_withdraw import erase, withdraw

app = typer.Typer(
    no_args_is_help=True,
    help="Photos of people who agreed, and can change their mind: held under a key each, listed for one use, "
    "withdrawn at once, erased; and whoever asks is told where they were used.",
)
app.command("init")(init)
app.command("admit")(admit)
app.command("attest")(attest)
app.command("manifest")(manifest)
app.command("release")(release)
app.command("model")(model)
app.command("withdraw")(withdraw)
app.command("erase")(erase)
app.command("was-i-used")(was_i_used)
app.command("audit")(audit)
app.command("check")(check)
app.command("dpia")(dpia)
