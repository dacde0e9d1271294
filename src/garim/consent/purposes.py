"""What can be agreed to, and which data each takes. Both lists are closed: what is not on them, nobody agreed to."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What a consent is for. One each: whoever agrees to two things signs two records."""

    REDACT_KEEP = "redact.keep"
    EXPOSURE_CASE = "exposure.case"
    EXPOSURE_NOTICE = "exposure.notice"
    GATE_VERIFY = "gate.verify"
    GATE_EVALUATE = "gate.evaluate"
    CORPUS_TRAIN = "corpus.train"
    CORPUS_TEST = "corpus.test"


class Data(StrEnum):
    """What of a person is used."""

    PICTURE = "picture"
    ITINERARY = "itinerary"
    DOCUMENT = "document"
    CAPTURE = "capture"
    TEMPLATE = "template"
    PHOTO = "photo"
    GROUP = "group"


WORDS: dict[Purpose | Data, str] = {
    Purpose.REDACT_KEEP: "your face stays visible in footage that is released",
    Purpose.EXPOSURE_CASE: "it is counted how many people were near you, where and when you say; nobody is named",
    Purpose.EXPOSURE_NOTICE: "areas and hours of yours are published, in one list with those of others, for people "
    "who were there; nobody is named, and what was published cannot be taken back",
    Purpose.GATE_VERIFY: "your face is compared once with the photo in your own document, at a gate",
    Purpose.GATE_EVALUATE: "your photos are used to measure how often a matcher errs; only totals come out",
    Purpose.CORPUS_TRAIN: "your photos are used to train a model",
    Purpose.CORPUS_TEST: "your photos are used to test a model",
    Data.PICTURE: "your face, as the footage shows it",
    Data.ITINERARY: "the places and times that you name",
    Data.DOCUMENT: "the photo and the details in your passport's chip",
    Data.CAPTURE: "pictures of your face taken at the gate",
    Data.TEMPLATE: "numbers computed from your face, forgotten after the comparison",
    Data.PHOTO: "photos of you that you hand over",
    Data.GROUP: "your nationality, age group and sex, as you state them",
}
"""For the person concerned."""

TAKES: dict[Purpose, tuple[Data, ...]] = {
    Purpose.REDACT_KEEP: (Data.PICTURE,),
    Purpose.EXPOSURE_CASE: (Data.ITINERARY,),
    Purpose.EXPOSURE_NOTICE: (Data.ITINERARY,),
    Purpose.GATE_VERIFY: (Data.DOCUMENT, Data.CAPTURE, Data.TEMPLATE),
    Purpose.GATE_EVALUATE: (Data.PHOTO, Data.TEMPLATE, Data.GROUP),
    Purpose.CORPUS_TRAIN: (Data.PHOTO, Data.GROUP),
    Purpose.CORPUS_TEST: (Data.PHOTO, Data.GROUP),
}
