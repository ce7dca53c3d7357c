"""A figure in the style of the package, drawn and written in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ncverify.errors import InputError

STYLE: Final = "ncverify.figures.style"
BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"
"""The first four colours of the style."""

_SUFFIXES = (".svg", ".png", ".pdf")
_DPI = 160


def check_path(path: str | Path | None) -> None:
    """Raise ``InputError``, before long work, for a file that cannot be drawn to: suffix, missing folder."""
    if path is None:
        return
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise InputError(f"plot file {str(path)!r} must end in .svg, .png or .pdf")
    if not Path(path).resolve().parent.is_dir():
        raise InputError(f"cannot write {path}: its folder does not exist")


@contextmanager
def sheet(width: float, height: float, path: str | Path | None = None) -> Iterator[Any]:
    """A Matplotlib figure to draw on, ``width`` x ``height`` in inches; at the end written to ``path``.

    The same drawing gives the same SVG file (no date, fixed ids).  Raises ``InputError`` for a file that
    cannot be written (SVG, PNG and PDF can), or if Matplotlib is missing.
    """
    check_path(path)
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("figures need Matplotlib: install the extra ncverify[plot]") from None
    with style.context(STYLE):
        figure = Figure(figsize=(width, height))
        yield figure
        if path is not None:
            dated = Path(path).suffix.lower() == ".svg"
            try:
                figure.savefig(path, dpi=_DPI, metadata={"Date": None} if dated else None)
            except OSError as error:
                raise InputError(f"cannot write {path}: {error.strerror}") from None
