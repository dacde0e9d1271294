"""HOW OFTEN A MATCHER ERRS, ON PEOPLE WHO AGREED TO BE ASKED: by group, with intervals, and on the log.

    >>> from garim.gate.evaluate import evaluate, write
    >>> done = evaluate(Path("set"), log=log, known=load_known(), withdrawn=known_withdrawals)   # doctest: +SKIP
    >>> write(done, Path("out"))                                                                 # doctest: +SKIP

Laws: the pairs are the set's own, and nothing else can be compared; no similarity of a pair and no number of fewer than
five people comes out, to a caller, a file or a log; each rate has its interval; terms are ISO/IEC 19795-1's and -10's.

Reading order: people, groups, acquire, run, results, intervals, plots, page, files.
"""

from garim.gate.evaluate.files import write
from garim.gate.evaluate.results import Evaluation, facts
from garim.gate.evaluate.run import Evaluated, evaluate
from garim.recognise.matcher import Name

__all__ = ["Evaluated", "Evaluation", "Name", "evaluate", "facts", "write"]
