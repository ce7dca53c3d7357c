"""Sign descent and Adam act entry by entry: which frames they respect."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.derive.kernel import (
    Relation,
    define,
    equal,
    hypothesis,
    linear,
)
from ncverify.derive.terms import (
    Function,
    sqrt,
)
from ncverify.evidence.exact import nonzero_number
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import add, mul, number
from ncverify.theory.expr import exp as exp_of
from ncverify.theory.expr import sqrt as sqrt_of
from ncverify.theory.hadamard import sylvester

from ..garrod.model import a, j, k, r, softmax
from ..garrod.reduced import (
    FAMILY,
    H,
    W,
    alpha,
    alpha_even,
    beta,
    beta_even,
    grad_H,
    grad_W,
    root_K,
    s_even,
    spectral_H,
    spectral_W,
)
from .signed_rows import (
    FACTOR_H,
    FACTOR_W,
    SIGNED,
    Factor,
    Moments,
    Side,
    adam_step,
    level,
    real_frame,
    sign_step,
    signed,
    step,
)

PAPER = "beyond"
m_W, m_H = Function("mW", ("G", "F")), Function("mH", ("F", "G"))
v_W, v_H = Function("sW", ("G", "F")), Function("sH", ("F", "G"))
M_W, M_H, N_W, N_H = (Function(name, ("D",)) for name in ("MW", "MH", "NW", "NH"))


MOMENTS_W = Moments(m_W(k, r), v_W(k, r), M_W(a), N_W(a))
MOMENTS_H = Moments(m_H(r, j), v_H(r, j), M_H(a), N_H(a))
MEANS = [
    Hypothesis(f"{which}-{factor}", f"the mean of the {what} of {factor} is in its family (Adam)")
    for factor in "WH"
    for which, what in (("first", "gradient"), ("second", "squared gradient"))
]


def sign_goal(side: Factor) -> Relation:
    """x - eta x'/|x'|, entry by entry, is the family with its amplitudes moved by eta sqrt K sign(force)."""
    return equal(
        side.point - step * side.slope / sqrt(side.slope**2),
        signed(side.place, side.amplitude + step / root_K * side.force / sqrt(side.force**2)),
    )


def mean_goals(side: Factor, moments: Moments) -> tuple[Relation, Relation]:
    """The new means of Adam are in their families."""
    (m, m_a), (v, v_a) = moments.next_first(side), moments.next_second(side)
    return equal(m, signed(side.place, m_a)), equal(v, level(v_a))


@claim(
    id="sign-descent",
    paper=PAPER,
    kind="extension",
    place="generalises garrod from gradient flow to methods that act entry by entry",
    title="Sign descent and Adam keep the singular vectors if R is a signed permutation",
    plain="Z_2^m, and R with entries 0, 1, -1, at most one in each row (a signed permutation for d = K; else further rows "
    "are 0). Then all entries of W that belong to one mode have one modulus, and so have those of its gradient: a step of "
    "sign descent, W - eta grad/|grad| entry by entry (0 where the gradient is 0), ends in the family with alpha_a + eta "
    "sqrt K sign((1-phat_a) beta_a); so does H. For Adam with any constants: if the running mean of the gradient is in the "
    "family and that of its square has one value for each mode, both are so after the step, and W and H are in the "
    "family.",
    latex=r"\alpha_a^{+}=\alpha_a+\eta\sqrt K\,\mathrm{sign}\bigl((1-\hat p_a)\beta_a\bigr)",
    scope="every K = 2^m, every d >= K, every alpha, beta, step size and constants of Adam, every such R",
    hypotheses=[*FAMILY, *SIGNED, *MEANS],
    goals={
        "sign W": sign_goal(FACTOR_W),
        "sign H": sign_goal(FACTOR_H),
        "Adam mean W": mean_goals(FACTOR_W, MOMENTS_W)[0],
        "Adam square W": mean_goals(FACTOR_W, MOMENTS_W)[1],
        "Adam W": MOMENTS_W.step(FACTOR_W),
        "Adam mean H": mean_goals(FACTOR_H, MOMENTS_H)[0],
        "Adam square H": mean_goals(FACTOR_H, MOMENTS_H)[1],
        "Adam H": MOMENTS_H.step(FACTOR_H),
    },
    depends=["frozen-singular-vectors"],
    expected="proved",
    tags=["reduction", "discrete"],
)
def sign_descent(bench: Workbench) -> None:
    """Row r belongs to one mode, where the gradient has one modulus; functions of it are that of the mode."""
    even = [beta_even, alpha_even, softmax(s_even).phat_even]
    speeds = (
        linear(
            equal(-grad_W(k, r), signed(k, FACTOR_W.force)),
            bench.use("frozen-singular-vectors", "W"),
            unfold=[real_frame],
        ),
        linear(
            equal(-grad_H(r, j), signed(j, FACTOR_H.force)),
            bench.use("frozen-singular-vectors", "H"),
            unfold=[real_frame],
            even=even,
        ),
    )
    places = (
        linear(equal(W(k, r), signed(k, alpha(a))), spectral_W, unfold=[real_frame]),
        linear(equal(H(r, j), signed(j, beta(a))), spectral_H, unfold=[real_frame], even=even),
    )
    for factor, moments, at, known in zip(
        (FACTOR_W, FACTOR_H), (MOMENTS_W, MOMENTS_H), places, speeds, strict=True
    ):
        name = factor.name
        force = Function(f"force{name}", ("D",))(a)
        force_is = define(force, factor.force)
        speed = linear(equal(-factor.slope, signed(factor.place, force)), known, unfold=[force_is])
        shape = (name, factor.place, factor.point, factor.slope, factor.amplitude, force)
        side = Side(*shape, at, speed, force_is)
        bench.show(f"sign {name}", sign_step(side, bench.goal(f"sign {name}")))
        first = hypothesis(
            f"first-{name}", equal(moments.first, signed(factor.place, moments.first_amplitude))
        )
        second = hypothesis(f"second-{name}", equal(moments.second, level(moments.second_amplitude)))
        mean, spread, point = adam_step(
            side,
            moments,
            (first, second),
            (bench.goal(f"Adam mean {name}"), bench.goal(f"Adam square {name}"), bench.goal(f"Adam {name}")),
        )
        bench.show(f"Adam mean {name}", mean)
        bench.show(f"Adam square {name}", spread)
        bench.show(f"Adam {name}", point)


@claim(
    id="sign-descent-any-frame",
    paper=PAPER,
    kind="extension",
    place="limits of sign-descent",
    title="Sign descent and Adam keep the singular vectors for every R",
    plain="For every orthonormal R a step of sign descent, or of Adam, from the spectral family ends in the family. (False: "
    "at K = d = 4, alpha = beta = (0, 1, 1, 1) and R = I - 2 v v^T/5, v = (1, 2, 0, 0), entry (1, 0) of Phi^T X R is not 0, "
    "where X = -grad/|grad| for sign descent and -grad/(|grad| + 10^-8) for the first step of Adam. True for signed "
    "permutations: sign-descent.)",
    latex=r"\Phi^{\top}\mathrm{sign}(\partial_WL)\,R\ \text{diagonal for every}\ R",
    scope="one exact start, K = d = 4 (Z_2^2)",
    depends=["sign-descent"],
    corrected_by="sign-descent",
    expected="refuted",
    tags=["reduction", "discrete", "erratum"],
)
def sign_descent_any_frame(bench: Workbench) -> None:
    """One entry off the diagonal as a number without symbols, in a ball that excludes 0."""
    bench.add(lambda: turned_vector("sign descent", Fraction(0)))
    bench.add(lambda: turned_vector("first step of Adam", Fraction(1, 10**8)))


def turned_vector(method: str, eps: Fraction) -> Evidence:
    """Entry (1, 0) of Phi^T X R for X = -grad/(|grad| + eps), entry by entry, at the exact start."""
    phi, amplitudes = sylvester(2), (0, 1, 1, 1)
    frame = householder((1, 2, 0, 0))
    logits = [Fraction(sum(v * v * phi[u][x] for x, v in enumerate(amplitudes)), 4) for u in range(4)]
    weights = [exp_of(number(value)) for value in logits]
    size = add(weights)
    means = [add(mul([number(phi[u][x]), weights[u]]) for u in range(4)) / size for x in range(4)]
    parts = []
    for u in range(4):
        for row in range(4):
            slope = add(
                mul([number(Fraction(phi[u][x] * v, 2) * frame[row][x]), 1 - means[x]])
                for x, v in enumerate(amplitudes)
            )
            unit = slope / (sqrt_of(slope * slope) + eps)
            parts.append(mul([number(phi[u][1] * frame[row][0]), unit]))
    return nonzero_number(
        add(parts),
        "one exact start, K = d = 4",
        f"{method}: entry (1, 0) of Phi^T X R, off the diagonal",
        {"alpha": str(amplitudes), "R": "I - 2 v v^T/5, v = (1, 2, 0, 0)", "eps": str(eps)},
    )


def householder(v: Sequence[int]) -> list[list[Fraction]]:
    """The rational reflection I - 2 v v^T/|v|^2."""
    norm = sum(x * x for x in v)
    return [
        [Fraction(int(y == x)) - Fraction(2 * v[x] * v[y], norm) for y in range(len(v))]
        for x in range(len(v))
    ]
