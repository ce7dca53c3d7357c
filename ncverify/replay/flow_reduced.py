"""One step of a reduced flow, from its exact polynomials.

Classes g and characters a are counted up to sign; z_g = (1/K) sum_a s_a chi_a(g), 1 - phat_a =
sum_g p_g (1 - chi_a(g)).  In the time x of the step, dt/dx = h sum_g e^{u_g} with u_g = z_g - z_base; with
Phi_g = 2 h e^{u_g}, Theta_a = sum_g Phi_g (1 - chi_a(g)) and Sigma = sum_g Phi_g = 2 dt/dx:

* depth 2: variables e with e' = e (sign Theta_a - decay Sigma): e = s_a if balanced, else
  e = (alpha_a + sign beta_a)^2 and s_a = (e_+ - e_-) / 4;
* depth L: alpha' = (alpha^{L-1} Theta_a - decay alpha Sigma) / 2, s_a = alpha^L.

The curve is near an exact solution by the bounds of ``flow_bounds``.  The logarithmic norm is that of the
claims log-norm-reduced and reduced-ode of the book: the Jacobian in the coordinates y (sqrt e, or alpha) is a
diagonal matrix plus a negative semidefinite one, minus the decay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flint import arb, arb_poly, fmpq

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
    smallest,
    tube,
)
from ncverify.replay.flow_clock import Clock
from ncverify.replay.models import Group
from ncverify.replay.reading import items, members, whole

STEP: Final = (
    "bits", "length", "base", "starts", "series", "weights",
)  # fmt: skip
MAX_BITS: Final = 1 << 17
_ROOM: Final = arb((1, -20))


@dataclass(frozen=True)
class Variable:
    """``mode``: number of the character class; s_a = sum of weight e; |dy|^2 = metric |d sqrt e|^2."""

    mode: int
    sign: int
    weight: Any
    metric: Any


@dataclass(frozen=True)
class Reduced:
    """A reduced flow from an exact start: everything that the steps share."""

    group: Group
    orbits: tuple[tuple[int, ...], ...]
    depth: int
    decay: Any
    scale: int
    spectrum: tuple[Any, ...]
    imbalance: tuple[Any, ...] | None
    variables: tuple[Variable, ...]

    @property
    def components(self) -> int:
        """How many numbers a state shows: s_a for every a != 0."""
        return self.group.size - 1

    @property
    def resting(self) -> bool:
        """Nothing moves if there is no variable."""
        return not self.variables

    def show(self, classes: Sequence[Any]) -> list[Any]:
        """s_a for a = 1, 2, ... from one value for each class."""
        out: list[Any] = [None] * self.components
        for value, orbit in zip(classes, self.orbits, strict=True):
            for a in orbit:
                out[a - 1] = value
        return out

    def cosine(self, a: int, g: int) -> Any:
        """Re chi_a(g) for class numbers."""
        turns = self.group.turns(self.orbits[a][0], self.orbits[g][0])
        if turns.denominator <= 2:
            return arb(1 if turns == 0 else -1)
        return arb.cos_pi_fmpq(fmpq(2 * turns.numerator, turns.denominator))

    def moving(self) -> list[int]:
        """The classes with a variable."""
        return sorted({v.mode for v in self.variables})

    def loud(self) -> list[int]:
        """The classes g whose logit is not z_0 for ever: chi_a(g) != 1 for some a that moves."""
        return [
            g
            for g in range(len(self.orbits))
            if any(self.group.turns(self.orbits[a][0], self.orbits[g][0]) != 0 for a in self.moving())
        ]

    def start(self) -> list[Any]:
        """Balls around the variables at time 0."""
        found = []
        for v in self.variables:
            s = self.spectrum[v.mode]
            if self.depth != 2:
                found.append(arb(s).root(self.depth) if self.depth > 1 else arb(s))
            elif self.imbalance is None:
                found.append(arb(s))
            else:
                c = self.imbalance[v.mode]
                large = arb(c * c + 4 * s * s).sqrt() + 2 * abs(arb(s))
                same = s == 0 or (s > 0) == (v.sign > 0)
                found.append(large if same else arb(c * c) / large)
        return found

    def initial(self) -> list[Any]:
        """The shown state at time 0."""
        return self.show([arb(s) for s in self.spectrum])

    def distance(self, values: Sequence[Any], exact: Sequence[Any]) -> Errors:
        """The largest distance of an exact point from the points of some balls."""
        total, relative = arb(0), []
        for v, e, e0 in zip(self.variables, values, exact, strict=True):
            count = len(self.orbits[v.mode])
            if self.depth != 2:
                d = (e - e0).abs_upper()
                total += count * d * d
                continue
            d = (e.sqrt() - e0.sqrt()).abs_upper()
            total += count * v.metric * (d * d)
            relative.append((e / e0).log().abs_upper())
        return Errors(total.sqrt().upper(), tuple(relative))

    def handed(self, values: Sequence[Any], exact: Sequence[Any], errors: Errors) -> Errors:
        """The errors at a step's exact start, if the one before ends at ``values`` with ``errors``."""
        gap = self.distance(values, exact)
        before = errors.relative or (arb(0),) * len(gap.relative)
        return Errors(
            (gap.radius + errors.radius).upper(),
            tuple((x + y).upper() for x, y in zip(gap.relative, before, strict=True)),
        )

    def step(self, data: Any, ends: Sequence[Any], errors: Errors) -> ReducedStep:
        """A step that goes on where the one before ended, with its bounds."""
        return ReducedStep(self, members(data, STEP, "a step"), ends, errors)


def read_reduced(data: Mapping[str, Any]) -> Reduced:
    """The flow that a trajectory is about."""
    orders = [whole(n, "an order", 2, 64) for n in items(data["group"], "the group", 1)]
    group = Group(orders)
    if group.size > 64:
        raise Rejected("the group of a flow has more than 64 elements")
    opposite = [group.element([-d for d in group.digits(a)]) for a in range(group.size)]
    orbits = tuple(
        (a,) if opposite[a] == a else (a, opposite[a]) for a in range(1, group.size) if a <= opposite[a]
    )
    depth = whole(data["depth"], "the depth", 1, 100)
    decay = rational(data["weight_decay"], "the weight decay")
    if decay < 0 or data["loss"] not in ("sum", "mean"):
        raise Rejected("the weight decay is negative, or the loss is unknown")
    scale = group.size if data["loss"] == "mean" else 1
    spectrum = _even(data["start"], orbits, "the start")
    imbalance = None if data["imbalance"] is None else _even(data["imbalance"], orbits, "the imbalance")
    if imbalance is not None and depth != 2:
        raise Rejected("an imbalance needs depth 2")
    variables = _variables(spectrum, imbalance, depth)
    return Reduced(group, orbits, depth, decay * scale, scale, spectrum, imbalance, tuple(variables))


def _even(data: Any, orbits: Sequence[tuple[int, ...]], where: str) -> tuple[Any, ...]:
    numbers = [rational(value, where) for value in items(data, where)]
    if len(numbers) != sum(map(len, orbits)):
        raise Rejected(f"{where} does not have one number for each character but 0")
    if any(numbers[a - 1] != numbers[orbit[0] - 1] for orbit in orbits for a in orbit):
        raise Rejected(f"{where} is not even")
    return tuple(numbers[orbit[0] - 1] for orbit in orbits)


def _variables(spectrum: Sequence[Any], imbalance: Sequence[Any] | None, depth: int) -> list[Variable]:
    """A variable that is 0 at the start stays 0, and is left out (not for depth 1)."""
    one, found = fmpq(1), []
    for mode, s in enumerate(spectrum):
        if imbalance is not None:
            c = imbalance[mode]
            for sign in (1, -1):
                same = s == 0 or (s > 0) == (sign > 0)
                if not ((s == 0 and c == 0) or (not same and c == 0)):
                    found.append(Variable(mode, sign, fmpq(sign, 4), fmpq(1, 2)))
            continue
        if depth > 1 and s < 0:
            raise Rejected("a balanced start is negative")
        if depth == 1 or s != 0:
            found.append(Variable(mode, 1, one, one))
    return found


class ReducedStep:
    """A certified step; the precision is that in force when it is made."""

    def __init__(self, flow: Reduced, data: Mapping[str, Any], ends: Sequence[Any], errors: Errors) -> None:
        self.flow = flow
        bits = whole(data["bits"], "bits", 16, MAX_BITS)
        count = len(flow.variables)
        length = dyadic(data["length"])
        if not bool(length > 0):
            raise Rejected("a step has no length")
        series = [polynomial(c, bits) for c in items(data["series"], "series")]
        weights = [polynomial(c, bits) for c in items(data["weights"], "weights")]
        starts = [dyadic(e) for e in items(data["starts"], "starts")]
        loud = flow.loud()
        if (
            len(series) != count
            or len(starts) != (count if flow.depth == 2 else 0)
            or len(weights) != len(loud) + bool(flow.decay)
        ):
            raise Rejected("a step does not have the variables and weights of its flow")
        self.series, self.starts = series, starts
        self._check_starts(data, bits)
        self._bits = bits
        self.entering = flow.handed(ends, self.starts, errors)
        base = whole(data["base"], "base", 0, len(flow.orbits))
        z = self._logits()
        theta, drag, eps, drag_error, rest, rest_error = self._forces(z, base, length, weights, loud)
        prove = self._prove_power if flow.depth != 2 else self._prove_exponential
        self.radius, self.leaving = prove(theta, drag, eps, drag_error)
        silent = flow.group.size - sum(len(flow.orbits[g]) for g in loud)
        order = max(len(p.coeffs()) for p in (*series, *weights))
        half = arb(1) / 2
        self.clock = Clock(
            silent * length, z[0] - z[base], rest * half, (rest_error * half).upper(), order + 8
        )

    def _check_starts(self, data: Mapping[str, Any], bits: int) -> None:
        if self.flow.depth != 2:
            self.starts = [dyadic([row[0], -bits]) for row in data["series"]]
            return
        for row, start in zip(data["series"], self.starts, strict=True):
            if row[0] != str(1 << bits) or not bool(start > 0):
                raise Rejected("an exponential variable does not begin at its positive start")

    def _logits(self) -> list[Any]:
        """z_0, then z_g for each class, on the curve."""
        flow = self.flow
        spectrum = [arb_poly([]) for _ in flow.orbits]
        for v, start, p in zip(flow.variables, self.starts, self.series, strict=True):
            if flow.depth == 2:
                spectrum[v.mode] += p * (arb(v.weight) * start)
            else:
                spectrum[v.mode] += _power(p, flow.depth)
        sized = [p * len(orbit) for p, orbit in zip(spectrum, flow.orbits, strict=True)]
        inverse = arb(1) / flow.group.size
        zero = _total(sized) * inverse
        each = [
            _total([p * flow.cosine(a, g) for a, p in enumerate(sized)]) * inverse
            for g in range(len(flow.orbits))
        ]
        return [zero, *each]

    def _forces(
        self, z: list[Any], base: int, length: Any, weights: list[Any], loud: list[int]
    ) -> tuple[list[Any], Any, Any, Any, Any, Any]:
        """Theta for each class, decay Sigma, bounds of both errors; the loud part of Sigma, its error."""
        flow = self.flow
        sizes = [len(flow.orbits[g]) for g in loud]
        own = weights[1:] if flow.decay else weights
        errors = [
            exponential_error(w, z[g + 1] - z[base], 2 * length) for w, g in zip(own, loud, strict=True)
        ]
        sized = [w * n for w, n in zip(own, sizes, strict=True)]
        rest = _total(sized)
        rest_error = sum((e * n for e, n in zip(errors, sizes, strict=True)), arb(0)).upper()
        theta = [
            _total([w * (1 - flow.cosine(a, g)) for w, g in zip(sized, loud, strict=True)])
            for a in range(len(flow.orbits))
        ]
        drag, drag_error = arb_poly([]), arb(0)
        if flow.decay:
            silent = flow.group.size - sum(sizes)
            decay = arb(flow.decay)
            drag = (rest + weights[0] * silent) * decay
            own_error = exponential_error(weights[0], z[0] - z[base], 2 * length)
            drag_error = (decay * (rest_error + silent * own_error)).upper()
        return theta, drag, (2 * rest_error).upper(), drag_error, rest, rest_error

    def _prove_exponential(
        self, theta: list[Any], drag: Any, eps: Any, drag_error: Any
    ) -> tuple[Any, Errors]:
        flow = self.flow
        error = (eps + drag_error).upper()
        residues, lows, defect2, norm2 = [], [], arb(0), arb(0)
        for v, start, f in zip(flow.variables, self.starts, self.series, strict=True):
            r = size(f.derivative() - f * (theta[v.mode] * v.sign - drag))
            span = ranges(f)
            low, high = smallest(span), largest(span)
            if not bool(low > 0):
                raise Rejected("a variable is not certainly positive on a step")
            scale2 = len(flow.orbits[v.mode]) * v.metric * start
            d = r / (2 * low.sqrt()) + high.sqrt() * error / 2
            defect2 += scale2 * (d * d)
            norm2 += scale2 * high
            residues.append(r)
            lows.append(low)
        tops = self._tops(theta, [None] * len(flow.orbits), eps)
        drags = [(x.lower() - drag_error).lower() for x in ranges(drag)] if flow.decay else [arb(0)] * PIECES
        proved = tube(
            self.entering.radius,
            defect2.sqrt().upper(),
            [(top / 2, loss / 2) for top, loss in zip(tops, drags, strict=True)],
            norm2.sqrt().upper(),
            arb(2) / flow.group.size,
            10 * self._bits,
        )
        drift = error + (2 * proved.shift).expm1() * largest(tops)
        relative = [
            (rho + r / low + drift).upper()
            for rho, r, low in zip(self.entering.relative, residues, lows, strict=True)
        ]
        return proved.radius, Errors(proved.leaving, tuple(relative))

    def _tops(self, theta: list[Any], factors: Sequence[Any], eps: Any) -> list[Any]:
        """For each eighth an upper bound of max_a factor_a Theta_a over the modes that move."""
        modes = self.flow.moving()
        spans = {a: ranges(theta[a]) for a in modes}
        out = []
        for j in range(PIECES):
            values = []
            for a in modes:
                top = (spans[a][j] + eps).upper()
                values.append(top if factors[a] is None else factors[a][j] * top)
            out.append(largest(values))
        return out

    def _prove_power(self, theta: list[Any], drag: Any, eps: Any, drag_error: Any) -> tuple[Any, Errors]:
        flow, depth = self.flow, self.flow.depth
        defect2, norm2, top_alpha = arb(0), arb(0), arb(0)
        factors: list[Any] = [None] * len(flow.orbits)
        for v, p in zip(flow.variables, self.series, strict=True):
            span = ranges(p)
            high = largest([abs(x) for x in span])
            top_alpha = top_alpha.max(high)
            field = (_power(p, depth - 1) * theta[v.mode] - p * drag) * (arb(1) / 2)
            d = size(p.derivative() - field) + (_number_power(high, depth - 1) * eps + high * drag_error) / 2
            count = len(flow.orbits[v.mode])
            defect2 += count * (d * d)
            norm2 += count * (high * high)
            if depth > 1:
                factors[v.mode] = [_number_power(abs(x).upper() + _ROOM, depth - 2) for x in span]
        tops = self._tops(theta, factors, eps) if depth > 1 else [arb(0)] * PIECES
        drags = [(x.lower() - drag_error).lower() for x in ranges(drag)] if flow.decay else [arb(0)] * PIECES
        rates = [((depth - 1) * top / 2, loss / 2) for top, loss in zip(tops, drags, strict=True)]
        sensitivity = 2 * depth * _number_power(top_alpha + _ROOM, depth - 1) / arb(flow.group.size).sqrt()
        # Here a gap moves by at most sensitivity * radius, which is what 2 * (1/2) + radius >= 1 allows for.
        proved = tube(
            self.entering.radius,
            defect2.sqrt().upper(),
            rates,
            arb(1) / 2,
            sensitivity.upper(),
            2 * self._bits,
        )
        if not bool(proved.radius <= _ROOM):
            raise Rejected("the tube around a curve is too wide")
        return proved.radius, Errors(proved.leaving)

    def ends(self) -> list[Any]:
        """Balls around the variables at the end of the curve."""
        if self.flow.depth != 2:
            return [p(arb(1)) for p in self.series]
        return [start * p(arb(1)) for start, p in zip(self.starts, self.series, strict=True)]

    def state(self, x: Any) -> list[Any]:
        """Balls around s_a of the exact solution at the time x of the curve."""
        flow = self.flow
        out = [arb(0)] * len(flow.orbits)
        for i, (v, p) in enumerate(zip(flow.variables, self.series, strict=True)):
            if flow.depth != 2:
                alpha = p(x) + arb(0, self.radius)
                out[v.mode] = _number_power(alpha, flow.depth)
                continue
            e = self.starts[i] * p(x)
            relative = e * arb(0, self.leaving.relative[i]).exp()
            root = e.sqrt() + arb(0, (self.radius / arb(v.metric).sqrt()).upper())
            metric = root * root
            best = relative if bool(relative.rad() <= metric.rad()) else metric
            out[v.mode] = out[v.mode] + arb(v.weight) * best
        return flow.show(out)


def _total(parts: Sequence[Any]) -> Any:
    total = arb_poly([])
    for part in parts:
        total = total + part
    return total


def _power(p: Any, n: int) -> Any:
    out = arb_poly([arb(1)])
    for _ in range(n):
        out = out * p
    return out


def _number_power(x: Any, n: int) -> Any:
    out = arb(1)
    for _ in range(n):
        out = out * x
    return out
