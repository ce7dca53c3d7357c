"""The source keeps its own rules: imports run one way, and nothing runs untrusted text or guesses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "ncverify"
SOURCES = sorted(PACKAGE.rglob("*.py"))
BOOK = sorted((ROOT / "proofs").rglob("*.py"))

# A part may import from itself and from parts of lower rank.
RANK = {
    "errors": 0,
    "figures": 1,
    "replay": 0,  # it imports nothing of the package but itself
    "book": 1,
    "theory": 1,
    "derive": 2,
    "flows": 3,
    "cover": 4,
    "collapse": 4,
    "landscape": 4,
    "experiments": 5,
    "evidence": 6,
    "ledger": 7,
    "report": 7,
    "commands": 8,
    "hypothesis_plugin": 8,
    "pytest_plugin": 8,
    "cli": 9,
}

# Where evidence is made: a part of the program that decides something.
EVIDENCE = ("ncverify/evidence/", "ncverify/flows/", "ncverify/derive/decide.py")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part(path: Path) -> str:
    inner = path.relative_to(PACKAGE).parts[0]
    return inner.removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules that are imported when the code runs; imports for type checkers only do not count."""
    if isinstance(tree, ast.If) and isinstance(tree.test, ast.Name) and tree.test.id == "TYPE_CHECKING":
        return
    if isinstance(tree, ast.Import):
        yield from (item.name for item in tree.names)
    if isinstance(tree, ast.ImportFrom):
        assert tree.level == 0, "imports in the package name the whole module"
        yield str(tree.module)
    for child in ast.iter_child_nodes(tree):
        yield from imported(child)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_run_one_way(path: Path) -> None:
    if part(path) in ("__init__", "__main__"):
        return
    for module in imported(ast.parse(path.read_text())):
        if not module.startswith("ncverify."):
            continue
        target = module.split(".")[1]
        allowed = target == part(path) or RANK[target] < RANK[part(path)]
        assert allowed, f"{name(path)} imports {module}"


def test_every_part_has_a_rank() -> None:
    assert {part(path) for path in SOURCES} - {"__init__", "__main__"} == set(RANK)


@pytest.mark.parametrize("path", BOOK, ids=name)
def test_the_book_does_not_know_who_runs_it(path: Path) -> None:
    for module in imported_by_the_book(path):
        assert not module.startswith(("ncverify.ledger", "ncverify.cli")), f"{name(path)} imports {module}"


def imported_by_the_book(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module)
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of everything that is called by name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("path", [*SOURCES, *BOOK], ids=name)
def test_only_evidence_routes_make_evidence(path: Path) -> None:
    for function, line in calls(path):
        if function.split(".")[-1] == "Evidence":
            assert name(path).startswith(EVIDENCE), f"{name(path)}:{line} constructs Evidence"


# eval and the like run text; the others guess, or bound nothing (mpmath.iv returns wrong enclosures).
FORBIDDEN = {
    "eval", "exec", "compile", "sympify", "parse_expr", "simplify", "equals", "nsimplify", "lambdify",
    "__import__",
}  # fmt: skip
FORBIDDEN_MODULES = {"pickle", "shelve", "marshal", "dill", "cloudpickle"}


@pytest.mark.parametrize("path", [*SOURCES, *BOOK], ids=name)
def test_nothing_runs_text_or_guesses(path: Path) -> None:
    for function, line in calls(path):
        last = function.split(".")[-1]
        if function in ("re.compile",):
            continue
        assert last not in FORBIDDEN, f"{name(path)}:{line} calls {function}"
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {item.name for item in node.names}
            modules = names if isinstance(node, ast.Import) else {str(node.module)}
            assert not modules & FORBIDDEN_MODULES, f"{name(path)}:{node.lineno} imports {modules}"
            interval = any(module.startswith("mpmath") for module in modules) and "iv" in names
            assert not interval, f"{name(path)}:{node.lineno} imports mpmath.iv"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) != "mpmath.iv", f"{name(path)}:{node.lineno} uses mpmath.iv"


def test_the_checks_above_can_fail(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("import sympy\nfrom ncverify.cli import app\nsympy.simplify(x)\nbook.Evidence(1)\n")
    assert [function for function, _ in calls(path)] == ["sympy.simplify", "book.Evidence"]
    assert list(imported(ast.parse(path.read_text()))) == ["sympy", "ncverify.cli"]
    assert list(imported(ast.parse("if TYPE_CHECKING:\n    import sympy"))) == []


def test_soundness_checks_survive_python_O() -> None:
    """``assert`` disappears under -O, so it may only tell type checkers what is known."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in [*SOURCES, *BOOK]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assert) and not _narrows_a_type(node.test)
    ]
    assert found == []


def _narrows_a_type(test: ast.expr) -> bool:
    text = ast.unparse(test)
    return text.startswith("isinstance(") or text.endswith("is not None")
