"""Collapse along enclosed flows from many exact starts, drawn at random and written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any, Final

from ncverify.book.verdict import Evidence, Outcome
from ncverify.evidence import bodies
from ncverify.evidence.tasks import Tasks
from ncverify.flows.reduced import ReducedFlow
from ncverify.theory.balls import certainly_lt, enclose, to_arb, to_decimal
from ncverify.theory.expr import Expr, add, log, substitute, symbol
from ncverify.theory.groups import AbelianGroup

_GRID: Final = 20
_LARGEST: Final = 10
_BITS: Final = 256

Start = tuple[Fraction, ...]


def random_starts(group: AbelianGroup, count: int, seed: int) -> list[Start]:
    """Exact positive spectra: s_a = s_{-a} a multiple of 1/20, uniform in [1, 10].

    The first ones do not depend on ``count``.  Where one s_a is much smaller, collapse may take far longer:
    from (1/5, 34/5, 181/20, 3/4, 1/4, 21/5, 131/20), K = 8, V is still 0.0047 at t = 1e10000.
    """
    rng = Random(f"starts {group.orders} {seed}")
    starts = []
    for _ in range(count):
        spectrum = [Fraction(0)] * group.order
        for orbit in group.sign_classes[1:]:
            value = Fraction(rng.randint(_GRID, _LARGEST * _GRID), _GRID)
            for a in orbit:
                spectrum[a] = value
        starts.append(tuple(spectrum[1:]))
    return starts


def collapse_from(
    group: AbelianGroup,
    starts: Sequence[Start],
    times: Sequence[str],
    below: Fraction,
    digits: int,
    tasks: Tasks | None = None,
) -> Evidence:
    """V < ``below`` at one of the ``times``, tried in turn, for the enclosed balanced flow from every start.

    ``certified`` if all of them get there, else ``undecided`` with the first that does not.  ``tasks``:
    where the flows are enclosed, by default here.  Cost: for K = 8 and 10 digits some 0.4 s a start to
    t = 1e500, 4 s to 1e10000.
    """
    named = {
        f"flow {i} {','.join(times)} {digits}": (
            group.orders,
            tuple(map(str, start)),
            tuple(times),
            str(below),
            digits,
        )
        for i, start in enumerate(starts)
    }
    divergence = _divergence(group.order - 1)
    certificates, facts, largest = [], [], to_arb(0)
    for number, certificate in enumerate((tasks or Tasks()).map(_enclosed, named)):
        names = {f"s{a}": symbol(f"f{number}_x{a - 1}_t0") for a in range(1, group.order)}
        value, until = _last(certificate, divergence), certificate["until"]
        if not certainly_lt(value, to_arb(below)):
            said = f"V = {to_decimal(value, 6)} at t = {until} from ({', '.join(map(str, starts[number]))})"
            return Evidence(Outcome.UNDECIDED, "enclosure", "nothing", f"{said}, not certainly below {below}")
        largest = largest.max(value)
        certificates.append(certificate)
        facts.append(bodies.relation((substitute(divergence, names), "<", below)))
    if not certificates:
        return Evidence(Outcome.UNDECIDED, "enclosure", "nothing", "no start was given")
    reached = Counter(certificate["until"] for certificate in certificates)
    shown = ", ".join(f"{reached[t]} at t = {t}" for t in times if reached[t])
    return Evidence(
        Outcome.CERTIFIED,
        "enclosure",
        f"{len(starts)} exact starts, {group.name}, t <= {times[-1]}",
        f"V < {below} along the enclosed flows of {group.name} from all of {len(starts)} exact "
        f"starts ({shown}); the largest is at most {largest.upper().str(3, radius=False)}",
        {
            "group": list(group.orders),
            "starts": [", ".join(map(str, start)) for start in starts],
            "until": [certificate["until"] for certificate in certificates],
            "below": str(below),
            "digits": digits,
        },
        body=bodies.flow(certificates, facts),
    )


def _last(certificate: Mapping[str, Any], divergence: Expr) -> Any:
    """V in the balls that the certificate shows."""
    (row,) = certificate["s"]
    return enclose(divergence, {f"s{a}": _ball(shown) for a, shown in enumerate(row, 1)}, _BITS)


def _divergence(count: int) -> Expr:
    """V = log of the mean of s_a minus the mean of log s_a (garrod, Lyapunov function)."""
    s = [symbol(f"s{a}") for a in range(1, count + 1)]
    return log(add(s) / count) - add([log(x) for x in s]) / count


def _ball(shown: dict[str, str]) -> Any:
    """The ball that the certificate shows, made twice as wide as its body does."""
    middle, radius = Fraction(shown["mid"]), 2 * Fraction(shown["rad"])
    return to_arb(middle - radius).union(to_arb(middle + radius))


def _enclosed(
    orders: tuple[int, ...], start: tuple[str, ...], times: tuple[str, ...], below: str, digits: int
) -> dict[str, Any]:
    """The certificate of the flow to the first of the times at which V is small, or to the last."""
    flow = ReducedFlow(AbelianGroup(orders))
    divergence, bound = _divergence(flow.group.order - 1), to_arb(Fraction(below))
    certificate: dict[str, Any] = {}
    for until in times:
        certificate = flow.enclose(list(start), until=until, times=[until], digits=digits).certificate
        if certainly_lt(_last(certificate, divergence), bound):
            break
    return certificate
