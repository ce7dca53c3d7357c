"""The command ``ncverify``.

Exit codes: 0 as expected, 1 some verdict differs, 2 wrong use or unreadable input, 130 interrupted.
A new command is a function under ``@app.command()``; what it imports from the package, it imports in
its body, so that ``ncverify --help`` does not load sympy.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ncverify import __version__
from ncverify.commands import experiment, landscape
from ncverify.commands.output import Json, Seed, write_json
from ncverify.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ncverify.ledger.results import Results
    from ncverify.ledger.selection import Selection
    from ncverify.ledger.store import Store
    from ncverify.theory.expr import Expr

_INTERRUPTED, _BROKEN_PIPE = 130, 141


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What a user may run into, as one line and an exit code."""
    try:
        yield
        sys.stdout.flush()
    except InputError as error:
        print(f"ncverify: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        print("ncverify: interrupted", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None
    except BrokenPipeError:  # the reader has seen enough, as with "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None


class _Commands(TyperGroup):
    """All commands report errors in the same way."""

    def invoke(self, ctx: Any) -> Any:
        with _one_line_errors():
            try:
                return super().invoke(ctx)
            except typer.BadParameter as error:
                raise _in_one_line(error) from None


def _in_one_line(error: typer.BadParameter) -> InputError:
    """Wrong options and arguments, which typer reports in four lines."""
    said = " ".join(error.format_message().split())
    details = getattr(error.__cause__, "errors", None)  # of pydantic; the message may not have the value
    said = f"{said} (here {str(details()[0]['input'])[:60]!r})" if details else said
    return InputError(said[:1].lower() + said[1:].rstrip("."))


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(experiment.app, name="experiment")
app.command()(landscape.landscape)

Selectors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SELECTOR]...",
        help="Claim id, paper key, tag, or path of a .py or .json file of claims; default: the whole book.",
        show_default=False,
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", help="Worker processes; default: as many as pay.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a Dask cluster, such as tcp://host:8786; needs ncverify[cluster].",
        show_default=False,
    ),
]
Digits = Annotated[int, typer.Option("--digits", metavar="D", help="Working precision of simulations.")]


def main() -> None:
    """Entry point of ``ncverify`` and ``python -m ncverify``."""
    # Batches of small matrices: threads of the linear algebra would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="ncverify")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"ncverify {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Check derivations about cross-entropy training and neural collapse.

    Start with `ncverify check`, then `ncverify show lyapunov-derivative`.
    """


@app.command()
def check(
    selectors: Selectors = None,
    json_file: Json = None,
    jobs: Jobs = None,
    digits: Digits = 50,
    seed: Seed = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what is stored.")] = False,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="DIR", help="Keep verdicts and certificates here; default: the user's cache."
        ),
    ] = None,
    scheduler: Scheduler = None,
) -> None:
    """Check claims and compare each verdict with the expected one.

    Exit code 0: all as expected; 1: some verdict differs; 2: wrong use or unreadable input.
    A .py file of claims is code and is run; a .json file is data. Verdicts are stored, and computed again
    when their claim, one it depends on, the program or the options change. ncverify replay checks the
    certificates that are stored with them.

    \b
    Examples:
      ncverify check
      ncverify check lyapunov-derivative growth
      ncverify check garrod --jobs 2 --json verdicts.json
      ncverify check my_claims.py --json -
      ncverify check --store certificates/
      ncverify check --fresh --scheduler tcp://host:8786
    """
    from ncverify.ledger.executors import open_executor
    from ncverify.ledger.selection import extra, gather
    from ncverify.ledger.store import Store, default_store

    with redirect_stdout(sys.stderr):  # what claims print must not mix with what we print
        selection = gather(selectors or ())
        kept = Store(Path(store) if store is not None else default_store())
        with open_executor(1, scheduler) as executor:
            results = _run(
                selection, jobs=jobs, digits=digits, seed=seed, store=kept, fresh=fresh, executor=executor
            )
    for note in kept.notes:
        print(f"ncverify: {note}", file=sys.stderr)
    if json_file is not None:
        write_json(results.to_json(), json_file)
    if json_file != "-":
        from ncverify.ledger.terminal import notes, print_results

        print_results(results)
        _print(["", *notes(results)])
        _print(
            f"left out: {item.id}, which needs {' and '.join(item.missing)} (the extra {extra(item)})"
            for item in selection.left_out
        )
    _exit(results)


@app.command(name="list")
def list_(selectors: Selectors = None, json_file: Json = None) -> None:
    """List claims without checking them.

    \b
    Examples:
      ncverify list
      ncverify list erratum
      ncverify list garrod --json -
    """
    from ncverify.ledger.results import claim_json
    from ncverify.ledger.selection import gather

    with redirect_stdout(sys.stderr):
        selection = gather(selectors or ())
    if json_file is not None:
        write_json([claim_json(claim) for claim in (*selection.claims, *selection.left_out)], json_file)
    if json_file != "-":
        from ncverify.ledger.terminal import print_claims

        print_claims((*selection.claims, *selection.left_out))


@app.command()
def show(
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Id of a claim (ncverify list), or FILE::ID.")
    ],
    latex: Annotated[
        bool, typer.Option("--latex", help="Statement and derivation as LaTeX, for an appendix.")
    ] = False,
    tree: Annotated[bool, typer.Option("--tree", help="Only what the claim depends on, as a tree.")] = False,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Run the check and print derivation and evidence.")
    ] = True,
    digits: Digits = 50,
    seed: Seed = 0,
) -> None:
    """Show a claim: statement, hypotheses, dependencies, then its derivation and evidence.

    \b
    Examples:
      ncverify show lyapunov-derivative
      ncverify show reduced-ode --latex --no-check
      ncverify show global-convergence --tree
      ncverify show my_claims.py::my-claim
    """
    from ncverify.book.verdict import Outcome
    from ncverify.evidence.workbench import proved_theorems
    from ncverify.ledger.selection import Selection, find_claim
    from ncverify.ledger.terminal import appendix_lines, claim_lines, tree_lines, verdict_lines

    with redirect_stdout(sys.stderr):
        found, registry = find_claim(claim)
    if tree:
        _print(tree_lines(found, registry))
        return
    result = None
    if check:
        with redirect_stdout(sys.stderr):
            (result,) = _run(Selection((found,), registry), jobs=1, digits=digits, seed=seed)
    verdict = result.verdict if result else None
    if latex:
        unsettled = (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.ERROR)
        derived = bool(found.goals) and verdict is not None and verdict.outcome not in unsettled
        _print(appendix_lines(found, verdict, proved_theorems(found.id, registry) if derived else {}))
    else:
        _print(claim_lines(found, registry, verdict=verdict))
        if result:
            _print(["", *verdict_lines(result)])
    if result:
        raise typer.Exit(0 if result.as_expected else 1)


@app.command()
def errata(json_file: Json = None, jobs: Jobs = None, digits: Digits = 50, seed: Seed = 0) -> None:
    """Every published statement of the book that is refuted, its witness, and what is true instead.

    Papers come one after the other. Verdicts are stored, as by ncverify check.

    \b
    Examples:
      ncverify errata
      ncverify errata --json errata.json
    """
    from ncverify.book.claim import Kind
    from ncverify.book.verdict import Outcome
    from ncverify.ledger.selection import Selection, gather
    from ncverify.ledger.store import Store, default_store

    book = gather()
    printed = tuple(
        claim for claim in book.claims if claim.kind is Kind.PUBLISHED and claim.expected is Outcome.REFUTED
    )
    kept = Store(default_store())
    results = _run(Selection(printed, book.registry), jobs=jobs, digits=digits, seed=seed, store=kept)
    for note in kept.notes:
        print(f"ncverify: {note}", file=sys.stderr)
    if json_file is not None:
        write_json(results.to_json(), json_file)
    if json_file != "-":
        from ncverify.ledger.errata import errata_lines

        _print(errata_lines(results, book.registry))
    _exit(results)


@app.command(context_settings={"ignore_unknown_options": True})
def decide(
    lhs: Annotated[str, typer.Argument(metavar="LHS", help="An expression, such as 'exp(2*x)'.")],
    rhs: Annotated[
        str | None,
        typer.Argument(
            metavar="RHS", help="Another one; with --latex it may stand in LHS, behind =.", show_default=False
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="RELATION",
            help="'x > 0', 'x != y', 'x == y + 1'; repeat for more.",
            show_default=False,
        ),
    ] = None,
    latex: Annotated[
        bool, typer.Option("--latex", help="Read LaTeX: fractions, powers, roots, exp, log, subscripts.")
    ] = False,
    json_file: Json = None,
    seed: Seed = 0,
) -> None:
    """Decide whether two expressions are equal for all real values of their variables.

    Prints proved, refuted (then the witness) or undecided (then why); the exit code is 0 for all three,
    and 2 for input that cannot be read. Expressions have names, numbers, + - * / **, brackets, exp, log,
    sqrt, sin, cos and a few more. Nothing that is typed is run as code.

    \b
    Examples:
      ncverify decide "(exp(x)-exp(y))*(exp(x)+exp(y))" "exp(2*x)-exp(2*y)"
      ncverify decide "-x" "0 - x"
      ncverify decide "(x**2-1)/(x-1)" "x+1" --assume "x > 1"
      ncverify decide --latex "\\frac{1}{1+e^{-x}} = \\frac{e^x}{1+e^x}"
    """
    from ncverify.derive.decide import decide as decide_identity

    left, right = _sides(lhs, rhs, latex=latex)
    assumptions = assume or []
    verdict = decide_identity(left, right, assumptions, seed=seed)
    if json_file is not None:
        write_json(
            {"lhs": str(left), "rhs": str(right), "assume": assumptions, **verdict.to_json()}, json_file
        )
    if json_file != "-":
        print(verdict)
        if latex:
            print(f"  read as: {left} = {right}")


def _sides(lhs: str, rhs: str | None, *, latex: bool) -> tuple[Expr, Expr]:
    from ncverify.theory.latex import parse_latex, parse_latex_equation
    from ncverify.theory.parser import parse

    if rhs is None:
        if not latex:
            raise InputError("decide wants two expressions: LHS and RHS")
        return parse_latex_equation(lhs)
    read = parse_latex if latex else parse
    return read(lhs), read(rhs)


@app.command()
def flow(
    start: Annotated[
        str,
        typer.Option(
            "--start",
            metavar="S1,S2,...|FILE",
            help="Exact values for the nonzero characters; with --full alpha_a (s_a = alpha_a^2), or a JSON "
            "file with W, H, labels.",
        ),
    ],
    classes: Annotated[
        int | None,
        typer.Option("--classes", metavar="K", help="Z_2^m if K = 2^m, else Z_K.", show_default=False),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="N1,N2,...", help="Z_N1 x Z_N2 x ...", show_default=False)
    ] = None,
    until: Annotated[str, typer.Option("--until", metavar="T", help="Exact time, such as 1e100.")] = "1e4",
    times: Annotated[
        str | None,
        typer.Option(
            "--times", metavar="T1,T2,...", help="Times to print; default: powers of ten.", show_default=False
        ),
    ] = None,
    digits: Annotated[int, typer.Option("--digits", metavar="D", help="Certified digits.")] = 50,
    full: Annotated[bool, typer.Option("--full", help="The flow of all entries of W and H.")] = False,
    depth: Annotated[int, typer.Option("--depth", metavar="L", help="Depth of the linear network.")] = 2,
    weight_decay: Annotated[str, typer.Option("--weight-decay", metavar="X", help="An exact number.")] = "0",
    imbalance: Annotated[
        str | None,
        typer.Option(
            "--imbalance",
            metavar="C1,C2,...|C",
            help="c_a = alpha_a^2 - beta_a^2 of an unbalanced start, exact.",
            show_default=False,
        ),
    ] = None,
    json_file: Json = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw s, V, loss and cosine to an SVG, PNG or PDF.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Enclose a gradient flow rigorously: balls that contain the exact solution at exactly these times.

    The flow is s_a' = L (s_a^(2-2/L) (1 - phat_a) - X s_a) for the sum of the cross-entropy losses, one
    sample a class, depth L (2: W H), weight decay X; with --imbalance, s_a = alpha_a beta_a and
    s_a' = sqrt(c_a^2 + 4 s_a^2) (1 - phat_a); with --full, W' = (Y-P) H^T - X W and
    H' = W^T (Y-P) - X H. Characters of --group N1,N2,... are numbered with the first factor running
    fastest, without number 0.
    Numbers are exact: 3, 1/3, 0.25, 1e-30. The radius shown is the largest in its row. Ctrl-C keeps what is
    certified so far. The file of --full: {"W": [["1/2", ...], ...], "H": ..., "labels": [0, ...]}, and if
    wanted "loss": "sum" or "mean", "weight_decay": "1/10". --plot needs the extra ncverify[plot].

    \b
    Examples:
      ncverify flow --classes 8 --start 18,24,1,1,1,18,18 --until 1e4
      ncverify flow --group 5 --start 1/3,1/7,1/7,1/3 --until 1e100 --plot flow.svg
      ncverify flow --classes 4 --start 1,1/2,1/3 --full --until 100 --json -
      ncverify flow --classes 4 --start 2,1,1 --imbalance 5,1,1 --times 1,10,100 --until 100
    """
    from ncverify.flows.step import StepError
    from ncverify.ledger import trajectories

    from_file = full and classes is None and group is None
    chosen = None if from_file else trajectories.read_group(classes, group)
    if plot is not None and not Path(plot).resolve().parent.is_dir():
        raise InputError(f"cannot write {plot}: its folder does not exist")
    try:
        trajectory = trajectories.enclose(
            chosen,
            start,
            full=full,
            until=until,
            times=times,
            digits=digits,
            depth=depth,
            weight_decay=weight_decay,
            imbalance=imbalance,
        )
    except StepError as error:  # not the user's fault, and not an answer either
        print(f"ncverify: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    if plot is not None:
        trajectory.plot(plot)
    if json_file is not None:
        write_json(trajectory.to_json(), json_file)
    if json_file != "-":
        _print(trajectories.lines(trajectory))
    if not trajectory.complete:
        raise typer.Exit(_INTERRUPTED)


@app.command(context_settings={"ignore_unknown_options": True})
def hunt(
    metric: Annotated[
        str,
        typer.Argument(
            metavar="METRIC",
            help="cosine, max-min, max-share, frobenius, loss, V, margin, or an expression in s1.., z0.., "
            "p0.. that is not to increase.",
        ),
    ],
    classes: Annotated[
        int | None,
        typer.Option("--classes", metavar="K", help="Z_2^m if K = 2^m, else Z_K.", show_default=False),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="N1,N2,...", help="Z_N1 x Z_N2 x ...", show_default=False)
    ] = None,
    flow: Annotated[str, typer.Option("--flow", metavar="FLOW", help="balanced or unbalanced.")] = "balanced",
    depth: Annotated[int, typer.Option("--depth", metavar="L", help="Depth of the linear network.")] = 2,
    imbalance: Annotated[
        str | None,
        typer.Option(
            "--imbalance",
            metavar="C1,C2,...|C",
            help="The c_a of the unbalanced flow, exact; default: the hunt chooses them.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", metavar="N", help="Random starts to screen at most.")
    ] = 1 << 22,
    json_file: Json = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    journal: Annotated[
        str | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Keep what is done in this file; the same command goes on where it was stopped.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Is "METRIC never moves away from collapse" true? Look for an exact start that refutes it.

    Prints refuted (then the certified witness) or undecided (then how many starts were tried); the exit
    code is 0 for both, and 2 for input that cannot be read. The verdict depends on --seed, not on --jobs or
    --scheduler. A long hunt (--samples 10000000000) loses nothing with --journal.

    \b
    Examples:
      ncverify hunt cosine --classes 8
      ncverify hunt V --classes 4 --depth 3
      ncverify hunt "s1/s2" --group 2,4 --flow unbalanced --json -
      ncverify hunt max-min --classes 8 --samples 10000000000 --journal hunt.jsonl --scheduler tcp://host:8786
    """
    from ncverify.ledger import hunting, trajectories

    chosen = trajectories.read_group(classes, group)
    verdict = hunting.hunt_anywhere(
        metric,
        chosen,
        flow=flow,
        depth=depth,
        imbalance=imbalance,
        seed=seed,
        samples=samples,
        jobs=jobs,
        scheduler=scheduler,
        journal=journal,
    )
    if json_file is not None:
        asked = {
            "metric": metric,
            "group": list(chosen.orders),
            "flow": flow,
            "depth": depth,
            "imbalance": imbalance,
            "seed": seed,
            "samples": samples,
        }
        write_json({**asked, **verdict.to_json()}, json_file)
    if json_file != "-":
        print(verdict)


@app.command()
def report(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where index.html goes.")],
    selectors: Selectors = None,
    jobs: Jobs = None,
    digits: Digits = 50,
    seed: Seed = 0,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="DIR", help="Where verdicts are kept; default: the user's cache."),
    ] = None,
) -> None:
    """Write a self-contained HTML report: verdicts, statements, derivations, witnesses, errata.

    It opens from the file in any browser, without network or scripts. Verdicts that are stored are not
    computed again. Exit codes as those of check.

    \b
    Examples:
      ncverify report report/
      ncverify report report/ my_claims.py
    """
    from ncverify.ledger.certificates import tools
    from ncverify.ledger.selection import gather
    from ncverify.ledger.store import Store, default_store
    from ncverify.report.page import write

    with redirect_stdout(sys.stderr):
        selection = gather(selectors or ())
        kept = Store(Path(store) if store is not None else default_store())
        results = _run(selection, jobs=jobs, digits=digits, seed=seed, store=kept)
    items = [
        {
            **item.to_json(),
            "certificate": kept.certificate_of(item.claim),
            "bodies": kept.bodies_of(item.claim),
        }
        for item in results
    ]
    left_out = [f"{claim.id} (needs {' and '.join(claim.missing)})" for claim in selection.left_out]
    print(f"wrote {write(items, tools(), folder, left_out)}")
    _exit(results)


@app.command()
def new(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .py file that does not exist yet.")],
) -> None:
    """Write a claims file to start from: a model, a derivation, an inequality, a conjecture.

    \b
    Example:
      ncverify new my_claims.py && ncverify check my_claims.py
    """
    from ncverify.commands.new import write_new

    write_new(file)
    print(f"wrote {file}: try ncverify check {file}")


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A file of check --json, or a store.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    json_file: Json = None,
) -> None:
    """Compare two runs or bundles of certificates: verdicts, scopes, statements, witnesses, evidence.

    The exit code is 0 if nothing differs, 1 if something does.

    \b
    Examples:
      ncverify diff before.json after.json
      ncverify diff store-a/ store-b/ --json -
    """
    from ncverify.commands.diff import differences, lines, read_run

    before, after = read_run(first), read_run(second)
    found = differences(before, after)
    if json_file is not None:
        write_json(found, json_file)
    if json_file != "-":
        _print(lines(found, len({*before, *after})))
    raise typer.Exit(1 if found else 0)


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
def replay(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[DIR|FILE]...")] = None,
) -> None:
    """Check certificates again with a second program (no sympy, none of the provers' code)."""
    from ncverify.replay.main import main as replay_certificates

    raise typer.Exit(replay_certificates(arguments or []))


def _run(
    selection: Selection,
    *,
    jobs: int | None,
    digits: int,
    seed: int,
    store: Store | None = None,
    fresh: bool = False,
    executor: Executor | None = None,
) -> Results:
    from ncverify.evidence.workbench import Settings
    from ncverify.ledger.run import run
    from ncverify.ledger.terminal import progress

    settings = Settings(digits=digits, seed=seed)
    with progress(len(selection.claims)) as done:
        return run(selection, settings, jobs=jobs, done=done, store=store, fresh=fresh, executor=executor)


def _exit(results: Results) -> None:
    raise typer.Exit(0 if results.as_expected else 1)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
