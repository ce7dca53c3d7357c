"""Which distances to collapse shrink at every time: small groups, where phat is ordered like s."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.kernel import (
    Relation,
    Theorem,
    at_least,
    define,
    delta_at_most_one,
    derivative,
    equal,
    everywhere,
    exp_increasing,
    exp_monotone,
    exp_positive,
    extremes_approach,
    greater,
    hypothesis,
    linear,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import (
    Function,
    Index,
    Sym,
    Term,
    Var,
    chi,
    delta,
    exp,
    index,
    substitute,
    total,
    total_nonzero,
)
from ncverify.evidence.certify import certify_rate
from ncverify.evidence.identities import identities
from ncverify.evidence.instances import instances
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import Expr, number, symbol
from ncverify.theory.expr import exp as expr_exp
from ncverify.theory.groups import AbelianGroup

from .model import (
    CLASSES,
    FLOW,
    POSITIVE,
    SYMMETRIC,
    Q,
    S,
    Softmax,
    a,
    b,
    c,
    classes,
    g,
    phat,
    positive,
    s,
    s_rate,
    softmax,
    symmetric,
    z,
)
from .monotone import exact

KLEIN, CYCLIC_4 = AbelianGroup.walsh(2), AbelianGroup.cyclic(4)
CUBE, CYCLIC_8 = AbelianGroup.walsh(3), AbelianGroup.cyclic(8)

S_rate = Sym("S'")
squares, squares_rate = Sym("T"), Sym("T'")
cosine, cosine_rate = Sym("C"), Sym("C'")
share, share_rate = Function("share", ("D",)), Function("share'", ("D",))
most, fewest = Var("most", "D", fixed=True), Var("fewest", "D", fixed=True)
ratio_rate = s_rate(a) * s(b) - s(a) * s_rate(b)
extreme_rate = s_rate(most) * s(fewest) - s(most) * s_rate(fewest)

LARGEST = Hypothesis("largest", "s is largest at the mode most", r"s_a\le s_{\max}\ (a\neq0)")
SMALLEST = Hypothesis("least", "s is smallest at the mode fewest", r"s_a\ge s_{\min}\ (a\neq0)")
largest = hypothesis("largest", at_least(s(most), s(a)).where(a), "pointwise")
smallest = hypothesis("least", at_least(s(a), s(fewest)).where(a), "pointwise")

# sum_g e^{z(g)} (chi_a(g) - chi_b(g)) = Q (phat_a - phat_b)
contrast = total(g, exp(z(g)) * (chi(a, g) - chi(b, g)))
FOUR = equal(contrast, 2 * exp(-S / 4) * (exp(s(a) / 2) - exp(s(b) / 2))).where(a, b)


def eighth(sign: int, third: int) -> Term:
    """z at the class where chi_a, chi_b, chi_c are sign, -sign, third: the spectrum in the basis a, b, c."""
    plane = sign * s(a) - sign * s(b) - s(a + b)
    rest = s(c) + sign * s(a + c) - sign * s(b + c) - s(a + b + c)
    return (plane + third * rest) / 8


def apart(form: Index) -> Term:
    """1 where the index is not 0, else 0."""
    return 1 - delta(form)


# the mean over the four c with which a, b are a basis: c is not 0, a, b or a + b (in Z_2^m, -a = a)
THIRD = (index(c), c + a, c + b, a + b + c)
basis = apart(THIRD[0]) * apart(THIRD[1]) * apart(THIRD[2]) * apart(THIRD[3])
bracket = exp(eighth(1, 1)) + exp(eighth(1, -1)) - exp(eighth(-1, 1)) - exp(eighth(-1, -1))
EIGHT = equal(contrast, total(c, basis * bracket) / 2).where(a, b, a - b)


def expressions(group: AbelianGroup) -> tuple[list[Expr], list[Expr]]:
    """The spectrum s_a (one symbol for a and -a, s_0 = 0) and sum_g e^{z(g)} Re chi_a(g), for every a."""
    spectrum = [number(0)] * group.order
    for orbit in group.sign_classes[1:]:
        for member in orbit:
            spectrum[member] = symbol(f"s{orbit[0]}")
    quarter = {Fraction(0): 1, Fraction(1, 4): 0, Fraction(1, 2): -1, Fraction(3, 4): 0}
    real = [[quarter[group.pairing(x, y)] for y in range(group.order)] for x in range(group.order)]
    logits = [sum_of(spectrum, [row[y] for row in real]) / group.order for y in range(group.order)]
    weights = [expr_exp(value) for value in logits]
    return spectrum, [sum_of(weights, row) for row in real]


def sum_of(values: list[Expr], counts: list[int]) -> Expr:
    """The combination of values with whole coefficients."""
    return sum((value * count for value, count in zip(values, counts, strict=True)), number(0))


def four_classes(group: AbelianGroup) -> list[tuple[Expr, Expr]]:
    """Both sides of FOUR for all a, b != 0, with S = sum of s."""
    spectrum, modes = expressions(group)
    size = sum_of(spectrum, [1] * group.order)
    places = range(1, group.order)
    return [
        (
            modes[x] - modes[y],
            2 * expr_exp(-size / 4) * (expr_exp(spectrum[x] / 2) - expr_exp(spectrum[y] / 2)),
        )
        for x in places
        for y in places
    ]


def eight_classes() -> list[tuple[Expr, Expr]]:
    """Both sides of EIGHT in Z_2^3 for all a != b, both not 0."""
    spectrum, modes = expressions(CUBE)

    def at(x: int, y: int, w: int, sign: int, third: int) -> Expr:
        plane = spectrum[x] * sign - spectrum[y] * sign - spectrum[x ^ y]
        rest = spectrum[w] + spectrum[x ^ w] * sign - spectrum[y ^ w] * sign - spectrum[x ^ y ^ w]
        return expr_exp((plane + rest * third) / 8)

    pairs = []
    for x, y in permutations(range(1, 8), 2):
        thirds = [w for w in range(1, 8) if w not in (x, y, x ^ y)]
        mean = sum(
            (at(x, y, w, sign, third) * sign for w in thirds for sign in (1, -1) for third in (1, -1)),
            number(0),
        )
        pairs.append((modes[x] - modes[y], mean / 2))
    return pairs


@claim(
    id="monotone-k4",
    paper="beyond",
    kind="extension",
    place="beside the non-monotone distances of garrod",
    title="For four classes every distance to collapse shrinks at all times",
    plain="K = 4, both groups (Z_2^2 and Z_4): Q (phat_a - phat_b) = 2 e^{-S/4} (e^{s_a/2} - e^{s_b/2}) for a, b != 0, so "
    "phat is ordered like s. Hence along the balanced flow every ratio of a larger to a smaller s_a falls (so max "
    "s/min s does), the cosine between s and the all-ones vector grows, and the largest share s_a/S falls.",
    latex=r"\hat p_a-\hat p_b=\tfrac2Qe^{-S/4}\bigl(e^{s_a/2}-e^{s_b/2}\bigr)\quad(K=4)",
    scope="K = 4, Z_2^2 and Z_4, every real symmetric positive spectrum",
    hypotheses=[
        SYMMETRIC,
        POSITIVE,
        CLASSES,
        FLOW,
        Hypothesis(
            "four-classes",
            "K = 4 and s_0 = 0, by way of sum_g e^{z(g)} (chi_a - chi_b)(g) = 2 e^{-S/4} (e^{s_a/2} - e^{s_b/2}), "
            "decided here for both groups",
        ),
        LARGEST,
    ],
    goals={
        "order": at_least((phat(a) - phat(b)) * (s(a) - s(b)), 0).where(a, b),
        "ratios": at_least(0, ratio_rate * (s(a) - s(b))).where(a, b),
        "cosine": at_least(cosine_rate, 0),
        "largest share": at_least(0, share_rate(most)).where(most),
        "extremes": Relation(s(a), "max/min falls").where(a),
    },
    depends=["reduced-ode", "growth"],
    expected="proved",
    tags=["monotone"],
)
def monotone_k4(bench: Workbench) -> None:
    """One formula for both groups of order four; each distance is a sum over pairs (s_a - s_b)(phat_a - phat_b)."""
    base = softmax(symmetric)
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")
    for group in (KLEIN, CYCLIC_4):
        bench.add(
            lambda group=group: identities(
                four_classes(group), f"K = 4, {group.name}", f"the hypothesis four-classes in {group.name}"
            )
        )
    formula = law(base, hypothesis("four-classes", FOUR))
    S_is = define(S, total_nonzero(a, s(a)))
    bench.beside(lambda: instances([*base.definitions, S_is], {"four-classes": FOUR}, [KLEIN, CYCLIC_4]))
    S_positive = linear(greater(S, 0), sum_over(positive, a, nonzero=True, several=classes), unfold=[S_is])
    order = bench.show(
        "order",
        linear(
            bench.goal("order"),
            (4, product(exp_positive(-S / 4), exp_increasing(s(a) / 2, s(b) / 2))),
            (s(a) - s(b), formula),
            divide_by=base.Q_positive,
        ),
    )
    both = linear(greater(2 * s(a) * s(b), 0).where(a, b), (2, product(positive, positive.at({a: b}))))
    change = ratio_change(flow)
    bench.show("ratios", linear(bench.goal("ratios"), (both, order), (s(b) - s(a), change)))

    # C = S^2/((K-1) T): C' is a sum over pairs.
    rates = {"s": ((a,), s_rate(a))}
    T_is = define(squares, total_nonzero(a, s(a) * s(a)))
    each = product(positive, positive)
    T_positive = linear(greater(squares, 0), sum_over(each, a, nonzero=True, several=classes), unfold=[T_is])
    C_is = define(cosine, S * S / squares)
    S_dot = derivative(S_is, S_rate, rates)
    T_dot = derivative(T_is, squares_rate, rates)
    C_dot = derivative(C_is, cosine_rate, rates, along=[S_dot, T_dot], regular=[T_positive])
    pairs = sum_over(sum_over(product(both, order), b, nonzero=True), a, nonzero=True)
    S_pace = linear(
        equal(S_rate, total_nonzero(a, 2 * s(a) * (1 - phat(a)))), S_dot, sum_over(flow, a, nonzero=True)
    )
    by_mode = linear(equal(s(a) * s_rate(a), 2 * s(a) * s(a) * (1 - phat(a))), (s(a), flow))
    T_pace = linear(
        equal(squares_rate, total_nonzero(a, 4 * s(a) * s(a) * (1 - phat(a)))),
        T_dot,
        (2, sum_over(by_mode, a, nonzero=True)),
    )
    numerator = linear(
        at_least(S_rate * squares - S * squares_rate / 2, 0),
        (Fraction(1, 2), pairs),
        (squares, S_pace),
        (-S / 2, T_pace),
        unfold=[S_is, T_is],
    )
    inverse = reciprocal(T_positive)
    scale = linear(
        greater(2 * S * squares**-1 * squares**-1, 0), (2, product(product(S_positive, inverse), inverse))
    )
    bench.show("cosine", linear(bench.goal("cosine"), C_dot, (scale, numerator), nonzero=[T_positive]))

    # share_a = s_a/S at the largest mode: phat is largest there, too.
    share_is = define(share(a), s(a) / S)
    share_dot = derivative(share_is, share_rate(a), rates, along=[S_dot], regular=[S_positive])
    half = linear(at_least(s(most) / 2, s(a) / 2).where(a), (Fraction(1, 2), largest))
    lead = linear(
        at_least(phat(most) - phat(a), 0).where(most, a),
        (
            2,
            product(
                exp_positive(-S / 4),
                linear(at_least(exp(s(most) / 2) - exp(s(a) / 2), 0).where(a), exp_monotone(half)),
            ),
        ),
        formula.at({a: most, b: a}),
        divide_by=base.Q_positive,
    )
    weights = linear(
        greater(2 * s(most) * s(a), 0).where(most, a), (2, product(positive.at({a: most}), positive))
    )
    falls = sum_over(product(weights, lead), a, nonzero=True)
    ratio = linear(
        at_least(0, extreme_rate).where(most, fewest),
        product(weights, lead).at({a: fewest}),
        (-1, change.at({a: most, b: fewest})),
    )
    sign = bench.use("growth", "sign")
    bench.show("extremes", extremes_approach(ratio, positive, s(a), (most, fewest), along=[sign]))
    turn = product(reciprocal(S_positive), reciprocal(S_positive))
    bench.show(
        "largest share",
        linear(
            bench.goal("largest share"),
            (turn, falls),
            (-1, share_dot.at({a: most})),
            (-(S**-1), flow.at({a: most})),
            (s(most) * S**-2, S_pace),
            (-2 * s(most) * (1 - phat(most)) * S**-2, S_is),
            nonzero=[S_positive],
        ),
    )


def law(base: Softmax, decided: Theorem) -> Theorem:
    """Q (phat_a - phat_b) by the formula that ``decided`` states for the group."""
    opened = linear(
        equal(Q * (phat(a) - phat(b)), contrast),
        unfold=[base.phat_is, base.p_is],
        nonzero=[base.Q_positive],
    )
    relation = decided.relation
    return linear(equal(Q * (phat(a) - phat(b)), relation.rhs).where(*relation.conditions), opened, decided)


def ratio_change(flow: Theorem) -> Theorem:
    """s_a' s_b - s_a s_b' = 2 s_a s_b (phat_b - phat_a)."""
    return linear(
        equal(ratio_rate, 2 * s(a) * s(b) * (phat(b) - phat(a))), (s(b), flow), (-1 * s(a), flow.at({a: b}))
    )


DIFFERENT = (most, fewest, most - fewest)


@claim(
    id="maxmin-monotone-k8",
    paper="beyond",
    kind="extension",
    place="beside the non-monotone distances of garrod",
    title="For Z_2^3 the largest over the smallest singular value never grows",
    plain="K = 8, G = Z_2^3: where s_a is the largest and s_b the smallest of the s_c (c != 0), phat_a >= phat_b, hence "
    "(s_a/s_b)' <= 0 along the balanced flow; so max s/min s never grows.",
    latex=r"s_a=\max_{c\ne0}s_c,\ s_b=\min_{c\ne0}s_c\ \Rightarrow\ \hat p_a\ge\hat p_b,\quad\frac{d}{dt}\frac{s_a}{s_b}\le0",
    scope="K = 8, Z_2^3, every positive spectrum (for Z_8 it is false: maxmin-monotone-z8)",
    hypotheses=[
        SYMMETRIC,
        POSITIVE,
        FLOW,
        Hypothesis(
            "eight-classes",
            "G = Z_2^3 and s_0 = 0, by way of the expansion of sum_g e^{z(g)} (chi_a - chi_b)(g) in the bases a, b, c of "
            "the characters, decided here for all a, b",
        ),
        LARGEST,
        SMALLEST,
    ],
    goals={
        "order": at_least(phat(most), phat(fewest)).where(*DIFFERENT),
        "ratio": at_least(0, extreme_rate).where(*DIFFERENT),
        "extremes": Relation(s(a), "max/min falls").where(a),
    },
    depends=["reduced-ode", "growth"],
    expected="proved",
    tags=["monotone"],
)
def maxmin_monotone(bench: Workbench) -> None:
    """Q (phat_a - phat_b) is a sum of two e^x - e^y with x - y = (s_a - s_b +- (s_{a+c} - s_{b+c}))/4 >= 0."""
    base = softmax(symmetric)
    flow = bench.assume("balanced-flow", "reduced-ode", "balanced")
    bench.add(
        lambda: identities(eight_classes(), "K = 8, Z_2^3", "the hypothesis eight-classes for all a, b")
    )
    bench.beside(lambda: instances(base.definitions, {"eight-classes": EIGHT}, [CUBE], at_most=14))
    place = {a: index(most), b: index(fewest)}
    pieces = []
    for third in (1, -1):
        # the side third = -1 takes the modes a + c and b + c the other way round
        over, under = (most + c, fewest + c) if third < 0 else (fewest + c, most + c)
        x, y = (substitute(eighth(sign, third), place) for sign in (1, -1))
        wide = linear(
            at_least(x, y).where(over, under),
            (Fraction(1, 4), largest.at({a: over})),
            (Fraction(1, 4), smallest.at({a: under})),
        )
        pieces.append(exp_monotone(wide))
    weight = product(
        product(product(apart_nonnegative(0), apart_nonnegative(1)), apart_nonnegative(2)),
        apart_nonnegative(3),
    ).at(place)
    terms = linear(
        at_least(substitute(basis * bracket, place), 0).where(most + c, fewest + c),
        (weight, linear(at_least(substitute(bracket, place), 0).where(most + c, fewest + c), *pieces)),
    )
    for mode in (most, fewest):
        terms = without_condition(terms, mode)
    formula = law(base, hypothesis("eight-classes", EIGHT)).at(place)
    order = bench.show(
        "order",
        linear(bench.goal("order"), (Fraction(1, 2), sum_over(terms, c)), formula, divide_by=base.Q_positive),
    )
    growth = product(positive.at({a: most}), positive.at({a: fewest}))
    lead = linear(at_least(phat(most) - phat(fewest), 0).where(*DIFFERENT), order)
    change = ratio_change(flow).at({a: most, b: fewest})
    ratio = bench.show("ratio", linear(bench.goal("ratio"), (2, product(growth, lead)), (-1, change)))
    sign = bench.use("growth", "sign")
    bench.show("extremes", extremes_approach(ratio, positive, s(a), (most, fewest), along=[sign]))


def apart_nonnegative(place: int) -> Theorem:
    """1 - [c + ... = 0] >= 0 for one of the four indices that are not 0 in a basis."""
    return delta_at_most_one(THIRD[place])


def without_condition(known: Theorem, mode: Var) -> Theorem:
    """Drop the condition c + mode != 0, because the weight of the term is 0 where c + mode is."""
    moved = known.at({c: c - mode})
    rest = moved.relation.conditions - {index(c)}
    origin = {c: Index("D")}
    at_zero = Relation(
        substitute(moved.relation.lhs, origin),
        ">=",
        conditions=frozenset(form.substitute(origin) for form in rest),
    )
    return everywhere(moved, linear(at_zero), c).at({c: c + mode})


@claim(
    id="maxmin-monotone-z8",
    paper="beyond",
    kind="extension",
    place="limits of maxmin-monotone-k8",
    title="For the cyclic group of order eight max s/min s never grows",
    plain="The statement of maxmin-monotone-k8 for G = Z_8 instead of Z_2^3.",
    latex=r"\frac{d}{dt}\frac{\max_as_a}{\min_as_a}\le0\quad(G=\mathbb Z_8)",
    scope="refuted at s = (39, 19, 1, 39, 1, 19, 39), K = 8, Z_8",
    depends=["reduced-ode"],
    corrected_by="maxmin-monotone-k8",
    expected="refuted",
    tags=["monotone"],
)
def maxmin_cyclic(bench: Workbench) -> None:
    """The sign of the derivative to the right, in balls; ties between maxima are exact."""
    start = exact(39, 19, 1, 39, 1, 19, 39)
    bench.add(lambda: certify_rate("max-min", CYCLIC_8, start, direction="towards"))
