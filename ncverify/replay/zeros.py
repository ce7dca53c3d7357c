"""``zero``: a common zero of n equations in n unknowns, located by Krawczyk's operator.

With X = c +/- r, Y an approximate inverse of the Jacobian (any matrix) and
K = c - Y f(c) + (1 - Y f'(X)) (X - c): if K lies in the interior of X, then f has exactly one zero in X, and
it lies in K (Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, Theorem 5.1.8).
"""

from __future__ import annotations

from typing import Any, Final

from flint import arb, arb_mat

from ncverify.replay.balls import Unclear, gradients, precision, read_bits, values
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import Table, rational, symbol
from ncverify.replay.facts import holds, read_facts, roots
from ncverify.replay.reading import items, members

MAX_UNKNOWNS: Final = 400


def check_zero(body: Any) -> Earned:
    """The equations have exactly one zero in the box, and all facts hold there: ``certified``."""
    members(
        body,
        ("kind", "unknowns", "equations", "center", "radius", "parameters", "facts", "bits"),
        "the zero",
    )
    table = Table()
    names = [symbol(name) for name in items(body["unknowns"], "unknowns", 1)]
    size = len(names)
    if len(set(names)) < size or size > MAX_UNKNOWNS:
        raise Rejected(f"the unknowns are not at most {MAX_UNKNOWNS} different names")
    equations = [table.read(form) for form in items(body["equations"], "equations", 1)]
    facts = read_facts(table, body["facts"], at_least=0)
    center = [rational(value, "center") for value in items(body["center"], "center")]
    radius = [rational(value, "radius") for value in items(body["radius"], "radius")]
    if not len(equations) == len(center) == len(radius) == size:
        raise Rejected(f"{size} unknowns need as many equations, centers and radii")
    if any(r <= 0 for r in radius):
        raise Rejected("a radius is not positive")
    if not isinstance(body["parameters"], dict):
        raise Rejected("parameters is not an object")
    given = {symbol(name): rational(value, "a parameter") for name, value in body["parameters"].items()}
    used = table.symbols([*equations, *(place for fact in facts for place in roots(fact))])
    if set(given) & set(names) or not set(used) <= {*given, *names}:
        raise Rejected("the symbols are not the unknowns and the parameters, each once")
    bits = read_bits(body["bits"])
    for factor in (1, 2, 4):
        with precision(bits * factor):
            try:
                fixed = {name: arb(value) for name, value in given.items()}
                image = _krawczyk(table, equations, names, center, radius, fixed)
                if image is None:
                    continue
                env = {**fixed, **dict(zip(names, image, strict=True))}
                failed = [i for i, fact in enumerate(facts, 1) if not holds(table, fact, env)]
            except Unclear:
                continue
            if not failed:
                break
    else:
        raise Rejected("the box is not certainly mapped into itself, or a fact does not hold at the zero")
    return Earned(
        "certified",
        f"one zero of {size} equations, {len(facts)} facts there",
        {
            "kind": "zero",
            "unknowns": body["unknowns"],
            "equations": body["equations"],
            "parameters": body["parameters"],
            "facts": body["facts"],
        },
    )


def _krawczyk(
    table: Table,
    equations: list[int],
    names: list[str],
    center: list[Any],
    radius: list[Any],
    fixed: dict[str, Any],
) -> list[Any] | None:
    """Balls around the zero; None if the operator does not map the box into its interior."""
    size = range(len(names))
    middle = [arb(c) for c in center]
    box = [arb(c - r).union(arb(c + r)) for c, r in zip(center, radius, strict=True)]
    at_center = values(table, equations, {**fixed, **dict(zip(names, middle, strict=True))})
    _, slopes = gradients(table, equations, {**fixed, **dict(zip(names, box, strict=True))}, names)
    jacobian = arb_mat([slopes[row] for row in equations])
    try:
        inverse = arb_mat([[entry.mid() for entry in slopes[row]] for row in equations]).inv()
    except ZeroDivisionError:
        raise Unclear("the Jacobian at the center is not invertible") from None
    y = arb_mat([[inverse[i, j].mid() for j in size] for i in size])
    step = y * arb_mat([[at_center[row]] for row in equations])
    rest = arb_mat([[arb(int(i == j)) for j in size] for i in size]) - y * jacobian
    spread = rest * arb_mat([[x - m] for x, m in zip(box, middle, strict=True)])
    image = [middle[i] - step[i, 0] + spread[i, 0] for i in size]
    inside = all(
        bool(arb(c - r) < x) and bool(x < arb(c + r)) for x, c, r in zip(image, center, radius, strict=True)
    )
    return image if inside else None
