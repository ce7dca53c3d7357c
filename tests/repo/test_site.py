"""The pages of docs/: what they show runs and prints what they say; what they name exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
from shown import File, Session, Shell, agree, blocks, failures, steps

import ncverify as nv
from ncverify.cli import app

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = {str(path.relative_to(DOCS)): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
SHOWING = [name for name, text in PAGES.items() if steps(text)]


@pytest.mark.parametrize("name", SHOWING)
def test_what_a_page_shows_is_what_happens(
    name: str, ncverify: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("COLUMNS", "CI", "BUILD_NUMBER", "FORCE_COLOR", "PY_COLORS"):  # pytest prints more on CI
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cacheprovider --hypothesis-seed=0")
    names: dict[str, object] = {}
    for step in steps(PAGES[name]):
        match step:
            case File():
                (tmp_path / step.name).write_text(step.text)
            case Session():
                assert failures(step.text, name, names) == 0
            case Shell():
                done = run(shlex.split(step.line), ncverify, tmp_path)
                assert done.returncode in (0, 1), f"{step.line}: {done.stderr}"
                assert agree(step.output, done.stdout), f"$ {step.line}\n{done.stdout}{done.stderr}"


def run(words: list[str], ncverify: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of a page, in the folder of the page's files."""
    if words[0] == "ncverify":
        return ncverify(*words[1:], cwd=folder)
    assert words[0] == "pytest"
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, cwd=folder)


def test_a_wrong_output_is_noticed() -> None:
    (step,) = steps('```console\n$ ncverify decide "x" "x"\nproved (0.01 s)\n...\n```\n')
    assert isinstance(step, Shell)
    assert agree(step.output, "proved (0.20 s)\nmore\n")
    assert not agree(step.output, "refuted (0.01 s)\nmore\n")
    assert failures(">>> 1 + 1\n3\n", "a wrong sum", {}) == 1


def test_all_other_blocks_only_install() -> None:
    for name, text in PAGES.items():
        for kind, body in blocks(text):
            if kind == "sh":
                for line in body.splitlines():
                    assert re.match(
                        r"(make|python3 -m venv|\.venv/bin/(pip install|ncverify check$))", line
                    ), name
            elif name != "certificates.md":
                assert re.match(r"console$|python$|\{[a-z-]+\}", kind), f"{name} has a block {kind!r}"


def test_commands_and_options_that_are_named_exist() -> None:
    commands = dict(walk(typer.main.get_command(app), ()))
    options = {option for command in commands.values() for item in command.params for option in item.opts}
    options |= {"--help", "--version", "--ncverify-digits", "--ncverify-seed"}
    for name, text in PAGES.items():
        for found in re.findall(r"(?:`|\$ |bin/)ncverify ([a-z]+)", text):
            assert (found,) in commands, f"{name} names ncverify {found}"
        for line in re.findall(r"^\$ ncverify .*|`(?:ncverify [^`]*|--[^`]*)`", text, re.MULTILINE):
            assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) <= options, f"{name}: {line}"


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The commands by their words, groups too."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


def test_names_of_the_package_that_are_named_exist() -> None:
    for page, text in PAGES.items():
        for dotted in re.findall(r"\bnv\.([a-zA-Z_][\w.]*\w)", text):
            found: Any = nv
            for name in dotted.split("."):
                assert hasattr(found, name), f"{page} names nv.{dotted}"
                found = getattr(found, name)


def test_paths_and_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page, text in PAGES.items():
        for path in re.findall(r"`((?:ncverify|tests|proofs|scripts|notebooks|docs)/[\w./-]*)`", text):
            assert (ROOT / path).exists(), f"{page} names {path}"
        for path in re.findall(r"python (scripts/[\w.]+)", text):
            assert (ROOT / path).exists(), f"{page} names {path}"
        for target in re.findall(r"(?:^|`)(?:[A-Z_]+=\w+ )?make ([a-z]+)", text, re.MULTILINE):
            assert target in targets, f"{page} names make {target}"


def test_the_reference_has_every_public_name() -> None:
    described = set(re.findall(r"auto(?:function|class|module):: ([\w.]+)", PAGES["reference/python.md"]))
    assert set(listed("ncverify", nv)) <= described
    assert "ncverify.pytest_plugin" in described


def listed(path: str, module: ModuleType) -> Iterator[str]:
    """Functions and classes in ``__all__`` of the package and of the packages among them."""
    for name in module.__all__:
        if name.isupper() or name == "__version__":
            continue
        value = getattr(module, name)
        if isinstance(value, ModuleType) and hasattr(value, "__all__"):
            yield from listed(f"{path}.{name}", value)
        else:
            yield value.__name__ if isinstance(value, ModuleType) else f"{path}.{name}"


def test_the_book_has_a_page_for_every_paper() -> None:
    papers = {claim.paper for claim in nv.load_book()}
    pages = {name: text for name, text in PAGES.items() if "{claims}" in text}
    assert {f"book/{paper}.md" for paper in papers} == set(pages)
    for name, text in pages.items():
        assert f"{{claims}} {Path(name).stem}\n" in text


def test_included_parts_are_found_once() -> None:
    for name, text in PAGES.items():
        for path, options in re.findall(r"```\{include\} (\S+)\n(.*?)```", text, re.DOTALL):
            source = (DOCS / name).parent.joinpath(path).read_text(encoding="utf-8")
            for marker in re.findall(r':(?:start-after|end-before): "?(.*?)"?\n', options):
                assert source.count(f"\n{marker}") == source.count(marker) == 1, f"{name}: {marker}"
