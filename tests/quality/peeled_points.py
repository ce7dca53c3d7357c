"""Concrete points of the layer-peeled model, at which the theorems of ``proofs/ji`` must hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from flint import arb

from ncverify.derive.kernel import Definition, Theorem
from ncverify.theory.balls import to_arb
from ncverify.theory.groups import AbelianGroup

SAMPLES = 2  # per class
# Among the definitions beside such a claim: what its points must be like, whatever step is sampled.
MARK, SINGULAR, TURNED, SCALAR = "proofs/ji", "proofs/ji singular", "proofs/ji turned", "proofs/ji scalar"
Values = Mapping[str, Callable[..., Any]]
ON_THE_FRAME = {
    "equality", "optimal", "attained", "separated", "scaled-feasible", "small-loss", "mu-positive",
    "mu-negative", "dominated", "same-sphere", "across-means", "orthogonal", "level",
}  # fmt: skip
EXAMPLE = ((1, -1, 0, 0), (-1, 1, 0, 0), (0, 0, 1, -1), (0, 0, -1, 1))


def is_peeled(definitions: Mapping[str, Definition]) -> bool:
    """Whether these are the definitions beside a claim about the layer-peeled model."""
    return MARK in definitions


def marks(theorems: Iterable[Theorem]) -> set[str]:
    """The marks of a claim: singular vectors of A, a complex structure on the features, scalars only."""
    signatures = {name: sorts for theorem in theorems for name, sorts in theorem.signatures.items()}
    found = {MARK}
    if any(name.startswith("top_") for name in signatures):
        found.add(SINGULAR)
    if signatures.get("S") == ("F", "F"):
        found.add(TURNED)
    if not any(signatures.values()):
        found.add(SCALAR)
    return found


def groups_for(theorem: Theorem, seed: int, definitions: Mapping[str, Definition]) -> list[AbelianGroup]:
    """Small groups; one only where gradients, which are long sums, are evaluated."""
    if "exceeds" in theorem.hypotheses:
        return [AbelianGroup.walsh(2)]
    both = [AbelianGroup.cyclic(2), AbelianGroup.cyclic(3)]
    if SCALAR in definitions:
        return [*both, AbelianGroup.cyclic(4), AbelianGroup.cyclic(5)]
    return [both[(seed + 1) % 2]] if {"gradW", "gradH"} & theorem.definitions.keys() else both


def width_of(group: AbelianGroup, seed: int, definitions: Mapping[str, Definition]) -> int:
    """The dimension of the features; even where a complex structure acts on them."""
    if TURNED in definitions:
        return group.order + group.order % 2
    return group.order + seed % 2


def peeled_point(
    theorem: Theorem, group: AbelianGroup, seed: int, definitions: Mapping[str, Definition]
) -> Values:
    """Values that meet the hypotheses by name; use inside ``precision``."""
    names = set(theorem.hypotheses)
    K, d, n = group.order, width_of(group, seed, definitions), SAMPLES
    draw = random.Random(f"{seed}/{group.orders}")
    root = to_arb(n).sqrt()
    quarter = root.sqrt()

    def frame(k: int, r: int) -> Fraction:
        return Fraction(int(k == r)) - Fraction(1, K) if r < K else Fraction(0)

    def noise() -> Fraction:
        return Fraction(draw.randint(-4, 4), draw.randint(1, 3))

    table_W = [[noise() for _ in range(d)] for _ in range(K)]
    table_H = [[[noise() for _ in range(n)] for _ in range(K)] for _ in range(d)]
    free = [[noise() for _ in range(max(K, d) * n)] for _ in range(max(K, d))]
    level = Fraction(1) if {"feasible", "optimal"} & names else Fraction(2)  # the square root of the margin
    if {"small-loss", "level"} & names:
        level = Fraction(3)
    turned = -1 if "mu-negative" in names else 1
    exact = SINGULAR in definitions or bool(ON_THE_FRAME & names) or {"critical-W", "critical-H"} <= names
    away = (
        Fraction(1, 10)
        if {"imbalance", "across-means", "within-norm", "between-norm"} & names
        else Fraction(0)
    )

    def W(k: int, r: int) -> arb:
        return to_arb(table_W[k][r]) if not exact else quarter * to_arb(level * frame(k, r))

    def H(r: int, k: int, c: int) -> arb:
        if not exact:
            return to_arb(table_H[r][k][c])
        spread = away * (-1) ** c if r < K else Fraction(0)
        return turned * to_arb(level * frame(k, r)) / quarter + to_arb(spread)

    g = turned * level * level
    chance = 1 / (to_arb(g).exp() + K - 1)
    mu = turned * root * K * chance
    sigma = root * K * chance
    half = 1 / arb(2).sqrt()
    u = [half, -half] + [arb(0)] * (K - 2)
    a = [1 / arb(K).sqrt() if r < K else arb(0) for r in range(d)]
    if "exceeds" in names:  # Example 3.1
        if K != 4:
            return {}
        size = Fraction(1)
        denominator = 2 + to_arb(2 * size).exp() + to_arb(-2 * size).exp()
        mu, sigma = root * (2 + 2 * to_arb(-2 * size).exp()) / denominator, root * 4 / denominator
        u = [arb(x) / 2 for x in (1, 1, -1, -1)]
        a = [half, half] + [arb(0)] * (d - 2)
        W = lambda k, r: quarter * (EXAMPLE[k][r] if r < 4 else 0)  # noqa: E731
        H = lambda r, k, c: arb(EXAMPLE[k][r] if r < 4 else 0) / quarter  # noqa: E731
    if {"stationary-W", "stationary-H"} & names:
        sigma, mu = root, arb(0)
        a = [arb(int(r == 0)) for r in range(d)]
        W = lambda k, r: to_arb(table_W[0][r])  # noqa: E731
        H = lambda r, k, c: to_arb(table_H[r][0][0] / 2)  # noqa: E731
    if "line" in names:
        W = lambda k, r: arb(k if r == 0 else 0)  # noqa: E731
        H = lambda r, k, c: to_arb(free[k][c]) if r == 0 else arb(0)  # noqa: E731

    def margins() -> list[arb]:
        return [
            sum(((W(k, r) - W(j, r)) * H(r, k, c) for r in range(d)), arb(0))
            for k in range(K)
            for j in range(K)
            if j != k
            for c in range(n)
        ]

    def lowest() -> arb:
        if exact and not away:
            return to_arb(g)
        found = margins()[0]
        for value in margins():
            found = found.min(value)
        return found

    scale_M = Fraction(3, 2)
    values: dict[str, Callable[..., Any]] = {
        "W": W,
        "H": H,
        "W'": lambda k, r: to_arb(free[k][r]),
        "H'": lambda r, k, c: to_arb(free[r][2 * k + c] + 1),
        "qmin": lowest,
        "U": lambda k, r: to_arb(frame(k, r)),
        "alpha": lambda: arb(2),
        "beta": lambda: to_arb(1 / level) if "shortest" in names else arb(3),
        "a'": lambda: arb(1),
        "e": lambda r: arb(int(r == 0)),
        "f": lambda r: arb(int(r == 1)),
        "t": lambda: to_arb(Fraction(3, 2)),
        "Wb": lambda k, r: arb(int(k == 0 and r == 0)),
        "Hb": lambda r, k, c: arb(int(k == 0 and r == 0)),
        "y": lambda k: arb(1 - 2 * k if "signs" in names else k),
        "w": lambda *at: arb(at[0]) if at else to_arb(Fraction(1, 10)),
        "u": lambda: to_arb(Fraction(1, 5)),
        "c": lambda: to_arb(Fraction(1, 2)),
        "r": lambda: to_arb(Fraction(23, 25)).sqrt(),
        "sigma2": lambda: arb(2),
        "tau": lambda: arb(3).sqrt(),
        "x": lambda *at: to_arb(free[at[0]][at[1] if len(at) > 1 else 0]),
        "lambda": lambda k, j: arb(int(abs(k - j) == 1 and 0 < k < K - 1)),
        "gamma": lambda: to_arb(Fraction(1, 200)),
        "kappa": lambda: to_arb(Fraction(1, 100)),
        "m": lambda *at: to_arb(scale_M * frame(at[1], at[0])) if at else arb(7),
        "time": lambda: arb(1),
        "time'": lambda: arb(1),
        "within": lambda k, c: arb(K).sqrt() * to_arb(away),
        "between": lambda k, c: (
            to_arb(level * level * Fraction(K - 1, K)) / root + K * to_arb(away * away)
        ).sqrt(),
        "Hmean": lambda r, k: to_arb(level * frame(k, r)) / quarter,
        "Q": lambda r, k: to_arb(Fraction(int(r == (k + 1) % K))),
        "scale": lambda: (to_arb(Fraction(K, K - 1))).sqrt(),
        "C": lambda: root,
        "nu": lambda: to_arb(scale_M**2 * Fraction(K - 1, K)),
        "s": lambda: to_arb(scale_M**2),
        "M": lambda r, k: to_arb(scale_M * frame(k, r)),
        "V": lambda *at: (
            root * to_arb(scale_M * frame(*at)) if len(at) == 2 else to_arb(free[at[0]][at[1]] - 1)
        ),
        "X": lambda k, r: to_arb(free[k][r] + 1),
        "Wo": lambda k, r: W(k, (r + 1) % d),
        "Ho": lambda r, k, c: H(r, (k + 1) % K, c),
        "mu": lambda: mu,
        "A": lambda j, k, c: to_arb(Fraction(int(j == k)) - Fraction(1, K)),
        "top_norm_A_0": lambda: sigma,
        "top_left_A_0": lambda k: u[k],
        "top_right_A_0": lambda k, c: u[k] / root,
        "top_kernel_W_0": lambda r: a[r],
        "a": lambda *at: a[at[0]] if at else to_arb(Fraction(3, 4)),
        "epsilon": lambda: to_arb(Fraction(1, 20)),
        "delta": lambda: to_arb(Fraction(1, 3)),
        "S": lambda r, p: arb((1 if r < p else -1) if r // 2 == p // 2 and r != p else 0),
        "Z": lambda j, k, c: to_arb(free[j][2 * k + c]),
        "dZ": lambda j, k, c: to_arb(free[j][2 * k + c] + 2),
        "b": lambda: to_arb(Fraction(1, 5)),
    }
    return values
