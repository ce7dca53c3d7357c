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
_WORD = re.compile(r"\\[A-Za-z]+")
_OPEN, _CLOSE = ("{", "(", "[", r"\left", r"\begin"), ("}", ")", "]", r"\right", r"\end")
_SPACES = (r"\quad", r"\qquad")
_RELATIONS = (
    "=",
    "<",
    ">",
    *(r"\le", r"\leq", r"\ge", r"\geq", r"\ne", r"\neq", r"\to", r"\in"),
    *(r"\iff", r"\implies", r"\Rightarrow", r"\Longleftrightarrow"),
)
_SIGNS = ("+", "-")
_UNARY = (*_RELATIONS, ",", "_", "^", "")
"""After these a sign belongs to what follows."""
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
    """Where a displayed formula may be broken on a narrow page: statements, each cut before its operators.

    A statement ends at a wide space; nothing is cut inside braces, brackets and environments.  The empty
    group in front of an operator gives it the space that it has between its operands.
    """
    statements, depth, last = [[""]], 0, ""
    for token in _TOKENS.findall(latex):
        depth += (token in _OPEN) - (token in _CLOSE)
        if token in _SPACES and depth == 0:
            statements.append([""])
            last = ""
            continue
        joins = token in _RELATIONS or (token in _SIGNS and last not in _UNARY)
        if joins and depth == 0 and statements[-1][-1]:
            statements[-1].append("{}")
        if depth or not token.isspace():
            # A letter after a command would be part of its name.
            apart = not depth and _WORD.fullmatch(last) and token.isalpha()
            statements[-1][-1] += f" {token}" if apart else token
        last = token.strip() or last
    return [statement for statement in statements if statement != [""]]


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
