"""``new``, ``show FILE::ID``, ``show --latex``, ``show --tree``, ``diff``: as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ncverify.commands.diff import differences, lines


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ncverify", *arguments], capture_output=True, text=True, cwd=cwd
    )


def test_new_writes_a_file_that_checks(tmp_path: Path) -> None:
    assert run("new", "mine.py", cwd=tmp_path).returncode == 0
    done = run("check", "mine.py", "--store", "store", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "4 claims: 2 proved, 1 certified, 1 refuted; all as expected" in done.stdout
    replayed = run("replay", "store", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stdout
    again = run("new", "mine.py", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == "ncverify: mine.py exists: give a new name, it would be overwritten\n"
    assert run("new", "mine.txt", cwd=tmp_path).returncode == 2
    shown = run("show", "mine.py::my-sigmoid", cwd=tmp_path)
    assert shown.returncode == 0
    assert "step 2: " in shown.stdout


def test_diff_of_runs_and_stores(tmp_path: Path) -> None:
    text = 'import ncverify as nv\nnv.derivation("mine", ["(x+1)**2", "x**2+2*x+1"])\n'
    (tmp_path / "mine.py").write_text(text)
    run("check", "mine.py", "--json", "a.json", "--store", "a", cwd=tmp_path)
    (tmp_path / "mine.py").write_text(text.replace("2*x", "3*x"))
    run("check", "mine.py", "--json", "b.json", "--store", "b", cwd=tmp_path)
    for pair in (("a.json", "b.json"), ("a", "b")):
        done = run("diff", *pair, cwd=tmp_path)
        assert done.returncode == 1
        assert "mine: verdict proved -> refuted" in done.stdout
        assert "1 claim compared: 1 differs" in done.stdout
    same = run("diff", "a.json", "a.json", cwd=tmp_path)
    assert (same.returncode, same.stdout) == (0, "1 claim compared: no difference\n")
    for store, file in (
        ("a", "a.json"),
        ("b", "b.json"),
        ("a/certificates", "a.json"),
    ):  # two forms of one run
        same = run("diff", store, file, cwd=tmp_path)
        assert (same.returncode, same.stdout) == (0, "1 claim compared: no difference\n")
    data = json.loads(run("diff", "a", "b", "--json", "-", cwd=tmp_path).stdout)
    assert data[0]["changed"]["verdict"] == ["proved", "refuted"]
    (tmp_path / "c.json").write_text("[1")
    for wrong in ("missing", "c.json"):
        refused = run("diff", "a.json", wrong, cwd=tmp_path)
        assert refused.returncode == 2
        assert len(refused.stderr.splitlines()) == 1


def test_diff_shows_the_part_of_a_long_statement_that_changed() -> None:
    before, after = ({"mine": {"statement": {"plain": "x + " * 100 + end}}} for end in ("1", "2"))
    (first, last) = lines(differences(before, after), 1)
    assert first.startswith("mine: statement ... x + ")
    assert '+ 1"} -> ...' in first
    assert first.endswith('+ 2"}')
    assert last == "1 claim compared: 1 differs"


def test_latex_and_tree(tmp_path: Path) -> None:
    done = run("show", "growth", "--latex", cwd=tmp_path)
    assert done.stdout.startswith("% growth: ")
    assert r"\item[(1)] $\displaystyle" in done.stdout
    assert done.stdout.count(r"\begin") == done.stdout.count(r"\end")
    tree = run("show", "growth", "--tree", cwd=tmp_path).stdout.splitlines()
    assert tree[0].startswith("growth: ")
    assert tree[1].startswith("  reduced-ode: ")
