"""Speed of the certified flows against their peers: all numbers and ratios from one run.

    python benchmarks/flow_bench.py                    about two minutes
    python benchmarks/flow_bench.py --slow             with mpmath.odefun on 128 variables and K = 1024
    python benchmarks/flow_bench.py --plot cost.svg    cost against K and digits, steps against time

Times are processor seconds of this process, the best of a few runs (one run where it takes seconds).
Peers: mpmath.odefun (no bound), heyoka (no bound; extra ``bench``; skipped if it is missing).  "cold"
includes what heyoka compiles, "warm" does not.  Every peer's result is checked against the enclosure.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import mpmath

from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.trajectory import Trajectory

START_8 = [
    Fraction(1, 3),
    Fraction(1, 7),
    Fraction(1, 5),
    Fraction(1, 2),
    Fraction(1),
    Fraction(2),
    Fraction(1, 9),
]


@dataclass(frozen=True)
class Row:
    """One line of the table; ``seconds`` is ours, ``peer_seconds`` the peer's (None: not run)."""

    work: str
    seconds: float
    steps: int
    peer: str = "-"
    peer_seconds: float | None = None

    @property
    def ratio(self) -> str:
        """How many times faster than the peer."""
        return "-" if self.peer_seconds is None else f"{self.peer_seconds / self.seconds:.3g} x"


def best(run: Callable[[], Any], budget: float = 1.0) -> tuple[float, Any]:
    """The shortest of several runs (at most 7, at least 1, about ``budget`` seconds), and the last result."""
    shortest, spent = float("inf"), 0.0
    for _ in range(7):
        begin = process_time()
        result = run()
        took = process_time() - begin
        shortest, spent = min(shortest, took), spent + took
        if spent > budget:
            break
    return shortest, result


def start(classes: int, seed: int = 0) -> list[Fraction]:
    """Exact singular values between 1/100 and 2."""
    if classes == 8:
        return START_8
    rng = Random(seed)
    return [Fraction(rng.randrange(1, 200), 100) for _ in range(classes - 1)]


def reduced(classes: int, digits: int, until: str, budget: float = 1.0) -> tuple[float, Trajectory]:
    """Our time for the balanced flow on Z_2^m."""
    flow = ReducedFlow((2,) * (classes.bit_length() - 1))
    return best(lambda: flow.enclose(start(classes), until=until, digits=digits, times=[until]), budget)


def full_start(size: int, seed: int = 3) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    """W and H of size x size with entries k/100, |k| <= 30."""
    rng = Random(seed)

    def matrix() -> list[list[Fraction]]:
        return [[Fraction(rng.randrange(-30, 31), 100) for _ in range(size)] for _ in range(size)]

    return matrix(), matrix()


def odefun_reduced(classes: int, digits: int) -> tuple[float, list[Any]]:
    """mpmath.odefun for the same flow to t = 1."""
    mpmath.mp.dps = digits

    def walsh(x: list[Any]) -> list[Any]:
        for _ in range(classes.bit_length() - 1):
            even, odd = x[::2], x[1::2]
            x = [
                *(a + b for a, b in zip(even, odd, strict=True)),
                *(a - b for a, b in zip(even, odd, strict=True)),
            ]
        return x

    def field(_: Any, s: list[Any]) -> list[Any]:
        weights = [mpmath.exp(z / classes) for z in walsh([mpmath.mpf(0), *s])]
        image = walsh(weights)
        return [2 * x * (1 - c / image[0]) for x, c in zip(s, image[1:], strict=True)]

    values = [mpmath.mpf(x.numerator) / x.denominator for x in start(classes)]
    begin = process_time()
    result = mpmath.odefun(field, 0, values)(1)
    return process_time() - begin, list(result)


def odefun_full(size: int, digits: int) -> tuple[float, list[Any]]:
    """mpmath.odefun for the full flow to t = 1 (2 size^2 variables)."""
    mp = mpmath.mp
    mp.dps = digits
    w0, h0 = full_start(size)

    def field(_: Any, y: list[Any]) -> list[Any]:
        w = [y[i * size : (i + 1) * size] for i in range(size)]
        h = [y[size * size + i * size : size * size + (i + 1) * size] for i in range(size)]
        columns = list(zip(*h, strict=True))
        force = [[mp.zero] * size for _ in range(size)]
        for i in range(size):
            weights = [mp.exp(mp.fdot(row, columns[i])) for row in w]
            total = mp.fsum(weights)
            for k in range(size):
                force[k][i] = (k == i) - weights[k] / total
        forces, wt = list(zip(*force, strict=True)), list(zip(*w, strict=True))
        out = [mp.fdot(force[k], h[j]) for k in range(size) for j in range(size)]
        return out + [mp.fdot(wt[j], forces[i]) for j in range(size) for i in range(size)]

    values = [mp.mpf(x.numerator) / x.denominator for row in (*w0, *h0) for x in row]
    begin = process_time()
    result = mpmath.odefun(field, 0, values)(1)
    return process_time() - begin, list(result)


def heyoka_reduced(classes: int, digits: int) -> tuple[float, float, list[Any]] | None:
    """heyoka (cold, warm, result), or None if it is not installed."""
    try:
        import heyoka as hy
        import numpy as np
    except ImportError:
        return None
    bits = int(digits * 3.3219) + 16

    def real(q: Fraction) -> Any:
        return hy.real(q.numerator, bits) / hy.real(q.denominator, bits)

    def build() -> Any:
        names = [f"s{a}" for a in range(1, classes)]
        s = dict(zip(range(1, classes), hy.make_vars(*names), strict=True))

        def sign(a: int, g: int) -> int:
            return -1 if (a & g).bit_count() % 2 else 1

        logits = [hy.sum([sign(a, g) * s[a] for a in s]) / float(classes) for g in range(classes)]
        # z_0 is the largest logit: weights relative to it.
        weights = [hy.exp(logits[g] - logits[0]) for g in range(1, classes)]
        total = 1.0 + hy.sum(weights)
        system = []
        for a in s:
            odd = hy.sum([weights[g - 1] for g in range(1, classes) if sign(a, g) < 0])
            system.append((s[a], 4.0 * s[a] * odd / total))
        return hy.taylor_adaptive(
            system,
            np.array([real(x) for x in start(classes)]),
            tol=hy.real(10, bits) ** hy.real(-digits, bits),
            fp_type=hy.real,
            prec=bits,
            compact_mode=True,
        )

    begin = process_time()
    integrator = build()
    integrator.propagate_until(hy.real(1, bits))
    cold = process_time() - begin
    mpmath.mp.dps = digits + 20
    result = [mpmath.mpf(str(x)) for x in integrator.state]

    def again() -> None:
        integrator.time = hy.real(0, bits)
        integrator.state[:] = np.array([real(x) for x in start(classes)])
        integrator.propagate_until(hy.real(1, bits))

    warm, _ = best(again)
    return cold, warm, result


def check(found: Trajectory, peer: list[Any], digits: int) -> str:
    """How many digits of the peer lie with the enclosure (relative to the largest value)."""
    mpmath.mp.dps = digits + 20
    worst = mpmath.mpf(0)
    for ball, value in zip(found.s[-1], peer, strict=True):
        worst = max(worst, abs(mpmath.mpf(ball.mid().str(digits + 15, radius=False)) - value))
    return f"agrees to {int(-mpmath.log10(worst)) if worst else digits} digits"


def table(slow: bool) -> list[Row]:
    """The rows, printed as they come."""
    rows: list[Row] = []

    def add(row: Row, note: str = "") -> None:
        rows.append(row)
        peer = "" if row.peer_seconds is None else f"{row.peer_seconds:10.4g} s"
        ours = f"{row.work:42} {row.seconds:9.4g} s {row.steps:4d} steps"
        print(f"{ours}   {row.peer:22}{peer:>12} {row.ratio:>9}  {note}", flush=True)

    def against_heyoka(classes: int, digits: int, work: str, seconds: float, found: Trajectory) -> None:
        peers = heyoka_reduced(classes, digits)
        if peers is None:
            add(Row(work, seconds, len(found.segments), "heyoka not installed"))
            return
        note = check(found, peers[2], digits)
        add(Row(work, seconds, len(found.segments), "heyoka, cold", peers[0]), note)
        add(Row(work, seconds, len(found.segments), "heyoka, warm", peers[1]), note)

    seconds, found = reduced(8, 50, "1")
    took, values = odefun_reduced(8, 50)
    add(
        Row("reduced, K=8, 50 digits, t=1", seconds, len(found.segments), "mpmath.odefun", took),
        check(found, values, 50),
    )
    against_heyoka(8, 50, "reduced, K=8, 50 digits, t=1", seconds, found)
    seconds, found = reduced(8, 200, "1")
    against_heyoka(8, 200, "reduced, K=8, 200 digits, t=1", seconds, found)
    seconds, found = reduced(64, 50, "1")
    against_heyoka(64, 50, "reduced, K=64, 50 digits, t=1", seconds, found)
    for until in ("1e100", "1e10000"):
        seconds, found = reduced(8, 50, until)
        add(Row(f"reduced, K=8, 50 digits, t={until}", seconds, len(found.segments)))
    w, h = full_start(8)
    seconds, found = best(lambda: FullFlow(w, h, range(8)).enclose(until=1, digits=50, times=[1]))
    if slow:
        took, values = odefun_full(8, 50)
        add(
            Row("full, K=d=8, 50 digits, t=1", seconds, len(found.segments), "mpmath.odefun", took),
            check(found, values, 50),
        )
    else:
        add(Row("full, K=d=8, 50 digits, t=1", seconds, len(found.segments), "mpmath.odefun (--slow)"))
    rng = Random(11)
    w5 = [[Fraction(rng.randrange(-100, 101), 100) for _ in range(7)] for _ in range(5)]
    h5 = [[Fraction(rng.randrange(-100, 101), 100) for _ in range(15)] for _ in range(7)]
    labels = [k for k in range(5) for _ in range(3)]
    seconds, found = best(lambda: FullFlow(w5, h5, labels).enclose(until=100, digits=30, times=[100]))
    add(Row("full, K=5, d=7, n=3, 30 digits, t=100", seconds, len(found.segments)))
    return rows


def costs(slow: bool) -> dict[str, list[tuple[float, float]]]:
    """Seconds a step against K and against digits, and steps against log10 t."""
    out: dict[str, list[tuple[float, float]]] = {"classes": [], "digits": [], "steps": []}
    for classes in (8, 16, 32, 64, 128, 256, *((512, 1024) if slow else ())):
        seconds, found = reduced(classes, 50, "1", 0.5)
        out["classes"].append((classes, seconds / len(found.segments)))
        print(f"K = {classes:5d}: {seconds:8.3f} s, {seconds / len(found.segments):.4g} s a step")
    for digits in (30, 50, 100, 200, 400, *((700, 1000) if slow else ())):
        seconds, found = reduced(8, digits, "1", 0.5)
        out["digits"].append((digits, seconds / len(found.segments)))
        print(f"{digits:5d} digits: {seconds:8.3f} s, {seconds / len(found.segments):.4g} s a step")
    for power in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000):
        _, found = reduced(8, 50, f"1e{power}", 0.0)
        out["steps"].append((power, len(found.segments)))
        print(f"t = 1e{power}: {len(found.segments)} steps")
    return out


def plot(data: dict[str, list[tuple[float, float]]], path: str) -> None:
    """Three panels: what a step costs for more classes and digits, and how many steps a time takes."""
    from ncverify.figures import sheet

    labels = (
        ("classes", "classes $K$ (50 digits)", "processor time of a step (s)"),
        ("digits", "digits ($K=8$)", "processor time of a step (s)"),
        ("steps", r"$\log_{10}t$ ($K=8$, 50 digits)", "steps"),
    )
    with sheet(11, 3.4, path) as figure:
        for axes, (name, x_label, y_label) in zip(figure.subplots(1, 3), labels, strict=True):
            x, y = zip(*data[name], strict=True)
            axes.loglog(x, y, "o-", markersize=4)
            axes.set_xlabel(x_label)
            axes.set_ylabel(y_label)
            axes.minorticks_off()
            short = [f"{v:g}" if v < 2000 else f"{v:.0e}".replace("+0", "") for v in x]
            axes.set_xticks(x, short, fontsize=7)


def main() -> None:
    """Prints the table; see the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slow", action="store_true", help="also what takes minutes")
    parser.add_argument("--plot", metavar="FILE", help="cost against K and digits (SVG or PNG)")
    parser.add_argument("--json", metavar="FILE", help="write all numbers")
    options = parser.parse_args()
    rows = table(options.slow)
    data = costs(options.slow) if options.plot or options.json else {}
    if options.plot:
        plot(data, options.plot)
    if options.json:
        Path(options.json).write_text(
            json.dumps({"rows": [asdict(row) for row in rows], "costs": data}, indent=1)
        )


if __name__ == "__main__":
    main()
