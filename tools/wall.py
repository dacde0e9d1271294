"""What no import contract sees: `python tools/wall.py SRC` reads the syntax trees under SRC/garim, and exits 1 on

1. a dynamic import, or a hand on the import machinery, that ALLOWED does not name with its reason;
2. a room on one side of the wall that does not arm the wall before its first import;
3. an import of `recognise` from anywhere but `gate`;
4. anything but numpy and the standard library in `core`, or but the standard library in `wall`;
5. a library that compares faces, but for the one that ITS_FILE may have;
6. a folder of modules without `__init__.py`: the contracts would not look inside.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from garim.wall import FORBIDDEN, ROOMS, Side

MACHINERY = {"importlib", "imp", "runpy", "pkgutil", "zipimport", "zipapp", "builtins", "code", "codeop"}
LOADS = {"import_module", "exec_module", "load_module", "__import__", "__builtins__", "__loader__", "__spec__"}
NAMES = LOADS | {"exec", "eval", "compile"}
OF_SYS = {"modules", "meta_path", "path", "path_hooks", "path_importer_cache"}
HARMLESS = {"importlib.metadata", "importlib.resources"}  # they read, and bind nothing that imports

# file -> what it may do -> why
ALLOWED: dict[str, dict[str, str]] = {
    "wall.py": {
        "importlib.abc": "the guard is a finder",
        "sys.modules": "the guard refuses what is loaded already",
        "sys.meta_path": "the guard stands there",
    },
    "inference/network.py": {"sys.modules": "openvino_telemetry is blocked before OpenVINO is imported"},
}

PURE = {"core": {"numpy", "garim.core"}, "wall.py": set[str]()}
COMPARER, ITS_IMPORTER = "garim.recognise", "gate"
LIBRARIES = {name for name in FORBIDDEN[Side.FOOTAGE] if name.partition(".")[0] != "garim"}
ITS_FILE = {"recognise/dlib_net.py": {"dlib"}}


def dynamic(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each use of the import machinery in `tree`: line, and what is used."""
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from ((node.lineno, name) for name in _machinery(node))
            case ast.Attribute(value=ast.Name(id="sys"), attr=attr) if attr in OF_SYS:
                yield node.lineno, f"sys.{attr}"
            case ast.Attribute(attr=attr) if attr in LOADS:
                yield node.lineno, attr
            case ast.Name(id=name) if name in NAMES:
                yield node.lineno, name


def _machinery(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):  # `import importlib.metadata` binds importlib itself
        hidden = [f"sys as {alias.asname}" for alias in node.names if alias.name == "sys" and alias.asname]
        return hidden + [alias.name for alias in node.names if alias.name.partition(".")[0] in MACHINERY]
    module = node.module or ""
    if module == "sys":
        return [f"sys.{alias.name}" for alias in node.names if alias.name in OF_SYS | {"*"}]
    if module.partition(".")[0] not in MACHINERY or module in HARMLESS:
        return []
    return [module] if any(f"{module}.{alias.name}" not in HARMLESS for alias in node.names) else []


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each absolute import in `tree`: line and dotted name; `from a import b` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def arms_first(tree: ast.Module, side: Side) -> bool:
    """Whether `tree` begins, after its docstring, with `from garim.wall import Side, arm` and `arm(Side.…)`."""
    body = [ast.unparse(node) for node in tree.body if not _prologue(node)]
    return body[:2] == ["from garim.wall import Side, arm", f"arm(Side.{side.name})"]


def _prologue(node: ast.stmt) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def findings(package: Path) -> Iterator[str]:
    """Each breach of the five rules under `package`, one line each."""
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        tree = ast.parse(path.read_bytes(), file)
        for line, used in dynamic(tree):
            if used not in ALLOWED.get(file, {}):
                yield f"{file}:{line}: {used}: a dynamic import, which no contract sees"
        yield from _misplaced(file, tree)
        if not (path.parent / "__init__.py").exists():
            yield f"{file}:1: its folder has no __init__.py, so no contract looks inside"
    for side, rooms in ROOMS.items():
        for room in sorted(rooms):
            yield from _unarmed(package, room.removeprefix("garim."), side)


def _misplaced(file: str, tree: ast.Module) -> Iterator[str]:
    room = file.partition("/")[0]
    for line, name in imported(tree):
        if _within(name, {COMPARER}) and room not in (ITS_IMPORTER, "recognise"):
            yield f"{file}:{line}: {name}: only {ITS_IMPORTER} imports what compares faces"
        if _within(name, LIBRARIES - ITS_FILE.get(file, set())):
            yield f"{file}:{line}: {name}: compares faces"
        if room in PURE and name.partition(".")[0] not in sys.stdlib_module_names and not _within(name, PURE[room]):
            yield f"{file}:{line}: {name}: {room} is pure"


def _unarmed(package: Path, room: str, side: Side) -> Iterator[str]:
    for path in (package / room / "__init__.py", package / f"{room}.py"):
        if path.exists() and not arms_first(ast.parse(path.read_bytes()), side):
            wanted = f"`from garim.wall import Side, arm`, `arm(Side.{side.name})`"
            yield f"{path.relative_to(package)}:1: arms the wall first: begins with {wanted}"


def main(source: Path) -> int:
    """Print what is found under `source`; 1 where there is something, 2 where there is nothing to read."""
    package = source / "garim"
    if not (package / "__init__.py").exists():
        print(f"{package}: no package to read", file=sys.stderr)
        return 2
    found = list(findings(package))
    print("\n".join(found) if found else "tools/wall.py: every import is one that a contract can see")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
