"""Evidence from critical points that were enclosed and classified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from flint import arb

from ncverify.book.verdict import Evidence, Outcome
from ncverify.landscape.bodies import families_body, points_body, walsh_body
from ncverify.landscape.census import critical_points, local_minima
from ncverify.landscape.points import CriticalPoint, collapse
from ncverify.landscape.problem import Problem
from ncverify.landscape.squared import Family
from ncverify.landscape.table import walsh_lines
from ncverify.landscape.walsh import walsh_critical_points
from ncverify.theory.balls import certainly_positive, precision, to_decimal
from ncverify.theory.groups import AbelianGroup


def census(
    problems: Sequence[Problem], *, digits: int, seed: int, complete: Sequence[Problem] = ()
) -> Evidence:
    """Evidence that every critical point that random starts find is a global minimum or a saddle.

    Each is enclosed, classified and counted once up to symmetry, and the Morse identity holds in every
    width; the minima are the same for all orders of the classes, so W^T is a simplex frame.  ``complete``:
    those of the problems for which the list is proved to be complete.
    """
    items, lines, count = [], [], 0
    for problem in problems:
        found = critical_points(problem, digits=digits, seed=seed, complete=problem in complete)
        bad = [point for point in found.points if point.kind == "local minimum"]
        minima = [point for point in found.points if point.kind == "global minimum"]
        if found.unresolved or not found.balanced or bad:
            reason = found.unresolved[0] if found.unresolved else "a point is missing, or is a local minimum"
            return Evidence(Outcome.UNDECIDED, "census", "nothing", f"{problem.name}: {reason}")
        families = [point for point in found.points if isinstance(point, Family)]
        points = [point for point in found.points if isinstance(point, CriticalPoint)]
        if families:
            items.append(families_body(problem, families))
            lines.append(f"{problem.name}: {len(families)} families in closed form")
        else:
            if not all(point.copies == 1 for point in minima):
                reason = "a minimum is no simplex frame"
                return Evidence(Outcome.UNDECIDED, "census", "nothing", f"{problem.name}: {reason}")
            items.append(points_body(problem, points, euler=True, complete=found.complete))
            whole = ", complete" if found.complete else f" from {found.starts} starts"
            lines.append(f"{problem.name}: {len(points)} points{whole}")
        count += len(found.points)
    return Evidence(
        Outcome.CERTIFIED,
        "census",
        "the critical points found, " + "; ".join(problem.name for problem in problems),
        f"{count} critical points and families of {len(problems)} models enclosed, each a global minimum or "
        "a strict saddle; the Morse identity holds in every width",
        {"models": lines, "seed": seed},
        tuple(lines),
        body={"kind": "list", "items": items},
    )


def collapsed_minima(problems: Sequence[Problem], *, digits: int, seed: int) -> Evidence:
    """Evidence that the minima of rank K - 1 found by descent are global and simplex frames.

    All K! orders of the classes leave the product Z = W H as it is (proved by uniqueness in the enclosing
    box), so Z = alpha (I - J/K) exactly.
    """
    items, count = [], 0
    for problem in problems:
        found = local_minima(problem, digits=digits, starts=12, seed=seed)
        points = [point for point in found.points if isinstance(point, CriticalPoint)]
        if not points or found.unresolved or not all(p.copies == 1 and p.escapes == 0 for p in points):
            reason = f"{problem.name}: a minimum is no simplex frame, or none was found"
            return Evidence(Outcome.UNDECIDED, "search", "nothing", reason, beside=True)
        items.append(points_body(problem, points))
        count += len(points)
    return Evidence(
        Outcome.CERTIFIED,
        "search",
        "; ".join(problem.name for problem in problems),
        f"{count} minima found by descent, one for each of {len(problems)} models: each is certified to be a "
        "global minimum and exactly a simplex frame",
        {"seed": seed},
        beside=True,
        body={"kind": "list", "items": items},
    )


def spurious_minimum(problem: Problem, *, digits: int, seed: int) -> Evidence:
    """Evidence that the problem has a local minimum, not degenerate, above another point of its width.

    In one more dimension it is a saddle; the gap to the global minimum of large width is certified too.
    """
    found = local_minima(problem, digits=digits, seed=seed)
    if not found.spurious or found.unresolved:
        return Evidence(
            Outcome.UNDECIDED,
            "search",
            "nothing",
            f"{problem.name}: no spurious one among {len(found.points)} minima from {found.starts} starts",
        )
    spurious = found.spurious[0]
    best = found.points[0]
    if not isinstance(spurious, CriticalPoint) or not isinstance(best, CriticalPoint):
        raise TypeError("minima of the cross-entropy are points")
    wider = spurious.in_width(problem.width + 1)
    lowest = collapse(spurious.in_width(problem.classes - 1).problem, spurious.bits)
    plain = [replace(point, copies=None) for point in (best, spurious)]
    with precision(spurious.bits):
        gap, above = spurious.value - lowest.value, spurious.value - best.value
    if not (certainly_positive(above) and wider.kind == "saddle"):
        return Evidence(Outcome.UNDECIDED, "search", "nothing", f"{problem.name}: the balls do not decide")
    value, lower = to_decimal(spurious.value, 30).mid, to_decimal(best.value, 30).mid
    lowest_curvature = to_decimal(_known(wider.smallest_eigenvalue()), 20).mid
    shown = {
        "value": value,
        "lower value in the same width": lower,
        "gap to the minimum of large width": to_decimal(gap, 30).mid,
        "index": spurious.index,
        "index with one more dimension": wider.index,
        "smallest eigenvalue with one more dimension": lowest_curvature,
    }
    return Evidence(
        Outcome.CERTIFIED,
        "search",
        problem.name,
        f"a local minimum at f = {value[:22]}, regular up to rotations; f = {lower[:22]} occurs too; with "
        f"one more dimension it is a saddle of index {wider.index}",
        {"point": shown, "seed": seed, "starts": found.starts},
        body={
            "kind": "list",
            "items": [
                points_body(problem, plain, below=[(0, 1)]),
                points_body(wider.problem, [plain[1].in_width(problem.width + 1)]),
                points_body(lowest.problem, [replace(lowest, copies=None)]),
            ],
        },
    )


def walsh_family(group: AbelianGroup, decay: Fraction, *, digits: int) -> Evidence:
    """Evidence for all supports: how many have a critical point, none of them a spurious minimum."""
    points = walsh_critical_points(group, decay, digits=digits)
    kinds = sorted({point.kind for point in points})
    if "local minimum" in kinds:
        return Evidence(Outcome.REFUTED, "Walsh family", group.name, "a local minimum that is not global")
    total = sum(point.orbit for point in points)
    without = sum(point.orbit for point in points if not point.exists)
    lines = tuple(walsh_lines(points))
    return Evidence(
        Outcome.CERTIFIED,
        "Walsh family",
        f"{group.name}, lambda = {decay}",
        f"{group.name}, lambda = {decay}: {total} supports in {len(points)} orbits, "
        + (f"{without} of them without a critical point" if without else "each with one critical point")
        + "; one is the global minimum, the others are saddles",
        {"orbits": [point.to_json() for point in points]},
        lines,
        body=walsh_body(points, complete=True),
    )


def walsh_support(group: AbelianGroup, decay: Fraction, support: Sequence[int], *, exists: bool) -> Evidence:
    """Evidence that one support has, or has not, a critical point."""
    (point,) = walsh_critical_points(group, decay, supports=[support])
    if point.exists is not exists:
        return Evidence(Outcome.REFUTED, "Walsh family", group.name, f"{point.support}: {point.kind}")
    says = "has a critical point" if exists else "has no critical point"
    return Evidence(
        Outcome.CERTIFIED,
        "Walsh family",
        f"{group.name}, tau = {group.order * decay}",
        f"{group.name}, tau = {group.order * decay}: the support {list(point.support)} {says}",
        {"point": point.to_json()},
        body=walsh_body([point], complete=False),
    )


def _known(value: arb | None) -> arb:
    if value is None:
        raise ValueError("the smallest eigenvalue has a formula at a saddle of small rank only")
    return value
