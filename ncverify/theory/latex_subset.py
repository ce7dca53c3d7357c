"""What of LaTeX is outside the subset that is read, and what to write instead."""

from __future__ import annotations

import re
from typing import Final

from ncverify.errors import InputError
from ncverify.theory.nodes import clip

# fmt: off
GREEK: Final = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
    "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi",
    "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Upsilon", "Phi",
    "Psi", "Omega", "ell",
))
# fmt: on
_READ: Final = frozenset(
    (
        *(
            "mathrm",
            "frac",
            "tfrac",
            "dfrac",
            "sqrt",
            "cdot",
            "times",
            "exp",
            "log",
            "ln",
            "sinh",
            "cosh",
            "tanh",
        ),
        *(
            "sin",
            "cos",
            "tan",
            "arcsin",
            "arccos",
            "arctan",
            "hat",
            "widehat",
            "bar",
            "overline",
            "dot",
            "tilde",
        ),
        "pi",
    )
)
_INSTEAD: Final = {
    **dict.fromkeys(("sum", "prod"), "write the terms out, such as x_1 + x_2"),
    **dict.fromkeys(("int", "iint", "oint", "lim"), "integrals and limits are not read"),
    **dict.fromkeys(("partial", "nabla"), "differentiate first, and write the result"),
    **dict.fromkeys(
        ("le", "leq", "ge", "geq", "lt", "gt", "ne", "neq", "approx", "sim", "equiv"),
        "an equation has the sign =",
    ),
    **dict.fromkeys(
        ("mathbf", "boldsymbol", "bm", "mathcal", "mathbb", "vec"), "write numbers, not vectors: x_1"
    ),
    **dict.fromkeys(("operatorname", "text", "softmax"), "write the formula of the function"),
    **dict.fromkeys(("begin", "end"), "give one formula without its environment"),
}
_FORMS: Final = (
    (re.compile(r"\\sqrt *\["), "of roots only \\sqrt{x} is; write e^{\\frac{1}{3} \\log(x)}"),
    (re.compile(r"\\(log|ln) *_"), r"a logarithm to base b is \frac{\log x}{\log b}"),
    (re.compile(r"_\{[A-Za-z0-9 ]*,[^}]*\}?"), "a subscript is of letters or digits, as in x_{ij}"),
    (re.compile(r"'"), "write a derivative as its formula, another variable as y"),
    (re.compile(r"\\?\|"), "absolute values and norms are not; write \\sqrt{x^2}"),
    (re.compile(r"!"), "factorials are not"),
)


def check_subset(source: str) -> None:
    """Raises ``InputError`` for the first command or form that is not read, with the way out."""
    for name in re.findall(r"\\([A-Za-z]+)", source):
        if name not in _READ and name not in GREEK:
            advice = f": {_INSTEAD[name]}" if name in _INSTEAD else ""
            raise InputError(
                f"the command \\{clip(name)} is outside the subset of LaTeX that is read{advice}"
            )
    for form, advice in _FORMS:
        found = form.search(source)
        if found:
            raise InputError(f"{clip(found[0])} is outside the subset of LaTeX that is read: {advice}")
