"""Rates of metrics in balls, against difference quotients of the definitions in mpmath."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import cos, exp, log, mp, mpf, pi, sqrt, workdps

from ncverify.book.verdict import Outcome
from ncverify.errors import InputError
from ncverify.evidence.certify import certify_rate, enclose_rate
from ncverify.evidence.metrics import METRICS, find_metric
from ncverify.evidence.motion import Batch, Motion, Moving, Start
from ncverify.theory.balls import certainly_nonzero, exact_interval, precision
from ncverify.theory.dynamics import ARB, DOUBLE, Unbalanced, deficits, reduced_field, transform
from ncverify.theory.groups import AbelianGroup

DIGITS = 80
STEP = mpf(10) ** -30

Spectrum = Sequence[Any]


def gaps(group: AbelianGroup, s: Spectrum) -> list[Any]:
    """z(0) - z(g) for g != 0, from characters."""
    K = group.order
    pairs = [[cos(2 * pi * mpf(q.numerator) / q.denominator) for q in row] for row in angles(group)]
    return [sum(x * (1 - c) for x, c in zip(s, row, strict=True)) / K for row in pairs]


def angles(group: AbelianGroup) -> list[list[Fraction]]:
    rest = range(1, group.order)
    return [[group.pairing(a, g) for a in rest] for g in rest]


def velocity(group: AbelianGroup, s: Spectrum, c: Spectrum | None, depth: int) -> list[Any]:
    """s' of the reduced flow, from its formula."""
    weights = [exp(-gap) for gap in gaps(group, s)]
    total = 1 + sum(weights)
    out = []
    for i, a in enumerate(range(1, group.order)):
        short = sum(
            w * (1 - cos(2 * pi * mpf(group.pairing(a, g).numerator) / group.pairing(a, g).denominator))
            for g, w in enumerate(weights, 1)
        )
        speed = depth * s[i] ** (2 - mpf(2) / depth) if c is None else sqrt(c[i] ** 2 + 4 * s[i] ** 2)
        out.append(speed * short / total)
    return out


def frobenius(group: AbelianGroup, s: Spectrum) -> Any:
    """The distance between the matrices, entry by entry (one row is enough: they are circulant)."""
    first = [sum(s) / group.order, *(sum(s) / group.order - gap for gap in gaps(group, s))]
    ideal = [1 - mpf(1) / group.order, *([-mpf(1) / group.order] * (group.order - 1))]
    size = sqrt(group.order * sum(z * z for z in first))
    other = sqrt(group.order * sum(z * z for z in ideal))
    return sqrt(group.order * sum((x / size - y / other) ** 2 for x, y in zip(first, ideal, strict=True)))


DEFINITIONS: dict[str, Callable[[AbelianGroup, Spectrum], Any]] = {
    "cosine": lambda group, s: sum(s) / sqrt(len(s) * sum(x * x for x in s)),
    "max-min": lambda group, s: max(s) / min(s),
    "max-share": lambda group, s: max(s) / sum(s),
    "frobenius": frobenius,
    "loss": lambda group, s: group.order * log(1 + sum(exp(-gap) for gap in gaps(group, s))),
    "V": lambda group, s: log(sum(s)) - sum(log(x) for x in s) / len(s) - log(len(s)),
    "margin": lambda group, s: min(gaps(group, s)),
}

GROUPS = [AbelianGroup((2, 2)), AbelianGroup((2, 2, 2)), AbelianGroup((5,)), AbelianGroup((2, 4))]


@st.composite
def moving_starts(draw: st.DrawFn) -> tuple[Motion, Start]:
    group = draw(st.sampled_from(GROUPS))
    flow = draw(st.sampled_from(["balanced", "deep", "unbalanced"]))
    motion = Motion(group, 3 if flow == "deep" else 2, flow == "unbalanced")
    values = st.one_of(
        st.integers(1, 6).map(Fraction),  # ties
        st.fractions(Fraction(1, 5), 12, max_denominator=7),
    )

    def spectrum(one: st.SearchStrategy[Fraction]) -> tuple[Fraction, ...]:
        full = [Fraction(0)] * group.order
        for orbit in group.sign_classes[1:]:
            value = draw(one)
            for a in orbit:
                full[a] = value
        return tuple(full[1:])

    s = spectrum(values)
    return motion, Start(s, spectrum(st.integers(-5, 5).map(Fraction)) if motion.unbalanced else None)


def quotient(name: str, motion: Motion, start: Start) -> Any:
    """The difference quotient of log metric to the right."""
    s = [mpf(x.numerator) / x.denominator for x in start.s]
    c = None if start.c is None else [mpf(x.numerator) / x.denominator for x in start.c]
    later = [x + STEP * v for x, v in zip(s, velocity(motion.group, s, c, motion.depth), strict=True)]
    before, after = DEFINITIONS[name](motion.group, s), DEFINITIONS[name](motion.group, later)
    return (after - before) / before / STEP


def test_every_metric_has_a_definition_here() -> None:
    assert set(DEFINITIONS) == set(METRICS)


@pytest.mark.parametrize("name", sorted(METRICS))
@settings(max_examples=25)
@given(moving_starts())
@example((Motion(GROUPS[1]), Start(tuple(map(Fraction, (18, 24, 1, 1, 1, 18, 18))))))
@example((Motion(GROUPS[0], 3), Start(tuple(map(Fraction, (2, 2, 1))))))
def test_balls_contain_the_difference_quotient(name: str, moving: tuple[Motion, Start]) -> None:
    motion, start = moving
    if len(set(start.s)) == 1 and name in ("V", "frobenius", "cosine"):
        return  # at collapse the first two are 0, and the third does not move to first order
    found = enclose_rate(METRICS[name], motion, start)
    assert found is not None
    with workdps(DIGITS):
        lower, upper = (mpf(x.numerator) / x.denominator for x in exact_interval(found.rate))
        expected = quotient(name, motion, start)
        slack = mpf(10) ** -20 * (1 + abs(expected))
        assert lower - slack <= expected <= upper + slack


@settings(max_examples=25)
@given(moving_starts())
def test_rates_of_expressions_contain_the_difference_quotient(moving: tuple[Motion, Start]) -> None:
    motion, start = moving

    def measure(s: Spectrum) -> Any:
        off = gaps(motion.group, s)
        z0 = sum(s) / motion.group.order
        p0 = 1 / (1 + sum(exp(-gap) for gap in off))
        return s[0] * (z0 - off[0]) / s[1] - sqrt(p0) * exp(-off[1]) * p0 + z0**2

    metric = find_metric("s1*z1/s2 - sqrt(p0)*p2 + z0**2", motion.group)
    found = enclose_rate(metric, motion, start)
    assert found is not None
    with workdps(DIGITS):
        s = [mpf(x.numerator) / x.denominator for x in start.s]
        c = None if start.c is None else [mpf(x.numerator) / x.denominator for x in start.c]
        later = [x + STEP * v for x, v in zip(s, velocity(motion.group, s, c, motion.depth), strict=True)]
        expected = (measure(later) - measure(s)) / STEP
        lower, upper = (mpf(x.numerator) / x.denominator for x in exact_interval(found.rate))
        slack = mpf(10) ** -20 * (1 + abs(expected))
        assert lower - slack <= expected <= upper + slack


@pytest.mark.parametrize("name", [*sorted(METRICS), "s1*z1/s2 - p1", "exp(s1-s2) + sqrt(z0)"])
@pytest.mark.parametrize("group", GROUPS)
def test_pulls_have_the_sign_of_the_rate(name: str, group: AbelianGroup) -> None:
    metric = find_metric(name, group)
    rng = np.random.default_rng(7)
    for motion in (Motion(group), Motion(group, 3), Motion(group, 2, True)):
        counted = 0
        for _ in range(20):
            start = random_start(motion, rng)
            s, c = (None if x is None else np.array([[float(v)] for v in x]) for x in (start.s, start.c))
            assert s is not None
            pull = float(metric.pull(Batch(motion, s, c))[0])
            found = enclose_rate(metric, motion, start)
            assert found is not None
            assert abs(pull) <= 1 + 1e-9
            if certainly_nonzero(found.rate) and abs(pull) > 1e-6:
                counted += 1
                assert (pull > 0) == bool(metric.away * found.rate > 0)
        assert counted >= 15


def random_start(motion: Motion, rng: np.random.Generator) -> Start:
    place = {a: i for i, orbit in enumerate(motion.group.sign_classes) for a in orbit}
    count = len(motion.group.sign_classes)
    s = [Fraction(int(x), 8) for x in rng.integers(1, 60, count)]
    c = [Fraction(int(x), 3) for x in rng.integers(-20, 20, count)]
    rest = range(1, motion.group.order)
    return Start(
        tuple(s[place[a]] for a in rest), tuple(c[place[a]] for a in rest) if motion.unbalanced else None
    )


def test_batches_move_as_the_theory_says() -> None:
    rng = np.random.default_rng(3)
    for group in GROUPS:
        starts = [random_start(Motion(group), rng) for _ in range(5)]
        s = np.array([[float(x) for x in start.s] for start in starts]).T
        full = np.concatenate([np.zeros((1, 5)), s])
        batch = Batch(Motion(group), s, None)
        np.testing.assert_allclose(batch.short, deficits(group, full, DOUBLE)[1:], rtol=1e-9)
        np.testing.assert_allclose(
            batch.gaps, (lambda z: z[0] - z[1:])(transform(group, full, DOUBLE)) / group.order
        )
        np.testing.assert_allclose(batch.p().sum(axis=0), 1)
        z, z_rates = batch.z_and_rates()
        np.testing.assert_allclose(z[0] - z[1:], batch.gaps)
        np.testing.assert_allclose(z_rates[0] - z_rates[1:], batch.gap_rates())


def test_unbalanced_rates_are_those_of_the_two_layers() -> None:
    group = AbelianGroup((2, 2))
    alpha, beta = [0, 3, 1, 2], [0, 1, 4, 2]
    s = tuple(Fraction(a * b) for a, b in zip(alpha[1:], beta[1:], strict=True))
    c = tuple(Fraction(a * a - b * b) for a, b in zip(alpha[1:], beta[1:], strict=True))
    with precision(128):
        state = [ARB.exact(x) for x in (*alpha, *beta)]
        velocity = reduced_field(group, state, ARB, model=Unbalanced())
        wanted = [velocity[a] * beta[a] + velocity[4 + a] * alpha[a] for a in range(1, 4)]
        found = Moving(Motion(group, unbalanced=True), Start(s, c)).rates
        for x, y in zip(found, wanted, strict=True):
            assert x.overlaps(y)
            assert (x - y).rad() < 1e-30


def test_the_known_witness_at_eight_classes() -> None:
    evidence = certify_rate("cosine", AbelianGroup.walsh(3), (18, 24, 1, 1, 1, 18, 18))
    assert evidence.outcome is Outcome.CERTIFIED
    assert evidence.details["witness"]["relative rate"].startswith("-0.07173212074")
    assert (
        certify_rate("cosine", AbelianGroup.walsh(3), "18,24,1,1,1,18,18", direction="towards").outcome
        is Outcome.REFUTED
    )


def test_a_start_at_collapse_decides_nothing() -> None:
    for name in ("cosine", "V", "frobenius", "max-min", "max-share", "log(s1 - s2)"):
        for direction in ("away", "towards"):
            evidence = certify_rate(name, AbelianGroup((2, 2)), (1, 1, 1), direction=direction)  # type: ignore[arg-type]
            assert evidence.outcome is Outcome.UNDECIDED, name


def test_undefined_expressions_are_never_certified() -> None:
    group = AbelianGroup((2, 2))
    for text in ("log(s1 - s2)", "sqrt(s1 - s2)", "1/(s1 - s1)", "asin(s1)", "s3 + 0*log(s1 - s2)"):
        assert certify_rate(text, group, (1, 2, 3)).outcome is Outcome.UNDECIDED, text
    assert certify_rate("log(s2 - s1)", group, (1, 2, 3)).outcome is Outcome.CERTIFIED


def test_gaps_that_tie_take_the_slowest() -> None:
    """At s = (3, 3, 1) two gaps are smallest: those of g = 1 and 2."""
    group = AbelianGroup((2, 2))
    found = enclose_rate(METRICS["margin"], Motion(group), Start(tuple(map(Fraction, (3, 3, 1)))))
    assert found is not None
    with precision(128):
        at = Moving(Motion(group), Start(tuple(map(Fraction, (3, 3, 1)))))
        assert at.gaps[1].overlaps(at.gaps[2])
        assert found.rate.overlaps((at.z_rates[0] - at.z_rates[1]) / at.gaps[1])


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (("cosin", "1,2,3"), {}, "did you mean cosine?"),
        (("max min", "1,2,3"), {}, "cannot read"),
        (("s4", "1,2,3"), {}, "s1..s3"),
        (("s0", "1,2,3"), {}, "s1..s3"),
        (("x*s1", "1,2,3"), {}, "symbol x"),
        (("2+3", "1,2,3"), {}, "does not move"),
        (("V", "1,2"), {}, "wants 3 values"),
        (("V", "1,2,0"), {}, "must be positive"),
        (("V", "1,2,-3"), {}, "must be positive"),
        (("V", (0.5, 1, 2)), {}, "not exact"),
        (("V", "1,2,1e-5000"), {}, "digits"),
        (("V", "1,2,3"), {"depth": 0}, "depth 0"),
        (("V", "1,2,3"), {"depth": 10**9}, "too large"),
        (("V", "1,2,3"), {"depth": 3, "flow": "unbalanced"}, "depth 2"),
        (("V", "1,2,3"), {"flow": "unbalanced"}, "wants imbalances"),
        (("V", "1,2,3"), {"imbalance": "1"}, "has no imbalances"),
        (("V", "1,2,3"), {"flow": "sideways"}, "balanced or unbalanced"),
        (("V", "1,2,3"), {"direction": "up"}, "away or towards"),
    ],
)
def test_wrong_input_is_one_line(arguments: tuple[Any, Any], options: dict[str, Any], said: str) -> None:
    name, start = arguments
    with pytest.raises(InputError, match=said) as error:
        certify_rate(name, AbelianGroup((2, 2)), start, **options)
    assert "\n" not in str(error.value)


def test_asymmetric_starts_are_refused() -> None:
    with pytest.raises(InputError, match="symmetric spectrum"):
        certify_rate("V", AbelianGroup((5,)), (1, 2, 3, 1))


def test_one_imbalance_stands_for_all() -> None:
    group = AbelianGroup((2, 2))
    one = certify_rate("V", group, (1, 2, 3), flow="unbalanced", imbalance="2", direction="towards")
    three = certify_rate("V", group, (1, 2, 3), flow="unbalanced", imbalance=(2, 2, 2), direction="towards")
    assert one == three
    assert one.outcome is Outcome.CERTIFIED


def test_names_are_found_whatever_their_case() -> None:
    for name in itertools.chain(METRICS, (name.upper() for name in METRICS), ("v",)):
        assert find_metric(name, AbelianGroup((2, 2))).name.casefold() == name.casefold()


def test_precision_of_mpmath_is_left_alone() -> None:
    before = mp.dps
    certify_rate("V", AbelianGroup((2, 2)), (1, 2, 3))
    assert mp.dps == before
