"""``ncverify landscape``: critical points of the regularised models."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Annotated

import typer

from ncverify.commands.output import Json, Seed, write_json
from ncverify.errors import InputError

if TYPE_CHECKING:
    from ncverify.landscape.problem import Problem


def landscape(
    classes: Annotated[
        str, typer.Option("--classes", metavar="K,...", help="Classes; a list runs one after the other.")
    ] = "3",
    samples: Annotated[
        str, typer.Option("--samples-per-class", metavar="n,...", help="Samples in each class.")
    ] = "1",
    loss: Annotated[str, typer.Option("--loss", metavar="LOSS,...", help="ce or mse.")] = "ce",
    bias: Annotated[
        str,
        typer.Option("--bias", metavar="BIAS,...", help="none, free, or an exact penalty lambda_b > 0."),
    ] = "none",
    decay: Annotated[
        str, typer.Option("--lambda", metavar="X", help="lambda_W = lambda_H, an exact number.")
    ] = "1/100",
    decay_h: Annotated[
        str | None,
        typer.Option("--lambda-h", metavar="X", help="Another lambda_H.", show_default=False),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            "--width", metavar="d", help="Dimension of the features; default: K.", show_default=False
        ),
    ] = None,
    minima: Annotated[
        bool, typer.Option("--minima", help="Only minima of full rank, by descent; for ce and d < K.")
    ] = False,
    walsh: Annotated[
        bool, typer.Option("--walsh", help="The symmetric family of K = 2^m classes (ce, n = 1, no bias).")
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="Prove that the list is complete (ce: K = 3, no bias).")
    ] = False,
    digits: Annotated[int, typer.Option("--digits", metavar="D", help="Certified digits.")] = 40,
    starts: Annotated[int, typer.Option("--starts", metavar="N", help="Random starts in a round.")] = 200,
    seed: Seed = 0,
    json_file: Json = None,
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="FILE", help="Draw index against loss (.svg, .png, .pdf)."),
    ] = None,
    saddle: Annotated[
        int | None,
        typer.Option(
            "--saddle",
            metavar="ROW",
            help="Whose escape the plot shows, from 0; default: the lowest.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Critical points of the regularised models: found, enclosed, classified, counted.

    The objective is f = g(WH + b 1') + (lambda_W |W|^2 + lambda_H |H|^2 + lambda_b |b|^2)/2, g the mean of
    the cross-entropy (ce) or of half the squared error (mse). Points are found from random starts (mse: in
    closed form); those that differ by a rotation or a permutation of the classes are listed once, with
    their number. Exit code 1 if a point could not be certified, or if one is known to be missing.

    \b
    Examples:
      ncverify landscape --classes 4 --plot landscape.svg
      ncverify landscape --classes 3,4,5 --samples-per-class 1,2 --loss ce,mse --bias none,free,1/10
      ncverify landscape --classes 3 --complete
      ncverify landscape --classes 7 --width 4 --lambda 3/1000 --minima
      ncverify landscape --classes 8 --walsh --json -
    """
    from ncverify.figures.sheet import check_path
    from ncverify.landscape import Problem, critical_points, local_minima

    check_path(plot)
    if walsh:
        _walsh(_numbers("classes", classes), decay, decay_h, digits, json_file, plot)
        return
    problems = [
        Problem(k, width, n, loss=kind, lambda_w=decay, lambda_h=decay_h or decay, lambda_b=_bias(treatment))
        for k, n, kind, treatment in product(
            _numbers("classes", classes),
            _numbers("samples-per-class", samples),
            loss.split(","),
            bias.split(","),
        )
    ]
    if plot is not None and len(problems) > 1:
        raise InputError(f"plot: {len(problems)} models were asked for, a figure shows one")
    found = []
    for problem in problems:
        with undecided_is_one_line(), _progress(problem) as progress:
            if minima:
                census = local_minima(problem, digits=digits, starts=starts, seed=seed, progress=progress)
            else:
                census = critical_points(
                    problem, digits=digits, starts=starts, seed=seed, complete=complete, progress=progress
                )
        found.append(census)
        if json_file != "-":
            print(census, end="\n\n" if len(problems) > 1 else "\n", flush=True)
    if plot is not None:
        found[0].plot(plot, saddle)
    if json_file is not None:
        write_json([census.to_json() for census in found], json_file)
    if not all(census.balanced and not census.unresolved for census in found):
        raise typer.Exit(1)


def _walsh(
    classes: list[int], decay: str, decay_h: str | None, digits: int, json_file: str | None, plot: str | None
) -> None:
    from ncverify.landscape import walsh_critical_points
    from ncverify.landscape.table import walsh_lines
    from ncverify.theory.groups import AbelianGroup

    if plot is not None:
        raise InputError("plot: the symmetric family has no figure; leave --walsh or --plot out")
    found = []
    for k in classes:
        if k < 2 or k & (k - 1):
            raise InputError(f"classes = {k} is no power of two: the symmetric family needs K = 2^m")
        group = AbelianGroup.walsh(k.bit_length() - 1)
        with undecided_is_one_line():
            points = walsh_critical_points(group, lambda_w=decay, lambda_h=decay_h or decay, digits=digits)
        found.append({"classes": k, "points": [point.to_json() for point in points]})
        if json_file != "-":
            print("\n".join(walsh_lines(points)))
    if json_file is not None:
        write_json(found, json_file)


def _numbers(name: str, text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.lstrip("-").isascii() and part.lstrip("-").isdigit() and len(part) < 8 for part in parts):
        raise InputError(f"{name} = {text[:40]!r} must be whole numbers separated by commas, e.g. 3,4")
    return [int(part) for part in parts]


def _bias(text: str) -> str | None:
    from ncverify.flows.exact import read_number

    text = text.strip()
    if text == "none":
        return None
    if text == "free":
        return "0"
    try:
        read_number(text, "bias")
    except InputError:
        raise InputError(f"bias {text[:60]!r}: use none, free, or a number such as 1/10") from None
    return text


@contextmanager
def undecided_is_one_line() -> Iterator[None]:
    """What balls do not decide ends with exit code 1."""
    from ncverify.landscape.inertia import Undecided

    try:
        yield
    except Undecided as reason:
        print(f"ncverify: undecided: {reason}", file=sys.stderr)
        raise typer.Exit(1) from None


@contextmanager
def _progress(problem: Problem) -> Iterator[Callable[[str], None] | None]:
    """A line on the error stream; nothing where that is not a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with console.status(problem.name) as status:
        yield lambda text: status.update(f"{problem.name}: {text}")
