"""``ncverify experiment``: experiments of published papers, run again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ncverify.commands.output import Json, Seed, write_json

if TYPE_CHECKING:
    from ncverify.experiments.run import Progress, Run

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Run experiments of published papers again."
)

Plot = Annotated[
    str | None,
    typer.Option(
        "--plot", metavar="FILE", help="Write the four panels (.svg, .png or .pdf).", show_default=False
    ),
]


@app.command()
def ulpm(
    classes: Annotated[int, typer.Option("--classes", metavar="K", help="Classes.")] = 5,
    per_class: Annotated[int, typer.Option("--per-class", metavar="n", help="Samples in each class.")] = 10,
    dimension: Annotated[
        int, typer.Option("--dimension", metavar="d", help="Dimension of the features.")
    ] = 20,
    step: Annotated[float, typer.Option("--step", metavar="X", help="Learning rate.")] = 5.0,
    epochs: Annotated[
        int, typer.Option("--epochs", metavar="N", help="Steps of gradient descent.")
    ] = 100_000,
    loss: Annotated[str, typer.Option("--loss", metavar="LOSS", help="mean or sum.")] = "mean",
    starts: Annotated[
        int, typer.Option("--starts", metavar="M", help="Random starts: seeds S, S+1, ...")
    ] = 1,
    log_time: Annotated[
        float | None,
        typer.Option(
            "--log-time", metavar="T", help="The gradient flow instead, up to log t = T.", show_default=False
        ),
    ] = None,
    seed: Seed = 0,
    json_file: Json = None,
    plot: Plot = None,
) -> None:
    """Figure 2 of the layer-peeled paper: four measures of collapse along gradient descent.

    Prints each measure at some times and its slope against log t, both in logarithms; -1 is decay like
    1/log t.

    \b
    Examples:
      ncverify experiment ulpm --plot figure2.svg
      ncverify experiment ulpm --starts 4 --loss sum
      ncverify experiment ulpm --log-time 3000 --plot slopes.svg
    """
    from ncverify.errors import InputError
    from ncverify.experiments import layer_peeled, layer_peeled_flow
    from ncverify.figures.sheet import check_path

    check_path(plot)
    if not 1 <= starts <= 100:
        raise InputError(f"starts {starts} is out of range: 1 to 100")
    runs = []
    for number in range(seed, seed + starts):
        with _progress(f"start {number}") as progress:
            if log_time is None:
                run = layer_peeled(
                    classes,
                    per_class,
                    dimension,
                    step=step,
                    epochs=epochs,
                    loss=loss,  # type: ignore[arg-type]
                    seed=number,
                    progress=progress,
                )
            else:
                run = layer_peeled_flow(
                    classes,
                    per_class,
                    dimension,
                    until=log_time,
                    loss=loss,  # type: ignore[arg-type]
                    seed=number,
                    progress=progress,
                )
        runs.append(run)
    _report(runs, json_file, plot)


@app.command()
def training(
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="SOURCE", help="digits, or a folder with the IDX files of FashionMNIST."
        ),
    ] = "digits",
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", help="Passes over the data.")] = 400,
    step: Annotated[float, typer.Option("--step", metavar="X", help="Learning rate.")] = 0.05,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", help="Only the first N images.", show_default=False),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="Saved now and then; continued from if it exists.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    json_file: Json = None,
    plot: Plot = None,
) -> None:
    """Figure 3 of the layer-peeled paper: the same measures on a network trained without weight decay.

    Needs the extra ncverify[train] (torch and scikit-learn).

    \b
    Examples:
      ncverify experiment training --plot figure3.svg
      ncverify experiment training --data fashion/ --limit 6000 --checkpoint run.pt
    """
    from ncverify.experiments import train
    from ncverify.figures.sheet import check_path

    check_path(plot)
    with _progress("training") as progress:
        run = train(
            data, epochs=epochs, step=step, limit=limit, checkpoint=checkpoint, seed=seed, progress=progress
        )
    _report([run], json_file, plot)


def _report(runs: list[Run], json_file: str | None, path: str | None) -> None:
    from ncverify.experiments.figure import plot

    if path is not None:
        plot(runs, path)
    if json_file is not None:
        write_json([run.to_json() for run in runs], json_file)
    if json_file != "-":
        for run in runs:
            if len(runs) > 1:
                print(f"seed {run.about['seed']}")
            print(run.table(rows=5))


@contextmanager
def _progress(title: str) -> Iterator[Progress | None]:
    """A bar on the error stream; nothing where that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(
        TextColumn(title), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeRemainingColumn(),
        console=console, transient=True,
    ) as bar:  # fmt: skip
        task: Any = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
