"""A DATA SHEET FOR A MANIFEST, as Croissant has it (mlcommons.org/croissant, version 1.0, with its RAI part). Pure.

Laws: it says for which use and for whom the manifest was made, that photos are withdrawn again, and where that is on
record; it names no person, and every count of few people is rounded as everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from garim.core.errors import Malformed
from garim.corpus.composition import FLOOR

_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_PURPOSES = {"corpus.train": "to train a model", "corpus.test": "to test a model"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the manifest's Parquet; `kind` is Integer, Text or Date."""

    name: str
    kind: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a data sheet says of one manifest. `gaps` are sentences of `composition.gaps`."""

    name: str
    at: datetime
    controller: str
    purpose: str
    processor: str
    predicate: str
    photos: int
    subjects: int
    root: str
    entry: int
    file: str
    sha256: str
    octets: int
    columns: Sequence[Column]
    gaps: Sequence[str]
    origins: Mapping[str, int]
    garim: str
    test: bool


def croissant(of: Sheet) -> dict[str, Any]:
    """The JSON-LD. Raises `Malformed` where it is not as `refuse_odd` wants it."""
    made = {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": of.name,
        "description": _description(of),
        "creator": {"@type": "sc:Organization", "name": of.controller},
        "datePublished": f"{of.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "version": "1.0.0",
        "citeAs": f"{of.controller}: {of.name}, Merkle root {of.root}",
        "license": _licence(of),
        "url": f"urn:sha256:{of.sha256}",
        "isLiveDataset": True,
        "keywords": ["consent", of.purpose, *(["TEST"] if of.test else [])],
        "rai:dataCollection": _collection(of),
        "rai:dataUseCases": [_licence(of)],
        "rai:dataBiases": list(of.gaps),
        "rai:dataLimitations": [
            f"Counts of people are rounded down to multiples of {FLOOR}.",
            "Nationality, birth year and sex are as people gave them; some gave none.",
        ],
        "rai:personalSensitiveInformation": [
            "Photos of faces under pseudonyms; nationality, age and sex are known of them where they were stated. "
            "Features that a matcher takes from such photos are biometric data."
        ],
        "rai:dataReleaseMaintenancePlan": (
            "People withdraw at any time. A photo that is withdrawn is in no later manifest and in no later release; "
            "photos released before are recalled, and must be deleted. Ask for a new manifest before each use."
        ),
        "distribution": [_file(of)],
        "recordSet": [_records(of)],
    }
    refuse_odd(made)
    return made


def written(of: Sheet) -> str:
    """The same as a file has it."""
    return json.dumps(croissant(of), indent=1, ensure_ascii=False) + "\n"


def refuse_odd(tree: Mapping[str, Any]) -> None:
    """Raise `Malformed` where a field takes its rows from a file that is not there, or a name stands twice."""
    files = [each["@id"] for each in tree["distribution"]]
    fields = [field for records in tree["recordSet"] for field in records["field"]]
    names = [*files, *(field["@id"] for field in fields)]
    if len(set(names)) != len(names) or any(field["source"]["fileObject"]["@id"] not in files for field in fields):
        raise Malformed("a data sheet whose fields and files do not fit; nothing was written")


def _description(of: Sheet) -> str:
    test = "TEST: made of consents for tests. " if of.test else ""
    where = f", where {of.predicate}" if of.predicate else ""
    return (
        f"{test}A manifest of {of.photos // FLOOR * FLOOR:,} photos (rounded) whose subjects agreed that "
        f"{of.processor} uses them {_PURPOSES[of.purpose]}{where}. It lists photos and holds none; garim corpus "
        f"release gives those that still stand. Merkle root {of.root}, entry {of.entry} of the controller's ledger."
    )


def _licence(of: Sheet) -> str:
    return (
        f"For {of.processor} alone, {_PURPOSES[of.purpose]}, until the consents end or are withdrawn; for nothing "
        "else. No licence to pass it on."
    )


def _collection(of: Sheet) -> str:
    origins = ", ".join(f"{name} ({_few(count)})" for name, count in of.origins.items()) or "none stated"
    return f"Each photo with a signed consent of its subject for this use. Origins: {origins}."


def _few(count: int) -> str:
    return f"{count // FLOOR * FLOOR:,}" if count >= FLOOR else f"fewer than {FLOOR}"


def _file(of: Sheet) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": "manifest",
        "name": "manifest",
        "description": "One row a photo.",
        "contentUrl": of.file,
        "contentSize": f"{of.octets} B",
        "encodingFormat": "application/x-parquet",
        "sha256": of.sha256,
    }


def _records(of: Sheet) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "photos",
        "name": "photos",
        "description": "The photos that the manifest lists.",
        "key": {"@id": f"photos/{of.columns[0].name}"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"photos/{column.name}",
                "name": column.name,
                "description": column.means,
                "dataType": f"sc:{column.kind}",
                "source": {"fileObject": {"@id": "manifest"}, "extract": {"column": column.name}},
            }
            for column in of.columns
        ],
    }
