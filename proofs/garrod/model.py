"""The model of *Diagonalizing the Softmax*, in the language of the all-K calculus.

Classes are the elements g of a finite abelian group G of order K, singular values s_a belong to its
characters a; one sample per class.  The logits of the spectral family are Z_ij = z(i - j) with
z(g) = (1/K) sum_a s_a chi_a(g); p is the softmax of one column and phat_a = sum_g p(g) chi_a(g).
The Walsh case G = Z_2^m is the Sylvester Hadamard matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

from ncverify.book.claim import Hypothesis
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    equal,
    exp_positive,
    greater,
    hypothesis,
    linear,
    number_positive,
    order_positive,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Function, Index, Sym, Var, chi, exp, total

K, d = Sym("K"), Sym("d")
a, b, c = (Var(name, "D") for name in "abc")
g, h, i, j, k, l = (Var(name, "G") for name in "ghijkl")
r, q_ = Var("r", "F"), Var("q", "F")
G0, D0 = Index("G"), Index("D")

s, s_rate = Function("s", ("D",)), Function("s'", ("D",))
z, p, q = (Function(name, ("G",)) for name in "zpq")
phat = Function("phat", ("D",))
Q, S = Sym("Q"), Sym("S")

PAPER = "garrod"


@dataclass(frozen=True)
class Softmax:
    """The objects that belong to one spectrum, and what is always true of them."""

    symmetric: Theorem
    z_is: Theorem
    z_even: Theorem
    Q_is: Theorem
    Q_positive: Theorem
    weights_positive: Theorem
    p_is: Theorem
    p_even: Theorem
    p_total: Theorem
    p_positive: Theorem
    phat_is: Theorem
    phat_even: Theorem
    phat_zero: Theorem

    @property
    def definitions(self) -> list[Theorem]:
        """What defines z, Q, p and phat, for evaluating statements in a concrete group."""
        return [self.z_is, self.Q_is, self.p_is, self.phat_is]


def softmax(symmetric: Theorem) -> Softmax:
    """Build z, p, phat from the spectrum; ``symmetric`` shows s_{-a} = s_a, so that the logits are real."""
    z_is = define(z(g), total(a, s(a) * chi(a, g)) / K, even=[symmetric])
    z_even = linear(equal(z(-g), z(g)), unfold=[z_is], even=[symmetric])
    weights_positive = linear(greater(total(g, exp(z(g))), 0), sum_over(exp_positive(z(g)), g))
    Q_is = define(Q, total(g, exp(z(g))))
    Q_positive = linear(greater(Q, 0), weights_positive, unfold=[Q_is])
    p_is = define(p(g), exp(z(g)) / Q)
    p_even = linear(equal(p(-g), p(g)), unfold=[p_is], even=[z_even])
    p_total = linear(equal(total(g, p(g)), 1), unfold=[p_is, Q_is], nonzero=[weights_positive])
    p_positive = linear(greater(p(g), 0), product(exp_positive(z(g)), reciprocal(Q_positive)), unfold=[p_is])
    phat_is = define(phat(a), total(g, p(g) * chi(a, g)), even=[p_even])
    phat_even = linear(equal(phat(-a), phat(a)), unfold=[phat_is], even=[p_even])
    phat_zero = linear(equal(phat(D0), 1), unfold=[phat_is], contract=[p_total])
    return Softmax(
        symmetric,
        z_is,
        z_even,
        Q_is,
        Q_positive,
        weights_positive,
        p_is,
        p_even,
        p_total,
        p_positive,
        phat_is,
        phat_even,
        phat_zero,
    )


# The hypotheses of the paper, each by the name under which proofs use it.

SYMMETRIC = Hypothesis(
    "symmetric", "the spectrum is symmetric, s_{-a} = s_a (no condition for Z_2^m)", r"s_{-a}=s_a"
)
FLOW = Hypothesis(
    "balanced-flow", "s follows the balanced reduced flow (claim reduced-ode)", r"\dot s_a=2s_a(1-\hat p_a)"
)
POSITIVE = Hypothesis("positive", "all singular values but the frozen one are positive", r"s_a>0\ (a\neq0)")
ZERO_MODE = Hypothesis("zero-mode", "the frozen mode is zero, s_0 = 0", r"s_0=0")
CLASSES = Hypothesis("classes", "there are at least two classes", r"K\geq2")

symmetric = hypothesis("symmetric", equal(s(-a), s(a)))
positive = hypothesis("positive", greater(s(a), 0).where(a), "open")
zero_mode = hypothesis("zero-mode", equal(s(D0), 0))
classes = hypothesis("classes", at_least(K, 2))
order = linear(greater(K, 0), order_positive("K"), number_positive(1))
more_than_one = linear(greater(K - 1, 0), classes, number_positive(1))

reduced_rate = equal(s_rate(a), 2 * s(a) * (1 - phat(a)))
