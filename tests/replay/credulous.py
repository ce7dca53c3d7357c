"""The attacks on the calculus, as derivations: what a prover without any checks would write.

Run as a program, this imports the rule modules of the calculus with every ``raise`` taken out, runs the tests
that attack them (``tests/derive/test_*attacks.py``), and prints what was derived inside each
``pytest.raises``: ``[[name of the test, derivation], ...]``.  All of them claim what is false or unjustified.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.util
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DERIVE = ROOT / "ncverify" / "derive"
# What the normal form decides, and what reads input, keeps its checks: without them it would not end.
KEPT = {"sums", "monomials", "labelling", "terms", "recording", "printing", "models", "witness", "blocks"}


class _Unchecked(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules of the calculus, and loads them without their ``raise`` statements."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        *package, module = name.split(".")
        source = DERIVE / f"{module}.py"
        if package != ["ncverify", "derive"] or module in KEPT or not source.is_file():
            return None
        return importlib.util.spec_from_file_location(name, source, loader=self)  # type: ignore[arg-type]

    def exec_module(self, module: ModuleType) -> None:
        tree = _WithoutRaise().visit(ast.parse(Path(str(module.__file__)).read_text()))
        exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), module.__dict__)


class _WithoutRaise(ast.NodeTransformer):
    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return node if node.exc is None else ast.copy_location(ast.Pass(), node)


class _Attacks:
    """A pytest plugin that keeps the last theorem made inside each ``pytest.raises``."""

    def __init__(self) -> None:
        self.found: list[list[Any]] = []
        self.last: Any = None
        self.test = ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.test = item.nodeid.removeprefix("tests/derive/")

    @contextmanager
    def raises(self, *_: object, **__: object) -> Iterator[None]:
        from ncverify.derive.recording import record

        self.last = None
        try:
            yield
            if self.last is not None:
                self.found.append([self.test, record({"false": self.last})])
        except Exception:
            return  # the attack cannot be written down


def attacks() -> list[list[Any]]:
    """The attacks that can be written as derivations; cost: about five seconds."""
    plugin = _Attacks()
    sys.meta_path.insert(0, _Unchecked())
    theorems = importlib.import_module("ncverify.derive.theorems")
    establish = theorems.establish

    def watched(*args: Any, **kwargs: Any) -> Any:
        plugin.last = establish(*args, **kwargs)
        return plugin.last

    theorems.establish = watched  # type: ignore[attr-defined]
    pytest.raises = plugin.raises  # type: ignore[assignment]
    files = sorted(map(str, (ROOT / "tests" / "derive").glob("test_*attacks.py")))
    with redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), *files], plugins=[plugin])
    return plugin.found


if __name__ == "__main__":
    json.dump(attacks(), sys.stdout)
