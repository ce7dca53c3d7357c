"""Hypothesis profiles, and how tests call the command line.

``ci`` (the default) always draws the same examples; ``HYPOTHESIS_PROFILE=explore`` draws new ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def ncverify(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run ``ncverify`` with the given arguments in a process of its own, and a store of the tests' own."""
    cache = str(tmp_path_factory.mktemp("cache"))

    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}  # tables are not cut

    def run(
        *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ncverify", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env={**inherited, "XDG_CACHE_HOME": cache, **(env or {})},
            stdin=subprocess.DEVNULL,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent
