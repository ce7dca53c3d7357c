"""Figures of experiments: measures of collapse against log t, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ncverify.experiments.run import PANELS, Run
from ncverify.figures.sheet import sheet

_DASHES = ("-", "--", "-.")


def plot(runs: Sequence[Run], path: str | Path | None = None) -> Any:
    """Four panels, one curve a run and measure; written to ``path`` (SVG, PNG, PDF) if given.

    Guides of slope -1 and -1/2 stand at the right.  Returns the Matplotlib figure.  Raises ``InputError`` for
    an unknown suffix or if Matplotlib is missing.
    """
    with sheet(9, 6.5, path) as figure:
        for axes, (title, names) in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
            for place, name in enumerate(names):
                for run in runs:
                    _curve(axes, run, name, place, labelled=run is runs[0])
            axes.set(xscale="log", yscale="log", xlabel=r"$\log t$ (natural)", ylabel=f"{title} (no unit)")
            _guides(axes)
            axes.legend()
        kind = runs[0].about.get("experiment", "run")
        figure.suptitle(f"{kind}, {len(runs)} start{'s' if len(runs) > 1 else ''}")
    return figure


def _curve(axes: Any, run: Run, name: str, place: int, *, labelled: bool) -> None:
    """``place``: among the measures of the panel; all runs of a measure look the same."""
    if name not in run.measures:
        return
    x, y = np.asarray(run.log_times), np.asarray(run.measures[name])
    kept = (x > 0.5) & (y > 0)
    label = name.split(".", 1)[1].replace("_", " ") if labelled else None
    axes.plot(x[kept], y[kept], _DASHES[place], color=f"C{place}", label=label)


def _guides(axes: Any) -> None:
    """Short lines of slope -1 and -1/2, to compare with."""
    if not axes.lines or not len(axes.lines[0].get_xdata()):
        return
    right = max(float(line.get_xdata()[-1]) for line in axes.lines if len(line.get_xdata()))
    low = min(float(np.min(line.get_ydata())) for line in axes.lines if len(line.get_ydata()))
    x = np.array([right / 4, right])
    for slope, place in ((-1.0, 0.3), (-0.5, 0.12)):
        y = low * place * (x / right) ** slope
        axes.plot(x, y, "-", color="0.6", linewidth=1)
        text = {"xytext": (-4, 0), "textcoords": "offset points", "ha": "right", "va": "center"}
        axes.annotate(f"slope {slope:g}", (x[0], y[0]), fontsize=8, color="0.3", **text)
