"""Chains of equations and inequalities as LaTeX."""

from __future__ import annotations

from ncverify.book.claim import Registry
from ncverify.book.registry import recording
from ncverify.evidence.statements import derivation, inequality
from ncverify.theory.nodes import symbol
from ncverify.theory.parser import parse
from ncverify.theory.printing import latex_chain


def test_a_chain_has_its_signs() -> None:
    x = symbol("x")
    assert latex_chain([("=", x), ("=", 2 * x)]) == r"x = 2 \, x"
    assert latex_chain([("=", x), ("<=", x + 1), ("<", x + 2)]) == r"x \le x + 1 < x + 2"
    assert latex_chain([("=", x), (">=", x - 1), (">", x - 2)]) == r"x \ge x - 1 > x - 2"


def test_a_long_side_is_not_written() -> None:
    x = symbol("x")
    long = parse("+".join(f"x{k}" for k in range(100)))
    assert latex_chain([("=", x), ("=", long)]) == latex_chain([("=", long), ("=", x)]) == ""


def test_own_derivations_are_mathematics() -> None:
    with recording(Registry()):
        steps = [r"\frac{e^x}{1+e^x}", r"\frac{1}{1+e^{-x}}"]
        assert derivation("d", steps, latex=True).latex == r"\frac{e^{x}}{1 + e^{x}} = \frac{1}{1 + e^{-x}}"
        assert inequality("i", "exp(x) >= 1 + x", on={"x": (0, 1)}).latex == r"e^{x} \ge 1 + x"
