"""Evidence from certified enclosures of flows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb

from ncverify.book.verdict import Evidence, Outcome
from ncverify.evidence import bodies
from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.trajectory import time_text
from ncverify.theory.balls import certainly_lt, exact_interval, precision, to_arb, to_decimal
from ncverify.theory.expr import add, number, symbol, to_json
from ncverify.theory.groups import AbelianGroup

Rows = Sequence[Sequence[Fraction]]


def collapse_ray(
    groups: Sequence[AbelianGroup], start: Fraction, times: Sequence[str], digits: int
) -> Evidence:
    """Enclosures of the collapse ray contain the exact law t(s) = [Ei(s) - Ei(s0) + (K-1) log(s/s0)]/(2K).

    At each asked time T the ball of s is put into t(s); the result must contain T, and be narrow.
    """
    worst = arb(0)
    count = 0
    certificates, facts = [], []
    for place_of_flow, group in enumerate(groups):
        size = group.order
        trajectory = ReducedFlow(group).enclose(
            [start] * (size - 1), times=times, until=times[-1], digits=digits
        )
        certificates.append(trajectory.certificate)
        for place, moment in enumerate(trajectory.t):
            if moment:
                for a in range(size - 1):
                    facts += _near(
                        _ray_law(f"f{place_of_flow}_x{a}_t{place}", start, size, moment), digits - 10
                    )
        with precision(4 * digits + 64):
            first = to_arb(start)
            for moment, row in zip(trajectory.t, trajectory.s, strict=True):
                if moment == 0:
                    continue
                for s in row:
                    passed = (s.ei() - first.ei() + (size - 1) * (s / first).log()) / (2 * size)
                    if not passed.contains(to_arb(moment)):
                        return _failed(
                            f"{group.name}: the exact law excludes t = {time_text(moment)}", "enclosure"
                        )
                    worst = worst.max((s.rad() / s.mid()).upper())
                    count += 1
    shown = ", ".join(group.name for group in groups)
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        f"s0 = {start}, t = {', '.join(times)}, {shown}",
        f"the exact law holds in all {count} enclosures of the collapse ray at t = {', '.join(times)} "
        f"({shown}); widest relative radius {worst.str(2, radius=False)}",
        {
            "groups": [list(group.orders) for group in groups],
            "start": str(start),
            "times": list(times),
            "digits": digits,
        },
        beside=True,
        body=bodies.flow(certificates, facts),
    )


def _ray_law(name: str, start: Fraction, size: int, moment: Fraction) -> list[Any]:
    """t(s)/T - 1, as JSON (only certificates know Ei)."""
    s, first = ["symbol", name], ["number", str(start)]
    passed = [
        "add",
        ["ei", s],
        ["mul", ["number", "-1"], ["ei", first]],
        ["mul", ["number", str(size - 1)], ["log", ["mul", s, ["number", str(1 / start)]]]],
    ]
    scale = ["number", str(1 / (2 * size * moment))]
    return ["add", ["mul", scale, passed], ["number", "-1"]]


def _near(difference: list[Any], digits: int) -> list[list[Any]]:
    """Facts: the difference is at most 10^-digits in absolute value."""
    bound = f"1/{10**digits}"
    return [[difference, "<=", ["number", bound]], [difference, ">=", ["number", f"-{bound}"]]]


def modes_grow(group: AbelianGroup, start: Sequence[Fraction], times: Sequence[str], digits: int) -> Evidence:
    """Along one enclosed balanced flow every singular value is certainly larger at each later time."""
    trajectory = ReducedFlow(group).enclose(list(start), times=times, until=times[-1], digits=digits)
    for (before, earlier), (after, later) in pairwise(zip(trajectory.t, trajectory.s, strict=True)):
        for a, (x, y) in enumerate(zip(earlier, later, strict=True), 1):
            if not certainly_lt(x, y):
                return _failed(
                    f"s_{a} is not certainly larger at {time_text(after)} than at {time_text(before)}",
                    "enclosure",
                )
    last = trajectory.s[-1]
    facts = [
        [["symbol", f"f0_x{a}_t{i}"], "<", ["symbol", f"f0_x{a}_t{i + 1}"]]
        for i in range(len(trajectory.t) - 1)
        for a in range(len(last))
    ]
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        f"{group.name}, start ({', '.join(map(str, start))})",
        f"all {len(last)} singular values certainly increase between the times {', '.join(times)} from the "
        f"start ({', '.join(map(str, start))}) of {group.name}; at the last s_1 = {to_decimal(last[0], 12)}",
        {
            "group": list(group.orders),
            "start": [str(x) for x in start],
            "times": list(times),
            "digits": digits,
        },
        beside=True,
        body=bodies.flow([trajectory.certificate], facts),
    )


def reduced_full_bridge(
    m: int, spectrum: Sequence[Fraction], frame: Rows, times: Sequence[str], digits: int
) -> Evidence:
    """The full flow from a balanced spectral start and the reduced flow agree.

    Both are enclosed from the same exact start W = Phi diag(alpha) R^T/sqrt K, H = R diag(alpha)
    Phi^T/sqrt K (K = 2^m with m even, alpha_a rational): every entry of
    Phi^T W H Phi must lie within both enclosures' radii of K diag(s).  ``spectrum``: alpha_a^2 for a != 0;
    alpha_0 = 0.
    """
    group = AbelianGroup.walsh(m)
    size, root = group.order, 1 << (m // 2)
    sign = [[1 if group.pairing(a, g) == 0 else -1 for g in range(size)] for a in range(size)]
    alpha = [Fraction(0), *spectrum]
    W = [
        [
            sum((Fraction(sign[a][k]) * alpha[a] * row[a] for a in range(size)), Fraction(0)) / root
            for row in frame
        ]
        for k in range(size)
    ]
    H = [
        [
            sum((Fraction(sign[a][j]) * alpha[a] * row[a] for a in range(size)), Fraction(0)) / root
            for j in range(size)
        ]
        for row in frame
    ]
    full = FullFlow(W, H, list(range(size))).enclose(times=times, until=times[-1], digits=digits)
    reduced = ReducedFlow(group).enclose(
        [x * x for x in alpha[1:]], times=times, until=times[-1], digits=digits
    )
    worst = Fraction(0)
    width = len(frame)
    with precision(4 * digits + 64):
        for moment, entries, s in zip(full.t, full.s, reduced.s, strict=True):
            w, h = entries[: size * width], entries[size * width :]
            z = [
                [sum((w[k * width + r] * h[r * size + j] for r in range(width)), arb(0)) for j in range(size)]
                for k in range(size)
            ]
            for a in range(size):
                for b in range(size):
                    projected = (
                        sum(
                            (sign[a][k] * sign[b][j] * z[k][j] for k in range(size) for j in range(size)),
                            arb(0),
                        )
                        / size
                    )
                    wanted = s[a - 1] if a == b and a else arb(0)
                    low, high = exact_interval(projected - wanted)
                    if not low <= 0 <= high:
                        return _failed(f"entry ({a}, {b}) differs at t = {time_text(moment)}", "enclosure")
                    worst = max(worst, high - low)
    tolerance = Fraction(1, 10 ** (digits - 5))
    if worst > tolerance:
        return _failed(f"the enclosures are too wide to compare to {digits - 5} digits", "enclosure")
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        f"one exact start, K = {size}, d = {width}, t <= {times[-1]}",
        f"full and reduced flow from one exact start (K = {size}, d = {width}): Phi^T W H Phi/K is diag(s) "
        f"within 10^-{digits - 5} at t = {', '.join(times)}, all {size * size} entries",
        {"K": size, "spectrum": [str(x) for x in spectrum], "times": list(times), "digits": digits},
        body=bodies.flow(
            [full.certificate, reduced.certificate], _bridge_facts(sign, width, len(full.t), digits)
        ),
    )


def _bridge_facts(sign: list[list[int]], width: int, times: int, digits: int) -> list[list[Any]]:
    """Phi^T W H Phi/K is diag(s) at every shown time, entry by entry (s_0 = 0)."""
    size = len(sign)
    facts = []
    for moment in range(times):
        w = [[symbol(f"f0_x{k * width + r}_t{moment}") for r in range(width)] for k in range(size)]
        first = size * width
        h = [[symbol(f"f0_x{first + r * size + j}_t{moment}") for j in range(size)] for r in range(width)]
        z = [[add([w[k][r] * h[r][j] for r in range(width)]) for j in range(size)] for k in range(size)]
        for a in range(size):
            for b in range(size):
                terms = [sign[a][k] * sign[b][j] * z[k][j] for k in range(size) for j in range(size)]
                projected = add(terms) * Fraction(1, size)
                wanted = symbol(f"f1_x{a - 1}_t{moment}") if a == b and a else number(0)
                facts += _near(to_json(projected - wanted), digits - 6)
    return facts


def _failed(what: str, route: str) -> Evidence:
    return Evidence(Outcome.UNDECIDED, route, "nothing", what)
