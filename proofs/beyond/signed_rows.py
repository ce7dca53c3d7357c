"""Frames with signed rows: functions that act entry by entry act on amplitudes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    agree_where,
    at_least,
    define,
    equal,
    hypothesis,
    linear,
    product,
    root,
    root_nonnegative,
    root_square,
    square,
    sum_over,
)
from ncverify.derive.terms import (
    App,
    Function,
    Pow,
    Sym,
    Term,
    Var,
    chi,
    delta,
    index,
    sqrt,
    substitute,
    total,
)

from ..garrod.model import K, a, b, g, j, k, phat, r
from ..garrod.reduced import (
    H,
    R,
    W,
    alpha,
    beta,
    grad_H,
    grad_W,
    root_K,
)

step, guard = Sym("step"), Sym("eps")
keep_first, keep_second, fix_first, fix_second = Sym("b1"), Sym("b2"), Sym("c1"), Sym("c2")
E = Function("E", ("F", "D"))

SIGNED = [
    Hypothesis("walsh", "characters are +-1: the group is Z_2^m", r"\chi_a(g)^2=1"),
    Hypothesis("real-frame", "R is real with entries E (as -a = a in Z_2^m)", "R=E"),
    Hypothesis("signed-rows", "each row of R has at most one nonzero entry", r"E_{ra}E_{rb}=[a=b]E_{ra}^2"),
    Hypothesis("signed-entries", "the entries of R are 0, 1 or -1", r"E_{ra}^3=E_{ra}"),
]
walsh = hypothesis("walsh", equal(chi(a, g) * chi(a, g), 1))
real_frame = hypothesis("real-frame", equal(R(r, a), E(r, -a)))
rows = hypothesis("signed-rows", equal(E(r, a) * E(r, b), delta(a - b) * E(r, a) ** 2))
entries = hypothesis("signed-entries", equal(E(r, a) ** 3, E(r, a)))


def signed(place: Var, amplitude: Term) -> Term:
    """Entry (place, r) of Phi diag(amplitude) E^T / sqrt K."""
    return root_K * total(a, chi(a, place) * amplitude * E(r, a))


def level(amplitude: Term) -> Term:
    """Entry r of an array that is constant over the classes: the amplitude of the mode in row r."""
    return total(a, amplitude * E(r, a) ** 2)


def only_one(weight: Term) -> Theorem:
    """sum_a sum_b weight E_ra E_rb = sum_a weight(b = a) E_ra^2."""
    one = linear(equal(weight * E(r, a) * E(r, b), weight * delta(a - b) * E(r, a) ** 2), (weight, rows))
    return sum_over(sum_over(one, b), a)


def once(weight: Term) -> Theorem:
    """sum_a weight E_ra^3 = sum_a weight E_ra."""
    return sum_over(linear(equal(weight * E(r, a) ** 3, weight * E(r, a)), (weight, entries)), a)


def found_in_row(values: App, amplitude: Term, form: Theorem) -> Theorem:
    """E_rb^2 (values - amplitude_b) = 0 for values = sum_a amplitude_a E_ra^2: row r belongs to one mode."""
    here = substitute(amplitude, {a: index(b)})
    others = linear(
        equal(
            amplitude * E(r, a) ** 2 * E(r, b) ** 2,
            amplitude * delta(a - b) * E(r, a) ** 3 * E(r, b),
        ),
        (amplitude * E(r, a) * E(r, b), rows),
    )
    return linear(
        equal(E(r, b) ** 2 * (values - here), 0),
        (E(r, b) ** 2, form),
        sum_over(others, a),
        (here * E(r, b), entries.at({a: b})),
    )


def in_each_row(known: Theorem, left: Term, right: Term) -> Theorem:
    """E_rb left = E_rb right from E_rb^2 left = E_rb^2 right."""
    return linear(
        equal(E(r, b) * left, E(r, b) * right),
        (E(r, b), known),
        (right - left, entries.at({a: b})),
    )


@dataclass(frozen=True)
class Factor:
    """W or H on the family, entry (place, r): the point, its gradient, the amplitudes of both."""

    name: str
    place: Var
    point: App
    slope: App
    amplitude: Term
    force: Term


FACTOR_W = Factor("W", k, W(k, r), grad_W(k, r), alpha(a), (1 - phat(a)) * beta(a))
FACTOR_H = Factor("H", j, H(r, j), grad_H(r, j), beta(a), (1 - phat(a)) * alpha(a))


@dataclass(frozen=True)
class Side(Factor):
    """A factor with theorems: ``at``: point = signed(amplitude); ``speed``: -slope = signed(force).

    ``force`` is a symbol here, defined by ``force_is``.
    """

    at: Theorem
    speed: Theorem
    force_is: Theorem

    @property
    def args(self) -> tuple[Var, Var]:
        """The indices of an entry."""
        return self.place, r

    @property
    def squared(self) -> Theorem:
        """slope^2 = level(force^2)/K."""
        f_b = substitute(self.force, {a: index(b)})
        waves = chi(a, self.place) * chi(b, self.place)
        ones = sum_over(
            linear(
                equal(
                    self.force**2 * E(r, a) ** 2 * chi(a, self.place) * chi(a, self.place),
                    self.force**2 * E(r, a) ** 2,
                ),
                (self.force**2 * E(r, a) ** 2, walsh.at({g: self.place})),
            ),
            a,
        )
        return linear(
            equal(self.slope * self.slope, level(self.force**2) / K),
            (signed(self.place, self.force) - self.slope, self.speed),
            (1 / K, only_one(waves * self.force * f_b)),
            (1 / K, ones),
        )


def sign_step(side: Side, goal: Relation) -> Theorem:
    """x - eta x'/|x'| entry by entry: |x'| is |force| / sqrt K in the row of each mode."""
    name, slope = side.name, side.slope
    modulus, total_ = Function(f"mod{name}", ("D",)), Function(f"level{name}", ("F",))
    size = Function(f"abs{name}", ("G", "F"))(*side.args)
    modulus_is = define(modulus(a), sqrt(side.force**2))
    modulus_squared = linear(
        equal(modulus(a) * modulus(a), side.force**2), root_square(square(side.force)), unfold=[modulus_is]
    )
    modulus_nonnegative = linear(
        at_least(modulus(a), 0), root_nonnegative(side.force**2), unfold=[modulus_is]
    )
    total_is = define(total_(r), level(modulus(a)))
    total_squared = linear(
        equal(total_(r) * total_(r), level(side.force**2)),
        only_one(modulus(a) * modulus(b) * E(r, a) * E(r, b)),
        once(modulus(a) ** 2 * E(r, a)),
        sum_over(
            linear(
                equal(modulus(a) ** 2 * E(r, a) ** 2, side.force**2 * E(r, a) ** 2),
                (E(r, a) ** 2, modulus_squared),
            ),
            a,
        ),
        unfold=[total_is],
    )
    total_nonnegative = linear(
        at_least(total_(r), 0), sum_over(product(modulus_nonnegative, square(E(r, a))), a), unfold=[total_is]
    )
    scaled = linear(
        at_least(root_K * total_(r), 0), product(square(Pow(K, Fraction(-1, 4))), total_nonnegative)
    )
    same = linear(
        equal(root_K * total_(r) * (root_K * total_(r)), slope**2),
        (1 / K, total_squared),
        (-1, side.squared),
    )
    size_is = define(size, sqrt(slope**2))
    size_form = linear(equal(size, root_K * total_(r)), (-1, root(scaled, same)), unfold=[size_is])
    inverse = agree_where(
        found_in_row(total_(r), modulus(a), total_is), E(r, b) ** 2, total_(r), modulus(b), "reciprocal"
    )
    each = in_each_row(inverse, total_(r) ** -1, modulus(b) ** -1).at({b: a})
    push = step * chi(a, side.place) * side.force
    pushed = linear(equal(push * E(r, a) * total_(r) ** -1, push * E(r, a) * modulus(a) ** -1), (push, each))
    moved = linear(
        equal(
            side.point - step * slope / size,
            signed(side.place, side.amplitude + step / root_K * side.force / modulus(a)),
        ),
        side.at,
        (step / (root_K * total_(r)), side.speed),
        sum_over(pushed, a),
        unfold=[size_form],
    )
    return linear(goal, moved, unfold=[size_is, modulus_is, side.force_is])


@dataclass(frozen=True)
class Moments:
    """The running means of Adam for one factor: of the gradient, and of its square."""

    first: App
    second: App
    first_amplitude: App
    second_amplitude: App

    def next_first(self, side: Factor) -> tuple[Term, Term]:
        """The new mean of the gradient, and its amplitude."""
        return (
            keep_first * self.first + (1 - keep_first) * side.slope,
            keep_first * self.first_amplitude - (1 - keep_first) * side.force,
        )

    def next_second(self, side: Factor) -> tuple[Term, Term]:
        """The new mean of the squared gradient, and its level in the row of a mode."""
        return (
            keep_second * self.second + (1 - keep_second) * side.slope**2,
            keep_second * self.second_amplitude + (1 - keep_second) * side.force**2 / K,
        )

    def step(self, side: Factor) -> Relation:
        """x - eta c1 m / (sqrt(c2 v) + eps), entry by entry, is the family with its amplitudes moved alike."""
        (m, m_a), (v, v_a) = self.next_first(side), self.next_second(side)
        return equal(
            side.point - step * fix_first * m / (sqrt(fix_second * v) + guard),
            signed(side.place, side.amplitude - step * fix_first * m_a / (sqrt(fix_second * v_a) + guard)),
        )


def adam_step(
    side: Side, moments: Moments, means: tuple[Theorem, Theorem], goals: tuple[Relation, Relation, Relation]
) -> tuple[Theorem, Theorem, Theorem]:
    """The means stay in their families, and so does the point."""
    first_is, second_is = means
    (m, m_a), (v, v_a) = moments.next_first(side), moments.next_second(side)
    new_first = linear(
        equal(m, signed(side.place, m_a)), (keep_first, first_is), (-1 * (1 - keep_first), side.speed)
    )
    new_second = linear(equal(v, level(v_a)), (keep_second, second_is), (1 - keep_second, side.squared))
    spread, amplitude = (
        Function(f"spread{side.name}", ("G", "F"))(*side.args),
        Function(f"height{side.name}", ("D",)),
    )
    spread_is, amplitude_is = define(spread, v), define(amplitude(a), v_a)
    form = linear(equal(spread, level(amplitude(a))), new_second, unfold=[spread_is, amplitude_is])
    scaled = linear(
        equal(E(r, b) ** 2 * (fix_second * spread - fix_second * amplitude(b)), 0),
        (fix_second, found_in_row(spread, amplitude(a), form)),
    )
    here, there = fix_second * spread, fix_second * amplitude(b)
    roots = agree_where(scaled, E(r, b) ** 2, here, there, "sqrt")
    below, below_b = sqrt(here) + guard, sqrt(there) + guard
    shifted = linear(equal(E(r, b) ** 2 * (below - below_b), 0), roots)
    inverse = agree_where(shifted, E(r, b) ** 2, below, below_b, "reciprocal")
    each = in_each_row(inverse, below**-1, below_b**-1).at({b: a})
    push = root_K * step * fix_first * chi(a, side.place) * m_a
    level_a = (sqrt(fix_second * amplitude(a)) + guard) ** -1
    pushed = linear(equal(push * E(r, a) * below**-1, push * E(r, a) * level_a), (push, each))
    moved = linear(
        equal(
            side.point - step * fix_first * m / below,
            signed(side.place, side.amplitude - step * fix_first * m_a * level_a),
        ),
        side.at,
        (-1 * step * fix_first / below, new_first),
        (-1, sum_over(pushed, a)),
    )
    return (
        linear(goals[0], new_first, unfold=[side.force_is]),
        linear(goals[1], new_second, unfold=[side.force_is]),
        linear(goals[2], moved, unfold=[spread_is, amplitude_is, side.force_is]),
    )
