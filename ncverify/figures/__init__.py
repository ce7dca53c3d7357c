"""Figures: one style for all of them (``style.mplstyle``), and sliders for notebooks.

Matplotlib is the extra ``plot``; sliders need ipywidgets, of the extra ``notebook``.
"""

from ncverify.figures.sheet import BLACK, BLUE, GREEN, ORANGE, check_path, sheet
from ncverify.figures.sliders import Explorer, explore

__all__ = ["BLACK", "BLUE", "GREEN", "ORANGE", "Explorer", "check_path", "explore", "sheet"]
