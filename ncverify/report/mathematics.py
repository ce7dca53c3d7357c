"""Formulas as MathML, with the LaTeX as their text for readers without it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from xml.etree.ElementTree import fromstring

from latex2mathml.converter import convert
from markupsafe import Markup, escape

_STYLED = re.compile(r'<(mi|mn) mathvariant="(bold|double-struck|script)">(\w)</\1>')
_TOKENS = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_OPEN, _CLOSE = ("{", "(", "[", r"\left", r"\begin"), ("}", ")", "]", r"\right", r"\end")
_SPACES = (r"\quad", r"\qquad")
_RELATIONS = (
    "=",
    "<",
    ">",
    *(r"\le", r"\leq", r"\ge", r"\geq", r"\ne", r"\to", r"\iff", r"\implies", r"\Longleftrightarrow", r"\in"),
)
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


def pieces(latex: str) -> list[list[str]]:
    """Where a displayed formula may be broken on a narrow page: statements, each cut before its relations.

    A statement ends at a wide space; nothing is cut inside braces, brackets and environments.
    """
    statements, depth = [[""]], 0
    for token in _TOKENS.findall(latex):
        depth += (token in _OPEN) - (token in _CLOSE)
        if token in _SPACES and depth == 0:
            statements.append([""])
            continue
        if token in _RELATIONS and depth == 0 and statements[-1][-1].strip():
            statements[-1].append("")
        statements[-1][-1] += token
    cut = [[part.strip() for part in statement if part.strip()] for statement in statements]
    return [statement for statement in cut if statement]


@lru_cache(maxsize=4096)
def formula(latex: str, display: str = "block") -> Markup:
    """The formula as a MathML element ("block" or "inline"); as code where it cannot be converted."""
    try:
        element = _STYLED.sub(_character, convert(latex, display=display))
        nodes = list(fromstring(element).iter())
        safe = all(node.tag in _ELEMENTS and node.attrib.keys() <= _ATTRIBUTES for node in nodes)
    except Exception:  # the converter documents no errors of its own
        safe = False
    if not safe:
        return Markup("<code>{}</code>").format(latex)
    return Markup(element.replace("<math ", f'<math alttext="{escape(latex)}" ', 1))


def _character(styled: re.Match[str]) -> str:
    """A styled letter or digit as the character it is: browsers know no other mathvariant than "normal"."""
    tag, style, text = styled.groups()
    kind = unicodedata.name(text).removeprefix("LATIN ").replace("LETTER ", "")
    for name in (f"MATHEMATICAL {style} {kind}", f"{style} {kind}"):
        try:
            return f"<{tag}>{unicodedata.lookup(name)}</{tag}>"
        except KeyError:
            continue
    return styled[0]
