"""Figures of experiments: measures of collapse against log t, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from ncverify.errors import InputError
from ncverify.experiments.run import PANELS, Run

_SUFFIXES = (".svg", ".png", ".pdf")
_COLOURS = ("#0072b2", "#d55e00", "#009e73")  # distinguishable without colour vision
_DASHES = ("-", "--", ":")


def check_path(path: str | Path | None) -> None:
    """Refuse, before long work, a file that cannot be a figure."""
    if path is not None and Path(path).suffix.lower() not in _SUFFIXES:
        raise InputError(f"plot file {str(path)!r} must end in .svg, .png or .pdf")


def plot(runs: Sequence[Run], path: str | Path | None = None) -> Any:
    """Four panels, one curve a run and measure; written to ``path`` (SVG, PNG, PDF) if given.

    Guides of slope -1 and -1/2 stand at the right.  Returns the Matplotlib figure.  Raises ``InputError`` for
    an unknown suffix or if Matplotlib is missing.
    """
    check_path(path)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("figures need Matplotlib: install the extra ncverify[plot]") from None
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    for axes, (title, names) in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        for name, colour, dash in zip(names, cycle(_COLOURS), cycle(_DASHES), strict=False):
            for number, run in enumerate(runs):
                _curve(axes, run, name, colour, dash, labelled=number == 0)
        axes.set(title=title, xscale="log", yscale="log", xlabel="log t")
        _guides(axes)
        axes.grid(True, which="major", alpha=0.3)
        axes.legend(fontsize="x-small")
    about = runs[0].about
    kind = about.get("experiment", "run")
    figure.suptitle(f"{kind}, {len(runs)} start{'s' if len(runs) > 1 else ''}")
    if path is not None:
        try:
            figure.savefig(path)
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None
    return figure


def _curve(axes: Any, run: Run, name: str, colour: str, dash: str, *, labelled: bool) -> None:
    if name not in run.measures:
        return
    x, y = np.asarray(run.log_times), np.asarray(run.measures[name])
    kept = (x > 0.5) & (y > 0)
    label = name.split(".", 1)[1].replace("_", " ") if labelled else None
    axes.plot(x[kept], y[kept], dash, color=colour, linewidth=1.2, label=label)


def _guides(axes: Any) -> None:
    """Short lines of slope -1 and -1/2, to compare with."""
    if not axes.lines or not len(axes.lines[0].get_xdata()):
        return
    right = max(float(line.get_xdata()[-1]) for line in axes.lines if len(line.get_xdata()))
    low = min(float(np.min(line.get_ydata())) for line in axes.lines if len(line.get_ydata()))
    x = np.array([right / 4, right])
    for slope, place in ((-1.0, 0.3), (-0.5, 0.12)):
        y = low * place * (x / right) ** slope
        axes.plot(x, y, color="0.6", linewidth=1)
        axes.annotate(f"slope {slope:g}", (x[0], y[0]), fontsize="x-small", color="0.4", ha="right")
