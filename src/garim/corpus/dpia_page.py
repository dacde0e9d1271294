"""The assessment in words, for Markdown and HTML. Pure.

Law: each figure here is one of the facts; each sentence that is not a fact is the same for every corpus, or an answer
that somebody gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC

from garim.corpus.composition import FLOOR, told
from garim.corpus.document import Document, Items, Mark, Marked, Part, Section, Table
from garim.corpus.dpia import QUESTIONS, THRESHOLDS, Assessment, Change, State

_MARKS = {State.YES: Mark.GOOD, State.NO: Mark.BAD, State.UNSEEN: Mark.QUIET}
_SENSITIVE = (
    "A photo alone is not sensitive data in the sense of PIPA Article 23; the features that a matcher takes from it "
    "are (Decree, Article 18), as they are biometric data under GDPR Article 9. Photos that train or test such a "
    "matcher are assessed here as if they were sensitive."
)
# risk to the people in it, what is set against it, what remains
_RISKS = (
    (
        "A photo is used for what its subject did not agree to",
        "a manifest lists only photos whose subjects agree to this purpose and processor now; its root, purpose and "
        "count are on the ledger before the file appears",
        "what a processor does with a photo that was released: contract and inspection, no program",
    ),
    (
        "Somebody takes the disk, or a backup",
        "each photo under its subject's key, each key under the master key, which is kept elsewhere",
        "nationality, birth year and sex of pseudonyms lie open in the parts, so that they can be counted; whoever has "
        "the master key too has all of it",
    ),
    (
        "A person changes their mind, and nothing happens",
        "a withdrawal holds from the next read on, is on the ledger, and is applied again to a restored backup",
        "photos that had left before, and models that were made of them: they are named, and must be recalled",
    ),
    (
        "An erased photo comes back",
        "the key is destroyed, the bytes are overwritten, the parts are written anew",
        "blocks that a solid-state disk, a snapshot or a copy of the keys still holds",
    ),
    (
        "A person asks, and is not told",
        "was-i-used answers whoever holds their own consent record, with proofs that a stranger can verify",
        "who lost their record cannot prove that a pseudonym is theirs, and has to ask the controller",
    ),
    (
        "A model errs more often on some people",
        "the audit names groups that are missing or too few, and error rates by group with their intervals",
        "a group that states nothing, or that nobody thought of",
    ),
    (
        "Photos come in that were taken from people",
        "origins are a closed list without the web, public cameras and other authorities' files; a consent that was "
        "signed is needed for each",
        "somebody who states an origin that is not so: on record, with the consent that they named",
    ),
)


def document(of: Assessment, since: Sequence[Change] | None, last: str | None) -> Document:
    """The whole; `since` is what changed since the assessment of `last`, None where this is the first."""
    return Document(
        "Data protection impact assessment of a corpus of photos",
        f"{of.at.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC, by garim {of.garim}, from corpus {of.corpus} as it stood",
        tuple(_lead(of)),
        (
            Section("What changed", tuple(_changed(since, last))),
            Section("Who answers for it, and what it is for", tuple(_uses(of))),
            Section("What is held", tuple(_held(of))),
            Section("Whether the law asks for this assessment", tuple(_thresholds(of))),
            Section("How long it is kept", tuple(_retention(of))),
            Section("Measures, as they are now", (_measures(of),)),
            Section("Risks to the people in it", (_risks(),)),
            Section("What only people can answer", tuple(_asked(of))),
        ),
    )


def _lead(of: Assessment) -> Iterator[Part]:
    if of.open:
        yield Marked(
            f"Not finished: {len(of.open)} of {len(QUESTIONS)} questions that only people can answer are open "
            f"({', '.join(of.open)}).",
            Mark.WARN,
        )
    missing = [each.name for each in of.measures if each.state is State.NO]
    if missing:
        yield Marked(f"Not in place: {'; '.join(missing)}.", Mark.BAD)
    if of.held.test_photos:
        yield Marked(f"TEST: {told(of.held.test_photos)} photos came in by consents made for tests.", Mark.WARN)
    yield (
        "Counts and measures below were read from the corpus itself; nobody typed them. Counts of people and photos "
        f"are rounded down to multiples of {FLOOR}, each by itself. Nothing here is legal advice."
    )


def _changed(since: Sequence[Change] | None, last: str | None) -> Iterator[Part]:
    if since is None:
        yield "This is the first assessment."
    elif not since:
        yield f"Nothing since the assessment of {last}."
    else:
        yield f"Since the assessment of {last}:"
        yield Table(("what", "was", "is"), tuple((each.fact, each.was or "-", each.now or "-") for each in since))


def _uses(of: Assessment) -> Iterator[Part]:
    yield f"Controller: {of.controller}."
    if not of.uses:
        yield "No consent that stands allows any use now."
        return
    yield Table(
        ("purpose", "processor", "photos it may use", "manifests", "photos released, each time"),
        tuple((use.purpose, use.processor, told(use.photos), _n(use.manifests), told(use.released)) for use in of.uses),
        frozenset({2, 3, 4}),
    )


def _held(of: Assessment) -> Iterator[Part]:
    held = of.held
    rows = (
        ("people whose photos stand", told(held.subjects)),
        ("their photos", told(held.photos)),
        ("photos whose bytes lie in the vault", told(held.vaulted)),
        ("photos of people under 18 at the time", told(held.children)),
        ("nationalities", _n(held.nationalities)),
        ("people who withdrew, and are not erased yet", told(held.withdrawn)),
        ("people who were erased", told(held.erased)),
    )
    yield Table(("what", "how many"), rows, frozenset({1}))
    yield (
        "Of each photo: a pseudonym's number, nationality, birth year and sex as given, the day it was taken, where it "
        "came from, the consent. No name and no number of a document has a place in it."
    )
    if of.origins:
        origins = tuple((name, told(count)) for name, count in of.origins.items())
        yield Table(("where photos came from", "photos"), origins, frozenset({1}))


def _thresholds(of: Assessment) -> Iterator[Part]:
    yield _SENSITIVE
    rows = []
    for each in THRESHOLDS:
        reached = of.held.subjects >= each.limit
        said = Marked("reached: an assessment is required", Mark.WARN) if reached else Marked("not reached", Mark.QUIET)
        rows.append((each.law, each.what, _n(each.limit), told(of.held.subjects), said))
    yield Table(("law", "of what", "from", "here", "so"), tuple(rows), frozenset({2, 3}))
    yield (
        "GDPR Article 35(3)(b) names no number: sensitive data on a large scale. Whether this corpus is linked with "
        "other files a program cannot see: the second row holds only where it is."
    )


def _retention(of: Assessment) -> Iterator[Part]:
    kept = of.retention
    yield Table(
        ("what", "value"),
        (
            ("the first consent ends", kept.first_end or "-"),
            ("the last consent ends", kept.last_end or "-"),
            ("photos whose consent ends within 90 days", told(kept.within_90_days)),
            ("photos whose consents are all over, still held", told(kept.expired)),
        ),
        frozenset({1}),
    )
    if kept.expired:
        yield Marked("Photos that no consent covers any more are in no manifest, and have to be erased.", Mark.BAD)


def _measures(of: Assessment) -> Table:
    rows = tuple((each.name, Marked(each.state.value, _MARKS[each.state]), each.seen) for each in of.measures)
    return Table(("measure", "state", "how that was seen"), rows)


def _risks() -> Table:
    return Table(("risk", "what is set against it", "what remains"), _RISKS)


def _asked(of: Assessment) -> Iterator[Part]:
    rows = []
    for name, question in QUESTIONS.items():
        said = of.answers.get(name, "").strip()
        rows.append((question, said or Marked(f"open: answer it as {name} in the file of --answers", Mark.WARN)))
    yield Table(("question", "answer"), tuple(rows))
    yield Items(
        (
            "Under PIPA Article 33 a public institution sends the result to the Protection Commission.",
            "Under GDPR Article 36 the authority is asked first where a high risk remains.",
        )
    )


def _n(count: int) -> str:
    return f"{count:,}"
