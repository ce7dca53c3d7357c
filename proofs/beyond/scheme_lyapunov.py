"""The Lyapunov function in a symmetric association scheme: eigenspaces count with their dimensions."""

from __future__ import annotations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    at_least,
    define,
    derivative,
    equal,
    exp_increasing,
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
from ncverify.derive.terms import Sym, delta, exp, log, total, total_nonzero
from ncverify.evidence.workbench import Workbench

from ..garrod.model import K, i, j, l
from .scheme_flow import (
    EIGENSPACES,
    eigen,
    idempotents,
    in_algebra,
    mean,
    multiplicity,
    nonempty,
    spectrum,
    spectrum_rate,
    symmetric_A,
    symmetric_E,
)
from .schemes import (
    PAPER,
    SAME,
    SCHEME,
    A,
    diagonal,
    disjoint,
    dual,
    e,
    idempotent,
    partition,
    ps,
    scaled,
    size,
    u,
    v,
    valencies,
    valency,
    value,
    x,
    zs,
)

n = Sym("n")
S, V, S_rate, V_rate = Sym("Ssch"), Sym("Vsch"), Sym("Ssch'"), Sym("Vsch'")
PAIRS = total_nonzero(u, total_nonzero(v, valency(u) * valency(v) * (ps(u) - ps(v)) * (zs(u) - zs(v))))
MORE = [
    Hypothesis("resolution", "the projections add up to the identity", r"\sum_eE_e=I"),
    Hypothesis("constants", "E_0 is the projection on the constants", r"E_0=J/K"),
    Hypothesis(
        "multiplicities", "mult(e) is the dimension of eigenspace e, the trace of E_e", r"m_e=\mathrm{tr}E_e"
    ),
    Hypothesis("eigenspaces-nonzero", "no eigenspace is zero", r"m_e>0"),
    Hypothesis("relations-nonempty", "no relation is empty: c(u,u,0) > 0", r"\kappa_u>0"),
    Hypothesis("several", "there is a relation besides equality", r"n\geq2"),
]


@claim(
    id="scheme-lyapunov",
    paper=PAPER,
    kind="extension",
    place="generalises garrod's Lyapunov function from groups to symmetric association schemes",
    title="The Lyapunov function with multiplicities decreases in every symmetric association scheme",
    plain="With m_e the dimension of eigenspace e and S = sum_{e!=0} m_e s_e, V = log S - (1/(K-1)) sum_{e!=0} m_e log s_e - "
    "log(K-1) satisfies V' = -1/((K-1) z(0)) sum_{u,v!=0} kappa(u) kappa(v) (p(u)-p(v)) (z(u)-z(v)) <= 0 along s_e' = 2 s_e "
    "(1-phat_e) (scheme-flow); z(u), p(u) are the entries of Z and P on relation u, kappa(u) its valency.",
    latex=r"V=\log\sum_{e\ne0}m_es_e-\tfrac1{K-1}\sum_{e\neq0}m_e\log s_e-\log(K-1),\qquad \dot V\le0",
    scope="every symmetric association scheme with a relation besides equality, every positive spectrum",
    hypotheses=[
        *SCHEME,
        *EIGENSPACES,
        *MORE,
        Hypothesis(
            "scheme-reduced-flow", "s_e' = 2 s_e (1-phat_e) (scheme-flow)", r"\dot s_e=2s_e(1-\hat p_e)"
        ),
        Hypothesis("scheme-positive", "s_e > 0 for every eigenspace but the constants", r"s_e>0\ (e\neq0)"),
        Hypothesis("scheme-zero-mode", "the frozen mode is zero, s_0 = 0", "s_0=0"),
    ],
    goals={
        "derivative": equal(V_rate, -1 * PAIRS / ((K - 1) * zs(SAME))),
        "decreasing": at_least(0, V_rate),
    },
    depends=["scheme-flow"],
    expected="proved",
    tags=["schemes", "lyapunov", "all-K"],
)
def scheme_lyapunov(bench: Workbench) -> None:
    """m_e ev(u,e) = K kappa(u) dual(e,u) turns sums over eigenspaces into sums over relations."""
    resolution = hypothesis("resolution", equal(total(e, idempotent(e, i, j)), delta(i - j)))
    constants = hypothesis("constants", equal(idempotent(SAME, i, j), 1 / K))
    trace = hypothesis("multiplicities", equal(multiplicity(e), total(i, idempotent(e, i, i))))
    several = hypothesis("several", at_least(n, 2))
    flow = hypothesis("scheme-reduced-flow", equal(spectrum_rate(e), 2 * spectrum(e) * (1 - mean(e))))
    positive = hypothesis("scheme-positive", greater(spectrum(e), 0).where(e), "open")
    zero_mode = hypothesis("scheme-zero-mode", equal(spectrum(SAME), 0))
    known = valencies()
    kappa_is = known.kappa_is
    filled = hypothesis("relations-nonempty", greater(kappa_is.relation.rhs, 0))
    kappa_positive = linear(greater(valency(u), 0), filled, unfold=[kappa_is])
    order = linear(greater(K, 0), order_positive("K"), number_positive(1))

    # The eigenmatrices of the scheme.
    product_ = sum_over(sum_over(scaled(A(u, i, j), in_algebra.at({i: j, j: i})), j), i)
    turned = sum_over(
        sum_over(sum_over(scaled(A(u, i, j) * dual(e, v), symmetric_A.at({u: v, i: j, j: i})), v), j),
        i,
    )
    apart = sum_over(sum_over(sum_over(scaled(dual(e, v), disjoint), v), j), i)
    duality = linear(
        equal(multiplicity(e) * value(u, e), K * valency(u) * dual(e, u)),
        (value(u, e), trace),
        (-1, sum_over(eigen.at({l: i}), i)),
        product_,
        turned,
        apart,
        sum_over(scaled(dual(e, u), known.sums), j),
    )
    identity = linear(
        equal(valency(u) * total(e, dual(e, u)), delta(u)),
        (-1 * total(e, dual(e, u)), known.sums),
        (-1, sum_over(sum_over(sum_over(scaled(dual(e, v), disjoint), v), e), i)),
        (-1, sum_over(sum_over(scaled(A(u, i, j), in_algebra), i), e)),
        sum_over(scaled(A(u, i, j), resolution), i),
        known.equality,
    )
    # Rows of E_e add up to [e = 0]; so do valencies against dual(e, u).
    rows = linear(
        equal(total(j, idempotent(e, i, j)), delta(e)),
        (-1 * K, sum_over(scaled(idempotent(e, i, j), constants.at({i: j, j: l})), j)),
        (K, idempotents.at({x: SAME})),
        (K * delta(e), constants.at({j: l})),
    )
    weighed = linear(
        equal(total(u, valency(u) * dual(e, u)), delta(e)),
        sum_over(scaled(-1 * dual(e, u), known.sums), u),
        (-1, sum_over(in_algebra, i)),
        sum_over(symmetric_E, i),
        rows.at({i: j}),
    )
    dimension = linear(
        equal(multiplicity(e), K * dual(e, SAME)),
        trace,
        sum_over(in_algebra.at({j: i}), i),
        sum_over(sum_over(scaled(dual(e, u), known.equality.at({j: i})), u), i),
    )
    one = linear(equal(valency(SAME), 1), (-1, known.sums.at({u: SAME})), sum_over(diagonal, i))
    ones = linear(equal(multiplicity(SAME), 1), trace.at({e: SAME}), sum_over(constants.at({j: i}), i))
    flat = dual(SAME, u)
    first = linear(
        equal(value(u, SAME), valency(u)),
        duality.at({e: SAME}),
        (-1 * value(u, SAME), ones),
        (-1 * K * flat, known.sums),
        (-1 * K, sum_over(sum_over(scaled(dual(SAME, v), disjoint), v), i)),
        (-1 * K, sum_over(scaled(A(u, i, j), in_algebra.at({e: SAME})), i)),
        (K, sum_over(scaled(A(u, i, j), constants), i)),
        known.sums,
    )
    classes = linear(
        equal(total(u, valency(u)), K),
        (-1, sum_over(known.sums, u)),
        sum_over(partition, i),
    )
    dimensions = linear(
        equal(total(e, multiplicity(e)), K),
        sum_over(dimension, e),
        (K, identity.at({u: SAME})),
        (-1 * K * total(e, dual(e, SAME)), one),
    )
    less_one = linear(
        greater(K - 1, 0), sum_over(nonempty, e, nonzero=True, several=several), (-1, dimensions), ones
    )

    # The softmax of one column, by relations.
    zs_is = define(zs(u), total(e, spectrum(e) * dual(e, u)))
    size_is = define(size, total(u, valency(u) * exp(zs(u))))
    size_positive = linear(
        greater(size, 0), sum_over(product(kappa_positive, exp_positive(zs(u))), u), unfold=[size_is]
    )
    p_is = define(ps(u), exp(zs(u)) / size)
    p_total = linear(
        equal(total(u, valency(u) * ps(u)), 1), (-1 / size, size_is), unfold=[p_is], nonzero=[size_positive]
    )
    mean_is = define(mean(e), total(u, ps(u) * value(u, e)))
    mean_zero = linear(
        equal(mean(SAME), 1), mean_is.at({e: SAME}), sum_over(scaled(ps(u), first), u), p_total
    )
    z_total = linear(
        equal(total(u, valency(u) * zs(u)), 0),
        sum_over(scaled(spectrum(e), weighed), e),
        zero_mode,
        unfold=[zs_is],
    )
    S_is = define(S, total_nonzero(e, multiplicity(e) * spectrum(e)))
    S_trace = linear(
        equal(S, K * zs(SAME)),
        S_is,
        sum_over(scaled(spectrum(e), dimension), e),
        (-1 * multiplicity(SAME), zero_mode),
        unfold=[zs_is],
    )
    S_positive = linear(
        greater(S, 0),
        sum_over(product(nonempty, positive), e, nonzero=True, several=several),
        S_is,
    )
    top_positive = linear(greater(zs(SAME), 0), S_positive, (-1, S_trace), divide_by=order)
    V_is = define(V, log(S) - total_nonzero(e, multiplicity(e) * log(spectrum(e))) / (K - 1) - log(K - 1))

    # Differentiate, and turn the sums over eigenspaces into sums over relations.
    rates = {"ss": ((e,), spectrum_rate(e))}
    S_dot = derivative(S_is, S_rate, rates, constants=["mult"])
    V_dot = derivative(V_is, V_rate, rates, along=[S_dot], constants=["mult"], regular=[S_positive, positive])
    weighted = sum_over(
        linear(
            equal(
                multiplicity(e) * spectrum(e) * mean(e),
                total(u, K * valency(u) * ps(u) * spectrum(e) * dual(e, u)),
            ),
            (multiplicity(e) * spectrum(e), mean_is),
            sum_over(scaled(ps(u) * spectrum(e), duality), u),
        ),
        e,
    )
    growth = linear(
        equal(S_rate, 2 * K * (zs(SAME) - total(u, valency(u) * ps(u) * zs(u)))),
        S_dot,
        sum_over(scaled(multiplicity(e), flow), e, nonzero=True),
        (-2, S_is),
        (2, S_trace),
        (-2, weighted),
        (2 * multiplicity(SAME) * mean(SAME), zero_mode),
        unfold=[zs_is],
    )
    relative = linear(
        equal(
            multiplicity(e) * spectrum(e) ** -1 * spectrum_rate(e), 2 * multiplicity(e) * (1 - mean(e))
        ).where(e),
        (multiplicity(e) * spectrum(e) ** -1, flow),
        nonzero=[positive],
    )
    masses = sum_over(
        linear(
            equal(multiplicity(e) * mean(e), total(u, K * valency(u) * ps(u) * dual(e, u))),
            (multiplicity(e), mean_is),
            sum_over(scaled(ps(u), duality), u),
        ),
        e,
    )
    logs = linear(
        equal(
            total_nonzero(e, multiplicity(e) * spectrum(e) ** -1 * spectrum_rate(e)),
            2 * K * (1 - ps(SAME)),
        ),
        sum_over(relative, e, nonzero=True),
        (2, dimensions),
        (-2, masses),
        (-2 * K, sum_over(scaled(ps(u), identity), u)),
        (2 * multiplicity(SAME), mean_zero),
    )
    mixed = total(u, valency(u) * ps(u) * zs(u))
    top = ps(SAME) * zs(SAME)
    spread = total(v, valency(v) * (ps(SAME) - ps(v)) * (zs(SAME) - zs(v)))
    pairs = linear(
        equal(PAIRS, 2 * (K - 1) * (mixed - top) + 2 * zs(SAME) - 2 * top),
        (-2 * spread, one),
        contract=[classes, p_total, z_total],
    )
    change = bench.show(
        "derivative",
        linear(
            bench.goal("derivative"),
            V_dot,
            (S**-1, growth),
            (-((K - 1) ** -1), logs),
            (1 / ((K - 1) * zs(SAME)), pairs),
            unfold=[S_trace],
            nonzero=[top_positive, less_one],
        ),
    )
    ordered = linear(
        at_least((ps(u) - ps(v)) * (zs(u) - zs(v)), 0),
        (reciprocal(size_positive), exp_increasing(zs(u), zs(v))),
        unfold=[p_is],
    )
    counted = product(product(kappa_positive, kappa_positive.at({u: v})), ordered)
    summed = sum_over(sum_over(counted, v, nonzero=True), u, nonzero=True)
    scale = product(reciprocal(less_one), reciprocal(top_positive))
    bench.show("decreasing", linear(bench.goal("decreasing"), (scale, summed), (-1, change)))
