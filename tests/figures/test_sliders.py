"""Sliders: a figure for the defaults where nothing runs, and one that follows the sliders where it does."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from matplotlib.figure import Figure

import ncverify as nv
from ncverify.errors import InputError
from ncverify.figures import explore

WIDGET = "application/vnd.jupyter.widget-view+json"


def draw(K: int, depth: int = 2) -> Figure:
    figure = Figure(figsize=(2, 2))
    figure.gca().set_title(f"K{K}L{depth}")
    figure.gca().plot([0, K], [0, depth])
    return figure


def test_the_static_form_is_the_figure_for_the_defaults() -> None:
    found = explore(draw, K=(4, 8), depth=(1, 2, 3))
    bundle = found._repr_mimebundle_()
    assert bundle["image/svg+xml"] == found.svg() == found.svg(K=4, depth=2)
    assert bundle["image/svg+xml"] != found.svg(K=8)
    assert bundle["text/plain"] == repr(found) == "figure for K = 4, depth = 2"
    assert WIDGET in bundle


def test_a_slider_redraws() -> None:
    found = explore(draw, K=(4, 8), depth=(1, 2, 3))
    sliders, picture = found.widget().children
    first, second = sliders.children
    assert [first.description, second.description] == ["K", "depth"]
    assert (first.value, second.value) == (4, 2)
    first.value = 8
    assert picture.value == found.svg(K=8)
    second.value = 3
    assert picture.value == found.svg(K=8, depth=3)


def test_without_ipywidgets_the_figure_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    found = explore(draw, K=(4, 8))
    assert found._repr_mimebundle_().keys() == {"image/svg+xml", "image/png", "text/plain"}
    with pytest.raises(InputError, match=r"install the extra ncverify\[notebook\]"):
        found.widget()


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"K": ()}, "parameter 'K' has no choices"),
        ({"K": (1,), "depth": (1, 3)}, "parameter 'depth' starts at 2, which is none of its choices"),
    ],
)
def test_wrong_choices(choices: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        explore(draw, **choices)


def test_it_is_public() -> None:
    assert nv.figures.explore is explore
