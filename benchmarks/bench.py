"""Speeds, measured in one run: `make bench`.

The Lyapunov identity (claim ``lyapunov-derivative``, goal ``derivative``) in Z_2^m, decided by its normal
form over the field of functions of the spectrum, beside ``sympy.simplify`` on the same identity; then the
whole book; then the flows, with the figure of their costs, docs/figures/flow_costs.svg.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import sympy

from ncverify.book.registry import load_book
from ncverify.book.verdict import Outcome
from ncverify.evidence.instances import instances
from ncverify.evidence.workbench import proved_theorems
from ncverify.theory.groups import AbelianGroup

REPEATS = {3: 5, 4: 5, 5: 3, 6: 1}  # m: best of so many runs
CLAIM, GOAL = "lyapunov-derivative", "derivative"


def normal_form_seconds(m: int) -> float:
    """Best wall time to build and decide the identity for K = 2^m."""
    book = load_book()
    theorem = proved_theorems(CLAIM, book)[GOAL]
    times = []
    for _ in range(REPEATS[m]):
        start = perf_counter()
        evidence = instances([theorem], {GOAL: book[CLAIM].goals[GOAL]}, [AbelianGroup.walsh(m)])
        times.append(perf_counter() - start)
        if evidence.outcome is not Outcome.PROVED:
            sys.exit(f"the identity was not decided for K = {2**m}: {evidence.summary}")
    return min(times)


def simplify_seconds(m: int) -> float:
    """Wall time of sympy.simplify on left side - right side for K = 2^m."""
    size = 2**m
    sign = [[(-1) ** (a & g).bit_count() for g in range(size)] for a in range(size)]
    s = [sympy.Integer(0), *sympy.symbols(f"s1:{size}", positive=True)]
    z = [sum(s[a] * sign[a][g] for a in range(size)) / size for g in range(size)]
    total = sum(map(sympy.exp, z))
    p = [sympy.exp(value) / total for value in z]
    phat = [sum(p[g] * sign[a][g] for g in range(size)) for a in range(size)]
    V = sympy.log(sum(s)) - sum(map(sympy.log, s[1:])) / (size - 1) - sympy.log(size - 1)
    left = sum(sympy.diff(V, s[a]) * 2 * s[a] * (1 - phat[a]) for a in range(1, size))
    mean_q = sum(p[g] * z[g] for g in range(1, size)) / (1 - p[0])
    right = -2 * (1 - p[0]) / z[0] * (mean_q - sum(z[1:]) / (size - 1))
    start = perf_counter()
    if sympy.simplify(left - right) != 0:
        print("  (sympy.simplify did not find 0)")
    return perf_counter() - start


def command_seconds(*arguments: str) -> float:
    """Wall time of one ncverify command, start-up included."""
    start = perf_counter()
    subprocess.run([sys.executable, "-m", "ncverify", *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description="Speeds, measured in one run; about two minutes.")
    parser.add_argument(
        "--slow", action="store_true", help="also the full flow by mpmath.odefun, and larger costs"
    )
    slow = ["--slow"] if parser.parse_args().slow else []
    tools = ", ".join(f"{name} {version(name)}" for name in ("sympy", "python-flint"))
    print(f"Python {platform.python_version()}, {tools}")
    peer = simplify_seconds(3)
    print("Lyapunov identity V' = -2 (1-p(0))/z(0) (E_q z - E_u z), left side = right side in Z_2^m:")
    print(f"  sympy.simplify  K =  8  {peer:8.3f} s")
    for m in REPEATS:
        seconds = normal_form_seconds(m)
        ratio = f"  {peer / seconds:6.0f} times faster than simplify" if m == 3 else ""
        print(f"  normal form     K = {2**m:2}  {seconds:8.3f} s{ratio}")
    print("Commands, start-up included:")
    for arguments in (["--version"], ["decide", "exp(2*x)", "exp(x)**2"]):
        print(f"  ncverify {' '.join(arguments):32} {command_seconds(*arguments):6.2f} s")
    with TemporaryDirectory() as store:
        for said, arguments in (
            ("check --jobs 2, nothing stored", ["check", "--jobs", "2", "--store", store]),
            ("check, nothing changed", ["check", "--store", store]),
            ("replay of all certificates", ["replay", store]),
        ):
            print(f"  ncverify {said:32} {command_seconds(*arguments):6.2f} s")
    here = Path(__file__).parent
    picture = here.parent / "docs" / "figures" / "flow_costs.svg"
    drawn = ["--plot", str(picture)] if picture.parent.is_dir() else []
    subprocess.run([sys.executable, str(here / "flow_bench.py"), *slow, *drawn], check=True)


if __name__ == "__main__":
    main()
