"""WHAT IS WRONG WITH THE LINES (MRZ), in a document that is signed as it stands."""

from __future__ import annotations

from datetime import date

from tests.gate.passport.forgery import Forgery, genuine, other, told
from tests.gate.passport.groups import dg1, lines


@other("a check digit that is wrong, as signed")
def _digit() -> Forgery:
    text = lines()
    wrong = text[:53] + str((int(text[53]) + 1) % 10) + text[54:]
    return told(genuine().resigned(DG1=dg1(wrong)), "check_digit")


@other("lines of a length that no document has")
def _short_lines() -> Forgery:
    return told(genuine().resigned(DG1=dg1(lines()[:-1])), "mrz_form")


@other("the document has ended")
def _document_ended() -> Forgery:
    return told(genuine().resigned(DG1=dg1(lines(expires=date(2026, 5, 31)))), "document_expired")
