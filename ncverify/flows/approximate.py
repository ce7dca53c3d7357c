"""Trajectories in double precision with SciPy: quick looks, no enclosure, and labelled so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ncverify.errors import InputError

RELATIVE_TOLERANCE = 1e-10
ABSOLUTE_TOLERANCE = 1e-12
MAX_TIME = Fraction(10) ** 300


@dataclass(frozen=True)
class Approximation:
    """A numerical solution in doubles: ``t`` of shape (n,), ``s`` of shape (n, components).

    Nothing about it is certified (``certified`` is False); the error is what SciPy's control makes it.
    """

    names: tuple[str, ...]
    t: np.ndarray
    s: np.ndarray
    method: str
    certified: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "certified": False,
            "method": self.method,
            "names": list(self.names),
            "t": self.t.tolist(),
            "s": self.s.tolist(),
        }


def integrate(
    field: Callable[[np.ndarray], np.ndarray], start: np.ndarray, until: Fraction, points: int
) -> tuple[np.ndarray, np.ndarray]:
    """(t, states) at ``points`` times, t = 0 and then evenly in log(1 + t), by SciPy's LSODA.

    Raises ``InputError`` for a time beyond doubles and ``ArithmeticError`` where SciPy gives up.
    """
    if until > MAX_TIME:
        raise InputError("until is past 1e300, where doubles end: use enclose")
    if points < 2:
        raise InputError(f"points = {points} is too few: ask for at least 2")
    end = float(until)
    times = np.expm1(np.linspace(0.0, np.log1p(end), points))
    times[-1] = end
    from scipy.integrate import solve_ivp  # it takes half a second to load

    found = solve_ivp(
        lambda _, y: field(y),
        (0.0, end),
        start,
        method="LSODA",
        t_eval=times,
        rtol=RELATIVE_TOLERANCE,
        atol=ABSOLUTE_TOLERANCE,
    )
    if not found.success:
        raise ArithmeticError(f"SciPy gave up: {found.message}")
    return found.t, found.y.T
