"""Where expressions are defined: what a statement about several of them is about."""

from __future__ import annotations

from collections.abc import Iterable

from ncverify.derive.assumptions import Relation
from ncverify.theory.expr import Expr, number
from ncverify.theory.nodes import Add, Fn, Mul, Number, Pow, postorder


def domain(exprs: Iterable[Expr]) -> list[Relation]:
    """What must hold for all of the expressions to be defined, as assumptions for ``decide``.

    One relation for each denominator and each argument of log, sqrt, tan, asin, acos, except where its form
    shows that it holds always.
    """
    zero = number(0)
    found: list[Relation] = []
    positive: dict[Expr, bool] = {}
    for node in postorder(*exprs):
        inner = [positive[part] for part in node.args]
        positive[node] = False
        match node:
            case Number():
                positive[node] = node.value > 0
            case Add() | Mul():
                positive[node] = all(inner)
            case Pow():
                positive[node] = inner[0]
                if node.exponent < 0 and not inner[0]:
                    found.append((node.base, "!=", zero))
            case Fn(name="log") if not inner[0]:
                found.append((node.arg, ">", zero))
            case Fn(name="sqrt") if not inner[0]:
                found.append((node.arg, ">=", zero))
            case Fn(name="tan"):
                found.append((Fn("cos", node.arg), "!=", zero))
            case Fn(name="asin" | "acos"):
                found.append((1 - node.arg**2, ">=", zero))
            case Fn(name="exp" | "cosh" | "sqrt"):
                positive[node] = True
    return list(dict.fromkeys(found))
