"""``pytest my_claims.py`` and ``pytest proofs/...``: claims as test items, run in real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CLAIMS = """
from ncverify import claim
from ncverify.derive.decide import decide
from ncverify.evidence.exact import decided


@claim(id="my-square", title="A square", plain="(x+1)^2 = x^2 + 2 x + 1.", scope="all x", expected="proved")
def my_square(bench):
    bench.add(lambda: decided(decide("(x+1)**2", "x**2+2*x+1"), "(x+1)^2"))


@claim(id="my-sum", title="A sum", plain="exp(x+y) = exp x + exp y.", scope="all x, y", expected="proved")
def my_sum(bench):
    bench.add(lambda: decided(decide("exp(x+y)", "exp(x)+exp(y)"), "exp(x+y)"))
"""


def pytest_run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
    )


def test_a_claims_file_is_a_test_file(tmp_path: Path) -> None:
    (tmp_path / "my_claims.py").write_text(CLAIMS)
    done = pytest_run("my_claims.py", "-v", cwd=tmp_path)
    assert done.returncode == 1
    assert "my_claims.py::my-square PASSED" in done.stdout
    assert "my_claims.py::my-sum FAILED" in done.stdout
    report = done.stdout.split("claim my-sum")[1]
    assert "exp(x+y) = exp x + exp y." in report
    assert "verdict: refuted (expected proved" in report
    assert "x = " in report
    assert "Traceback" not in done.stdout
    one = pytest_run("my_claims.py::my-square", cwd=tmp_path)
    assert one.returncode == 0
    assert "1 passed" in one.stdout


def test_the_book_is_collected() -> None:
    done = pytest_run("proofs/garrod/squared.py", "-v", cwd=ROOT)
    assert done.returncode == 0
    assert "1 passed" in done.stdout


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import ncverify\n")
    (tmp_path / "test_it.py").write_text("import ncverify\n\ndef test_it():\n    pass\n")
    (tmp_path / "my_claims.py").write_text(CLAIMS)
    done = pytest_run(cwd=tmp_path)  # nothing named: only pytest's own files
    assert "1 passed" in done.stdout
    assert done.returncode == 0


def test_a_broken_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "my_claims.py").write_text("import ncverify\n1/0\n")
    done = pytest_run("my_claims.py", cwd=tmp_path)
    assert done.returncode != 0
    assert "line 2: ZeroDivisionError" in done.stdout
    assert "Traceback" not in done.stdout
