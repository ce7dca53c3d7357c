"""The directive ``commands``: every command of ``ncverify``, from the parser that reads the command line."""

from __future__ import annotations

import io
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

import typer.main
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from ncverify.cli import app as program
from ncverify.replay.main import main as replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_VERBATIM = "\b\n"  # typer's mark of a paragraph whose lines are kept


class Commands(SphinxDirective):
    """One section for each command, subcommands after their command."""

    def run(self) -> list[nodes.Node]:
        return list(_sections(typer.main.get_command(program), "ncverify"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _sections(group: Any, path: str) -> Iterator[nodes.section]:
    for name, command in sorted(group.commands.items()):
        called = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from _sections(command, called)
            continue
        section = nodes.section("", nodes.title("", called), ids=[called.replace(" ", "-")], names=[called])
        section += _replay_help() if name == "replay" else _help(command, called)
        yield section


def _help(command: Any, called: str) -> Iterator[nodes.Node]:
    context = command.context_class(command, info_name=called)
    arguments = [option for option in command.get_params(context) if option.param_type_name == "argument"]
    yield _code(" ".join([called, "[OPTIONS]", *map(_usage, arguments)]))
    text, _, examples = (command.help or "").partition(_VERBATIM)
    for paragraph in text.strip().split("\n\n"):
        yield nodes.paragraph("", " ".join(paragraph.split()))
    records = [
        record for option in command.get_params(context) if (record := option.get_help_record(context))
    ]
    entries = nodes.definition_list(classes=["options"])
    for names, meaning in records:
        term = nodes.term("", "", nodes.literal("", names.partition(" <")[0]))
        entries += nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", meaning)))
    yield entries
    lines = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    if lines:
        yield _code("\n".join(f"$ {line}" for line in lines), "console")


def _usage(argument: Any) -> str:
    name = str(argument.metavar)
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _replay_help() -> Iterator[nodes.Node]:
    """The second checker has a parser of its own."""
    text = io.StringIO()
    with redirect_stdout(text), suppress(SystemExit):
        replay(["--help"])
    yield _code(text.getvalue())


def _code(text: str, language: str = "none") -> nodes.literal_block:
    return nodes.literal_block(text, text, language=language)
