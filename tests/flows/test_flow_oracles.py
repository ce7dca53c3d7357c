"""Enclosures against closed forms."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from flint import arb

from ncverify.flows.full import FullFlow
from ncverify.flows.reduced import ReducedFlow
from ncverify.theory.balls import precision, to_arb

DIGITS = 25


def check_time(found: arb, start: Fraction, until: str, time_of: Callable[[arb, arb], arb]) -> None:
    """The closed form t(s) at the ball contains the asked time, and the ball is narrow."""
    with precision(400):
        elapsed = time_of(found, to_arb(start))
        assert elapsed.contains(to_arb(Fraction(until))), (found, elapsed)
        # Outside the ball by ten radii the closed form must miss: the ball is in the right place.
        assert not time_of(found.mid() + 10 * found.rad(), to_arb(start)).contains(to_arb(Fraction(until)))
        assert found.rel_accuracy_bits() >= 3.3 * DIGITS


def ray_time(classes: int, samples_root: int = 1) -> Callable[[arb, arb], arb]:
    """t(s) = [Ei(s) - Ei(s0) + (K-1) log(s/s0)] / (2 K sqrt n) (claim slowdown-exact)."""

    def time_of(s: arb, s0: arb) -> arb:
        return (s.ei() - s0.ei() + (classes - 1) * (s / s0).log()) / (2 * classes * samples_root)

    return time_of


@pytest.mark.parametrize(
    ("group", "start", "until"),
    [
        ((2,), "1/3", "5"),
        ((2,), "1e-30", "1e50"),
        ((3,), "2", "1e3"),
        ((2, 2), "1/7", "100"),
        ((5,), "3", "1e-3"),
        ((2, 3), "1/2", "1e100"),
        ((2, 2, 2), "1", "1e300"),
        ((2, 2, 2), "50", "1e10"),
        ((3, 3), "1/9", "7"),
    ],
)
def test_collapse_ray(group: tuple[int, ...], start: str, until: str) -> None:
    flow = ReducedFlow(group)
    order = flow.group.order
    found = flow.enclose([start] * (order - 1), until=until, digits=DIGITS, times=[until])
    for ball in found.s[-1]:
        check_time(ball, Fraction(start), until, ray_time(order))


def test_collapse_ray_at_an_astronomic_time() -> None:
    found = ReducedFlow("2,2").enclose("1,1,1", until="1e10000", digits=DIGITS, times=["1e10000"])
    with precision(40_000):
        s = found.s[-1][0]
        elapsed = ray_time(4)(s.mid(), arb(1)) / to_arb(10**10000)
        # d log t / ds is about 1: the time agrees to the accuracy of s.
        assert abs(elapsed - 1) <= 2 * s.rad() + arb(10) ** -40


def test_example_ray_on_a_face() -> None:
    """K = 4, s = (0, 4c, 4c): (log c + Ei(2c)) / 4 = t + const; the zero mode stays exactly 0."""

    def time_of(s: arb, s0: arb) -> arb:
        c, c0 = s / 4, s0 / 4
        return ((c / c0).log() + (2 * c).ei() - (2 * c0).ei()) / 4

    for until in ("3", "1e60"):
        zero, second, third = (
            ReducedFlow("2,2").enclose([0, 2, 2], until=until, digits=DIGITS, times=[until]).s[-1]
        )
        assert zero.is_exact()
        assert zero.is_zero()
        for ball in (second, third):
            check_time(ball, Fraction(2), until, time_of)


def test_one_layer_model() -> None:
    """Depth 1, K = 2: s' = 2/(1 + e^s), so s + e^s = 2 t + const, from any real start."""
    for start in ("0", "-3", "5/2"):
        found = ReducedFlow((2,), depth=1).enclose([start], until="20", digits=DIGITS, times=["20"])
        with precision(300):
            s0, s = to_arb(Fraction(start)), found.s[-1][0]
            assert (s + s.exp() - s0 - s0.exp()).contains(40)
            assert s.rad() < arb(10) ** -DIGITS * 4


@pytest.mark.parametrize(("classes", "root"), [(2, 1), (2, 2), (3, 1), (3, 2), (4, 3)])
def test_full_flow_on_the_collapse_ray(classes: int, root: int) -> None:
    """n = root^2 samples, W = a (I - J/K), H = b (I - J/K) x 1 with a = sqrt(n) b: the margin a b obeys

    g' = 2 sqrt(n) K g / (e^g + K - 1).
    """
    n, b = root * root, Fraction(1, 2)
    a = root * b
    frame = [[Fraction(int(i == j)) - Fraction(1, classes) for j in range(classes)] for i in range(classes)]
    w = [[a * x for x in row] for row in frame]
    h = [[b * row[j] for j in range(classes) for _ in range(n)] for row in frame]
    labels = [j for j in range(classes) for _ in range(n)]
    found = FullFlow(w, h, labels).enclose(until="3", digits=DIGITS, times=["3"])
    with precision(300):
        entries = found.s[-1]
        a_end = entries[0] * classes / (classes - 1)
        b_end = entries[classes * classes] * classes / (classes - 1)
        margin = a_end * b_end
    check_time(margin, a * b, "3", ray_time(classes, root))


def test_full_flow_at_a_long_time() -> None:
    """The same idea of rescaled time: 1e40 in a few steps."""
    found = FullFlow([["1/2"], ["-1/2"]], [["1/2", "-1/2"]], [0, 1]).enclose(
        until="1e40", digits=DIGITS, times=["1e40"]
    )
    with precision(300):
        margin = 2 * found.s[-1][0] * found.s[-1][2]
    check_time(margin, Fraction(1, 2), "1e40", ray_time(2))


def test_reduced_and_full_flow_from_one_start() -> None:
    """The bridge: K = 4, W = Phi diag(alpha)/2, H = its transpose, s = alpha^2."""
    phi = [[(-1) ** (i & j).bit_count() for j in range(4)] for i in range(4)]
    alpha = [Fraction(0), Fraction(1), Fraction(1, 2), Fraction(3, 2)]
    w = [[Fraction(phi[i][j]) * alpha[j] / 2 for j in range(4)] for i in range(4)]
    h = [list(column) for column in zip(*w, strict=True)]
    full = FullFlow(w, h, range(4)).enclose(until="2", digits=DIGITS, times=["2"]).s[-1]
    reduced = (
        ReducedFlow("2,2").enclose([a * a for a in alpha[1:]], until="2", digits=DIGITS, times=["2"]).s[-1]
    )
    with precision(200):
        w_end = [list(full[4 * i : 4 * i + 4]) for i in range(4)]
        for j, s in enumerate((arb(0), *reduced)):
            for i in range(4):
                assert (w_end[i][j] - phi[i][j] * s.sqrt() / 2).contains(0)
                assert w_end[i][j].rad() < arb(10) ** -DIGITS * 4


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"loss": "mean"}, {"loss": "sum"}),
        ({"imbalance": [0, 0, 0]}, {}),
        ({"depth": 2}, {}),
    ],
)
def test_models_that_agree(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Mean loss is the sum loss at time t / K; no imbalance is balance."""
    start = ["1/2", 2, "7/3"]
    scale = 4 if first.get("loss") == "mean" else 1
    a = ReducedFlow("2,2", **first).enclose(start, until=3 * scale, digits=20, times=[3 * scale])
    b = ReducedFlow("2,2", **second).enclose(start, until=3, digits=30, times=[3])
    for x, y in zip(a.s[-1], b.s[-1], strict=True):
        assert x.overlaps(y)


def test_weight_decay_reaches_its_equilibrium() -> None:
    """K = 2: 1 - phat = 2/(1 + e^s) = decay; from above and below s tends to log(2/decay - 1)."""
    flow = ReducedFlow((2,), weight_decay="1/2")
    low = flow.enclose(["1/2"], until="40", digits=15, times=["40"]).s[-1][0]
    high = flow.enclose(["3"], until="40", digits=15, times=["40"]).s[-1][0]
    with precision(200):
        limit = arb(3).log()
        assert low < limit
        assert limit < high
        assert high - low < arb(10) ** -6
