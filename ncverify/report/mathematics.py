"""Formulas as MathML, with the LaTeX as their text for readers without it."""

from __future__ import annotations

from functools import lru_cache
from xml.etree.ElementTree import fromstring

from latex2mathml.converter import convert
from markupsafe import Markup, escape

_NAMES = (
    "math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr "
    "mtd mstyle mpadded mphantom menclose"
)
_ATTRIBUTES = frozenset(
    (
        *("accent", "columnalign", "depth", "display", "displaystyle", "fence", "form", "height", "largeop"),
        *("linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rspace"),
        *("scriptlevel", "separator", "stretchy", "symmetric", "width"),
    )
)
_ELEMENTS = frozenset(f"{{http://www.w3.org/1998/Math/MathML}}{name}" for name in _NAMES.split())


@lru_cache(maxsize=4096)
def formula(latex: str, display: str = "block") -> Markup:
    """The formula as a MathML element ("block" or "inline"); as code where it cannot be converted."""
    try:
        element = convert(latex, display=display)
        nodes = list(fromstring(element).iter())
        safe = all(node.tag in _ELEMENTS and node.attrib.keys() <= _ATTRIBUTES for node in nodes)
    except Exception:  # the converter documents no errors of its own
        safe = False
    if not safe:
        return Markup("<code>{}</code>").format(latex)
    return Markup(element.replace("<math ", f'<math alttext="{escape(latex)}" ', 1))
