"""The symmetric critical points: for each set of characters at most one, enclosed or excluded.

Group G = Z_2^m, K = 2^m classes, one sample each, no bias, mu = sqrt(lambda_w lambda_h), tau = K mu.  A
point of the family has logits z(i - j), z(g) = (1/K) sum_a s_a chi_a(g), s_a >= 0 (W = Phi diag(sqrt s) R^T
/ sqrt K, H = W^T for equal decays).  With p the softmax of z and phat_a = sum_g p(g) chi_a(g), G is
diagonal in the characters with entries -(1 - phat_a)/K, so the point is critical iff 1 - phat_a = tau on
the support A = {a: s_a > 0}.

*At most one for each A:* these are the equations of a stationary point of -log p(0) + mu sum s_a over R^A,
whose Hessian is the covariance matrix of the characters of A under p, over K^2: positive definite, as p > 0
and 1 and the characters of A are independent.  *None:* if that stationary point has a negative component.

*Index.*  Translations of the group commute with everything, so the Hessian splits into K blocks.  Write
u_(c,a), v_(a,c) for the components of a direction along the characters c and the features a of A.  Block e
holds u_(a+e,a) and v_(a,a+e): the form is sum_g p(g) q(g)^2 - (sum_g p(g) chi_e(g) q(g))^2 - (2/K) sum_a (1
- phat_(a+e)) u v + mu sum (u^2 + v^2), q = (1/K) sum_c zeta_c chi_c, zeta_a = alpha_a u_(a+e,a) [a in A] +
alpha_(a+e) v_(a+e,a) [a + e in A], alpha = sqrt s.  Its kernel are the rotations of features a, a + e in A;
E + T T^T with these tangents T has the same index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, Final

import numpy as np
from flint import arb, arb_mat

from ncverify.errors import InputError
from ncverify.flows.exact import read_number
from ncverify.landscape.inertia import Undecided, doubles, exact, negative_eigenvalues
from ncverify.theory.balls import (
    certainly_lt,
    certainly_negative,
    certainly_positive,
    precision,
    to_arb,
    to_decimal,
)
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import ARB
from ncverify.theory.transform import transform

MAX_CLASSES: Final = 16
_RADII: Final = (4, 8, 12, 16, 24, 32, 48, 64)
_LOW: Final = 64


@dataclass(frozen=True)
class WalshPoint:
    """The critical point of one support, or the proof that there is none.

    support: characters, the first of its orbit in lexicographic order; orbit: how many supports the
    automorphisms of the group make of it; exists: whether s > 0 on it; spectrum: balls of the stationary
    s_a in the order of the support (with a negative one if not ``exists``); value: f, index: in width
    ``width``, escapes: singular values of G above mu (these three None if not ``exists``); active: index in
    width ``rank``.  ``center`` (exact) and ``radius``: a box that holds exactly one stationary point, for
    the certificate.
    """

    group: AbelianGroup
    mu_squared: Fraction
    width: int
    support: tuple[int, ...]
    orbit: int
    exists: bool
    spectrum: tuple[arb, ...]
    value: arb | None
    active: int | None
    escapes: int | None
    center: tuple[arb, ...]
    radius: arb
    bits: int

    @property
    def rank(self) -> int:
        """The rank of W at the point."""
        return len(self.support)

    @property
    def index(self) -> int | None:
        """The number of negative eigenvalues of the Hessian in the given width."""
        if self.active is None or self.escapes is None:
            return None
        return self.active + (self.width - self.rank) * self.escapes

    @property
    def kind(self) -> str:
        """``none``, ``global minimum``, ``local minimum`` (not global in larger width) or ``saddle``."""
        if not self.exists:
            return "none"
        if not self.escapes:
            return "global minimum"
        return "saddle" if self.index else "local minimum"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; numbers as decimal strings that enclose."""
        return {
            "support": list(self.support),
            "orbit": self.orbit,
            "kind": self.kind,
            "index": self.index,
            "value": None if self.value is None else str(to_decimal(self.value, 40)),
            "spectrum": [str(to_decimal(s, 30)) for s in self.spectrum],
        }


def walsh_critical_points(
    group: AbelianGroup | Sequence[int],
    lambda_: Any = None,
    *,
    lambda_w: Any = None,
    lambda_h: Any = None,
    width: int | None = None,
    supports: Sequence[Sequence[int]] | None = None,
    digits: int = 40,
    progress: Callable[[str], None] | None = None,
) -> list[WalshPoint]:
    """One point (or its absence) for each orbit of supports under the automorphisms of the group.

    ``group``: Z_2^m, K = 2^m at most 16; ``supports``: only these, each counted once; ``lambda_``: the
    common decay, or ``lambda_w`` and ``lambda_h``, exact numbers > 0 with K mu < 1 (else W = H = 0 is the
    only critical point).  Orbits are exact: their sizes add up to 2^(K-1).  Raises ``InputError``, and
    ``Undecided`` where a stationary point has a component that balls cannot tell from 0.  Cost: 10 ms an
    orbit for K = 4, 0.1 s for K = 8, about 1 s for K = 16.
    """
    group = group if isinstance(group, AbelianGroup) else AbelianGroup(tuple(group))
    if not group.is_walsh or group.order > MAX_CLASSES:
        raise InputError(f"group {group.name} has no Walsh family here: use Z_2^m with 2^m <= {MAX_CLASSES}")
    squared = _product(lambda_, lambda_w, lambda_h)
    if group.order**2 * squared >= 1:
        raise InputError(f"mu^2 = {squared} is too large: for K mu >= 1 only W = H = 0 is critical")
    width = group.order if width is None else width
    if width < group.order - 1:
        raise InputError(f"width {width} is too small for the family of {group.name}: at least K - 1")
    report = progress or (lambda text: None)
    bits = int(digits * 3.33) + 64
    points: list[WalshPoint] = []
    for support, size in orbits(group) if supports is None else _chosen(group, supports):
        report(f"support {len(points) + 1}, of {len(support)} characters")
        points.append(_point(group, squared, width, support, size, bits))
    return points


def _chosen(group: AbelianGroup, supports: Sequence[Sequence[int]]) -> list[tuple[tuple[int, ...], int]]:
    chosen = []
    for given in supports:
        support = tuple(sorted(set(given)))
        if not all(isinstance(a, int) and 0 < a < group.order for a in support):
            raise InputError(f"support {list(given)} must be characters from 1 to {group.order - 1}")
        chosen.append((support, 1))
    return chosen


def _product(common: Any, lambda_w: Any, lambda_h: Any) -> Fraction:
    if (common is None) == (lambda_w is None) or (lambda_w is None) != (lambda_h is None):
        raise InputError("give lambda_ alone, or lambda_w and lambda_h")
    product = Fraction(1)
    for name, given in (("lambda_w", lambda_w), ("lambda_h", lambda_h)):
        value = read_number(common if common is not None else given, name)
        if value <= 0:
            raise InputError(f"{name} = {value} is not positive: without weight decay there are no minima")
        product *= value
    return product


def orbits(group: AbelianGroup) -> list[tuple[tuple[int, ...], int]]:
    """Supports (sets of nonzero characters) up to automorphisms of Z_2^m, with the sizes of their orbits.

    By exhaustion: sets are bit masks, and the maps e_i -> e_i + e_j generate the automorphisms.
    """
    k, m = group.order, len(group.orders)
    moves = []
    for i in range(m):
        for j in range(m):
            if i != j:
                image = [a ^ (((a >> i) & 1) << j) for a in range(k)]
                masks = np.arange(1 << (k - 1))
                moved = np.zeros_like(masks)
                for a in range(1, k):
                    moved |= ((masks >> (a - 1)) & 1) << (image[a] - 1)
                moves.append(moved)
    least = np.arange(1 << (k - 1))
    while True:
        before = least.copy()
        for moved in moves:
            least = np.minimum(least, least[moved])
            np.minimum.at(least, moved, least.copy())
        if np.array_equal(before, least):
            break
    masks, sizes = np.unique(least, return_counts=True)
    listed = [
        (tuple(a for a in range(1, k) if mask >> (a - 1) & 1), int(size))
        for mask, size in zip(masks.tolist(), sizes, strict=True)
    ]
    return sorted(listed, key=lambda item: (len(item[0]), item[0]))


def _point(
    group: AbelianGroup, squared: Fraction, width: int, support: tuple[int, ...], orbit: int, bits: int
) -> WalshPoint:
    center, radius, error = stationary(group, squared, support, bits)
    with precision(bits + 32):
        spectrum = [x + arb(0, error) for x in center]
        exact_parts = (tuple(center), radius, bits + 32)
        if any(certainly_negative(s) for s in spectrum):
            return WalshPoint(
                group, squared, width, support, orbit, False, tuple(spectrum), None, None, None, *exact_parts
            )
        if not all(certainly_positive(s) for s in spectrum):
            raise Undecided(f"support {support}: a component cannot be told from 0")
        p = _softmax(group, support, spectrum)
        mu = to_arb(squared).sqrt()
        value = -p[0].log() + mu * sum(spectrum, arb(0))
        hats = transform(group, p, ARB)
        gaps = [1 - hats[a] - group.order * mu for a in range(1, group.order) if a not in support]
        if not all(certainly_positive(x) or certainly_negative(x) for x in gaps):
            raise Undecided(f"support {support}: |G| cannot be told from mu")
        escapes = sum(map(certainly_positive, gaps))
        active = sum(_block_index(group, mu, support, spectrum, p, hats, e) for e in range(group.order))
    return WalshPoint(
        group, squared, width, support, orbit, True, tuple(spectrum), value, active, escapes, *exact_parts
    )


def stationary(
    group: AbelianGroup, squared: Fraction, support: Sequence[int], bits: int
) -> tuple[list[arb], arb, arb]:
    """(center, radius, error): a box around the stationary point of -log p(0) + mu sum s on the support.

    It is within ``error`` of ``center``, and the only zero of the equations within ``radius``.
    """
    if not support:
        return [], arb(1), arb(0)
    x = [arb(1)] * len(support)
    with precision(bits + 32):
        for _ in range(200):
            step = _covariance(group, support, x).solve(_residual(group, squared, support, x)).entries()
            size = reduce(lambda a, b: a.max(b), (abs(d).upper() for d in step))
            damping = arb(1) if certainly_lt(size, arb(2)) else (2 / size).mid()
            x = [(value + damping * d).mid() for value, d in zip(x, step, strict=True)]
            if certainly_lt(size, arb((1, -bits))):
                break
        residual = _residual(group, squared, support, x)
    with precision(_LOW):
        guess = exact(np.linalg.inv(doubles(_covariance(group, support, x))))
        unit = arb_mat([[int(i == j) for j in range(len(support))] for i in range(len(support))])
        with precision(bits + 32):
            move = reduce(lambda a, b: a.max(b), (abs(d).upper() for d in (guess * residual).entries()))
        for exponent in _RADII:
            radius = arb((1, -exponent))
            box = [value + arb(0, radius) for value in x]
            rows = (unit - guess * _covariance(group, support, box)).tolist()
            rate = reduce(lambda a, b: a.max(b), (sum(map(abs, row), arb(0)).upper() for row in rows))
            if certainly_lt(rate, arb(1)) and certainly_lt(move + rate * radius, radius):
                return x, radius, (move / (1 - rate)).upper()
    raise Undecided(f"support {tuple(support)}: no box can be proved to hold exactly one stationary point")


def _softmax(group: AbelianGroup, support: Sequence[int], s: Sequence[arb]) -> list[arb]:
    """p(g), from z(g) = (1/K) sum_a s_a chi_a(g)."""
    full = [arb(0)] * group.order
    for a, value in zip(support, s, strict=True):
        full[a] = value
    z = [x / group.order for x in transform(group, full, ARB)]
    return [1 / sum(((y - x).exp() for y in z), arb(0)) for x in z]


def _residual(group: AbelianGroup, squared: Fraction, support: Sequence[int], s: Sequence[arb]) -> arb_mat:
    """K (1 - phat_a - tau) for a in the support: the negative gradient, times K^2."""
    k = group.order
    hats = transform(group, _softmax(group, support, s), ARB)
    tau = k * to_arb(squared).sqrt()
    return arb_mat(len(support), 1, [k * (1 - hats[a] - tau) for a in support])


def _covariance(group: AbelianGroup, support: Sequence[int], s: Sequence[arb]) -> arb_mat:
    """Cov(chi_a, chi_b) under p, the negative derivative of ``_residual``."""
    hats = transform(group, _softmax(group, support, s), ARB)
    return arb_mat([[hats[a ^ b] - hats[a] * hats[b] for b in support] for a in support])


def _block_index(
    group: AbelianGroup,
    mu: arb,
    support: Sequence[int],
    s: Sequence[arb],
    p: Sequence[arb],
    hats: Sequence[arb],
    e: int,
) -> int:
    """The index of block e of the Hessian (see the head of this module)."""
    k, r = group.order, len(support)
    root = {a: value.sqrt() for a, value in zip(support, s, strict=True)}
    # zeta as a linear map of (u_a, v_a): row c, column a or r + a.
    zeta = [[arb(0)] * (2 * r) for _ in range(k)]
    form = arb_mat(2 * r, 2 * r)
    for spot, a in enumerate(support):
        zeta[a][spot] += root[a]
        zeta[a ^ e][r + spot] += root[a]
        form[spot, spot] = form[r + spot, r + spot] = mu
        form[spot, r + spot] = form[r + spot, spot] = -(1 - hats[a ^ e]) / k
    used = [c for c in range(k) if c in root or c ^ e in root]
    # sum_g p q^2 - (sum_g p chi_e q)^2 in terms of zeta.
    inner = arb_mat([[(hats[c ^ d] - hats[c ^ e] * hats[d ^ e]) / (k * k) for d in used] for c in used])
    rows = arb_mat([zeta[c] for c in used]) if used else arb_mat(0, 2 * r)
    form += rows.transpose() * (inner * rows)
    for tangent in _turns(support, root, e):
        column = arb_mat(2 * r, 1, tangent)
        form += column * column.transpose()
    return negative_eigenvalues(form)


def _turns(support: Sequence[int], root: dict[int, arb], e: int) -> Iterator[list[arb]]:
    """The tangents (W A, -A H) of the rotations of features a and a + e, as directions of block e."""
    r = len(support)
    spots = {a: spot for spot, a in enumerate(support)}
    for a in support:
        b = a ^ e
        if b > a and b in spots:
            # A_(b,a) = 1 = -A_(a,b) gives u_(b,a) = root_b = v_(a,b), u_(a,b) = -root_a = v_(b,a).
            tangent = [arb(0)] * (2 * r)
            tangent[spots[a]], tangent[spots[b]] = root[b], -root[a]
            tangent[r + spots[b]], tangent[r + spots[a]] = -root[a], root[b]
            yield tangent
