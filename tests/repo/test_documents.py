"""README, CONTRIBUTING and CHANGELOG say what is there."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from shown import agree, blocks, commands, failures

import ncverify as nv
from ncverify.cli import app
from ncverify.ledger.claims_json import load_json_claims

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOUR = re.search(r"```\n(\$ ncverify.*?)```", README, re.DOTALL)


def tour() -> list[tuple[str, str]]:
    """The commands of the tour and the output that the README shows."""
    assert TOUR is not None
    return [(step.line, step.output) for step in commands(TOUR[1])]


@pytest.mark.parametrize(("command", "shown"), tour(), ids=[command for command, _ in tour()])
def test_the_tour_shows_real_output(ncverify: Command, command: str, shown: str) -> None:
    done = ncverify(*shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr
    assert agree(shown, done.stdout), done.stdout


def test_the_python_of_the_readme_runs() -> None:
    for number, (kind, block) in enumerate(blocks(README)):
        if kind == "python" and block.startswith(">>>"):
            assert failures(block, f"README block {number}", {}) == 0


def test_the_json_of_the_readme_is_a_claims_file(tmp_path: Path) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "claims.json"
    path.write_text(block)
    load_json_claims(path, nv.Registry())
    assert nv.check(str(path)).as_expected


def test_commands_that_are_named_exist() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    known |= {group.name for group in app.registered_groups}
    for name, text in DOCUMENTS.items():
        for found in re.findall(r"(?:`|\$ |bin/)ncverify ([a-z]+)", text):
            assert found in known, f"{name} names ncverify {found}"


def test_make_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for name, text in [*DOCUMENTS.items(), (".ci/run", (ROOT / ".ci/run").read_text())]:
        for line in re.findall(r"(?:^|`)(?:[A-Z_]+=\w+ )?make ([a-z ]+?)(?:`|$|  )", text, re.MULTILINE):
            assert set(line.split()) <= targets, f"{name} names make {line}"
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(phony.split()) == targets


def test_files_that_are_named_exist() -> None:
    for name, text in DOCUMENTS.items():
        paths = re.findall(r"`((?:ncverify|tests|proofs|scripts|notebooks|benchmarks|\.ci)/[\w./-]*)`", text)
        paths += re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
        paths += re.findall(r"python (scripts/[\w.]+)", text)
        for path in paths:
            assert (ROOT / path).exists(), f"{name} names {path}"


def test_the_table_of_the_book_is_current() -> None:
    spec = importlib.util.spec_from_file_location("readme_table", ROOT / "scripts/readme_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.updated(README) == README, "run: python scripts/readme_table.py"


def test_every_verdict_is_explained() -> None:
    for outcome in nv.Outcome:
        assert f"| `{outcome}` |" in README


def test_the_version_heads_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    (first, *_) = re.findall(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    assert first == nv.__version__
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "ncverify/__init__.py"


def test_every_dependency_has_a_reason() -> None:
    project = PROJECT["project"]
    needed = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        needed += [item for item in extra if not item.startswith("ncverify")]
    section = DOCUMENTS["CONTRIBUTING.md"].partition("## Dependencies")[2].partition("\n## ")[0]
    cells = ", ".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
    named = {word.split()[0] for word in cells.split(",") if word.strip()}
    names = {re.split(r"[<>=]", item)[0] for item in needed}
    assert names <= named
    assert named - names == {"package", "---"}


def test_public_names_exist() -> None:
    for name in nv.__all__:
        assert getattr(nv, name) is not None
    assert set(nv.__all__) <= set(dir(nv))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nv.nothing  # noqa: B018


def test_the_wheel_carries_the_book(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    packed = {
        path.relative_to(unpacked / "ncverify/proofs") for path in unpacked.rglob("ncverify/proofs/**/*.py")
    }
    assert packed == {path.relative_to(ROOT / "proofs") for path in (ROOT / "proofs").rglob("*.py")}
    code = "import ncverify.book.registry as r; print(r.book_directory()); print(len(r.load_book()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(unpacked / "ncverify/proofs"), str(len(nv.load_book()))]


def test_a_checkout_uses_its_own_book() -> None:
    from ncverify.book.registry import book_directory

    assert book_directory() == ROOT / "proofs"
