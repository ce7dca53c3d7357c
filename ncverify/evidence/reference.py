"""Reference solutions of the flows in high precision: not rigorous, but checked against themselves.

Each solution is computed twice, with different order, precision and steps; what is returned is the
finer one, with the number of digits on which both agree.  Use it to test, never to prove.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, log2
from typing import Any

from gmpy2 import mpz
from mpmath import mp, mpf

from ncverify.errors import InputError
from ncverify.evidence.series import Field, fixed, taylor
from ncverify.theory.dynamics import Balanced, Loss, ReducedModel, full_field, reduced_field
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import FieldKind, Vector

Real = Any
"""A starting value: int or Fraction, or an mpmath float taken at its exact binary value."""

Rows = tuple[tuple[mpf, ...], ...]

# Digits beyond those asked for, tried in turn: errors of a flow that leaves a saddle grow with time.
_GUARD_DIGITS = (10, 25, 50)
_MAX_STEPS = 20_000
_MAX_STATE_BITS = 64


@dataclass(frozen=True)
class ReducedSolution:
    """States of a reduced flow: ``states[i]`` is the state at ``times[i]``.

    ``digits`` is the number of digits on which two runs agree, relative to max(1, |value|).
    """

    times: tuple[Fraction, ...]
    states: tuple[tuple[mpf, ...], ...]
    digits: int


@dataclass(frozen=True)
class FullSolution:
    """States of the full flow: ``w[i]`` (K x d) and ``h[i]`` (d x N) at ``times[i]``; ``digits`` as above."""

    times: tuple[Fraction, ...]
    w: tuple[Rows, ...]
    h: tuple[Rows, ...]
    digits: int


class NoAgreement(ArithmeticError):
    """Two runs of the reference integrator do not agree to the digits asked for."""


def integrate_reduced(
    group: AbelianGroup,
    start: Sequence[Real],
    times: Sequence[int | Fraction],
    digits: int,
    *,
    model: ReducedModel | None = None,
) -> ReducedSolution:
    """The flow of ``model`` (default: ``Balanced()``) from ``start`` at t = 0, in mpmath numbers.

    ``start``: ``model.state_size(group)`` numbers, s_0 included; ``times``: increasing, from 0 on.  At
    least ``digits`` digits agree in two runs, else ``NoAgreement``.  Raises ``InputError`` for wrong
    sizes, times, or floats.  Cost: K = 8, 50 digits, t = 1 takes about 0.1 s.
    """
    model = Balanced() if model is None else model

    def field(state: Vector, kind: FieldKind) -> Vector:
        return reduced_field(group, state, kind, model=model)

    exact_times = _check_times(times)
    size = model.state_size(group)
    if len(start) != size:
        raise InputError(
            f"{type(model).__name__} flow on {group.name} wants {size} numbers, got {len(start)}"
        )
    states, agreed = _twice(field, start, exact_times, digits)
    return ReducedSolution(exact_times, states, agreed)


def integrate_full(
    w: Sequence[Sequence[Real]],
    h: Sequence[Sequence[Real]],
    labels: Sequence[int],
    times: Sequence[int | Fraction],
    digits: int,
    *,
    loss: Loss = "sum",
    decay: Fraction = Fraction(0),
) -> FullSolution:
    """The gradient flow of W (K x d) and H (d x N) from t = 0 (see ``full_field``), in mpmath numbers.

    Arguments and errors as for ``integrate_reduced``.  Cost: K = d = N = 8, 30 digits, t = 1 takes a few
    seconds.
    """
    classes, d, samples = len(w), len(h), len(labels)
    if any(len(row) != d for row in w) or any(len(row) != samples for row in h) or not classes or not d:
        raise InputError(f"W must be K x {d} and H {d} x {samples} for {samples} labels: give them as rows")

    def field(state: Vector, kind: FieldKind) -> Vector:
        rows_w = [state[i * d : (i + 1) * d] for i in range(classes)]
        rest = state[classes * d :]
        rows_h = [rest[i * samples : (i + 1) * samples] for i in range(d)]
        dw, dh = full_field(rows_w, rows_h, labels, kind, loss=loss, decay=decay)
        return [x for row in (*dw, *dh) for x in row]

    exact_times = _check_times(times)
    start = [x for row in (*w, *h) for x in row]
    states, agreed = _twice(field, start, exact_times, digits)
    return FullSolution(
        exact_times,
        tuple(_rows(state[: classes * d], d) for state in states),
        tuple(_rows(state[classes * d :], samples) for state in states),
        agreed,
    )


def _rows(values: Sequence[mpf], width: int) -> Rows:
    return tuple(tuple(values[i : i + width]) for i in range(0, len(values), width))


def _twice(
    field: Field, start: Sequence[Real], times: tuple[Fraction, ...], digits: int
) -> tuple[tuple[tuple[mpf, ...], ...], int]:
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 10_000:
        raise InputError(f"digits {digits!r} must be a whole number from 1 to 10000")
    exact = [_exact(x) for x in start]
    for guard in _GUARD_DIGITS:
        # A start that is not represented exactly is moved in one run: if its rounding matters, they disagree.
        rough = _run(field, exact, times, digits + guard - 5, nudge=True)
        fine = _run(field, exact, times, digits + guard, nudge=False)
        with mp.workdps(digits + guard + 5):
            gaps = [
                abs(x - y) / max(1, abs(y))
                for u, v in zip(rough, fine, strict=True)
                for x, y in zip(u, v, strict=True)
            ]
            worst = max(gaps, default=mpf(0))
            # Agreement beyond the goal of the rougher run would be luck.
            goal = digits + guard - 5
            agreed = min(goal, int(mp.floor(-mp.log10(worst)))) if worst else goal
        if agreed >= digits:
            return fine, agreed
    raise NoAgreement(
        f"two runs of the reference integrator agree on {agreed} digits only, {digits} were asked for"
    )


def _run(
    field: Field, start: Sequence[Fraction], times: tuple[Fraction, ...], digits: int, *, nudge: bool
) -> tuple[tuple[mpf, ...], ...]:
    """States at ``times`` by Taylor steps with local error about 10^-digits."""
    bits = ceil(digits * log2(10)) + 16
    # Work ~ order^2 a step and steps ~ 1/radius give order = log(1/error)/2 (Jorba and Zou 2005).
    order = ceil(1.16 * digits) + 2
    state = [fixed(x, bits) for x in start]
    if nudge:
        # 2^12 last places: enough to survive the products, below the aim by 2^4.
        inexact = [(x * Fraction(2) ** bits).denominator != 1 for x in start]
        state = [value + (moved << 12) for value, moved in zip(state, inexact, strict=True)]
    now, unit = Fraction(0), Fraction(1, 16)
    found: list[tuple[mpf, ...]] = []
    for _ in range(_MAX_STEPS):
        while len(found) < len(times) and times[len(found)] == now:
            found.append(_to_mpf(state, bits))
        if len(found) == len(times):
            return tuple(found)
        coefficients = taylor(field, state, unit, bits, order)
        radius = _radius(coefficients, digits, bits)
        reach = min(radius, Fraction(1))
        while len(found) < len(times) and times[len(found)] <= now + unit * reach:
            tau = (times[len(found)] - now) / unit
            found.append(_to_mpf(_evaluate(coefficients, tau, bits), bits))
        state = _evaluate(coefficients, reach, bits)
        now += unit * reach
        if max(abs(x) for x in state) >> (bits + _MAX_STATE_BITS):
            raise NoAgreement(
                f"the state exceeds 2^{_MAX_STATE_BITS} at t = {float(now):.6g}: the flow blows up"
            )
        # tau beyond 1 would amplify the rounding of the coefficients: rather change the unit.
        unit = _short(unit * min(radius, Fraction(8)))
    raise NoAgreement(
        f"the reference integrator used {_MAX_STEPS} steps and reached t = {float(now):.6g} only"
    )


def _radius(coefficients: list[list[mpz]], digits: int, bits: int) -> Fraction:
    """The tau at which the last two terms are below 10^-digits, with few bits."""
    smallest = 8.0
    for j in (len(coefficients[0]) - 2, len(coefficients[0]) - 1):
        size = max(abs(c[j]) for c in coefficients)
        if size:
            smallest = min(smallest, 2 ** ((bits - size.bit_length() - digits * log2(10)) / j))
    return _short(Fraction(smallest))


def _short(q: Fraction) -> Fraction:
    """A dyadic number just below q > 0 with about 8 significant bits, so that exact times stay short."""
    scale = Fraction(2) ** (q.numerator.bit_length() - q.denominator.bit_length() - 8)
    return (q // scale) * scale


def _evaluate(coefficients: list[list[mpz]], tau: Fraction, bits: int) -> list[mpz]:
    scaled = fixed(tau, bits)
    out = []
    for series in coefficients:
        total = mpz(0)
        for c in reversed(series):
            total = (total * scaled >> bits) + c
        out.append(total)
    return out


def _exact(value: Real) -> Fraction:
    if isinstance(value, mpf):
        if not mp.isfinite(value):
            raise InputError(f"starting value {value} must be finite")
        # Not through mpmath's arithmetic: it would round to the working precision.
        sign, mantissa, exponent, _ = value._mpf_
        return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    raise InputError(f"starting value {value!r} must be exact: an int, a Fraction or an mpmath mpf")


def _to_mpf(state: Sequence[mpz], bits: int) -> tuple[mpf, ...]:
    with mp.workprec(bits + max(x.bit_length() for x in state)):
        return tuple(mp.ldexp(mpf(x), -bits) for x in state)


def _check_times(times: Sequence[int | Fraction]) -> tuple[Fraction, ...]:
    if not times:
        raise InputError("times () are empty: give at least one time")
    for t in times:
        if isinstance(t, bool) or not isinstance(t, int | Fraction) or t < 0:
            raise InputError(f"time {t!r} must be an int or a Fraction of at least 0")
    if any(b < a for a, b in pairwise(times)):
        raise InputError("times must increase: sort them")
    return tuple(Fraction(t) for t in times)
