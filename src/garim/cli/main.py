"""`garim`: the commands, and the one edge where every error becomes a line and an exit code.

Each command imports its own room when it runs, so that no process holds two sides of the wall.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from types import FrameType
from typing import Annotated, NoReturn

import typer

from garim.cli import consent, corpus, exposure, gate, ledger, redact, weights
from garim.cli.plain import plain
from garim.core.errors import GarimError

_TYPER_STOPPED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="garim",
    help="Takes every face out of footage, and names nobody.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("redact")(redact.redact)
app.add_typer(consent.app, name="consent")
app.add_typer(corpus.app, name="corpus")
app.add_typer(exposure.app, name="exposure")
app.add_typer(gate.app, name="gate")
app.add_typer(ledger.app, name="ledger")
app.add_typer(weights.app, name="weights")


def _version(asked: bool) -> None:
    # here, since a missing command is complained of before the command group's own body runs
    if asked:
        from importlib.metadata import version  # which reads e-mail headers: no other command waits for that

        print(version("garim"))
        raise typer.Exit


@app.callback()
def _garim(
    shown: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    pass


def run() -> NoReturn:
    """The console script: run the command, and leave with its exit code."""
    # a polite kill cleans up as Ctrl-C does
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        code = app(standalone_mode=False)
    except GarimError as error:
        sys.exit(_said(str(error), error.exit_code))
    except typer.TyperException as error:
        # a bare `garim` has shown its help, and says nothing more
        sys.exit(_said(_usage(error), 2) if error.format_message() else 2)
    except (KeyboardInterrupt, typer.Abort):
        code = _TYPER_STOPPED
    except (BrokenPipeError, SystemExit):  # typer leaves by itself where nobody reads stdout any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(3)
    except MemoryError:
        sys.exit(_said("out of memory; nothing was published. Free some, or close other programs", 3))
    except Exception as error:
        if os.environ.get("GARIM_DEBUG"):
            traceback.print_exc()
        where = f"{type(error).__name__}: {error}".splitlines()[0]
        sys.exit(_said(f"a fault of garim's own ({where}); nothing was published. GARIM_DEBUG=1 shows more", 3))
    if code == _TYPER_STOPPED:
        sys.exit(_said("stopped; nothing was published, and the input is as it was", 3))
    sys.exit(code if isinstance(code, int) else 0)


def _interrupted(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _usage(error: typer.TyperException) -> str:
    return f"{error.format_message().rstrip('.')}. Nothing was begun; --help says what there is"


def _said(message: str, exit_code: int) -> int:
    print(f"garim: {plain(message)}", file=sys.stderr)  # it may quote a stranger's file
    if "--json" in sys.argv:
        print(json.dumps({"error": message, "exit_code": exit_code}))
    return exit_code
