from fractions import Fraction

import pytest
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.evidence.reference import NoAgreement, integrate_full, integrate_reduced
from ncverify.theory.dynamics import MPF, Balanced, Unbalanced, full_field, reduced_field
from ncverify.theory.groups import AbelianGroup

THIRD = Fraction(1, 3)


def exact(q):
    return MPF.exact(Fraction(q))


@pytest.mark.parametrize(
    "group",
    [AbelianGroup.walsh(1), AbelianGroup.cyclic(5), AbelianGroup((2, 3)), AbelianGroup.walsh(3)],
    ids=str,
)
def test_collapse_ray(group):
    # t(s) = [Ei(s) - Ei(s0) + (K - 1) log(s/s0)] / (2K), claim slowdown-exact.
    k, start, times = group.order, Fraction(1, 2), [0, THIRD, 1, 10]
    solution = integrate_reduced(group, [0] + [start] * (k - 1), times, 50)
    assert solution.digits >= 50
    with mp.workdps(60):
        for t, state in zip(solution.times, solution.states, strict=True):
            s, s0 = state[1], exact(start)
            elapsed = (mp.ei(s) - mp.ei(s0) + (k - 1) * mp.log(s / s0)) / (2 * k)
            assert abs(elapsed - exact(t)) < mpf(10) ** -50
            assert max(abs(x - s) for x in state[1:]) < mpf(10) ** -50
            assert state[0] == 0


def test_ray_with_two_dead_modes():
    # ji, Example 3.1: s = (0, 0, 4c, 4c) on Z_2^2 with (log c + Ei(2c)) / 4 = t + const.
    c0 = Fraction(2, 5)
    solution = integrate_reduced(AbelianGroup.walsh(2), [0, 0, 4 * c0, 4 * c0], [2], 40)
    with mp.workdps(50):
        c = solution.states[0][2] / 4

        def clock(x):
            return (mp.log(x) + mp.ei(2 * x)) / 4

        assert abs(clock(c) - clock(exact(c0)) - 2) < mpf(10) ** -40
        assert abs(solution.states[0][1]) < mpf(10) ** -40


def test_squared_loss():
    # claim mse-contrast: s = s0 e^{2t} / (1 + s0 (e^{2t} - 1)).
    start, t = [Fraction(0), Fraction(1, 9), Fraction(3), Fraction(1)], Fraction(5, 4)
    solution = integrate_reduced(AbelianGroup.walsh(2), start, [t], 60, model=Balanced(loss="squared"))
    with mp.workdps(70):
        growth = mp.exp(2 * exact(t))
        for s0, s in zip(start, solution.states[0], strict=True):
            assert abs(s - exact(s0) * growth / (1 + exact(s0) * (growth - 1))) < mpf(10) ** -60


@pytest.mark.parametrize(
    ("group", "start", "model"),
    [
        (AbelianGroup.walsh(2), [0, 1, THIRD, 2], Balanced(depth=3, decay=Fraction(1, 10))),
        (AbelianGroup.cyclic(5), [0, 2, 1, 1, 2], Balanced(decay=Fraction(1, 20))),
        (AbelianGroup.cyclic(4), [1, THIRD, 2, THIRD, 0, 1, 1, 1], Unbalanced(decay=Fraction(1, 10))),
        (AbelianGroup.walsh(1), [0, 1], Balanced(loss="mean", depth=1)),
    ],
    ids=str,
)
def test_reduced_flows_agree_with_odefun(group, start, model):
    # An independent integrator, and the field evaluated in mpmath numbers instead of series.
    solution = integrate_reduced(group, start, [Fraction(1, 4)], 30, model=model)
    with mp.workdps(20):
        peer = mp.odefun(
            lambda t, y: list(reduced_field(group, y, MPF, model=model)), 0, [exact(x) for x in start]
        )
        assert (
            max(abs(x - y) for x, y in zip(peer(mpf(1) / 4), solution.states[0], strict=True))
            < mpf(10) ** -17
        )


@pytest.mark.parametrize("loss", ["sum", "mean", "squared"])
def test_full_flow_agrees_with_odefun(loss):
    w, h, labels = [[1, THIRD], [-THIRD, 2]], [[THIRD, 0, -1], [1, -THIRD, 1]], (0, 1, 1)
    decay = Fraction(1, 7)
    solution = integrate_full(w, h, labels, [Fraction(1, 8)], 30, loss=loss, decay=decay)

    def field(t, y):
        dw, dh = full_field([y[0:2], y[2:4]], [y[4:7], y[7:10]], labels, MPF, loss=loss, decay=decay)
        return [x for row in (*dw, *dh) for x in row]

    with mp.workdps(20):
        peer = mp.odefun(field, 0, [exact(x) for row in (*w, *h) for x in row])(mpf(1) / 8)
        flat = [x for row in (*solution.w[0], *solution.h[0]) for x in row]
        assert max(abs(x - y) for x, y in zip(peer, flat, strict=True)) < mpf(10) ** -17


def test_full_flow_on_the_collapse_ray():
    # W = H^T = g (I - J/2) for K = 2: Z = g^2 (I - J/2), s = g^2.
    half = Fraction(1, 2)
    frame = [[half, -half], [-half, half]]
    solution = integrate_full(frame, frame, (0, 1), [3], 40)
    reduced = integrate_reduced(AbelianGroup.walsh(1), [0, 1], [3], 40)
    with mp.workdps(50):
        g = 2 * solution.w[0][0][0]
        assert abs(g * g - reduced.states[0][1]) < mpf(10) ** -39


def test_the_digits_are_honest():
    group, start = AbelianGroup.walsh(3), [0, 3, 1, THIRD, 2, 1, 1, Fraction(1, 9)]
    rough = integrate_reduced(group, start, [1, 4], 20)
    fine = integrate_reduced(group, start, [1, 4], 60)
    with mp.workdps(70):
        for u, v in zip(rough.states, fine.states, strict=True):
            worst = max(abs(x - y) / max(1, abs(y)) for x, y in zip(u, v, strict=True))
            assert worst < mpf(10) ** -rough.digits
    assert rough.digits >= 20
    assert fine.digits >= 60


def squared_growth(s0, t):
    growth = mp.exp(2 * t)
    return s0 * growth / (1 + s0 * (growth - 1))


def test_a_tiny_start_grows_to_its_right_size():
    tiny, t = Fraction(3, 10**12), Fraction(14)
    solution = integrate_reduced(AbelianGroup.walsh(1), [0, tiny], [t], 20, model=Balanced(loss="squared"))
    with mp.workdps(40):
        s = solution.states[0][1]
        assert s > 0.5
        assert abs(s - squared_growth(exact(tiny), exact(t))) < mpf(10) ** -20


@pytest.mark.parametrize("tiny", [Fraction(1, 2**300), Fraction(-1, 3**190)])
def test_a_start_lost_to_rounding_is_not_returned(tiny):
    # Both runs would stay near 0 if they rounded alike; the solution has size 1 (or blows up) by then.
    with pytest.raises(NoAgreement):
        integrate_reduced(AbelianGroup.walsh(1), [0, tiny], [105], 20, model=Balanced(loss="squared"))


def dead_modes():
    """W = u v^T, H = v u^T with unit u, v: two modes rest at an unstable 0, rounding wakes them up."""
    u, v = [THIRD, 2 * THIRD, -2 * THIRD], [Fraction(2, 7), Fraction(3, 7), Fraction(6, 7)]
    return [[x * y for y in v] for x in u], [[y * x for x in u] for y in v]


def test_guard_digits_are_added_until_the_runs_agree():
    # Rounding grows by e^30 = 10^13: more than the first guard digits cover.
    w, h = dead_modes()
    solution = integrate_full(w, h, (0, 1, 2), [30], 20, loss="squared")
    assert solution.digits >= 20
    with mp.workdps(40):
        for row, start in zip(solution.w[0], w, strict=True):
            assert max(abs(x - exact(y)) for x, y in zip(row, start, strict=True)) < mpf(10) ** -20


def test_a_flow_that_only_rounding_moves_is_not_returned():
    w, h = dead_modes()
    with pytest.raises(NoAgreement, match="10 were asked for"):
        integrate_full(w, h, (0, 1, 2), [170], 10, loss="squared")


def test_times_at_zero_repeated_and_exact():
    solution = integrate_reduced(AbelianGroup.walsh(1), [0, THIRD], [0, 0, 1, 1], 20)
    assert solution.times == (0, 0, 1, 1)
    assert solution.states[0] == solution.states[1]
    assert solution.states[2] == solution.states[3]
    with mp.workdps(40):
        assert abs(solution.states[0][1] - exact(THIRD)) < mpf(10) ** -29


def test_mpf_starts_are_taken_exactly():
    with mp.workdps(50):
        root = mp.sqrt(2)
    solution = integrate_reduced(AbelianGroup.walsh(1), [mpf(0), root], [0], 30)
    with mp.workdps(50):
        assert abs(solution.states[0][1] ** 2 - 2) < mpf(10) ** -38


def test_a_blow_up_is_reported():
    # s' = 2 s (1 - s) from s = -1 reaches -infinity at t = log(2)/2.
    with pytest.raises(NoAgreement, match=r"t = 0\.3465.*blows up"):
        integrate_reduced(AbelianGroup.walsh(1), [0, -1], [1], 20, model=Balanced(loss="squared"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: integrate_reduced(AbelianGroup.walsh(2), [0, 1, 1], [1], 20), "wants 4 numbers, got 3"),
        (
            lambda: integrate_reduced(AbelianGroup.walsh(1), [0, 0.1], [1], 20),
            "starting value 0.1 must be exact",
        ),
        (lambda: integrate_reduced(AbelianGroup.walsh(1), [0, mp.inf], [1], 20), "finite"),
        (lambda: integrate_reduced(AbelianGroup.walsh(1), [0, 1], [], 20), "empty"),
        (lambda: integrate_reduced(AbelianGroup.walsh(1), [0, 1], [0.5], 20), "time 0.5"),
        (lambda: integrate_reduced(AbelianGroup.walsh(1), [0, 1], [-1], 20), "time -1"),
        (lambda: integrate_reduced(AbelianGroup.walsh(1), [0, 1], [2, 1], 20), "increase"),
        (lambda: integrate_reduced(AbelianGroup.walsh(1), [0, 1], [1], 0), "digits 0"),
        (lambda: integrate_full([[1]], [[1, 2], [3, 4]], (0, 0), [1], 20), "W must be K x 2"),
        (lambda: integrate_full([[1], [1]], [[1, 2]], (0, 5), [1], 20), "label 5 is not a class"),
        (lambda: integrate_full([[1], [1]], [[1, 2]], (0,), [1], 20), "1 x 1 for 1 labels"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
