"""Sliders beside a figure in a notebook, and the figure alone where no kernel runs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from io import BytesIO
from typing import Any

from ncverify.errors import InputError
from ncverify.figures.sheet import STYLE

_DPI = 80
"""Of the PNG, which only stands in for the SVG."""


class Explorer:
    """A figure that depends on parameters, each with its choices.  Shows itself in Jupyter.

    Its static form is the figure for the defaults, as SVG and PNG (a notebook that is not trusted shows no
    SVG): what a stored notebook, a page made from it or a front end without ipywidgets shows.  With a kernel
    and ipywidgets there is a slider for each parameter.
    """

    def __init__(self, draw: Callable[..., Any], choices: dict[str, tuple[Any, ...]]) -> None:
        self.draw = draw
        self.choices = choices
        self.defaults = {name: _default(draw, name, values) for name, values in choices.items()}

    def svg(self, **values: Any) -> str:
        """The figure as SVG text, for the defaults where no value is given."""
        return self._saved("svg", values).decode()

    def _saved(self, form: str, values: Mapping[str, Any]) -> bytes:
        from matplotlib import style

        out = BytesIO()
        with style.context(STYLE):
            figure = self.draw(**{**self.defaults, **values})
            figure.savefig(out, format=form, dpi=_DPI, metadata={"Date": None})
        return out.getvalue()

    def widget(self) -> Any:
        """Sliders above the figure, as an ipywidgets box; raises ``InputError`` without ipywidgets."""
        try:
            import ipywidgets
        except ImportError:
            raise InputError("sliders need ipywidgets: install the extra ncverify[notebook]") from None
        picture = ipywidgets.HTML(self.svg())
        sliders = {
            name: ipywidgets.SelectionSlider(
                options=[(str(value), value) for value in values],
                value=self.defaults[name],
                description=name,
                continuous_update=False,
            )
            for name, values in self.choices.items()
        }

        def redraw(_: Any) -> None:
            picture.value = self.svg(**{name: slider.value for name, slider in sliders.items()})

        for slider in sliders.values():
            slider.observe(redraw, "value")
        return ipywidgets.VBox([ipywidgets.HBox(list(sliders.values())), picture])

    def __repr__(self) -> str:
        return "figure for " + ", ".join(f"{name} = {value}" for name, value in self.defaults.items())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        try:
            live = dict(self.widget()._repr_mimebundle_())
        except InputError:
            live = {}
        png = b64encode(self._saved("png", {})).decode()
        return {**live, "text/plain": repr(self), "image/svg+xml": self.svg(), "image/png": png}


def explore(draw: Callable[..., Any], **choices: Sequence[Any]) -> Explorer:
    """``draw(**values)``, which returns a Matplotlib figure, with a slider for each of ``choices``.

        nv.figures.explore(draw, K=(4, 8, 16), depth=(1, 2, 3))

    A parameter starts at its default in ``draw``, or else at the first of its choices.  ``draw`` should make
    a ``matplotlib.figure.Figure`` (one of pyplot would be shown twice) and take well under a second.  Raises
    ``InputError`` for a parameter without choices, or that starts at none of them.
    """
    return Explorer(draw, {name: tuple(values) for name, values in choices.items()})


def _default(draw: Callable[..., Any], name: str, values: tuple[Any, ...]) -> Any:
    if not values:
        raise InputError(f"parameter {name!r} has no choices")
    parameter = signature(draw).parameters.get(name)
    if parameter is None or parameter.default is parameter.empty:
        return values[0]
    if parameter.default not in values:
        raise InputError(f"parameter {name!r} starts at {parameter.default!r}, which is none of its choices")
    return parameter.default
