"""Evidence on the tails of the balanced flow: do scaled deviations from collapse settle?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from ncverify.book.verdict import Evidence
from ncverify.errors import InputError
from ncverify.evidence.experiments import Expectation, measured
from ncverify.flows.reduced import ReducedFlow
from ncverify.flows.trajectory import time_text
from ncverify.theory.balls import precision, to_arb, to_decimal
from ncverify.theory.groups import AbelianGroup


def tails_settle(
    cases: Sequence[tuple[AbelianGroup, Sequence[Fraction]]], times: Sequence[str], digits: int
) -> Evidence:
    """``tested`` if y_a = (s_a/sbar - 1) e^{sbar/K} settles between the times, as a limit would make it.

    ``sbar`` is the mean singular value, times are gradient-flow times of the sum loss, ``cases`` pair a
    group with an exact start.  Between two times y must change by less than 3 |y|^2 sbar e^{-sbar/K} (sbar at
    the first of them, |y| the largest |y_a| at the last time of all), which is what the terms of second order
    in the equation of the deviations can do, and after the last but one by less than 10^-6 |y|.  The numbers
    are upper ends of balls from enclosed flows, rounded to doubles.  Raises ``InputError`` for fewer than two
    times.
    """
    if len(times) < 2:
        raise InputError(f"{len(times)} times: a change needs at least two")
    expectations, table = [], []
    for group, start in cases:
        trajectory = ReducedFlow(group).enclose(list(start), times=times, until=times[-1], digits=digits)
        size = group.order
        with precision(4 * digits + 64):
            rows = []
            for moment, row in zip(trajectory.t, trajectory.s, strict=True):
                mean = sum(row, to_arb(0)) / (size - 1)
                rows.append((moment, mean, [(x / mean - 1) * (mean / size).exp() for x in row]))
            rows = [item for item in rows if item[0]]
            largest = max(float(abs(x).upper()) for x in rows[-1][2])
            for (moment, mean, earlier), (_, _, later) in pairwise(rows):
                change = max(float(abs(x - y).upper()) for x, y in zip(earlier, later, strict=True))
                allowed = 3 * largest**2 * float((mean * (-mean / size).exp()).mid())
                what = f"{group.name}, change after t = {time_text(moment)}"
                expectations.append(Expectation(what, change, "below", allowed))
            expectations.append(Expectation(f"{what}, relative", change / largest, "below", 1e-6))
            shown = ", ".join(str(to_decimal(x, 12)) for x in rows[-1][2])
            given = ", ".join(map(str, start))
            table.append(f"{group.name}, start ({given}): y = ({shown}) at the last time")
    names = "; ".join(f"{group.name} from ({', '.join(map(str, start))})" for group, start in cases)
    return measured(
        f"deviations times e^(sbar/K) settle ({names}), along enclosed flows up to t = {times[-1]}",
        names,
        expectations,
        seed=0,
        table=table,
    )
