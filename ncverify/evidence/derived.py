"""The reduced equations derived from the loss by SymPy, for one K at a time.

Nothing but the loss and the spectral family is written down: SymPy differentiates L(W, H) by every
entry, the family is inserted, and the normal form decides that what remains is the velocity
Phi diag((1 - phat) B) R^T of the family.  This stands beside the proof for every K.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ncverify.book.verdict import Evidence, Outcome
from ncverify.derive.normal_form import field_for, normalize_difference
from ncverify.theory.expr import Expr, from_sympy
from ncverify.theory.groups import AbelianGroup

if TYPE_CHECKING:
    import sympy

Frame = Sequence[Sequence[Fraction]]


def velocity_on_the_family(m: int, frame: Frame) -> Evidence:
    """-dL/dW and -dL/dH at W = Phi diag(A) R^T, H = R diag(B) Phi^T, entry by entry, K = 2^m.

    ``frame`` is R, an exact d x K matrix with orthonormal columns.  (A = alpha/sqrt K, B = beta/sqrt K.)
    """
    import sympy

    group = AbelianGroup.walsh(m)
    size, width = group.order, len(frame)
    sign = [[1 if group.pairing(a, g) == 0 else -1 for g in range(size)] for a in range(size)]
    r = [[sympy.Rational(x.numerator, x.denominator) for x in row] for row in frame]
    w = [[sympy.Symbol(f"w_{k}_{x}") for x in range(width)] for k in range(size)]
    h = [[sympy.Symbol(f"h_{x}_{j}") for j in range(size)] for x in range(width)]
    first, second = (sympy.symbols(f"{name}0:{size}") for name in "AB")

    logits = [[sum(w[k][x] * h[x][j] for x in range(width)) for j in range(size)] for k in range(size)]
    loss = sum(
        sympy.log(sum(sympy.exp(logits[k][j]) for k in range(size))) - logits[j][j] for j in range(size)
    )
    family = {
        w[k][x]: sum(sign[a][k] * first[a] * r[x][a] for a in range(size))
        for k in range(size)
        for x in range(width)
    } | {
        h[x][j]: sum(r[x][b] * second[b] * sign[b][j] for b in range(size))
        for x in range(width)
        for j in range(size)
    }
    z = [sum(first[a] * second[a] * sign[a][g] for a in range(size)) for g in range(size)]
    weights = [sympy.exp(value) for value in z]
    defect = [
        1 - sum(sign[a][g] * weights[g] for g in range(size)) / sum(weights) for a in range(size)
    ]  # 1 - phat_a
    pairs: list[tuple[Expr, Expr]] = []
    for k in range(size):
        for x in range(width):
            found = _insert(-sympy.diff(loss, w[k][x]), family)
            wanted = sum(sign[a][k] * defect[a] * second[a] * r[x][a] for a in range(size))
            pairs.append((found, from_sympy(wanted)))
    for x in range(width):
        for j in range(size):
            found = _insert(-sympy.diff(loss, h[x][j]), family)
            wanted = sum(r[x][a] * defect[a] * first[a] * sign[a][j] for a in range(size))
            pairs.append((found, from_sympy(wanted)))

    field = field_for(*(side for pair in pairs for side in pair))
    wrong = [
        number
        for number, (found, wanted) in enumerate(pairs)
        if not normalize_difference(found, wanted, field).element.is_zero()
    ]
    scope = f"K = {size}, d = {width}"
    if wrong:
        return Evidence(
            Outcome.UNDECIDED,
            "derivation",
            scope,
            f"{len(wrong)} of {len(pairs)} entries of the gradient differ",
        )
    return Evidence(
        Outcome.PROVED,
        "derivation",
        scope,
        f"SymPy's gradient of L(W, H) ({len(family)} symbolic entries) on the family equals the reduced "
        f"velocity: {len(pairs)} entries decided by normal forms in {len(field.symbols)} symbols ({scope})",
        {"entries": len(pairs), "frame": [[str(x) for x in row] for row in frame], "field": field.facts},
    )


def _insert(expression: sympy.Expr, family: dict[sympy.Symbol, sympy.Expr]) -> Expr:
    """The expression on the family; exponents are expanded, so that they are polynomials in A, B."""
    import sympy

    moved = expression.xreplace(family)
    exponents = {node: sympy.exp(sympy.expand(node.args[0])) for node in moved.atoms(sympy.exp)}
    return from_sympy(moved.xreplace(exponents))
