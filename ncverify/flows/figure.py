"""Figures of certified trajectories: values, V, loss and cosine over a logarithmic time axis.

What is drawn are midpoints of balls, at times where the state is enclosed.  Matplotlib is the extra ``plot``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flint import arb

from ncverify.errors import InputError
from ncverify.figures.sheet import check_path, sheet
from ncverify.flows.balls import precision, rational
from ncverify.theory.dynamics import complements, matmul
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.number_kinds import ARB
from ncverify.theory.observables import cosine_to_collapse, cross_entropy, lyapunov

if TYPE_CHECKING:
    from ncverify.flows.trajectory import Trajectory

POINTS = 120
_LEGEND = 14
"""Curves with a legend, at most: those of the style differ so far."""
_BITS = 128


def plot(trajectory: Trajectory, path: str | Path | None = None, points: int = POINTS) -> Any:
    """Four panels of the trajectory; written to ``path`` (SVG, PNG or PDF) if given.

    Returns the Matplotlib figure.  Raises ``InputError`` for an unknown suffix, for a trajectory without
    duration, or if Matplotlib is missing.
    """
    check_path(path)
    times = sample_times(trajectory, points)
    rows = [trajectory.at(t) for t in times]
    exponents = [_log10(t) for t in times]
    panels = (
        _full_panels(trajectory, rows) if trajectory.about["flow"] == "full" else _panels(trajectory, rows)
    )
    until = trajectory.to_json()["until"]
    with sheet(9, 6.5, path) as figure:
        for axes, (title, curves) in zip(figure.subplots(2, 2, sharex=True).flat, panels, strict=True):
            _draw(axes, exponents, title, curves)
        for axes in figure.axes[2:]:
            axes.set_xlabel(r"$\log_{10}t$ ($t$: gradient-flow time)")
        figure.suptitle(f"certified to t = {until}, {len(trajectory.segments)} steps")
    return figure


def sample_times(trajectory: Trajectory, points: int) -> list[Fraction]:
    """Times evenly spaced in log10 t, as short exact rationals, from the first step to the end."""
    if not trajectory.until or not trajectory.segments:
        why = "nothing moves" if trajectory.until else "its end is time 0"
        raise InputError(f"this trajectory has no figure: {why}")
    top = _log10(trajectory.until)
    first = float(trajectory.segments[0].end.mid().log().mid()) / 2.302585092994046
    low = min(first, top) - 1.5
    times = [_power_of_ten(low + (top - low) * i / (points - 1)) for i in range(points - 1)]
    return [t for t in times if t < trajectory.until] + [trajectory.until]


def _draw(
    axes: Any, exponents: Sequence[float], title: str, curves: Sequence[tuple[str, list[float]]]
) -> None:
    for label, values in curves:
        axes.plot(exponents, values, label=label)
    axes.set_ylabel(title)
    if 1 < len(curves) <= _LEGEND:
        axes.legend(ncols=2)


def _panels(trajectory: Trajectory, rows: Sequence[tuple[arb, ...]]) -> list[tuple[str, Any]]:
    group = AbelianGroup(tuple(trajectory.about["group"]))
    curves: dict[str, list[float]] = {"V": [], "loss": [], "cosine": []}
    for row in rows:
        with precision(_BITS):
            spectrum = [arb(0), *row]
            positive = all(s > 0 for s in row)
            curves["V"].append(_log_float(lyapunov(spectrum, ARB)) if positive else float("nan"))
            # The gaps z_0 - z_g without cancellation: the loss may be 1e-100.
            gaps = [gap / group.order for gap in complements(group, spectrum, ARB)[1:]]
            excess = sum(((-gap).exp() for gap in gaps), arb(0))
            curves["loss"].append(_log_float(group.order * excess.log1p()))
            cosine = cosine_to_collapse(spectrum, ARB) if any(not s.contains(0) for s in row) else arb(1)
            curves["cosine"].append(float(cosine.mid()))
    values = [(name, [float(row[i].mid()) for row in rows]) for i, name in enumerate(trajectory.names)]
    return [
        ("singular value $s_a$ (logit units)", values),
        (r"$\log_{10}V$ ($V$ in nats)", [("V", curves["V"])]),
        (r"$\log_{10}$ of the sum loss (nats)", [("loss", curves["loss"])]),
        (r"cosine of $s$ and $(1,\dots,1)$", [("cosine", curves["cosine"])]),
    ]


def _full_panels(trajectory: Trajectory, rows: Sequence[tuple[arb, ...]]) -> list[tuple[str, Any]]:
    about = trajectory.about
    classes, d, labels = about["classes"], about["dimension"], about["labels"]
    n = len(labels)
    losses, cosines, gaps = [], [], []
    for row in rows:
        with precision(_BITS):
            w = [list(row[i * d : (i + 1) * d]) for i in range(classes)]
            rest = row[classes * d :]
            z = matmul(w, [list(rest[i * n : (i + 1) * n]) for i in range(d)])
            losses.append(_log_float(cross_entropy(z, labels, ARB)))
        doubles = [[float(x.mid()) for x in line] for line in z]
        gaps.append(
            min(doubles[y][i] - doubles[k][i] for i, y in enumerate(labels) for k in range(classes) if k != y)
        )
        size = sqrt(sum(x * x for line in doubles for x in line))
        # Inner product with (I - J/K) Y, whose norm is sqrt(N (K-1)/K).
        inner = sum(doubles[y][i] - sum(line[i] for line in doubles) / classes for i, y in enumerate(labels))
        cosines.append(inner / (size * sqrt(n * (classes - 1) / classes)) if size else float("nan"))
    entries = [(name, [float(row[i].mid()) for row in rows]) for i, name in enumerate(trajectory.names)]
    return [
        ("entries of $W$ and $H$", entries),
        ("smallest margin (logit units)", [("margin", gaps)]),
        (r"$\log_{10}$ of the sum loss (nats)", [("loss", losses)]),
        ("cosine of $Z$ and collapse", [("cosine", cosines)]),
    ]


def _log_float(x: arb) -> float:
    return float((x.log() / arb(10).log()).mid()) if x > 0 else float("nan")


def _log10(t: Fraction) -> float:
    with precision(64):
        return float((rational(t).log() / arb(10).log()).mid())


def _power_of_ten(x: float) -> Fraction:
    whole = int(x // 1)
    return Fraction(round(10 ** (x - whole) * 4096), 4096) * Fraction(10) ** whole
