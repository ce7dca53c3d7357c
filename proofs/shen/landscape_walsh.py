"""The critical points that are invariant under the translations of a group: one for each support, or none.

n = 1, no bias, tau = K sqrt(lambda_W lambda_H). Logits z(i - j) with the spectrum s belong to a critical point iff
1 - phat_a = tau where s_a > 0 and s_a = 0 elsewhere (the support A holds the a with s_a > 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from ncverify.book.claim import Hypothesis
from ncverify.book.registry import claim
from ncverify.derive.decide import decide
from ncverify.derive.kernel import (
    Theorem,
    at_least,
    define,
    each_zero,
    equal,
    exp_increasing,
    exp_injective,
    exp_log,
    exp_positive,
    greater,
    hypothesis,
    linear,
    product,
    reciprocal,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, chi, exp, log, total, total_nonzero
from ncverify.evidence.exact import decided
from ncverify.evidence.landscapes import walsh_family, walsh_support
from ncverify.evidence.workbench import Workbench
from ncverify.theory.groups import AbelianGroup

from ..garrod.model import (
    D0,
    SYMMETRIC,
    ZERO_MODE,
    K,
    Q,
    Softmax,
    a,
    g,
    order,
    p,
    phat,
    s,
    softmax,
    symmetric,
    z,
    zero_mode,
)
from .model import PAPER

DECAY = Fraction(1, 100)

# chi_1 = chi_2 chi_3 = chi_4 chi_5 = chi_8 chi_9: three two-step paths with common ends, and the end character.
PATHS = (1, 2, 3, 4, 5, 8, 9)

# A second spectrum, with its logits, softmax and transform.
so, zo = Function("so", ("D",)), Function("zo", ("G",))
po, phato, Qo = Function("po", ("G",)), Function("phato", ("D",)), Sym("Qo")
symmetric_o = hypothesis("symmetric-second", equal(so(-a), so(a)))
zero_o = hypothesis("zero-mode-second", equal(so(D0), 0))
gap = (s(a) - so(a)) * (phat(a) - phato(a))


@dataclass(frozen=True)
class Pair:
    """Two spectra: what their logits are, and that their gap is a sum of terms that are never negative."""

    base: Softmax
    zo_is: Theorem
    Qo_positive: Theorem
    po_is: Theorem
    ratio: Theorem
    tilted: Theorem
    spread: Theorem


@lru_cache(maxsize=1)
def pair() -> Pair:
    """sum_a (s_a - s'_a)(phat_a - phat'_a) = K sum_g (p - p')(z - z' - log(Q/Q')), and each term is >= 0."""
    base = softmax(symmetric)
    zo_is = define(zo(g), total(a, so(a) * chi(a, g)) / K, even=[symmetric_o])
    zo_even = linear(equal(zo(-g), zo(g)), unfold=[zo_is], even=[symmetric_o])
    weights = linear(greater(total(g, exp(zo(g))), 0), sum_over(exp_positive(zo(g)), g))
    Qo_is = define(Qo, total(g, exp(zo(g))))
    Qo_positive = linear(greater(Qo, 0), weights, unfold=[Qo_is])
    po_is = define(po(g), exp(zo(g)) / Qo)
    po_even = linear(equal(po(-g), po(g)), unfold=[po_is], even=[zo_even])
    po_total = linear(equal(total(g, po(g)), 1), unfold=[po_is, Qo_is], nonzero=[weights])
    phato_is = define(phato(a), total(g, po(g) * chi(a, g)), even=[po_even])
    plancherel = linear(
        equal(total(a, gap), K * total(g, (z(g) - zo(g)) * (p(g) - po(g)))),
        unfold=[base.phat_is, phato_is, base.z_is, zo_is],
        even=[symmetric, symmetric_o, base.p_even, po_even],
    )
    # p = e^z / Q and p' = e^(z' + log(Q/Q')) / Q: exp is increasing.
    quotient = product(base.Q_positive, reciprocal(Qo_positive))
    ratio = exp_log(quotient)
    shift = log(quotient.relation.lhs)
    off = z(g) - zo(g) - shift
    tilted = linear(
        at_least((p(g) - po(g)) * off, 0),
        (reciprocal(base.Q_positive), exp_increasing(z(g), zo(g) + shift)),
        (off * exp(zo(g)) / Q, ratio),
        unfold=[base.p_is, po_is],
        nonzero=[base.Q_positive, Qo_positive],
    )
    change = phat(D0) - phato(D0)
    spread = linear(
        equal(total_nonzero(a, gap), K * total(g, tilted.relation.lhs)),
        plancherel,
        (shift * K, base.p_total),
        (-1 * shift * K, po_total),
        (-1 * change, zero_mode),
        (change, zero_o),
    )
    return Pair(base, zo_is, Qo_positive, po_is, ratio, tilted, spread)


@claim(
    id="walsh-critical-points",
    paper=PAPER,
    kind="extension",
    place="critical points with a symmetry",
    title="The critical points of the Walsh family, one for each set of characters, with exceptions from K = 16 on",
    plain="n = 1, no bias, tau = K mu < 1. Logits z(i - j) with spectrum s belong to a critical point iff 1 - phat_a = tau on "
    "its support, where s_a > 0. For each support there is at most one, in every finite abelian group: two of them have "
    "(s_a - s'_a)(phat_a - phat'_a) = 0 for all a, and the sum of these is positive unless s = s'. At lambda = 1/100 all 8 "
    "supports of K = 4 and all 128 of K = 8 have one; one is the global minimum, the others are strict saddles. For "
    "K = 16 three two-step paths with common ends and the end character have none at tau = 0.2769, and one at 0.277.",
    latex=r"1-\hat p_a=\tau\ (a\in A),\ s_a=0\ (a\notin A);\quad \sum_{a\ne0}(s_a-s'_a)(\hat p_a-\hat p'_a)\ge0",
    scope="uniqueness: every finite abelian group; existence: K = 4 and 8 at lambda = 1/100, one support of K = 16 at two values of tau",
    hypotheses=[
        SYMMETRIC,
        Hypothesis("symmetric-second", "the second spectrum is symmetric too", r"s'_{-a}=s'_a"),
        ZERO_MODE,
        Hypothesis("zero-mode-second", "its frozen mode is zero too", r"s'_0=0"),
        Hypothesis(
            "same-support",
            "both points are critical with one support A: 1 - phat_a = 1 - phat'_a = tau on A, s_a = s'_a = 0 off A",
            r"(s_a-s'_a)(\hat p_a-\hat p'_a)=0",
        ),
    ],
    goals={
        "monotone": at_least(total_nonzero(a, gap), 0),
        "unique": equal(s(a), so(a)).where(a),
    },
    expected="certified",
    tags=["landscape"],
)
def walsh_critical_points(bench: Workbench) -> None:
    """Uniqueness from exp is increasing; existence by interval Newton; the index from the blocks of the Hessian."""
    y = pair()
    bench.show(
        "monotone",
        linear(bench.goal("monotone"), (order, sum_over(y.tilted, g)), y.spread),
    )
    off = z(g) - zo(g) - log(Q / Qo)
    same = hypothesis("same-support", equal(gap, 0).where(a), "pointwise")
    vanishing = linear(
        equal(total(g, y.tilted.relation.lhs), 0),
        (1 / K, sum_over(same, a, nonzero=True)),
        (-1 / K, y.spread),
    )
    shifted = zo(g) + log(Q / Qo)
    stripped = linear(
        equal((exp(z(g)) - exp(shifted)) * (z(g) - shifted), 0),
        (Q, each_zero(vanishing, y.tilted)),
        (-1 * off * exp(zo(g)), y.ratio),
        unfold=[y.base.p_is, y.po_is],
        nonzero=[y.base.Q_positive, y.Qo_positive],
    )
    level = exp_injective(stripped, z(g), shifted)
    waves = linear(equal((z(g) - zo(g)) * chi(a, -g), log(Q / Qo) * chi(a, -g)), (chi(a, -g), level))
    inversion = linear(
        equal(total(g, (z(g) - zo(g)) * chi(a, -g)), s(a) - so(a)),
        unfold=[y.base.z_is, y.zo_is],
        even=[symmetric, symmetric_o],
    )
    bench.show("unique", linear(bench.goal("unique"), sum_over(waves, g), (-1, inversion)))
    digits = bench.settings.digits
    for m in (2, 3):
        bench.add(lambda m=m: walsh_family(AbelianGroup.walsh(m), DECAY, digits=digits))
    group = AbelianGroup.walsh(4)
    bench.add(lambda: walsh_support(group, Fraction(2769, 160_000), PATHS, exists=False))
    bench.add(lambda: walsh_support(group, Fraction(2770, 160_000), PATHS, exists=True))


# Along the support PATHS: u = e^(x/8), x the common value of the six, and E = e^(w/8), w that of the end character.
END = "(4*u**3/(u**2+1)**2)"
CUBIC = "(u**3-3*u**2-u-1)"
TAU = "(4/(u**2+3))"


def transform_of_paths(character: int) -> str:
    """phat of a character, as text in u: the weight of g is e^(z(g) + w/16), z from s_1 = w, the other six x."""
    group = AbelianGroup.walsh(4)
    above, below = [], []
    for element in range(group.order):
        signs = {a: 1 - 4 * group.pairing(a, element) for a in PATHS}
        power = sum(signs[a] for a in PATHS[1:]) / 2  # x (sum of six signs)/16 is power * log u
        weight = f"u**({power})" + (f"*{END}" if signs[PATHS[0]] == 1 else "")
        sign = 1 - 4 * group.pairing(character, element)
        above.append(f"({sign})*{weight}")
        below.append(weight)
    return f"(({'+'.join(above)})/({'+'.join(below)}))"


@claim(
    id="walsh-threshold",
    paper=PAPER,
    kind="extension",
    place="critical points with a symmetry",
    title="A support of sixteen classes that has a critical point only for large decay",
    plain="K = 16, support: three two-step paths with common ends (six characters) and the end character. For 0 < tau < 1 let "
    "u > 1 be given by tau = 4/(u^2+3). The equations 1 - phat_a = tau on the support are solved by e^(s/8) = u on the "
    "six and 4u^3/(u^2+1)^2 at the end, and by nothing else (uniqueness). The last is above 1 iff u^3 - 3u^2 - u - 1 < 0, iff "
    "7 tau^3 - 22 tau^2 + 20 tau - 4 > 0: there is a critical point iff tau > 0.2769215316..., the root of that cubic.",
    latex=r"e^{s_{\mathrm{end}}/8}>1\iff 7\tau^3-22\tau^2+20\tau-4>0",
    scope="K = 16, one support, every 0 < tau < 1",
    depends=["walsh-critical-points"],
    expected="proved",
    tags=["landscape"],
)
def walsh_threshold(bench: Workbench) -> None:
    """Identities in u; u^3 + 3u^2 - u + 1 > 0 for u > 1."""
    for character in PATHS:
        bench.add(
            lambda character=character: decided(
                decide(f"1-{transform_of_paths(character)}", TAU, ["u > 1"]),
                f"the equation of character {character}",
            )
        )
    bench.add(
        lambda: decided(decide(f"{END}-1", f"-(u-1)*{CUBIC}/(u**2+1)**2"), "the sign at the end character")
    )
    bench.add(
        lambda: decided(
            decide(f"7*{TAU}**3-22*{TAU}**2+20*{TAU}-4", f"-4*{CUBIC}*(u**3+3*u**2-u+1)/(u**2+3)**3"),
            "the same sign in terms of tau",
        )
    )
