"""No interface expresses 1:N: the public functions, classes and commands of the identity side are walked, one by one.

Read as syntax trees, not imported: this run stands on the footage side. A function that takes a face takes one pair at
most; none takes a list of faces, of documents or of templates, nor a second document, capture or passport; no name
speaks of galleries. What measures a consented set is named here, with what it is held to elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "garim"
COMMANDS = tuple(PACKAGE.glob("cli/gate*.py"))
SIDE = (*PACKAGE.glob("recognise/*.py"), *PACKAGE.glob("gate/**/*.py"))

FACES = ("Portrait", "Template")  # what is compared
ONE_EACH = ("Portrait", "Template", "Document", "Inspection", "FaceImage", "Challenge", "Consent")
OF_MANY = re.compile(
    r"(list|tuple|set|frozenset|dict|Sequence|Iterable|Iterator|Mapping|Collection|NDArray)\[.*\b(%s)\b"
)
# names of a gallery, wherever they are: of functions, classes, arguments, options
GALLERY = re.compile(
    r"galler|watch_?list|identif(y|ied|ication)|search|enrol|one_to_many|best_match|nearest|suspects|wanted|blacklist|"
    r"probes?$|persons$|people$|documents$|captures$|faces_of|templates$",
    re.IGNORECASE,
)
CONSENTED = re.compile(r"^(recognise/(counting|counts|resampled|totals)|gate/evaluate/\w+)\.py$")
"""They measure a consented set, and give totals alone: tests/recognise and tests/gate/evaluate hold them to it."""


class Taken(NamedTuple):
    """A public function, with the name and annotation of each argument."""

    file: str
    name: str
    arguments: tuple[tuple[str, str], ...]
    gives: str


def public(path: Path) -> Iterator[Taken]:
    """Each public function and method of a file; of a class its own fields, too, as what makes it."""
    file = path.relative_to(PACKAGE).as_posix()
    for node in _bodies(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ClassDef):
            fields = [
                each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            ]
            named = tuple((each.target.id, ast.unparse(each.annotation)) for each in fields)  # type: ignore[union-attr]
            yield Taken(file, node.name, named, node.name)
        else:
            every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            named = tuple((each.arg, ast.unparse(each.annotation) if each.annotation else "") for each in every)
            star = [(each.arg, f"tuple[{ast.unparse(each.annotation)}]") for each in (node.args.vararg, node.args.kwarg)
                    if each is not None and each.annotation is not None]  # fmt: skip
            gives = ast.unparse(node.returns) if node.returns else ""
            yield Taken(file, node.name, (*named, *star), gives)


def _bodies(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    todo: list[ast.stmt] = list(tree.body)
    for node in todo:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                todo += node.body


def breaches(taken: Taken) -> Iterator[str]:
    """What in a public function could be asked of many."""
    where = f"{taken.file}: {taken.name}"
    for name in (taken.name, *(argument for argument, _ in taken.arguments)):
        if GALLERY.search(name):
            yield f"{where}: {name} is a name of a gallery"
    many = re.compile(OF_MANY.pattern % "|".join(ONE_EACH))
    for name, annotation in taken.arguments:
        if many.search(annotation):
            yield f"{where}: takes many: {name}: {annotation}"
    words = " ".join(annotation for _, annotation in taken.arguments)
    for kind in ONE_EACH:
        most = 2 if kind in FACES else 1
        if len(re.findall(rf"\b{kind}\b", words)) > most:
            yield f"{where}: takes more than {most} of {kind}"
    if many.search(taken.gives) and any(face in taken.gives for face in FACES):
        yield f"{where}: gives many: {taken.gives}"
    paths = [name for name, annotation in taken.arguments if re.search(r"\bPath\b", annotation)]
    if len([name for name in paths if re.search(r"document|passport", name)]) > 1:
        yield f"{where}: takes a second document"
    if len([name for name in paths if re.search(r"capture|still|photo|picture", name)]) > 1:
        yield f"{where}: takes a second capture"


def walked(files: tuple[Path, ...]) -> list[Taken]:
    return [taken for path in sorted(files) for taken in public(path)]


def test_the_walk_walks() -> None:
    found = {(taken.file, taken.name) for taken in walked((*SIDE, *COMMANDS))}
    assert len(found) > 300
    assert {
        ("gate/verify.py", "verify"),
        ("gate/child.py", "ask"),
        ("recognise/matcher.py", "similarity"),
        ("recognise/omz.py", "template"),
        ("cli/gate_verify.py", "verify"),
    } <= found


def test_nothing_public_can_be_asked_of_many() -> None:
    of_sets = [taken for taken in walked(SIDE) if CONSENTED.match(taken.file)]
    rest = [taken for taken in walked((*SIDE, *COMMANDS)) if taken not in of_sets]
    assert [breach for taken in rest for breach in breaches(taken)] == []


def test_verify_names_one_document_one_capture_one_session() -> None:
    (taken,) = (each for each in walked(SIDE) if (each.file, each.name) == ("gate/verify.py", "verify"))
    asked = dict(taken.arguments)
    assert {name: asked[name] for name in ("document", "capture", "session", "consent", "log")} == {
        "document": "Path",
        "capture": "Path",
        "session": "Path",
        "consent": "Consent",
        "log": "Log",
    }
    (question,) = (each for each in walked(SIDE) if (each.file, each.name) == ("gate/child.py", "Question"))
    assert [name for name, annotation in question.arguments if annotation == "Path"] == ["document", "capture"]


@pytest.mark.parametrize(
    "source",
    [
        "def compared(live: Portrait, others: Sequence[Portrait]) -> float: ...",
        "def compared(live: Portrait, *others: Portrait) -> float: ...",
        "def best(a: Template, b: Template, c: Template) -> float: ...",
        "def held(templates: dict[str, Template]) -> None: ...",
        "def verify(document: Path, document_too: Path) -> None: ...",
        "def verify(capture: Path, other_capture: Path) -> None: ...",
        "def verify(document: Document, second: Document) -> None: ...",
        "def identify(live: Portrait) -> str: ...",
        "def all_of(capture: Path) -> list[Template]: ...",
        "class Gallery: ...",
        "class Known:\n    held: tuple[Template, ...]",
        "class Matcher:\n    def search(self, live: Template) -> int: ...",
        "def verify(document: Path, watchlist: Path) -> None: ...",
    ],
)
def test_what_could_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "odd.py").write_text(source)
    assert [breach for taken in public(tmp_path / "odd.py") for breach in breaches(taken)]
