"""IS THIS THE NEWEST COPY? Only others can tell: the witnesses of the policy that a ledger remembers.

Laws: silence is no consent: where too few answer, nothing is appended; what stops a ledger is a checkpoint under its
own key, never somebody's word.
"""

from __future__ import annotations

from pathlib import Path

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import whole
from garim.ledger import note, policy
from garim.ledger.collect import Rewound, Uncosigned, cosigned
from garim.ledger.log import Log, private
from garim.ledger.note import Note
from garim.ledger.policy import NONE, Policy

ASK_S = 3.0
"""For each witness, before something is appended."""

_TRIES = 3  # another process may append, and have that cosigned, while the witnesses are asked


def remembered(path: Path) -> Policy | None:
    """The policy that the ledger at `path` remembers. Raises `Unreadable` where it cannot be read any more."""
    file = private(path) / "policy"
    try:
        return policy.read(file.read_bytes()) if file.exists() else None
    except (OSError, Malformed) as error:
        raise Unreadable(f"{file}: the policy that was remembered cannot be read: {error}. Give it anew") from None


def remember(log: Log, octets: bytes) -> Policy:
    """Keep a policy file for the next time, once it fits. Raises `Misuse` where it is not one for this ledger."""
    try:
        wanted = policy.read(octets)
    except Malformed as error:
        raise Misuse(f"{error}; nothing was changed") from None
    if not any(line.vkey in log.vkeys for line in wanted.logs):
        raise Misuse(f"the policy has no `log` line with a key of {log.origin}; nothing was changed")
    if wanted.quorum != NONE and not any(witness.url for witness in wanted.witnesses):
        raise Misuse("the policy gives no witness a URL, so that none can be asked; nothing was changed")
    with whole(private(log.path) / "policy", force=True, mode=0o600) as file:
        file.write_bytes(octets)
    return wanted


def witnessed(log: Log, wanted: Policy, *, timeout: float) -> Note:
    """The last checkpoint, cosigned by a quorum now and published so. Raises `Rewound`, `Uncosigned`."""
    for _ in range(_TRIES):
        made = _asked(log, wanted, timeout)
        if log.publish(bytes(made)):
            return made
    raise Uncosigned(f"{log.path}: grew each time while its witnesses were asked; nothing was published. Try again")


def refuse_old_copy(log: Log) -> None:
    """Raise `Rewound`, or `Uncosigned`, unless a quorum of the remembered policy says that nothing newer was seen."""
    wanted = remembered(log.path)
    if wanted is None or wanted.quorum == NONE:
        return
    try:
        _asked(log, wanted, ASK_S)
    except Uncosigned as nobody:
        raise Uncosigned(
            f"{log.path}: nobody says that this is its newest copy, so nothing was begun: {nobody}. To go on without "
            f"witnesses, take {private(log.path) / 'policy'} away"
        ) from None


def _asked(log: Log, wanted: Policy, timeout: float) -> Note:
    log.refresh()
    for _ in range(_TRIES - 1):
        last = log.note
        try:
            return _cosigned(log, wanted, timeout)
        except Rewound:
            log.refresh()
            if log.note == last:  # else the witness saw what another process has appended meanwhile
                raise
    return _cosigned(log, wanted, timeout)


def _cosigned(log: Log, wanted: Policy, timeout: float) -> Note:
    tree = log.tree
    return cosigned(note.parse(log.note), wanted, lambda old, _: tree.consistency(old), timeout=timeout)
