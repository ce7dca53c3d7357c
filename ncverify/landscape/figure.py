"""The picture of a census: index against loss, and the way out of one saddle.

What is drawn are midpoints of certified balls; the curve along the escape direction is in doubles.
Matplotlib is the extra ``plot``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ncverify.errors import InputError
from ncverify.figures.sheet import check_path, sheet
from ncverify.landscape.points import CriticalSet

if TYPE_CHECKING:
    from ncverify.landscape.census import Census

_MARKERS = "os^Dv<>ph*"


def plot(census: Census, path: str | Path | None = None, saddle: int | None = None) -> Any:
    """Three panels, written to ``path`` (SVG, PNG or PDF) if given: the Matplotlib figure.

    Left: every critical point at (f, index), the marker by rank.  Middle: f from the chosen saddle along +-
    its escape direction (u a^T, -a v^T), which uses one further dimension.  Right: u and v by class.
    ``saddle``: the row of the list, from 0; by default the lowest saddle.  Raises ``InputError``.
    """
    check_path(path)
    chosen = _chosen(census, saddle)
    with sheet(11, 3.8, path) as figure:
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.5, 1.2, 1))
        _draw_points(left, census, chosen)
        if chosen is None:
            for axes in (middle, right):
                axes.text(0.5, 0.5, "no saddle", ha="center", transform=axes.transAxes)
                axes.set_axis_off()
        else:
            _draw_escape(middle, census, chosen)
            _draw_direction(right, chosen)
        figure.suptitle(census.problem.name)
    return figure


def _chosen(census: Census, saddle: int | None) -> CriticalSet | None:
    with_escape = [point for point in census.points if point.escapes]
    if saddle is None:
        return min(with_escape, key=lambda point: float(point.value.mid()), default=None)
    if not 0 <= saddle < len(census.points):
        raise InputError(f"saddle {saddle} is not in the list: rows 0 to {len(census.points) - 1}")
    if not census.points[saddle].escapes:
        raise InputError(f"row {saddle} is a global minimum: there is no escape from it")
    return census.points[saddle]


def _draw_points(axes: Any, census: Census, chosen: CriticalSet | None) -> None:
    ranks = sorted({point.rank for point in census.points})
    for number, rank in enumerate(ranks):
        points = [point for point in census.points if point.rank == rank]
        axes.scatter(
            [float(point.value.mid()) for point in points],
            [point.index for point in points],
            marker=_MARKERS[number % len(_MARKERS)],
            facecolor="white",
            edgecolor=f"C{number % 7}",
            linewidth=1.6,
            s=44,
            label=f"rank {rank}",
            zorder=3,
        )
    for spot, text in _labels(census):
        axes.annotate(text, spot, fontsize=7, xytext=(6, -10), textcoords="offset points")
    if chosen is not None:
        axes.scatter([float(chosen.value.mid())], [chosen.index], s=150, facecolor="none", edgecolor="black")
    axes.set_xlabel("$f$, the regularised loss (nats)")
    axes.set_ylabel("index: negative eigenvalues")
    axes.set_title(f"critical points in width {census.problem.width}")
    axes.legend(loc="upper left")


def _labels(census: Census) -> list[tuple[tuple[float, int], str]]:
    """How many points each mark stands for; marks that nearly coincide share a label."""
    values = [float(point.value.mid()) for point in census.points]
    close = 0.06 * (max(values) - min(values))
    groups: list[tuple[float, int, list[int]]] = []
    for value, point in sorted(zip(values, census.points, strict=True), key=lambda item: item[0]):
        if point.copies is None or point.copies == 1:
            continue
        for last, index, counts in groups:
            if index == point.index and value - last < close:
                counts.append(point.copies)
                break
        else:
            groups.append((value, point.index, [point.copies]))
    return [((value, index), "x" + ", ".join(map(str, counts))) for value, index, counts in groups]


def _draw_escape(axes: Any, census: Census, chosen: CriticalSet) -> None:
    t = np.linspace(-1, 1, 241) * _reach(chosen)
    values = chosen.along_escape(t)
    start = float(chosen.value.mid())
    bend = float(chosen.problem.mu_squared) ** 0.5 - float(chosen.slope_norm().mid())
    axes.plot(t, values, "-", color="C0", label="$f$")
    parabola = start + bend * t**2
    shown = parabola > values.min() - 0.15 * (start - values.min())
    axes.plot(t[shown], parabola[shown], "--", color="C1", label=r"$f+(\mu-\Vert G\Vert)\,t^2$")
    lowest = min(float(point.value.mid()) for point in census.points)
    axes.axhline(lowest, ls=":", color="0.4", lw=1.2, label="lowest value listed")
    axes.plot([0], [start], "o", color="black")
    axes.set_xlabel("$t$, along the escape direction")
    axes.set_ylabel("$f$ (nats)")
    axes.set_title(f"leaving the saddle of rank {chosen.rank}, index {chosen.index}")
    axes.legend()


def _reach(chosen: CriticalSet) -> float:
    """A little beyond the lowest point of f along the direction."""
    far = np.linspace(0, 8, 801)
    return 1.25 * max(0.3, float(far[np.argmin(chosen.along_escape(far))]))


def _draw_direction(axes: Any, chosen: CriticalSet) -> None:
    direction = chosen.escape()
    if direction is None:
        return
    u, v = direction
    places = np.arange(len(u))
    axes.bar(places - 0.2, u, 0.38, color="0.35", label="$u$ (new column of $W$)")
    axes.bar(
        places + 0.2, -v, 0.38, color="white", edgecolor="black", hatch="///", label="$-v$ (new row of $H$)"
    )
    axes.axhline(0, ls="-", color="black", lw=0.8)
    axes.set_xticks(places, [str(i + 1) for i in places])
    axes.set_xlabel("class")
    axes.set_ylabel("component (unit vectors)")
    axes.set_title("the direction")
    most = 1.1 * float(np.abs(np.concatenate([u, v])).max())
    axes.set_ylim(-most, 1.6 * most)
    axes.legend(loc="upper right")
