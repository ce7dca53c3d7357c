"""What neural collapse looks like on the spectral family."""

from __future__ import annotations

from fractions import Fraction

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    at_least,
    define,
    equal,
    greater,
    hypothesis,
    linear,
    product,
    reciprocal,
    root,
    sum_over,
)
from ncverify.derive.terms import Function, Pow, Sym, chi, delta, sqrt, total
from ncverify.evidence.instances import counterexample
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from .model import CLASSES, D0, PAPER, K, a, g, i, j, k, more_than_one, order, r, s, softmax, symmetric, z
from .reduced import (
    ALPHA_EVEN,
    BALANCED,
    BETA_EVEN,
    ORTHONORMAL,
    SPECTRAL_H,
    SPECTRAL_W,
    H,
    R,
    W,
    alpha,
    alpha_even,
    balanced,
    beta,
    beta_even,
    orthonormal,
    root_K,
    s_even,
    s_is,
    spectral_H,
    spectral_W,
)

level = Sym("t")
gram_W, gram_H, cosine = (Function(name, ("G", "G")) for name in ("gramW", "gramH", "cos"))
frame = level * (delta(i - k) - 1 / K)

COLLAPSED = [
    Hypothesis("collapsed", "all singular values but the frozen one equal t: s_a = t (a != 0)", r"s_a=t"),
    Hypothesis("zero-mode", "the frozen mode is zero: alpha_0 = 0", r"\alpha_0=0"),
]
collapsed = hypothesis("collapsed", equal(s(a), level).where(a), "pointwise")
no_mean = hypothesis("zero-mode", equal(alpha(D0), 0))
level_positive = hypothesis("level", greater(level, 0), "open")

classifier_is = define(gram_W(i, k), total(r, W(i, r) * W(k, r)))
features_is = define(gram_H(i, k), total(r, H(r, i) * H(r, k)))
cosine_is = define(cosine(i, k), gram_W(i, k) / sqrt(gram_W(i, i) * gram_W(k, k)))


@claim(
    id="collapse-etf",
    paper=PAPER,
    kind="published",
    place="abstract: convergence to the neural collapse geometry",
    title="Equal singular values are a simplex frame",
    plain="Where s_a = t for all a != 0: Z = t (I - 11^T/K); W W^T = H^T H = t (I - 11^T/K); W = H^T; the rows of W "
    "and the class means sum to 0; the cosine of two of them is -1/(K-1).",
    latex=r"s_a=t\ (a\ne0)\ \Rightarrow\ Z=WW^{\top}=H^{\top}H=t\bigl(I-\tfrac1K\mathbf 1\mathbf 1^{\top}\bigr),"
    r"\quad \cos(w_i,w_k)=-\tfrac1{K-1}\ (i\ne k)",
    scope="every K >= 2 and d, every finite abelian group, every frame R",
    hypotheses=[
        SPECTRAL_W,
        SPECTRAL_H,
        ORTHONORMAL,
        ALPHA_EVEN,
        BETA_EVEN,
        BALANCED,
        *COLLAPSED,
        Hypothesis("level", "t > 0 (for the cosine)", "t>0"),
        CLASSES,
    ],
    goals={
        "logits": equal(z(g), level * (delta(g) - 1 / K)),
        "classifiers": equal(gram_W(i, k), frame),
        "features": equal(gram_H(i, k), frame),
        "self-dual": equal(W(k, r), H(r, k)),
        "centred": equal(total(k, W(k, r)), 0),
        "cosine": equal(cosine(i, k), -1 / (K - 1)).where(i - k),
    },
    depends=["reduced-ode"],
    expected="proved",
    tags=["collapse", "all-K"],
)
def collapse_etf(bench: Workbench) -> None:
    """Insert s_a = t into the inverse transform; sum_{a != 0} chi_a(g) = K [g = 0] - 1."""
    base = softmax(s_even)
    even = [alpha_even, beta_even]
    bare = linear(equal(s(D0), 0), (beta(D0), no_mean), unfold=[s_is])

    waves = linear(equal(s(a) * chi(a, g), level * chi(a, g)).where(a), (chi(a, g), collapsed))
    spectrum = linear(
        equal(total(a, s(a) * chi(a, g)), level * (K * delta(g) - 1)), sum_over(waves, a, nonzero=True), bare
    )
    bench.show("logits", linear(bench.goal("logits"), (1 / K, spectrum), unfold=[base.z_is]))

    # alpha_a^2 = beta_a^2 = s_a under the sums.
    place = chi(a, i - k)
    by_alpha = sum_over(
        linear(equal(alpha(a) ** 2 * place, s(a) * place), (alpha(a) * place, balanced), unfold=[s_is]), a
    )
    by_beta = sum_over(
        linear(equal(beta(a) ** 2 * place, s(a) * place), (-1 * beta(a) * place, balanced), unfold=[s_is]), a
    )
    row = spectrum.at({g: i - k})
    rows = bench.show(
        "classifiers",
        linear(
            bench.goal("classifiers"),
            (1 / K, by_alpha),
            (1 / K, row),
            unfold=[classifier_is, spectral_W],
            contract=[orthonormal],
            even=even,
        ),
    )
    bench.show(
        "features",
        linear(
            bench.goal("features"),
            (1 / K, by_beta),
            (1 / K, row),
            unfold=[features_is, spectral_H],
            contract=[orthonormal],
            even=even,
        ),
    )
    amplitude = root_K * chi(a, k) * R(r, -a)
    swap = linear(equal(amplitude * alpha(a), amplitude * beta(a)), (amplitude, balanced))
    bench.show(
        "self-dual",
        linear(
            bench.goal("self-dual"), spectral_W, (-1, spectral_H.at({j: k})), sum_over(swap, a), even=even
        ),
    )
    bench.show(
        "centred",
        linear(bench.goal("centred"), (Pow(K, Fraction(1, 2)) * R(r, D0), no_mean), unfold=[spectral_W]),
    )

    # The norm: gram(i, i) = t (K - 1)/K > 0 for every i, so sqrt(gram(i, i) gram(k, k)) = t (K - 1)/K.
    size = level * (K - 1) / K
    positive = product(product(level_positive, more_than_one), reciprocal(order))
    length = linear(equal(gram_W(i, i), size), rows.at({k: i}))
    squares = linear(
        equal(size * size, gram_W(i, i) * gram_W(k, k)),
        (-1 * size, length.at({i: k})),
        (-1 * gram_W(k, k), length),
    )
    norm = root(linear(at_least(size, 0), positive), squares)
    apart = linear(equal(gram_W(i, k), -level / K).where(i - k), rows)
    norm_positive = linear(greater(sqrt(gram_W(i, i) * gram_W(k, k)), 0), positive, (-1, norm))
    bench.show(
        "cosine",
        linear(
            bench.goal("cosine"),
            cosine_is,
            (reciprocal(norm_positive).relation.lhs, apart),
            (-1 * reciprocal(norm_positive).relation.lhs / (K - 1), norm),
            nonzero=[more_than_one, norm_positive, level_positive],
        ),
    )


@claim(
    id="collapse-orthogonal",
    paper=PAPER,
    kind="published",
    place="summary (not the paper): 'inter-class means become orthogonal and equidistant'",
    title="Class means become orthogonal",
    plain="At collapse the class means of different classes are orthogonal.",
    latex=r"\langle h_i,h_k\rangle=0\quad(i\neq k)",
    scope="refuted for every K >= 2: the inner product is -t/K < 0 (collapse-etf); witness at exact points",
    hypotheses=[],
    depends=["collapse-etf"],
    corrected_by="collapse-etf",
    expected="refuted",
    tags=["collapse", "erratum"],
)
def collapse_orthogonal(bench: Workbench) -> None:
    """At collapse H^T H = Z (both are the frame): evaluate an entry off the diagonal."""
    bench.use("collapse-etf", "features")
    bench.use("collapse-etf", "logits")
    printed = equal(z(i - k), 0).where(i - k)
    bench.add(
        lambda: counterexample(
            printed,
            softmax(symmetric).definitions[:1],
            [AbelianGroup.walsh(2), AbelianGroup.cyclic(3)],
            spectra=lambda group: [(Fraction(0), *[Fraction(1)] * (group.order - 1))],
        )
    )
