"""Evidence along enclosed balanced flows: proved bounds at every shown time, and trends between the times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any, Final

from ncverify.book.verdict import Evidence, Outcome
from ncverify.errors import InputError
from ncverify.evidence import bodies
from ncverify.evidence.rate_bodies import Spectral
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.trajectory import Trajectory, time_text
from ncverify.theory.balls import (
    certainly_lt,
    certainly_nonnegative,
    certainly_positive,
    enclose,
    exact_interval,
    to_arb,
    to_decimal,
)
from ncverify.theory.expr import Expr, add, exp, log, number, sqrt, substitute, symbol
from ncverify.theory.groups import AbelianGroup

_GRID: Final = 10**9
_QUARTER: Final = Fraction(1, 4)

Fact = tuple[Expr, str, Expr]


@dataclass(frozen=True)
class Quantities:
    """What the facts below are made of, as expressions in s1, s2, ... (s_a, a != 0).

    short: (1 - phat_a) Q e^{-z(0)} for a != 0, without cancellation; weight: Q e^{-z(0)}.
    """

    s: tuple[Expr, ...]
    short: tuple[Expr, ...]
    weight: Expr

    @classmethod
    def of(cls, group: AbelianGroup) -> Quantities:
        """Those of one group."""
        spectral = Spectral(group)
        lack = [[1 - c for c in row] for row in spectral.cosines[1:]]  # 1 - Re chi_a(g), a != 0
        scale = Fraction(1, group.order)
        # e^{z(g) - z(0)} for g != 0; each s_a occurs once, so that boxes give narrow balls
        weights = [
            exp(-add([s * row[g] for s, row in zip(spectral.s, lack, strict=True)]) * scale)
            for g in range(1, group.order)
        ]
        short = tuple(add([w * c for w, c in zip(weights, row[1:], strict=True)]) for row in lack)
        return cls(tuple(spectral.s), short, 1 + add(weights))

    @property
    def size(self) -> Expr:
        """S = sum of s_a."""
        return add(self.s)

    @property
    def pull(self) -> Expr:
        """S' Q e^{-z(0)} / 2 = sum of s_a (1 - phat_a) Q e^{-z(0)}."""
        return add([s * d for s, d in zip(self.s, self.short, strict=True)])

    @property
    def divergence(self) -> Expr:
        """V = log of S/(K-1) minus the mean of log s_a."""
        share = Fraction(1, len(self.s))
        return log(self.size * share) - add([log(s) for s in self.s]) * share

    @property
    def decay(self) -> Expr:
        """dV/dlog S = 1 - (mean of 1 - phat_a) / (its mean with weights s_a)."""
        return 1 - add(self.short) * Fraction(1, len(self.s)) * self.size / self.pull

    @property
    def cosine(self) -> Expr:
        """The cosine between s and the all-ones vector."""
        return self.size / sqrt(len(self.s) * add([s * s for s in self.s]))

    @property
    def cosine_rate(self) -> Expr:
        """A positive multiple of the cosine's rate: sum, a < b, of s_a s_b (s_b - s_a)(short_a - short_b)."""
        places = range(len(self.s))
        return add(
            [
                self.s[a] * self.s[b] * (self.s[b] - self.s[a]) * (self.short[a] - self.short[b])
                for a in places
                for b in places
                if a < b
            ]
        )


def bound_along_flow(
    group: AbelianGroup, start: Sequence[Fraction], times: Sequence[str], digits: int
) -> Evidence:
    """At every shown time, dV/dlog S is at most the bound of finite-time-bound, and S' at least its bound.

    The bounds: -phi (1 - e^{-phi S/(K-1)^2})/(K-1)^3 with phi = min(sqrt V, 1/2), and 2 K (K-1) m /
    (e^{S/(K-1)} + K - 1) with m the smallest s_a(0).  Cost: about 0.1 s for K = 8, 30 digits and 5 times.
    """
    trajectory = ReducedFlow(group).enclose(list(start), times=times, until=times[-1], digits=digits)
    known = Quantities.of(group)
    count = group.order - 1
    facts: list[Fact] = []
    for place, row in enumerate(trajectory.s):
        at = {f"s{a}": ball for a, ball in enumerate(row, 1)}
        small = certainly_lt(enclose(known.divergence, at, 4 * digits), to_arb(_QUARTER))
        phi = sqrt(known.divergence) if small else number(Fraction(1, 2))
        drop = phi * (1 - exp(-phi * known.size * Fraction(1, count**2))) * Fraction(1, count**3)
        pace = 2 * known.pull / known.weight
        least = 2 * group.order * count * min(start) / (exp(known.size * Fraction(1, count)) + count)
        for left, sign, right in (
            (known.divergence, "<" if small else ">=", number(_QUARTER)),
            (known.decay, "<=", -drop),
            (pace, ">=", least),
        ):
            facts.append((_at(left, group, place), sign, _at(right, group, place)))
    wrong = _first_uncertain(facts, trajectory, digits)
    scope = f"{group.name}, start ({', '.join(map(str, start))})"
    if wrong is not None:
        return _undecided(f"{scope}: fact {wrong} is not certain")
    last = {f"s{a}": ball for a, ball in enumerate(trajectory.s[-1], 1)}
    final = to_decimal(enclose(known.divergence, last, 4 * digits), 6).mid
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        f"{scope}, t = {', '.join(times)}",
        f"both bounds hold at t = {', '.join(times)} along the flow of {group.name} from "
        f"({', '.join(map(str, start))}); V is {final} at the last",
        _asked(group, start, times, digits),
        beside=True,
        body=bodies.flow([trajectory.certificate], map(bodies.relation, facts)),
    )


def cosine_falls(
    group: AbelianGroup,
    start: Sequence[Fraction],
    times: Sequence[Fraction],
    at_least: Fraction,
    digits: int,
) -> Evidence:
    """The cosine between s and the all-ones vector falls at every time of [0, last], by ``at_least`` in all.

    Between two shown times s stays in the box of the two states, because no s_a decreases (claim growth);
    on every such box the rate of the cosine is certainly negative.  ``times`` begin with 0.
    """
    if len(times) < 2 or times[0] != 0:
        raise InputError("times must begin with 0 and have at least one more")
    trajectory = ReducedFlow(group).enclose(list(start), times=times, until=times[-1], digits=digits)
    known = Quantities.of(group)
    corners = [[_rounded(exact_interval(ball)) for ball in row] for row in trajectory.s]
    facts = [
        (symbol(_name(a, place)), sign, number(end))
        for place, row in enumerate(corners)
        for a, ends in enumerate(row)
        for sign, end in zip((">=", "<="), ends, strict=True)
    ]
    last = len(times) - 1
    fall = _at(known.cosine, group, 0) - _at(known.cosine, group, last)
    facts.append((fall, ">=", number(at_least)))
    scope = f"{group.name}, start ({', '.join(map(str, start))}), 0 <= t <= {times[-1]}"
    wrong = _first_uncertain(facts, trajectory, digits)
    if wrong is not None:
        return _undecided(f"{scope}: fact {wrong} is not certain")
    covers = []
    rate = known.cosine_rate
    for before, after in pairwise(corners):
        box = {f"s{a}": (x[0], y[1]) for a, (x, y) in enumerate(zip(before, after, strict=True), 1)}
        region = {name: to_arb(low).union(to_arb(high)) for name, (low, high) in box.items()}
        if not certainly_positive(-enclose(rate, region, 64)):
            return _undecided(f"{scope}: the rate is not certainly negative in the box {box}")
        covers.append(bodies.cover(box, [bodies.relation((rate, "<", 0))], [["direct"]], 64))
    whole = enclose(fall, _values(trajectory), 4 * digits)
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        scope,
        f"along the flow of {group.name} from ({', '.join(map(str, start))}) the cosine falls at every t in "
        f"[0, {times[-1]}] ({len(covers)} boxes between enclosed states; s_a never decreases), by "
        f"{to_decimal(whole, 10).mid} in all",
        _asked(group, start, [time_text(t) for t in times], digits),
        body=bodies.several([bodies.flow([trajectory.certificate], map(bodies.relation, facts)), *covers]),
    )


def _rounded(ends: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """Ends on a coarse grid, rounded outwards by one step more than needed."""
    low, high = ends
    return Fraction(floor(low * _GRID) - 1, _GRID), Fraction(ceil(high * _GRID) + 1, _GRID)


def _name(a: int, place: int) -> str:
    return f"f0_x{a}_t{place}"


def _at(expr: Expr, group: AbelianGroup, place: int) -> Expr:
    """An expression in s1, s2, ... at one shown time."""
    return substitute(expr, {f"s{a + 1}": symbol(_name(a, place)) for a in range(group.order - 1)})


def _values(trajectory: Trajectory) -> dict[str, Any]:
    return {_name(a, place): ball for place, row in enumerate(trajectory.s) for a, ball in enumerate(row)}


def _first_uncertain(facts: Sequence[Fact], trajectory: Trajectory, digits: int) -> int | None:
    """The number of the first fact that the enclosures do not show; None if there is none."""
    values = _values(trajectory)
    for number_of, (left, sign, right) in enumerate(facts, 1):
        difference = enclose(left - right if sign[0] == ">" else right - left, values, 4 * digits)
        sure = certainly_nonnegative if sign.endswith("=") else certainly_positive
        if not sure(difference):
            return number_of
    return None


def _asked(
    group: AbelianGroup, start: Sequence[Fraction], times: Sequence[str], digits: int
) -> Mapping[str, Any]:
    return {
        "group": list(group.orders),
        "start": [str(x) for x in start],
        "times": list(times),
        "digits": digits,
    }


def _undecided(what: str) -> Evidence:
    return Evidence(Outcome.UNDECIDED, "enclosure", "nothing", what)
