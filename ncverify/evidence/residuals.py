"""KKT residuals of the minimum-norm separation problem along enclosed flows of the layer-peeled model."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from ncverify.book.verdict import Evidence, Outcome
from ncverify.evidence import bodies
from ncverify.flows.full import FullFlow
from ncverify.flows.trajectory import time_text
from ncverify.theory.balls import certainly_lt, precision, to_decimal
from ncverify.theory.dynamics import Matrix
from ncverify.theory.expr import Expr, number, symbol
from ncverify.theory.number_kinds import ARB, Number
from ncverify.theory.peeled import EXACT, ApproximateKKT, all_margins, approximate_kkt

Rows = Sequence[Sequence[Fraction]]


def residuals_fall(
    w: Rows, h: Rows, labels: Sequence[int], times: Sequence[str], digits: int, *, cosine: Fraction
) -> Evidence:
    """Certify along one enclosed flow that eps^2 and delta fall from each of these times to the next.

    eps and delta are those of claim ``approximate-kkt``.  At the last time the cosine of the angle between
    the point and -grad L certainly exceeds ``cosine``.
    """
    trajectory = FullFlow(w, h, labels).enclose(times=times, until=times[-1], digits=digits)
    scope = f"one start, K = {len(w)}, d = {len(h)}, N = {len(labels)}"
    split = len(w) * len(h)
    found: list[ApproximateKKT] = []
    exact: list[ApproximateKKT] = []
    facts: list[tuple[Expr, Expr]] = []  # left > right
    with precision(4 * digits + 64):
        for place, (moment, row) in enumerate(zip(trajectory.t, trajectory.s, strict=True)):
            if moment == 0:
                continue
            names = [symbol(f"f0_x{number_}_t{place}") for number_ in range(len(row))]
            balls = _matrices(row, split, len(h))
            letters = _matrices(names, split, len(h))
            margins = [x for line in all_margins(*balls, labels) for x in line]
            written = [x for line in all_margins(*letters, labels) for x in line]
            least = min(range(len(margins)), key=lambda number_: float(margins[number_].mid()))
            for other, value in enumerate(margins):
                if other != least and not certainly_lt(margins[least], value):
                    return _undecided(f"the smallest margin is not certain at time {time_text(moment)}")
            facts += [(value, written[least]) for other, value in enumerate(written) if other != least]
            found.append(approximate_kkt(*balls, labels, ARB, margins[least]))
            exact.append(approximate_kkt(*letters, labels, EXACT, written[least]))
        for place in range(len(found) - 1):
            for what in ("gap", "slack"):
                if not certainly_lt(getattr(found[place + 1], what), getattr(found[place], what)):
                    return _undecided(f"{what} does not certainly fall after time {times[place]}")
                facts.append((getattr(exact[place], what), getattr(exact[place + 1], what)))
        if not certainly_lt(arb(cosine.numerator) / cosine.denominator, found[-1].cosine):
            return _undecided("the angle at the last time is not small enough")
        facts.append((exact[-1].cosine, number(cosine)))
        shown = "; ".join(
            f"t = {time}: eps^2 = {to_decimal(item.gap, 6)}, delta = {to_decimal(item.slack, 6)}"
            for time, item in zip(times, found, strict=True)
        )
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        scope,
        f"the KKT residuals fall: {shown}; the cosine at the last time exceeds {cosine}",
        {"times": list(times), "digits": digits, "start": [str(x) for row in (*w, *h) for x in row]},
        body=bodies.flow(
            [trajectory.certificate], [bodies.relation((left, ">", right)) for left, right in facts]
        ),
    )


def _matrices(entries: Sequence[Number], split: int, width: int) -> tuple[Matrix, Matrix]:
    """The entries of W (rows of length d), then those of H (d rows)."""
    first, last = entries[:split], entries[split:]
    columns = len(last) // width
    return (
        [first[at : at + width] for at in range(0, split, width)],
        [last[at : at + columns] for at in range(0, len(last), columns)],
    )


def _undecided(why: str) -> Evidence:
    return Evidence(Outcome.UNDECIDED, "enclosure", "nothing", why)
