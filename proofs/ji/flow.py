"""Gradient flow of the layer-peeled model: its sign, what it conserves, and the collapse ray."""

from __future__ import annotations

from functools import cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    congruent_exp,
    define,
    derivative,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, dataclass, delta, exp, total
from ncverify.evidence.workbench import Workbench

from .margins import FRAME, U, frame, frame_is_centred, quarter
from .model import (
    CLASSES,
    PAPER,
    H,
    K,
    P,
    P_is,
    P_total,
    W,
    Z,
    Z_is,
    b,
    c,
    column,
    column_is,
    column_positive,
    everywhere,
    grad_H,
    grad_W,
    gradient,
    h,
    i,
    j,
    k,
    l,
    loss_is,
    margin,
    more_than_one,
    q,
    r,
    root_n,
    sum_of_squares,
)

W_rate, H_rate, L_rate = Function("W'", ("G", "F")), Function("H'", ("F", "G", "N")), Sym("L'")
rates = {"W": ((k, r), W_rate(k, r)), "H": ((r, k, c), H_rate(r, k, c))}

FLOW = [
    Hypothesis("flow-W", "W moves by gradient flow of the sum loss, W' = -dL/dW", r"\dot W=-\partial_WL"),
    Hypothesis("flow-H", "H moves by gradient flow of the sum loss, H' = -dL/dH", r"\dot H=-\partial_HL"),
]
flow_W = hypothesis("flow-W", equal(W_rate(k, r), -grad_W(k, r)))
flow_H = hypothesis("flow-H", equal(H_rate(r, k, c), -grad_H(r, k, c)))
gradient_norm = total(k, total(r, grad_W(k, r) ** 2)) + total(r, total(k, total(c, grad_H(r, k, c) ** 2)))


@dataclass(frozen=True)
class LossRate:
    """L' along any motion of (W, H): the derivative, and L' = <grad L, (W', H')>."""

    derivative: Theorem
    form: Theorem


@cache
def loss_rate() -> LossRate:
    """The chain rule."""
    slope = gradient()
    Z_dot = derivative(Z_is, Function("Z'", ("G", "G", "N"))(j, k, c), rates)
    column_dot = derivative(column_is, Function("column'", ("G", "N"))(k, c), rates, along=[Z_dot])
    L_dot = derivative(loss_is, L_rate, rates, along=[Z_dot, column_dot], regular=[column_positive])
    inner = total(k, total(r, grad_W(k, r) * W_rate(k, r))) + total(
        r, total(k, total(c, grad_H(r, k, c) * H_rate(r, k, c)))
    )
    form = linear(equal(L_rate, inner), L_dot, unfold=[column_dot, Z_dot, slope.by_W, slope.by_H, P_is])
    return LossRate(L_dot, form)


@cache
def descent() -> Theorem:
    """L' = -|grad L|^2 along gradient flow."""
    spent_W = linear(equal(grad_W(k, r) * W_rate(k, r), -(grad_W(k, r) ** 2)), (grad_W(k, r), flow_W))
    spent_H = linear(
        equal(grad_H(r, k, c) * H_rate(r, k, c), -(grad_H(r, k, c) ** 2)), (grad_H(r, k, c), flow_H)
    )
    return linear(
        equal(L_rate, -1 * gradient_norm),
        loss_rate().form,
        sum_over(sum_over(spent_W, r), k),
        sum_over(sum_over(sum_over(spent_H, c), k), r),
    )


@claim(
    id="flow-sign",
    paper=PAPER,
    kind="corrected",
    place="Section 2.2, display before 'Notations'; the sign printed there is +",
    title="Gradient flow descends: L' = -|grad L|^2",
    plain="Along W' = -dL/dW, H' = -dL/dH the loss has L' = -(|dL/dW|^2 + |dL/dH|^2) <= 0; along the printed flow "
    "W' = +dL/dW, H' = +dL/dH it has L' = +(|dL/dW|^2 + |dL/dH|^2) >= 0.",
    latex=r"\dot W=-\partial_WL,\ \dot H=-\partial_HL\ \Rightarrow\ \dot L=-\|\nabla L\|^2\le0",
    scope="every K, d and n, every real W and H",
    hypotheses=[
        *FLOW,
        Hypothesis("printed-W", "the printed flow, W' = +dL/dW", r"\dot W=+\partial_WL"),
        Hypothesis("printed-H", "the printed flow, H' = +dL/dH", r"\dot H=+\partial_HL"),
    ],
    goals={
        "descent": equal(L_rate, -1 * gradient_norm),
        "nonincreasing": at_least(0, L_rate),
        "ascent of the printed flow": equal(L_rate, gradient_norm),
    },
    expected="proved",
    tags=["flow", "all-K"],
)
def flow_sign(bench: Workbench) -> None:
    """The chain rule."""
    falling = bench.show("descent", linear(bench.goal("descent"), descent()))
    bench.show(
        "nonincreasing",
        linear(
            bench.goal("nonincreasing"),
            (-1, falling),
            sum_of_squares(grad_W(k, r), k, r),
            sum_of_squares(grad_H(r, k, c), r, k, c),
        ),
    )
    printed_W = hypothesis("printed-W", equal(W_rate(k, r), grad_W(k, r)))
    printed_H = hypothesis("printed-H", equal(H_rate(r, k, c), grad_H(r, k, c)))
    bench.show(
        "ascent of the printed flow",
        linear(bench.goal("ascent of the printed flow"), loss_rate().form, unfold=[printed_W, printed_H]),
    )


balance, balance_rate = Function("B", ("F", "F")), Function("B'", ("F", "F"))
column_sum, column_sum_rate = Function("Wsum", ("F",)), Function("Wsum'", ("F",))
balance_is = define(
    balance(r, q),
    total(k, total(c, H(r, k, c) * H(q, k, c))) - total(k, W(k, r) * W(k, q)),
)


@cache
def balance_conserved() -> Theorem:
    """(H H^T - W^T W)' = 0 along gradient flow."""
    slope = gradient()
    rate = derivative(balance_is, balance_rate(r, q), rates)
    return linear(
        equal(balance_rate(r, q), 0),
        rate,
        unfold=[flow_W, flow_H, slope.by_W.at({i: k}), slope.by_H.at({l: k, b: c})],
    )


@claim(
    id="conserved",
    paper=PAPER,
    kind="extension",
    place="Section 2.2: what the flow conserves is not said there",
    title="Gradient flow conserves H H^T - W^T W and 1^T W",
    plain="Along gradient flow of the sum loss the d x d matrix H H^T - W^T W and the sum of the rows of W do not "
    "change.",
    latex=r"\tfrac{d}{dt}\bigl(HH^{\top}-W^{\top}W\bigr)=0,\qquad\tfrac{d}{dt}\mathbf 1^{\top}W=0",
    scope="every K, d and n, every real W and H",
    hypotheses=FLOW,
    goals={"balance": equal(balance_rate(r, q), 0), "column sums": equal(column_sum_rate(r), 0)},
    expected="proved",
    tags=["flow", "all-K"],
)
def conserved(bench: Workbench) -> None:
    """Insert dL/dW = (P - Y) H^T and dL/dH = W^T (P - Y); the columns of P sum to 1."""
    bench.show("balance", linear(bench.goal("balance"), balance_conserved()))
    slope = gradient()
    sums = define(column_sum(r), total(k, W(k, r)))
    rate = derivative(sums, column_sum_rate(r), {"W": rates["W"]})
    bench.show(
        "column sums",
        linear(
            bench.goal("column sums"),
            rate,
            unfold=[flow_W, slope.by_W.at({i: k})],
            contract=[P_total],
        ),
    )


a, a_rate = Sym("a"), Sym("a'")
g, g_rate = Sym("g"), Sym("g'")
chance = 1 / (exp(a**2) + K - 1)  # the probability of each wrong class on the collapse ray
RAY = [
    FRAME,
    Hypothesis("ray-W", "W = a n^{1/4} U", r"W=a\,n^{1/4}U"),
    Hypothesis("ray-H", "h_kc = a n^{-1/4} u_k", r"h_{kc}=a\,n^{-1/4}u_k"),
]
ray_W = hypothesis("ray-W", equal(W(k, r), a * quarter * U(k, r)))
ray_H = hypothesis("ray-H", equal(H(r, k, c), a * U(k, r) / quarter))
everything_else = linear(greater(exp(a**2) + K - 1, 0), exp_positive(a**2), more_than_one)


@dataclass(frozen=True)
class Ray:
    """On the collapse ray the softmax is p for each wrong class and e^g p for the right one."""

    softmax: Theorem
    grad_W: Theorem
    grad_H: Theorem


@cache
def collapse_ray() -> Ray:
    """P_{j,kc} = p + (e^g - 1) p [j = k] with g = a^2, and the gradient there."""
    slope = gradient()
    logits = linear(
        equal(Z(j, k, c), a**2 * (delta(j - k) - 1 / K)), unfold=[Z_is, ray_W, ray_H], contract=[frame]
    )
    wrong = congruent_exp(linear(equal(Z(k + h, k, c), -(a**2) / K).where(h), logits.at({j: k + h})))
    right = congruent_exp(logits.at({j: k}))
    level = exp(-(a**2) / K)
    size_of = linear(
        equal(column(k, c), level * (exp(a**2) + K - 1)),
        column_is,
        right,
        sum_over(wrong, h, nonzero=True),
    )
    softmax_wrong = linear(
        equal(P(k + h, k, c) - chance - (exp(a**2) - 1) * chance * delta(h), 0).where(h),
        P_is.at({j: k + h}),
        (1 / column(k, c), wrong),
        (-chance / column(k, c), size_of),
        nonzero=[everything_else, column_positive],
    )
    softmax_right = linear(
        equal(P(k, k, c) - chance - (exp(a**2) - 1) * chance, 0),
        P_is.at({j: k}),
        (1 / column(k, c), right),
        (-exp(a**2) * chance / column(k, c), size_of),
        nonzero=[everything_else, column_positive],
    )
    found = everywhere(softmax_right, softmax_wrong, h, l)
    softmax = linear(
        equal(P(j, k, c), chance + (exp(a**2) - 1) * chance * delta(j - k)), found.at({l: j - k})
    )
    centred = frame_is_centred()
    rate = root_n * K * chance
    return Ray(
        softmax,
        linear(
            equal(-grad_W(k, r), rate * W(k, r)),
            (-1, slope.by_W.at({i: k, q: r})),
            unfold=[softmax, ray_W, ray_H],
            contract=[centred],
            nonzero=[everything_else],
        ),
        linear(
            equal(-grad_H(r, k, c), rate * H(r, k, c)),
            (-1, slope.by_H.at({l: k, b: c, q: r})),
            unfold=[softmax, ray_W, ray_H],
            contract=[centred],
            nonzero=[everything_else],
        ),
    )


@claim(
    id="collapse-ray-samples",
    paper=PAPER,
    kind="extension",
    place="Section 3.1: the flow on the optimal direction, solved by us",
    title="On the collapse ray the margin obeys g' = 2 sqrt n K g/(e^g + K - 1)",
    plain="At W = a n^{1/4} U, h_kc = a n^{-1/4} u_k with a simplex frame U all margins are g = a^2, the gradient is "
    "-sqrt n K/(e^g + K - 1) times the point itself, so the flow stays on the ray and "
    "g' = 2 sqrt n K g/(e^g + K - 1).",
    latex=r"\dot g=\frac{2\sqrt n\,K\,g}{e^g+K-1}",
    scope="every K >= 2, every n, every d >= K-1",
    hypotheses=[
        CLASSES,
        *RAY,
        Hypothesis("ray-rate", "a' = a sqrt n K/(e^g + K - 1), the speed of the goals W and H"),
    ],
    goals={
        "margin": equal(margin(k, c, j), a**2 * (1 - delta(k - j))),
        "W": equal(-grad_W(k, r), root_n * K * chance * W(k, r)),
        "H": equal(-grad_H(r, k, c), root_n * K * chance * H(r, k, c)),
        "rate": equal(g_rate, 2 * root_n * K * g / (exp(g) + K - 1)),
    },
    expected="proved",
    tags=["flow", "all-K"],
)
def collapse_ray_samples(bench: Workbench) -> None:
    """The softmax of two levels, and the frame is centred."""
    ray = collapse_ray()
    bench.show("margin", linear(bench.goal("margin"), unfold=[Z_is, ray_W, ray_H], contract=[frame]))
    bench.show("W", linear(bench.goal("W"), ray.grad_W))
    bench.show("H", linear(bench.goal("H"), ray.grad_H))
    speed = hypothesis("ray-rate", equal(a_rate, root_n * K * chance * a))
    g_is = define(g, a**2)
    g_dot = derivative(g_is, g_rate, {"a": ((), a_rate)})
    bench.show(
        "rate",
        linear(bench.goal("rate"), g_dot, (2 * a, speed), unfold=[g_is], nonzero=[everything_else]),
    )
