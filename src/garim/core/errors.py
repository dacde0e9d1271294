"""What can go wrong, and with which exit code it leaves.

    GarimError
    ├── Disproved         1   a proof, a signature or a chain does not hold
    │   └── Malformed     1   bytes that are not in the form that their specification demands
    ├── Misuse            2   what was asked cannot be done: an option, a path, an existing output
    │   └── Unsupported   2   a format that Garim does not take, named
    └── Unfinished        3   it could not be finished; nothing was published
        ├── Unreadable    3   the input is damaged, cut short, or not what its name says
        ├── Unwritable    3   no room, no permission
        ├── NoWeights     3   a model file is missing, or is not the pinned one
        └── StillShowing  3   the check still sees faces

A message is one line: what happened, what was lost (nothing), what to do next.
"""


class GarimError(Exception):
    """Root of all errors that Garim raises on purpose."""

    exit_code: int = 3


class Disproved(GarimError):
    """A proof, a signature or a chain does not hold."""

    exit_code = 1


class Malformed(Disproved):
    """Bytes that are not in the form that their specification demands."""


class Misuse(GarimError):
    """What was asked cannot be done; nothing was begun."""

    exit_code = 2


class Unsupported(Misuse):
    """A format or feature that Garim does not take."""


class Unfinished(GarimError):
    """It could not be finished; nothing was published."""


class Unreadable(Unfinished):
    """The input is damaged, cut short, or not what its name says."""


class Unwritable(Unfinished):
    """The output could not be written: no room, no permission."""


class NoWeights(Unfinished):
    """A model file is missing, or is not the pinned one."""


class StillShowing(Unfinished):
    """The check still sees faces after the last round."""
