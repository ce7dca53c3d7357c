"""Concrete critical points of regularised objectives: models in which theorems about them must hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from flint import arb

from ncverify.derive.kernel import Definition, Theorem
from ncverify.theory.balls import to_arb
from ncverify.theory.groups import AbelianGroup

SAMPLES = 2  # per class
Values = Mapping[str, Callable[..., Any]]
Matrix = list[list[arb]]


def is_landscape(definitions: Mapping[str, Definition]) -> bool:
    """Whether these are the definitions of a claim about the regularised objective."""
    return any(name in definitions and not definitions[name].args for name in ("F", "F_o"))


def reflection(first: list[arb]) -> Matrix:
    """An orthogonal matrix whose first column is this unit vector (not the first unit vector)."""
    size = len(first)
    v = [x - int(row == 0) for row, x in enumerate(first)]
    norm = sum((x * x for x in v), arb(0))
    return [[int(a == b) - 2 * v[a] * v[b] / norm for b in range(size)] for a in range(size)]


def even(size: int) -> list[arb]:
    return [1 / arb(size).sqrt()] * size


def critical_point(
    theorem: Theorem, group: AbelianGroup, seed: int, definitions: Mapping[str, Definition]
) -> Values:
    """Values at a critical point that meets the hypotheses by name; use inside ``precision``.

    The loss is cross-entropy if the softmax is defined, the squared loss if the loss is, and else an
    arbitrary one with a given gradient.  The point is on the span of some orthonormal vectors q_a (rows),
    r_a (features) and v_a (columns), q_0 being constant.
    """
    names = theorem.hypotheses
    size, draw = group.order, random.Random(f"{seed}/{group.orders}")
    K, n = to_arb(size), SAMPLES
    q, r, v = (reflection(even(width)) for width in (size, size, n * size))
    weak = to_arb(Fraction(1, 2 * size))
    penalised = "penalised" in names
    strong = {"strong", "t-zero"} if penalised else {"strong", "t-zero", "annihilator"}
    t = 1 / K if strong & names.keys() else weak
    lam_W = to_arb(Fraction(1, 8))
    full = "full-rank" in names
    lam_b = to_arb(4 if penalised and full else Fraction(3, 5))
    present = to_arb(seed % 2)
    modes = list(range(0 if full else 1, size))  # 1^T W = 0 unless W has rank K
    entropy, squares = "column" in definitions, "g" in definitions and "column" not in definitions
    if entropy or squares or "t" in theorem.signatures:
        lam_H = t * t / (n * lam_W)
    else:
        lam_H = to_arb(2)
    mu = (lam_W * lam_H).sqrt()
    alpha = arb(0) if "t-zero" in names else (1 / t - K + 1).log()
    depth = alpha if entropy else 1 - K * t
    if {"strong", "annihilator"} & strong & names.keys():
        depth = arb(0)
    w = (t * depth / lam_W).sqrt()
    h = (t * depth / (n * lam_H)).sqrt()
    # a penalised bias leaves a weaker mean mode, and none where lambda_b is small
    mean = ((1 - K * t - K * t / lam_b) / depth).sqrt() if penalised and full else arb(1)
    constant = t / lam_b if full else 1 / (K * (1 + lam_b))
    bias = constant if penalised else 1 / K if "free-bias" in names else arb(0)
    steepest = 1 if penalised else 0
    loose = 1 if "optimal" not in names else 0
    table = [
        [to_arb(Fraction(draw.randint(-3, 3), draw.randint(1, 2))) for _ in range(size * n)]
        for _ in range(size * n)
    ]

    def frame(k: int, f: int, power: int = 1) -> arb:
        return sum((q[k][a] * r[f][a] * (mean**power if a == 0 else 1) for a in modes), arb(0))

    values: dict[str, Callable[..., Any]] = {
        "t": lambda: t,
        "alpha": lambda: alpha,
        "w": lambda: w,
        "h": lambda *at: h * frame(at[1], at[0]) if at else h,
        "E": lambda k, f: frame(k, f),
        "rank": lambda: to_arb(0 if "strong" in names else size - 1),
        "lambda_W": lambda: lam_W,
        "lambda_H": lambda: lam_H,
        "lambda_b": lambda: lam_b,
        "epsilon": lambda: present,
        "mu": lambda: mu,
        "a": lambda f: r[f][0],
        "x": lambda k: q[k][0] if {"annihilator", "unit-x"} & names.keys() else table[k][0],
        "B": lambda f, k: frame(k, f, -1) / w,
        "top_norm_Gm_0": lambda: mu if full or penalised else 1 / (K * to_arb(n).sqrt()),
        "top_left_Gm_0": lambda k: q[k][steepest],
        "top_right_Gm_0": lambda j, i: -q[j][steepest] / to_arb(n).sqrt(),
        "W": lambda k, f: w * frame(k, f),
        "H": lambda f, j, i: h * frame(j, f),
        "b": lambda k: bias,
        "W_o": lambda k, f: w * frame(k, f) + loose * table[k][f],
        "H_o": lambda f, j, i: h * frame(j, f) + loose * table[f][n * j + i],
        "b_o": lambda k: loose * table[k][k],
        "Z_o": lambda k, j, i: table[k][n * j + i],
        "U": lambda k, f: table[k][f],
        "V": lambda f, j, i: table[f][n * j + i],
        "c": lambda k: table[k][-1],
    }
    if entropy or squares:
        return values
    return values | _any_loss(theorem, size, draw, q, r, v, present, lam_b)


def _any_loss(
    theorem: Theorem,
    size: int,
    draw: random.Random,
    q: Matrix,
    r: Matrix,
    v: Matrix,
    present: arb,
    lam_b: arb,
) -> Values:
    """Gm = -mu sum_a q_a v_a^T + sigma q_b v_b^T, W and H on the modes a: critical for lambda = 1/8, 2."""
    names = theorem.hypotheses
    n, mu, rho = SAMPLES, to_arb(Fraction(1, 2)), 2
    full = "full-rank" in names
    modes = list(range(size)) if full else list(range(2, size))
    escape = 1  # the mode of the top singular vectors
    steep = bool({"sigma-large", "s-large", "better", "sigma > 0"} & names.keys())
    strength = to_arb(Fraction(3, 4)) if steep else to_arb(Fraction(1, 2))
    amplitude = [to_arb(Fraction(draw.randint(1, 4), draw.randint(1, 3))) for _ in range(size)]

    def span(left: Matrix, right: Matrix, factors: Mapping[int, arb], x: int, y: int) -> arb:
        return sum((c * left[x][a] * right[y][a] for a, c in factors.items()), arb(0))

    weights = {a: amplitude[a] for a in modes}
    features = {a: amplitude[a] / rho**2 for a in modes}
    slopes = dict.fromkeys(modes, -mu) | ({} if full else {escape: strength})
    gradient = [[span(q, v, slopes, k, c) for c in range(n * size)] for k in range(size)]
    bias = [-present * sum(row, arb(0)) / lam_b for row in gradient]
    W = [[span(q, r, weights, k, f) for f in range(size)] for k in range(size)]
    H = [[span(r, v, features, f, c) for c in range(n * size)] for f in range(size)]
    pair = [[q[k][escape] * r[f][0] for f in range(size)] for k in range(size)]
    back = [[r[f][0] * v[c][escape] for c in range(n * size)] for f in range(size)]
    Wo = [[2 * rho * x for x in row] for row in pair]
    Ho = [[-x * 2 / rho for x in row] for row in back]
    if not {"better", "optimum-balanced"} & names.keys():
        Wo = [[x + draw.randint(-2, 2) for x in row] for row in Wo]
        Ho = [[x + draw.randint(-2, 2) for x in row] for row in Ho]
    bo = list(bias) if "better" in names else [x + draw.randint(-2, 2) for x in bias]

    def logits(left: Matrix, right: Matrix, shift: list[arb], k: int, c: int) -> arb:
        return sum((left[k][f] * right[f][c] for f in range(size)), arb(0)) + present * shift[k]

    rise = sum(
        (
            gradient[k][c] * (logits(Wo, Ho, bo, k, c) - logits(W, H, bias, k, c))
            for k in range(size)
            for c in range(n * size)
        ),
        arb(0),
    )
    return {
        "mu": lambda: mu,
        "rho": lambda: to_arb(rho),
        "s": lambda: strength,
        "g": lambda: to_arb(3),
        "g_o": lambda: 3 + rise + to_arb(Fraction(1, 7)),
        "Gm": lambda k, j, i: gradient[k][n * j + i],
        "W": lambda k, f: W[k][f],
        "H": lambda f, j, i: H[f][n * j + i],
        "b": lambda k: bias[k],
        "B": lambda f, k: span(r, q, {a: 1 / x for a, x in weights.items()}, f, k),
        "W_o": lambda k, f: Wo[k][f],
        "H_o": lambda f, j, i: Ho[f][n * j + i],
        "b_o": lambda k: bo[k],
        "D": lambda *at: arb(int(at[:3] == at[3:])),
        "u": lambda k: q[k][escape],
        "v": lambda j, i: v[n * j + i][escape],
        "top_norm_Gm_0": lambda: strength,
        "top_left_Gm_0": lambda k: q[k][0] * -1 if full else q[k][escape],
        "top_right_Gm_0": lambda j, i: v[n * j + i][0] if full else v[n * j + i][escape],
        "top_kernel_W_0": lambda f: r[f][0],
    }
