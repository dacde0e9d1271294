"""The consents that `garim redact` goes by: proved before anything is begun, and once more before it is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from garim.cli.consent import proven
from garim.core.errors import Disproved, GarimError, Misuse, Unfinished

if TYPE_CHECKING:
    from garim.consent import Consent


@dataclass(frozen=True)
class Consents:
    """Whose signatures count, which ledger is asked, whether TEST ones are taken; and what was proven so far."""

    known: Path | None
    ledger: Path | None
    test: bool
    held: dict[Path, Consent] = field(default_factory=dict)

    def agreed(self, path: Path) -> Consent:
        """The consent to be left visible that the record at `path` proves. Raises `Misuse` where it proves none."""
        from garim.consent import NoConsent

        try:
            self.held[path] = self._proven(path, told=True)
        except NoConsent as refused:
            # not its own exit code: 1 is a result with residuals, and here there is none
            raise Misuse(f"{path}: nothing was written: {refused}") from None
        except Disproved as odd:
            raise Misuse(str(odd)) from None
        return self.held[path]

    def ask_again(self) -> None:
        """Raise `Unfinished` where one of them holds no more, or is another than it was."""
        for path, consent in self.held.items():
            try:
                now = self._proven(path, told=False)
            except GarimError as refused:
                raise Unfinished(f"{path}: held when it was begun, and nothing was published: {refused}") from None
            if now.commitment != consent.commitment:
                raise Unfinished(f"{path}: is another record than when it was begun; nothing was published")

    def _proven(self, path: Path, *, told: bool) -> Consent:
        from garim.consent import Purpose

        purpose, known, ledger, test = Purpose.REDACT_KEEP, self.known, self.ledger, self.test
        return proven(path, purpose=purpose, known=known, ledger=ledger, test=test, told=told)
