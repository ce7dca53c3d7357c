"""A pytest plugin: ``pytest my_claims.py`` and ``pytest proofs/`` collect claims as test items.

A ``.py`` file of claims is code.  A file is collected if it is named on the command line (or lies in the
book) and is not a test file of pytest's own.  An item passes if the verdict is the expected one; else its
report shows the statement, the verdict with the first step that fails, and the witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ncverify.book.claim import Claim, Registry
    from ncverify.ledger.results import Result


def pytest_addoption(parser: pytest.Parser) -> None:
    """How claims are checked."""
    group = parser.getgroup("ncverify")
    group.addoption("--ncverify-digits", type=int, default=50, help="working precision of simulations")
    group.addoption("--ncverify-seed", type=int, default=0, help="seed of everything drawn at random")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ClaimsFile | None:
    """Claims files: named on the command line, or part of the book."""
    if (
        file_path.suffix != ".py"
        or file_path.name == "__init__.py"
        or not _asked_for(file_path, parent.config)
    ):
        return None
    if any(file_path.match(pattern) for pattern in parent.config.getini("python_files")):
        return None
    if "ncverify" not in file_path.read_text(encoding="utf-8", errors="replace"):
        return None
    found: ClaimsFile = ClaimsFile.from_parent(parent, path=file_path)
    return found


def _asked_for(path: Path, config: pytest.Config) -> bool:
    from ncverify.book.registry import book_directory

    named = {
        Path(argument.split("::", 1)[0]).resolve()
        for argument in (*config.args, *map(str, config.invocation_params.args))
        if not argument.startswith("-")
    }
    return path.resolve() in named or path.resolve().is_relative_to(book_directory().resolve())


class ClaimsFile(pytest.File):
    """A file of claims; errors in it are reported in one line."""

    def collect(self) -> Iterator[ClaimItem]:
        """One item for each claim that the file declares and that can be checked here."""
        from ncverify.errors import InputError
        from ncverify.ledger.selection import gather

        try:
            selection = gather([str(self.path)])
        except InputError as error:
            if "declares no claims" in str(error):
                return
            raise self.CollectError(str(error)) from None
        for claim in selection.claims:
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim, registry=selection.registry)


class Unexpected(Exception):
    """The verdict is not the expected one."""

    def __init__(self, result: Result, registry: Registry) -> None:
        super().__init__(f"{result.claim.id}: {result.verdict.outcome}, expected {result.claim.expected}")
        self.result, self.registry = result, registry


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, claim: Claim, registry: Registry, **rest: Any) -> None:
        super().__init__(**rest)
        self.claim, self.registry = claim, registry

    def runtest(self) -> None:
        """Check the claim; raise ``Unexpected`` unless the verdict is the expected one."""
        from ncverify.evidence.workbench import Settings
        from ncverify.ledger.run import check_one

        options = self.config.option
        settings = Settings(digits=options.ncverify_digits, seed=options.ncverify_seed)
        result = check_one(self.claim, self.registry, settings)
        self.user_properties += [("verdict", str(result.verdict.outcome)), ("scope", result.verdict.scope)]
        if not result.as_expected:
            raise Unexpected(result, self.registry)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Statement, verdict, evidence and witness."""
        if not isinstance(excinfo.value, Unexpected):
            return super().repr_failure(excinfo, style)
        from ncverify.ledger.terminal import claim_lines, verdict_lines

        result = excinfo.value.result
        about = claim_lines(result.claim, excinfo.value.registry, verdict=result.verdict)
        return "\n".join((*about, "", *verdict_lines(result)))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the claim is declared."""
        line = self.claim.origin.rpartition(":")[2]
        return self.path, int(line) - 1 if line.isdigit() else None, f"claim {self.claim.id}"
