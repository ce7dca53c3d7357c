"""One step of the full flow W' = (Y - P) H^T - decay W, H' = W^T (Y - P) - decay H, from its polynomials.

Time of the step: dt/dx = J = h e^l with l = (Z_y - Z_k)_i for one pair (k, i), or 0.  For sample i of class y
and k != y: F_ki = h e^{l - (Z_y - Z_k)_i}, kappa = e^-l, Q_i = 1 + sum_k e^-gap = 1 + kappa sum_k F_ki / h,
and G = J (Y - P) has the entries -F_ki / Q_i, and their negative sum at y.  The curve brings polynomials for
F, kappa, J and B_i = 1/Q_i.  With eps >= |F~ - F| and b = |B~ Q~ - 1|:
|B~ - 1/Q| <= b + |B~| |Q~ - Q| =: beta since Q >= 1, and |F~ B~ - F/Q| <= |F~| beta + eps since 1/Q <= 1.

The logarithmic norm is at most ||Y - P||_2 - decay (claim log-norm-full of the book); gaps within R of the
curve move by at most sqrt 2 R (|W~| + |H~| + R), entries of Y - P by e to twice that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flint import arb, arb_poly

from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import rational
from ncverify.replay.flow_bounds import (
    PIECES,
    Errors,
    dyadic,
    exponential_error,
    largest,
    polynomial,
    ranges,
    size,
    tube,
)
from ncverify.replay.flow_clock import Clock
from ncverify.replay.flow_reduced import MAX_BITS
from ncverify.replay.reading import exactly, items, members, whole

STEP: Final = (
    "bits", "length", "base", "w", "h", "forces", "inverses", "kappa", "pace",
)  # fmt: skip
MAX_ENTRIES: Final = 4096

Rows = list[list[Any]]


@dataclass(frozen=True)
class Full:
    """The full flow from an exact start: W (K x d), then H (d x N), row by row."""

    classes: int
    dimension: int
    labels: tuple[int, ...]
    decay: Any
    scale: int
    entries: tuple[Any, ...]

    @property
    def components(self) -> int:
        """How many numbers a state shows."""
        return len(self.entries)

    @property
    def resting(self) -> bool:
        """W = 0 and H = 0 is an equilibrium."""
        return not any(self.entries)

    def start(self) -> list[Any]:
        """Balls around the entries at time 0."""
        return [arb(x) for x in self.entries]

    def initial(self) -> list[Any]:
        """The shown state at time 0."""
        return self.start()

    def distance(self, values: Sequence[Any], exact: Sequence[Any]) -> Errors:
        """The largest Euclidean distance of an exact point from the points of some balls."""
        total = arb(0)
        for value, point in zip(values, exact, strict=True):
            d = (value - point).abs_upper()
            total += d * d
        return Errors(total.sqrt().upper())

    def step(self, data: Any, ends: Sequence[Any], errors: Errors) -> FullStep:
        """A step that goes on where the one before ended, with its bounds."""
        return FullStep(self, members(data, STEP, "a step"), ends, errors)


def read_full(data: Mapping[str, Any]) -> Full:
    """The flow that a trajectory is about."""
    classes = whole(data["classes"], "classes", 2, 256)
    dimension = whole(data["dimension"], "the dimension", 1, 4096)
    labels = tuple(whole(label, "a label", 0, classes - 1) for label in items(data["labels"], "labels", 1))
    entries = tuple(rational(x, "an entry") for x in items(data["start"], "the start"))
    if len(entries) != (classes + len(labels)) * dimension or len(entries) > MAX_ENTRIES:
        raise Rejected(f"the start does not have the entries of W and H, or more than {MAX_ENTRIES}")
    decay = rational(data["weight_decay"], "the weight decay")
    if decay < 0 or data["loss"] not in ("sum", "mean"):
        raise Rejected("the weight decay is negative, or the loss is unknown")
    scale = len(labels) if data["loss"] == "mean" else 1
    return Full(classes, dimension, labels, decay * scale, scale, entries)


class FullStep:
    """A certified step; the precision is that in force when it is made."""

    def __init__(self, flow: Full, data: Mapping[str, Any], ends: Sequence[Any], errors: Errors) -> None:
        self.flow = flow
        bits = whole(data["bits"], "bits", 16, MAX_BITS)
        length = dyadic(data["length"])
        if not bool(length > 0):
            raise Rejected("a step has no length")
        k, d, n = flow.classes, flow.dimension, len(flow.labels)
        flat = {name: [polynomial(c, bits) for c in items(data[name], name)] for name in ("w", "h")}
        if len(flat["w"]) != k * d or len(flat["h"]) != d * n:
            raise Rejected("a step does not have the entries of W and H")
        first = [dyadic([row[0], -bits]) for name in ("w", "h") for row in data[name]]
        entering = flow.distance(ends, first).radius + errors.radius
        self.w = [flat["w"][i * d : (i + 1) * d] for i in range(k)]
        self.h = [flat["h"][i * n : (i + 1) * n] for i in range(d)]
        z = _product(self.w, self.h)
        exponent = arb_poly([])
        if data["base"] is not None:
            row, i = (whole(x, "the base", 0, max(k, n)) for x in exactly(data["base"], 2, "the base"))
            if row >= k or i >= n:
                raise Rejected("the base is no entry of the logits")
            exponent = z[flow.labels[i]][i] - z[row][i]
        kappa = polynomial(data["kappa"], bits)
        forces = [polynomial(c, bits) for c in items(data["forces"], "forces")]
        inverses = [polynomial(c, bits) for c in items(data["inverses"], "inverses")]
        if len(forces) != (k - 1) * n or len(inverses) != n:
            raise Rejected("a step does not have the forces and inverses of its flow")
        g, gamma = self._forces(z, exponent, length, kappa, forces, inverses)
        pace, pace_error = arb_poly([]), arb(0)
        if flow.decay:
            pace = polynomial(data["pace"], bits)
            pace_error = exponential_error(pace, exponent, length)
        elif data["pace"] != []:
            raise Rejected("a step has a pace that nothing asks for")
        defect = self._defect(g, gamma, pace, pace_error)
        norm = sum((size(p) * size(p) for p in (*flat["w"], *flat["h"])), arb(0)).sqrt().upper()
        decay = arb(flow.decay)
        losses = [(decay * (x - pace_error)).lower() for x in ranges(pace)]
        rates = list(zip(self._force_norms(g, gamma), losses, strict=True))
        proved = tube(entering.upper(), defect, rates, norm, arb(2).sqrt(), 2 * bits)
        self.radius, self.leaving = proved.radius, Errors(proved.leaving)
        order = max(len(p.coeffs()) for p in (*flat["w"], *flat["h"], kappa))
        self.clock = Clock(length, exponent, arb_poly([]), arb(0), order + 8)

    def _forces(
        self, z: Rows, exponent: Any, length: Any, kappa: Any, forces: list[Any], inverses: list[Any]
    ) -> tuple[Rows, Rows]:
        """G~ and bounds of |G~ - G|, both K x N."""
        k, n = self.flow.classes, len(self.flow.labels)
        kappa_error = exponential_error(kappa, -exponent, arb(1))
        g: Rows = [[arb_poly([])] * n for _ in range(k)]
        gamma: Rows = [[arb(0)] * n for _ in range(k)]
        for i, label in enumerate(self.flow.labels):
            others = [row for row in range(k) if row != label]
            own = forces[i * (k - 1) : (i + 1) * (k - 1)]
            errors = [
                exponential_error(f, exponent - z[label][i] + z[row][i], length)
                for f, row in zip(own, others, strict=True)
            ]
            total = own[0]
            for f in own[1:]:
                total = total + f
            spread = sum(errors, arb(0)).upper()
            q_error = (kappa_error * (size(total) + spread) + size(kappa) * spread) / length
            q = kappa * total * (1 / length) + 1
            beta = size(inverses[i] * q - 1) + size(inverses[i]) * q_error
            for f, e, row in zip(own, errors, others, strict=True):
                g[row][i] = -(f * inverses[i])
                gamma[row][i] = (size(f) * beta + e).upper()
            g[label][i] = total * inverses[i]
            gamma[label][i] = sum((gamma[row][i] for row in others), arb(0)).upper()
        cut = max(len(p.coeffs()) for row in (*self.w, *self.h) for p in row) + 1
        for row in range(k):  # what is cut off keeps the products below short
            for i in range(n):
                p = g[row][i]
                gamma[row][i] = (gamma[row][i] + size(p.right_shift(cut))).upper()
                g[row][i] = p.truncate(cut)
        return g, gamma

    def _defect(self, g: Rows, gamma: Rows, pace: Any, pace_error: Any) -> Any:
        decay = arb(self.flow.decay)
        total = arb(0)
        sizes_w = [[size(p) for p in row] for row in self.w]
        sizes_h = [[size(p) for p in row] for row in self.h]
        for curve, sizes, field, spread in (
            (self.w, sizes_w, _product(g, _turned(self.h)), _bounds(gamma, _turned(sizes_h))),
            (self.h, sizes_h, _product(_turned(self.w), g), _bounds(_turned(sizes_w), gamma)),
        ):
            for a, row in enumerate(curve):
                for b, p in enumerate(row):
                    residue = p.derivative() - field[a][b] + pace * p * decay
                    bound = size(residue) + spread[a][b] + decay * pace_error * sizes[a][b]
                    total += bound * bound
        return total.sqrt().upper()

    def _force_norms(self, g: Rows, gamma: Rows) -> list[Any]:
        """For each eighth an upper bound of the spectral norm of G: Frobenius, or sqrt(rows columns)."""
        spans = [[ranges(p) for p in row] for row in g]
        out = []
        for j in range(PIECES):
            entries = [
                [(abs(span[j]) + e).upper() for span, e in zip(row, errors, strict=True)]
                for row, errors in zip(spans, gamma, strict=True)
            ]
            frobenius = sum((x * x for row in entries for x in row), arb(0)).sqrt().upper()
            rows = largest([sum(row, arb(0)) for row in entries])
            columns = largest([sum(column, arb(0)) for column in _turned(entries)])
            out.append(frobenius.min((rows * columns).sqrt().upper()))
        return out

    def ends(self) -> list[Any]:
        """Balls around the entries at the end of the curve."""
        return [p(arb(1)) for row in (*self.w, *self.h) for p in row]

    def state(self, x: Any) -> list[Any]:
        """Balls around the entries of the exact solution at the time x of the curve."""
        return [p(x) + arb(0, self.radius) for row in (*self.w, *self.h) for p in row]


def _product(a: Rows, b: Rows) -> Rows:
    columns = _turned(b)
    out: Rows = []
    for row in a:
        out.append([])
        for column in columns:
            total = arb_poly([])
            for x, y in zip(row, column, strict=True):
                total = total + x * y
            out[-1].append(total)
    return out


def _bounds(a: Rows, b: Rows) -> Rows:
    columns = _turned(b)
    return [
        [sum((x * y for x, y in zip(row, column, strict=True)), arb(0)).upper() for column in columns]
        for row in a
    ]


def _turned(a: Sequence[Sequence[Any]]) -> Rows:
    return [list(column) for column in zip(*a, strict=True)]
