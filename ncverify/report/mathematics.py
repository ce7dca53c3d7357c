"""Formulas as MathML, with the LaTeX as their text for readers without it."""

from __future__ import annotations

from functools import lru_cache

from latex2mathml.converter import convert
from markupsafe import Markup, escape


@lru_cache(maxsize=4096)
def formula(latex: str) -> Markup:
    """The formula as a MathML element; as code where the converter cannot read it."""
    try:
        element = convert(latex, display="block")
    except Exception:  # the converter documents no errors of its own
        return Markup("<code>{}</code>").format(latex)
    return Markup(element.replace("<math ", f'<math alttext="{escape(latex)}" ', 1))
