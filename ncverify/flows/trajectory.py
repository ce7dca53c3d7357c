"""A certified trajectory: balls at the asked times, dense output in between, every step to check again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from flint import arb
from gmpy2 import mpq, mpz

from ncverify.errors import InputError
from ncverify.flows.balls import certainly_le, pair, precision, rational
from ncverify.flows.exact import read_time
from ncverify.flows.step import Errors
from ncverify.theory.balls import to_decimal

if TYPE_CHECKING:
    from ncverify.flows.drive import Run


class Segment(Protocol):
    """A validated piece of trajectory in physical time."""

    @property
    def begin(self) -> arb:
        """A ball around the first time."""

    @property
    def end(self) -> arb:
        """A ball around the last time."""

    def state(self, time: Fraction) -> tuple[arb, ...]:
        """Balls around the state at exactly this time, which lies in [begin, end]."""

    def to_json(self) -> dict[str, Any]:
        """Exact data and bounds, enough to check the step again."""


def decimal_ball(x: arb, digits: int) -> dict[str, str]:
    """{"mid": ..., "rad": ...}, decimal strings with x inside [mid - rad, mid + rad]."""
    ball = to_decimal(x, digits + 5)
    return {"mid": ball.mid, "rad": ball.rad}


def time_text(time: Fraction) -> str:
    """A short exact text for a time: "1e100" rather than 101 digits."""
    if time.denominator != 1:
        return str(mpq(time))
    text = mpz(time.numerator).digits()  # str() of Python refuses more than 4300 digits
    stripped = text.rstrip("0")
    zeros = len(text) - len(stripped)
    return f"{stripped}e{zeros}" if zeros > 6 else text


def rounded_down(time: Fraction) -> str:
    """A time to four digits, not above it."""
    context = Context(prec=4, rounding=ROUND_FLOOR)
    return str(context.divide(Decimal(time.numerator), Decimal(time.denominator)))


def bounds_json(step: Any, begin: arb, end: arb) -> dict[str, Any]:
    """What every step claims; numbers as (mantissa, exponent) are exact."""
    curve = step.curve
    return {
        "begin": begin.str(30),
        "end": end.str(30),
        "order": curve.order,
        "bits": curve.bits,
        "length": list(curve.length),
        "base": list(curve.base) if isinstance(curve.base, tuple) else curve.base,
        "defect": list(pair(step.defect)),
        "growth": step.tube.growth.str(10),
        "radius": list(pair(step.tube.radius)),
        "entering": _errors_json(step.entering),
        "leaving": _errors_json(step.leaving),
    }


def _errors_json(errors: Errors) -> dict[str, Any]:
    return {"radius": list(pair(errors.radius)), "relative": [list(pair(x)) for x in errors.relative]}


def integers_json(rows: Sequence[Sequence[int]]) -> list[list[str]]:
    """Integers as text: JSON readers may round long ones."""
    return [[str(c) for c in row] for row in rows]


_ROWS, _COLUMNS, _SHOWN = 12, 8, 12
"""What is shown of a trajectory: times, components, digits."""


@dataclass(frozen=True, repr=False)
class Trajectory:
    """The enclosed solution on [0, until].

    ``t``: the asked times as exact rationals, ``s``: for each a tuple of balls (``names`` says of what).
    ``until``: up to which time it is certified; ``complete``: whether that is the asked time.
    """

    names: tuple[str, ...]
    start: tuple[Fraction, ...]
    digits: int
    t: tuple[Fraction, ...]
    s: tuple[tuple[arb, ...], ...]
    segments: tuple[Segment, ...]
    initial: tuple[arb, ...]
    places: tuple[int, ...]
    until: Fraction
    complete: bool
    about: dict[str, Any]

    @classmethod
    def from_run(
        cls,
        run: Run,
        names: tuple[str, ...],
        start: tuple[Fraction, ...],
        digits: int,
        places: tuple[int, ...],
        about: dict[str, Any],
    ) -> Trajectory:
        """``places[i]``: the entry of the run's states that component i shows."""
        rows = tuple(tuple(row[i] for i in places) for row in run.rows)
        return cls(
            names,
            start,
            digits,
            run.times,
            rows,
            run.segments,
            run.initial,
            places,
            run.until,
            run.complete,
            about,
        )

    def at(self, time: Any) -> tuple[arb, ...]:
        """Balls around the state at exactly this time (dense output).

        Raises ``InputError`` outside [0, until].  Cost: one search and K evaluations.
        """
        moment = read_time(time)
        if moment > self.until:
            raise InputError(f"time {time_text(moment)} is past the certified end {time_text(self.until)}")
        state = state_at(self.segments, self.initial, moment)
        return tuple(state[i] for i in self.places)

    @property
    def certificate(self) -> dict[str, Any]:
        """Exact start, and for each step box, order, radius, bounds and the exact polynomials."""
        return {
            **self.about,
            "names": list(self.names),
            "start": [str(x) for x in self.start],
            "until": time_text(self.until),
            "complete": self.complete,
            "t": [time_text(t) for t in self.t],
            "s": [[decimal_ball(x, self.digits) for x in row] for row in self.s],
            "steps": [segment.to_json() for segment in self.segments],
        }

    def to_json(self) -> dict[str, Any]:
        """What the command line prints: numbers as decimal strings that enclose."""
        return {
            **self.about,
            "certified": True,
            "complete": self.complete,
            "until": time_text(self.until),
            "digits": self.digits,
            "names": list(self.names),
            "start": [str(x) for x in self.start],
            "t": [time_text(t) for t in self.t],
            "s": [[decimal_ball(x, self.digits) for x in row] for row in self.s],
            "steps": len(self.segments),
        }

    def plot(self, path: str | Path | None = None, points: int = 120) -> Any:
        """The figure of ``figure.plot``: values, V, loss and cosine over log time; SVG, PNG or PDF file."""
        from ncverify.flows.figure import plot

        return plot(self, path, points)

    def __repr__(self) -> str:
        """Some of the asked times, as a table of text."""
        table, end = self._table(), self._end()
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = ["  ".join(f"{x:>{n}}" for x, n in zip(row, widths, strict=True)) for row in table]
        return "\n".join([*lines, end])

    def _repr_html_(self) -> str:
        head, *rows = self._table()
        top = "".join(f"<th>{name}</th>" for name in head)
        body = "".join(f"<tr>{''.join(f'<td>{x}</td>' for x in row)}</tr>" for row in rows)
        return f"<table><tr>{top}</tr>{body}</table><p>{self._end()}</p>"

    def _shown(self) -> tuple[list[int], range]:
        return _spread(range(len(self.t)), _ROWS), range(min(len(self.names), _COLUMNS))

    def _table(self) -> list[list[str]]:
        """Names, then some of the asked times with digits of the balls (the last one may be off by one)."""
        times, columns = self._shown()
        return [
            ["t", *(self.names[i] for i in columns)],
            *(
                [time_text(self.t[n]), *(self.s[n][i].str(_SHOWN, radius=False) for i in columns)]
                for n in times
            ),
        ]

    def _end(self) -> str:
        times, columns = self._shown()
        left_out = len(self.names) - len(columns), len(self.t) - len(times)
        more = f"; {left_out[0]} components and {left_out[1]} times not shown" if any(left_out) else ""
        if self.complete:
            until = time_text(self.until)
        else:
            until = f"{rounded_down(self.until)}, not to the asked end"
        steps = f"{len(self.segments)} step{'s' * (len(self.segments) != 1)}"
        return f"certified to t = {until}, {steps}{more}"

    def to_numpy(self) -> tuple[np.ndarray, np.ndarray]:
        """(t, s) as doubles, shapes (n,) and (n, K-1): midpoints, no longer certified; 1e10000 is inf."""
        times = [float(rational(t).mid()) for t in self.t]
        return np.array(times), np.array([[float(x.mid()) for x in row] for row in self.s])


def _spread(places: range, count: int) -> list[int]:
    """At most ``count`` of the places, evenly, with the first and the last."""
    if len(places) <= count:
        return list(places)
    return [places[round(i * (len(places) - 1) / (count - 1))] for i in range(count)]


def state_at(segments: Sequence[Segment], initial: tuple[arb, ...], time: Fraction) -> tuple[arb, ...]:
    """The state at one time from the segment that certainly contains it."""
    if time == 0 or not segments:
        return initial
    low, high = 0, len(segments) - 1
    moment = _wide(time)
    while low < high:
        middle = (low + high) // 2
        if certainly_le(moment, segments[middle].end):
            high = middle
        else:
            low = middle + 1
    return segments[low].state(time)


def _wide(time: Fraction) -> arb:
    with precision(256):
        return rational(time)
