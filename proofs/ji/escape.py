"""Leaving Example 3.1 on its sphere: the printed family goes up, another one goes down all the way."""

from __future__ import annotations

import ncverify.theory.expr as ex
from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.derive.kernel import (
    at_least,
    equal,
    exp_monotone,
    exp_positive,
    exp_tangent,
    greater,
    hypothesis,
    linear,
    number_positive,
    product,
    square,
)
from ncverify.derive.terms import Fraction, Sym, Term, exp, log
from ncverify.evidence.identities import identities
from ncverify.evidence.inequalities import prove_inequality
from ncverify.evidence.points import fails_at
from ncverify.evidence.workbench import Workbench
from ncverify.evidence.zeros import root_certified
from ncverify.theory.dynamics import matmul
from ncverify.theory.expr import Expr, number, symbol
from ncverify.theory.peeled import EXACT, all_margins, loss, objective

from .example import LABELS, example, family, flat
from .infimum import log_monotone
from .model import PAPER

c, b, root, u, w = Sym("c"), Sym("b"), Sym("r"), Sym("u"), Sym("w")
at_start = 1 + exp(-4 * c) + 2 * exp(-2 * c)  # 1 + sum exp(-margins) at Example 3.1, for every sample
near = exp(-1 * c * (1 + root) ** 2)  # inside a pair, at alpha = -r, beta = -b
far = exp(-1 * c * (1 + root**2 + 2 * b**2 + 2 * b * (1 - root)))  # between the pairs
at_member = 1 + near + 2 * far
SCOPE = "K = 4, n = 1, d = 4, every C != 0"


@claim(
    id="example-escape-larger",
    paper=PAPER,
    kind="corrected",
    place="Example 3.1, (10) and (11)",
    title="Near Example 3.1 the family (10) has a larger loss, not a smaller one",
    plain="At alpha = -r, beta = -b, r^2 + 2 b^2 = 1, r, b > 0, every sample has T' = 1 + sum exp(-margins) with "
    "T' - T >= c e^{-2c} (1 - r) (e^{-2c} (3 + r) - 4 b), c = C^2; so the loss 4 log T' is larger than at Example 3.1 for all "
    "0 < b <= (3/4) e^{-2c}. At C = 1 it is larger for 0 < b <= 0.1405445 and smaller for 0.140545 <= b <= 0.67394; "
    "the sign changes at one b* between.",
    latex=r"T'-T\ge c\,e^{-2c}(1-r)\bigl(e^{-2c}(3+r)-4b\bigr)",
    scope=SCOPE,
    hypotheses=[
        Hypothesis("c-positive", "c = C^2 > 0", r"c>0"),
        Hypothesis("b-positive", "b = -beta > 0", r"b>0"),
        Hypothesis("r-positive", "r = -alpha > 0", r"r>0"),
        Hypothesis("circle", "alpha^2 + 2 beta^2 = 1", r"r^2+2b^2=1"),
        Hypothesis("close", "b <= (3/4) e^{-2c}", r"b\leq\tfrac34e^{-2c}"),
    ],
    goals={
        "difference": at_least(
            at_member - at_start, c * exp(-2 * c) * (1 - root) * (exp(-2 * c) * (3 + root) - 4 * b)
        ),
        "larger": greater(at_member, at_start),
        "loss": greater(4 * log(at_member), 4 * log(at_start)),
    },
    expected="proved",
    tags=["example"],
)
def example_escape_larger(bench: Workbench) -> None:
    """Two tangents of exp; then covers at C = 1."""
    c_positive = hypothesis("c-positive", greater(c, 0))
    b_positive = hypothesis("b-positive", greater(b, 0))
    r_positive = hypothesis("r-positive", greater(root, 0))
    circle = hypothesis("circle", equal(root**2 + 2 * b**2, 1))
    close = hypothesis("close", at_least(Fraction(3, 4) * exp(-2 * c), b))
    first = exp_tangent(4 * c - c * (1 + root) ** 2)
    second = exp_tangent(2 * c - c * (1 + root**2 + 2 * b**2 + 2 * b * (1 - root)))
    difference = bench.show(
        "difference",
        linear(
            bench.goal("difference"),
            (exp_positive(-4 * c), first),
            (linear(greater(2 * exp(-2 * c), 0), (2, exp_positive(-2 * c))), second),
            (-2 * c * exp(-2 * c), circle),
        ),
    )
    below_1 = linear(
        greater(1 - root, 0),
        (2, product(b_positive, b_positive)),
        (-1, circle),
        divide_by=linear(greater(1 + root, 0), r_positive, number_positive(1)),
    )
    factor = linear(
        greater(exp(-2 * c) * (3 + root) - 4 * b, 0), (4, close), product(exp_positive(-2 * c), r_positive)
    )
    larger = bench.show(
        "larger",
        linear(
            bench.goal("larger"),
            difference,
            product(product(product(c_positive, exp_positive(-2 * c)), below_1), factor),
        ),
    )
    start_positive = linear(
        greater(at_start, 0), exp_positive(-4 * c), (2, exp_positive(-2 * c)), number_positive(1)
    )
    bench.show("loss", linear(bench.goal("loss"), (4, log_monotone(larger, start_positive))))

    size, alpha, beta = symbol("C"), symbol("alpha"), symbol("beta")
    member = family(size, alpha, beta)
    margins = all_margins(member, member, LABELS)
    inside = size * size * (1 - alpha) ** 2
    outside = size * size * (1 + alpha * alpha + 2 * beta * beta - 2 * beta * (1 + alpha))
    pairs = [
        (value, inside if (j + (j >= own)) // 2 == own // 2 else outside)
        for own, row in zip(LABELS, margins, strict=True)
        for j, value in enumerate(row)
    ]
    pairs.append((objective(member, member), 4 * size * size * (1 + alpha * alpha + 2 * beta * beta)))
    bench.add(lambda: identities(pairs, SCOPE, "margins and norm of the family (10)"))
    # (0, 1/10] is part of the theorem, as (3/4) e^{-2} > 1/10
    bench.beside(lambda: signed(">", ("1/10", "1405445/10000000")))
    bench.beside(lambda: signed("<", ("140545/1000000", "67394/100000")))
    bench.beside(
        lambda: root_certified(
            shift(number(1)),
            {"b": "14054482/100000000"},
            {"b": ("138/1000", "143/1000")},
            what="the b* at which the family has the loss of Example 3.1, C = 1",
            scope="K = 4, C = 1",
        )
    )
    bench.beside(
        lambda: root_certified(
            tangency(),
            {"b": "5773503/10000000", "r": "5773503/10000000", "c": "4552413658/10000000000"},
            {"c": ("4515/10000", "459/1000")},
            what="the c at which the family touches the loss of Example 3.1 from above",
            scope="K = 4",
        )
    )


def tangency() -> list[Expr]:
    """The circle, T' = T, and a derivative along the circle that is 0, in b, r and c."""
    size, value, r = symbol("c"), symbol("b"), symbol("r")
    member = ex.exp(-size * (1 + r) ** 2) + 2 * ex.exp(-2 * size * (1 + value * (1 - r)))
    excess = member - ex.exp(-4 * size) - 2 * ex.exp(-2 * size)
    along = ex.differentiate(member, {"b": r, "r": -2 * value})
    return [r * r + 2 * value * value - 1, excess, along]


def shift(size: Expr) -> Expr:
    """T' - T for c = ``size``, as an expression in b."""
    value = symbol("b")
    r = ex.sqrt(1 - 2 * value * value)
    member = ex.exp(-size * (1 + r) ** 2) + 2 * ex.exp(-2 * size * (1 + value * (1 - r)))
    return member - ex.exp(-4 * size) - 2 * ex.exp(-2 * size)


def signed(sign: str, ends: tuple[str, str]) -> Evidence:
    """The sign of T' - T at C = 1 for all b between these ends."""
    (piece,) = prove_inequality((shift(number(1)), sign, 0), {"b": ends}).evidence
    return piece


@claim(
    id="example-escape",
    paper=PAPER,
    kind="published",
    place="Example 3.1, (10) and (11)",
    title="Arbitrarily close to Example 3.1 the family (10) has a loss that is not larger",
    plain="For every eps > 0 there are alpha, beta < 0 with alpha^2 + 2 beta^2 = 1 such that (W', H') of (10) is within eps of "
    "(W, H) and L(W', H') <= L(W, H).",
    latex=r"\forall\varepsilon>0\ \exists\alpha,\beta:\ \mathcal L(W',H')\le\mathcal L(W,H)",
    scope=SCOPE,
    depends=["example-escape-larger"],
    expected="refuted",
    corrected_by="example-escape-corrected",
    tags=["example"],
)
def example_escape(bench: Workbench) -> None:
    """One member: C = 1, and all nearer ones are worse too (claim example-escape-larger)."""
    size, alpha, beta = symbol("C"), symbol("alpha"), symbol("beta")
    member = family(size, alpha, beta)
    start = example(size)
    bench.add(
        lambda: fails_at(
            (loss(member, member, LABELS, EXACT), "<=", loss(start, start, LABELS, EXACT)),
            {"C": 1, "alpha": Fraction(-449, 451), "beta": Fraction(-30, 451)},
            "L(W', H') <= L(W, H) fails at this member, and at every member with 0 < -beta <= (3/4) e^{-2} (claim "
            "example-escape-larger): so for every eps <= (3/4)^2 e^{-4} no member within eps is as good",
            shown={"C": "1", "alpha": "-449/451", "beta": "-30/451"},
        )
    )


sigma2, tau = Sym("sigma2"), Sym("tau")


def sample_sum(at: Term) -> Term:
    """1 + sum exp(-margins) on the better family, for every sample: margins 4c - 2u (once) and 2c + u (twice)."""
    return 1 + exp(-4 * c + 2 * at) + 2 * exp(-2 * c - at)


@claim(
    id="example-escape-corrected",
    paper=PAPER,
    kind="corrected",
    place="Example 3.1, (11): what is true of it",
    title="Arbitrarily close to Example 3.1 there are points of its sphere with a smaller loss, all the way to collapse",
    plain="Let W' = H' be symmetric with the Walsh vectors of Z_2^2 as eigenvectors and eigenvalues C (0, sigma, tau, tau), tau >= 0, "
    "sigma^2 + 2 tau^2 = 8; sigma = 0 is Example 3.1, sigma^2 = 8/3 a simplex frame. With c = C^2, u = c sigma^2/4 every sample has "
    "T = 1 + e^{-4c+2u} + 2 e^{-2c-u}, which strictly decreases for u <= 2c/3. |W' - W|^2 = C^2 (sigma^2 + 2 (2 - tau)^2) with "
    "(2 - tau)^2 <= sigma^4/16, so this starts arbitrarily close to (W, H).",
    latex=r"T(u)=1+e^{-4c+2u}+2e^{-2c-u}\ \text{decreases on }0\le u\le\tfrac23c",
    scope=SCOPE,
    hypotheses=[
        Hypothesis("further", "w < u: two points of the family", r"w<u"),
        Hypothesis("before-collapse", "u < 2c/3 (at u = 2c/3 it is the collapse)", r"u<\tfrac23c"),
        Hypothesis("sphere", "sigma^2 + 2 tau^2 = 8", r"\sigma^2+2\tau^2=8"),
        Hypothesis("tau-nonnegative", "tau >= 0", r"\tau\geq0"),
    ],
    goals={
        "decreasing": greater(sample_sum(w), sample_sum(u)),
        "loss": greater(4 * log(sample_sum(w)), 4 * log(sample_sum(u))),
        "near": at_least(sigma2**2 / 16, (2 - tau) ** 2),
    },
    expected="proved",
    tags=["example"],
)
def example_escape_corrected(bench: Workbench) -> None:
    """T is convex in u, and its slope at u is negative."""
    further = hypothesis("further", greater(u, w))
    before = hypothesis("before-collapse", greater(2 * c / 3, u))
    slope = exp_monotone(linear(greater(-2 * c - u, -4 * c + 2 * u), (3, before)))
    first, second = exp_tangent(2 * w - 2 * u), exp_tangent(u - w)
    fall = product(
        linear(greater(u - w, 0), further), linear(greater(exp(-2 * c - u) - exp(-4 * c + 2 * u), 0), slope)
    )
    larger = bench.show(
        "decreasing",
        linear(
            bench.goal("decreasing"),
            (exp_positive(-4 * c + 2 * u), first),
            (linear(greater(2 * exp(-2 * c - u), 0), (2, exp_positive(-2 * c - u))), second),
            (2, fall),
        ),
    )
    positive = linear(
        greater(sample_sum(u), 0),
        exp_positive(-4 * c + 2 * u),
        (2, exp_positive(-2 * c - u)),
        number_positive(1),
    )
    bench.show("loss", linear(bench.goal("loss"), (4, log_monotone(larger, positive))))
    sphere = hypothesis("sphere", equal(sigma2 + 2 * tau**2, 8))
    nonnegative = hypothesis("tau-nonnegative", at_least(tau, 0))
    quarter = Fraction(1, 4)
    grown = product(square(2 - tau), linear(at_least(4 * tau + tau * tau, 0), (4, nonnegative), square(tau)))
    bench.show(
        "near",
        linear(
            bench.goal("near"),
            (quarter, grown),
            ((sigma2 + 8 - 2 * tau**2) / 16, sphere),
        ),
    )
    size, s, t = symbol("C"), symbol("sigma"), symbol("tau")
    member = spectral(size, s, t)
    margins = all_margins(member, member, LABELS)
    area = size * size
    pairs = [
        (value, area * t * t if (j + (j >= own)) // 2 == own // 2 else area * (s * s + t * t) / 2)
        for own, row in zip(LABELS, margins, strict=True)
        for j, value in enumerate(row)
    ]
    pairs.append((objective(member, member), area * (s * s + 2 * t * t)))
    away = [x - y for x, y in zip(flat(member), flat(example(size)), strict=True)]
    pairs.append((sum((x * x for x in away[1:]), away[0] * away[0]), area * (s * s + 2 * (2 - t) ** 2)))
    bench.add(lambda: identities(pairs, SCOPE, "margins, norm and distance of the better family"))


def spectral(size: Expr, s: Expr, t: Expr) -> list[list[Expr]]:
    """The symmetric matrix with eigenvalues C (0, sigma, tau, tau) on the Walsh vectors of Z_2^2."""
    half = number(Fraction(1, 4))
    signs = [[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]
    return [
        [
            size
            * half
            * (s * (signs[0][x] * signs[0][y]) + t * (signs[1][x] * signs[1][y] + signs[2][x] * signs[2][y]))
            for y in range(4)
        ]
        for x in range(4)
    ]


@claim(
    id="example-eigenvalue",
    paper=PAPER,
    kind="extension",
    place="Example 3.1: '(W', H') is a saddle point on the sphere', made exact",
    title="At Example 3.1 the smallest eigenvalue of the Riemannian Hessian is -e^{-c} sinh c/cosh^2 c",
    plain="At Example 3.1, with c = C^2 > 0, dL/dW = -mu W with mu = 2/(1 + e^{2c}), and A = Y - P has the singular values sigma = 1/cosh^2 c (on (1,1,-1,-1)), "
    "mu (twice) and 0. As sigma > mu, the smallest eigenvalue of the Riemannian Hessian is mu - sigma = -e^{-c} sinh c/cosh^2 c "
    "(claim strict-saddle-sphere), for every d >= 3.",
    latex=r"\lambda_{\min}=\mu-\sigma=-\frac{e^{-c}\sinh c}{\cosh^2c}",
    scope="K = 4, n = 1, every d >= 3, every C != 0",
    hypotheses=[Hypothesis("c-positive", "c = C^2 > 0", r"c>0")],
    goals={
        "sigma is the largest": greater(4, 2 + 2 * exp(-2 * c)),
        "negative": greater(0, 2 + 2 * exp(-2 * c) - 4),
    },
    depends=["strict-saddle-sphere", "example-gradient"],
    expected="proved",
    tags=["example", "landscape"],
)
def example_eigenvalue(bench: Workbench) -> None:
    """The spectral decomposition of A, multiplied by the denominator 4 cosh^2 c of the softmax."""
    c_positive = hypothesis("c-positive", greater(c, 0))
    small = exp_monotone(linear(greater(0, -2 * c), (2, c_positive)))
    bench.show("sigma is the largest", linear(bench.goal("sigma is the largest"), (2, small)))
    bench.show("negative", linear(bench.goal("negative"), (2, small)))
    size, at = symbol("C"), symbol("C") * symbol("C")
    point = example(size)
    z = matmul(point, point)
    whole = 2 + ex.exp(-2 * at) + ex.exp(2 * at)
    top, pair = number(4), 2 + 2 * ex.exp(-2 * at)
    signs = [[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]
    quarter = number(Fraction(1, 4))
    pairs = []
    for i in range(4):
        for j in range(4):
            gap = (whole if i == j else number(0)) - ex.exp(z[i][j])
            spectrum = quarter * (
                top * (signs[0][i] * signs[0][j])
                + pair * (signs[1][i] * signs[1][j] + signs[2][i] * signs[2][j])
            )
            pairs.append((gap, spectrum))
    value = symbol("c")
    cosh, sinh = (ex.exp(value) + ex.exp(-value)) / 2, (ex.exp(value) - ex.exp(-value)) / 2
    pairs.append((4 * cosh**2, 2 + ex.exp(2 * value) + ex.exp(-2 * value)))
    pairs.append((2 + 2 * ex.exp(-2 * value) - 4, -4 * ex.exp(-value) * sinh))
    bench.add(
        lambda: identities(
            pairs, "K = 4, every C", "A = Y - P and mu - sigma at Example 3.1, times 4 cosh^2 c"
        )
    )
