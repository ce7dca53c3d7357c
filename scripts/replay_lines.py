"""Is every line of the second checker needed?

For every statement of ``ncverify/replay/calculus`` and ``ncverify/replay/blocks.py``, this deletes it and
shows that then some derivation of the book is no longer accepted (or no longer proves the same), or some
forged derivation (``tests/replay/forgeries.py``, and the attacks of ``tests/derive``) is no longer rejected.
Statements whose deletion nothing notices are printed; then the exit code is 1.

    python scripts/replay_lines.py [MODULE ...]
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.abc
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REPLAY = ROOT / "ncverify" / "replay"
CLAIMS = (
    "diagonalization", "softmax-jacobian-entries", "lyapunov-zero", "lyapunov-derivative", "growth",
    "frozen-singular-vectors", "rescaled-time", "log-norm-reduced", "log-norm-full", "collapse-etf",
    "finite-critical-points", "slowdown-exact", "slowdown-bounds", "transverse-rate", "mse-contrast",
    "size-growth", "decay-from-spread", "global-convergence", "weight-decay", "ray-minimum", "scaling",
    "balance", "mse-collapse", "flow-sign", "monotone-k4", "abelian-diagonalization",
)  # fmt: skip
SECONDS = 20  # a checker without one of its lines may not end; then the deletion was noticed
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "replay")]

from forgeries import forged_derivations, forged_inductions, small_derivations, small_inductions  # noqa: E402

from ncverify.replay.errors import Rejected  # noqa: E402

# At the end of a function: without the first two it returns None, too; nothing calls a rule by its name.
WITHOUT = ("return None", "return False", "return apply")
Progress = Callable[[Iterable[Any], int | None, str], Iterable[Any]]
Derivations = dict[str, Any]
Entries = tuple[Callable[..., Any], ...]


class Checker:
    """The modules of the checker, any of which can be replaced by a changed one."""

    def __init__(self) -> None:
        paths = [*sorted((REPLAY / "calculus").glob("*.py")), REPLAY / "blocks.py"]
        self.trees = {_module_name(path): ast.parse(path.read_text()) for path in paths}
        self._codes = {name: compile(tree, name, "exec") for name, tree in self.trees.items()}

    def load(self, name: str = "", tree: ast.Module | None = None) -> Entries:
        """The two entry points, with the module ``name`` made from ``tree``."""
        codes = dict(self._codes)
        if tree is not None:
            codes[name] = compile(tree, name, "exec")
        for module in codes:
            sys.modules.pop(module, None)
        finder = _Codes(codes)
        sys.meta_path.insert(0, finder)
        try:
            check = importlib.import_module("ncverify.replay.calculus.check")
            blocks = importlib.import_module("ncverify.replay.blocks")
            return check.check_steps, blocks.check_inductions, check.check_derivation
        finally:
            sys.meta_path.remove(finder)


class _Codes(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from compiled code."""

    def __init__(self, codes: dict[str, CodeType]) -> None:
        self.codes = codes

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self.codes:
            return None
        package = name.endswith(".calculus")
        return importlib.util.spec_from_loader(name, self, is_package=package)  # type: ignore[arg-type]

    def exec_module(self, module: ModuleType) -> None:
        exec(self.codes[module.__name__], module.__dict__)


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def deletions(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool, ast.Module]]:
    """Every statement that does something, whether it is in a function, and the module without it."""
    running = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if inner is not node
    }
    for number, node in enumerate(ast.walk(tree)):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for place, statement in enumerate(block):
                alone = isinstance(node, ast.If) and len(block) == 1 and not node.orelse
                last = isinstance(node, ast.FunctionDef) and statement is node.body[-1]
                declared = isinstance(statement, ast.AnnAssign) and id(statement) in running
                if (
                    _is_comment(statement)
                    or alone
                    or declared
                    or (last and ast.unparse(statement) in WITHOUT)
                ):
                    continue
                changed = copy.deepcopy(tree)
                twin = next(other for k, other in enumerate(ast.walk(changed)) if k == number)
                getattr(twin, field)[place] = ast.copy_location(ast.Pass(), statement)
                yield statement, id(statement) in running, changed


def _is_comment(statement: ast.stmt) -> bool:
    """Docstrings, imports, exports, and names of types."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, (ast.Subscript, ast.BinOp)):
        return isinstance(statement.targets[0], ast.Name) and statement.targets[0].id.istitle()
    if ast.unparse(statement).startswith("__all__"):
        return True
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, (ast.Pass, ast.Import, ast.ImportFrom))


@dataclass(frozen=True)
class Case:
    """A derivation, which entry point reads it, and what comes out (``None`` if it must be rejected)."""

    name: str
    entry: int
    data: Any
    expected: str | None
    seconds: float
    lines: frozenset[tuple[str, int]]  # of the checker

    def fails(self, entries: Entries) -> str:
        """What is wrong with the answer; nothing if it is as expected."""
        try:
            found = str(entries[self.entry](self.data))
        except Rejected as error:
            return "" if self.expected is None else f"{self.name} is rejected: {error}"
        return "" if found == self.expected else f"{self.name} is accepted"


def examine(entries: Entries, name: str, entry: int, data: Any, genuine: bool) -> Case:
    """Run a case on the unchanged checker; note its time, and which lines it runs."""
    start = time.perf_counter()
    try:
        found = str(entries[entry](data))
    except Exception as error:
        found = None
        if genuine:
            raise SystemExit(f"{name} is rejected: {error}") from None
    if not genuine and found is not None:
        raise SystemExit(f"{name} is accepted")
    seconds = time.perf_counter() - start
    return Case(name, entry, data, found, seconds, _lines(lambda: entries[entry](data)))


def _lines(run: Callable[[], object]) -> frozenset[tuple[str, int]]:
    """The lines of the checker that a call runs."""
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith("ncverify.replay"):
            return None
        seen.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        run()
    except Exception:
        pass
    finally:
        sys.settrace(None)
    return frozenset(seen)


def noticed(
    checker: Checker, name: str, statement: ast.stmt, running: bool, changed: ast.Module, cases: list[Case]
) -> str:
    """Which case notices that a line is missing; crashes and endless loops count, too."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError("no answer")

    own = {(name, line) for line in range(statement.lineno, (statement.end_lineno or 0) + 1)}
    near = [case for case in cases if not running or case.lines & own]
    signal.signal(signal.SIGALRM, stop)
    try:
        signal.alarm(SECONDS)
        entries = checker.load(name, changed)
        for case in near or cases:
            signal.alarm(SECONDS)
            if wrong := case.fails(entries):
                return wrong
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return ""


def book() -> Derivations:
    """The derivations of claims that are quick to prove and together use most rules."""
    from ncverify.book.registry import load_book
    from ncverify.derive.recording import record
    from ncverify.evidence.workbench import proved_theorems

    registry = load_book()
    return {name: record(proved_theorems(name, registry)) for name in CLAIMS}


def attacks() -> list[tuple[str, Any, str]]:
    """The attacks of the tests, as derivations."""
    program = ROOT / "tests" / "replay" / "credulous.py"
    found = subprocess.run([sys.executable, str(program)], capture_output=True, check=True, text=True)
    return [(f"{name} ({k})", data, "") for k, (name, data) in enumerate(json.loads(found.stdout))]


def audit(modules: Sequence[str], progress: Progress) -> list[str]:
    """Delete each statement of these modules (all, if none is named); prints the figures.

    Returns the statements that nothing missed.
    """
    start = time.time()
    checker = Checker()
    entries = checker.load()
    cases = [
        examine(entries, name, 0, data, True) for name, data in {**book(), **small_derivations()}.items()
    ]
    cases += [examine(entries, name, 1, data, True) for name, data in small_inductions().items()]
    cases += [examine(entries, name, 2, data, True) for name, data in small_derivations().items()]
    genuine = len(cases)
    # check_steps lets a crash for want of a line be seen; malformed derivations go to check_derivation
    for name, data, reason in [*forged_derivations(), *attacks()]:
        cases.append(examine(entries, name, 2 if reason == "malformed" else 0, data, False))
    cases += [examine(entries, name, 1, data, False) for name, data, _ in forged_inductions()]
    cases.sort(key=lambda case: case.seconds)
    trees = {
        name: tree
        for name, tree in checker.trees.items()
        if not modules or name.rpartition(".")[2] in modules
    }
    total = sum(1 for tree in trees.values() for _ in deletions(tree))
    changes = ((name, *change) for name, tree in trees.items() for change in deletions(tree))
    survivors = []
    for name, statement, running, changed in progress(changes, total, "lines of the second checker"):
        if not noticed(checker, name, statement, running, changed, cases):
            survivors.append(f"{name}:{statement.lineno}: {ast.unparse(statement).splitlines()[0]}")
            print(survivors[-1], flush=True)
    print(
        f"lines of the second checker: {total} statements of its calculus deleted one by one, "
        f"{len(survivors)} not missed by {genuine} genuine and {len(cases) - genuine} forged derivations "
        f"({time.time() - start:.0f} s)"
    )
    return survivors


def main(modules: Sequence[str]) -> int:
    return 1 if audit(modules, lambda items, total, what: items) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
