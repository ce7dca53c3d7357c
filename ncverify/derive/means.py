"""The rule for the mean of exp over an interval."""

from __future__ import annotations

from ncverify.derive.matching import require_real
from ncverify.derive.relations import at_least
from ncverify.derive.terms import TermLike, exp, term
from ncverify.derive.theorems import Theorem, establish


def logarithmic_mean(left: TermLike, right: TermLike) -> Theorem:
    """(exp x - exp y)(x - y)(exp x + exp y) >= 2 (exp x - exp y)^2 for real terms.

    The mean of the convex function exp between y and x, (exp x - exp y)/(x - y), is at most that of its ends.
    """
    x, y = term(left), term(right)
    require_real(x, (), ())
    require_real(y, (), ())
    rise = exp(x) - exp(y)
    return establish(
        at_least(rise * (x - y) * (exp(x) + exp(y)), 2 * rise * rise),
        "logarithmic mean",
        arguments={"left": x, "right": y},
    )
