"""Metrics that a user types: expressions in s1.., z0.., p0.., and their derivative along a flow."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from flint import arb, ctx

from ncverify.errors import InputError
from ncverify.evidence.motion import Batch, Doubles, Moving
from ncverify.theory.balls import enclose_all
from ncverify.theory.expr import Add, Expr, Fn, Mul, Number, Pow, Symbol, differentiate, postorder, symbol
from ncverify.theory.groups import AbelianGroup

_NAME = re.compile(r"([szp])(0|[1-9][0-9]{0,3})")
_NODES = 20_000


class ExpressionRate:
    """d/dt of ``expr``; the symbols are s_a (a >= 1), z(g) and p(g) of the group.

    Raises ``InputError`` for another symbol, or for none.
    """

    def __init__(self, expr: Expr, group: AbelianGroup) -> None:
        self.expr = expr
        self._names = expr.free_symbols
        if not self._names:
            raise InputError(f"the expression {str(expr)[:60]!r} does not move: use s1, z0, p0, ...")
        if sum(1 for _ in postorder(expr)) > _NODES:
            raise InputError(f"the expression has more than {_NODES} parts: use a smaller one")
        top = group.order - 1
        for name in self._names:
            found = _NAME.fullmatch(name)
            if found is None or int(found[2]) > top or name == "s0":
                raise InputError(
                    f"symbol {name} in {str(expr)[:60]!r} is unknown: use s1..s{top}, z0..z{top}, p0..p{top}"
                )

    @cached_property
    def _derivative(self) -> Expr:
        return differentiate(self.expr, {name: symbol(f"d{name}") for name in self._names})

    @cached_property
    def _partials(self) -> list[Expr]:
        return [differentiate(self.expr, {name: 1}) for name in self._names]

    def ball(self, at: Moving) -> arb:
        """The derivative in a ball; ``Undefined`` where the expression or its derivative is."""
        values = {"s": (at.spectrum, [arb(0), *at.rates]), "z": (at.z, at.z_rates), "p": (at.p, at.p_rates)}
        point = {}
        for name in self._names:
            numbers, rates = values[name[0]]
            point[name], point[f"d{name}"] = numbers[int(name[1:])], rates[int(name[1:])]
        # The expression itself too: log(u) has a formal derivative where u < 0.
        return enclose_all([self.expr, self._derivative], point, ctx.prec)[1]

    def pull(self, at: Batch) -> Doubles:
        """The derivative over the length of the vector of its terms (one a symbol); nan where undefined."""
        kinds = {name[0] for name in self._names}
        values: dict[str, Doubles] = {}
        rates: dict[str, Doubles] = {}
        if kinds & {"z", "p"}:
            z, z_rates = at.z_and_rates()
            p = at.p()
            p_rates = p * (z_rates - np.einsum("gn,gn->n", p, z_rates))
        for name in self._names:
            index = int(name[1:])
            match name[0]:
                case "s":
                    values[name], rates[name] = at.s[index - 1], at.growth[index - 1] * at.s[index - 1]
                case "z":
                    values[name], rates[name] = z[index], z_rates[index]
                case _:
                    values[name], rates[name] = p[index], p_rates[index]
        nodes = _evaluate([self.expr, *self._partials], values)
        total = square = np.zeros(at.s.shape[1])
        for name, partial in zip(self._names, self._partials, strict=True):
            term = nodes[partial] * rates[name]
            total, square = total + term, square + term * term
        pull = total / np.sqrt(len(self._names) * square)
        return np.where(np.isfinite(nodes[self.expr]), pull, np.nan)


def _evaluate(roots: list[Expr], values: dict[str, Doubles]) -> dict[Expr, Doubles]:
    done: dict[Expr, Doubles] = {}
    functions = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan}
    for node in postorder(*roots):
        match node:
            case Number():
                try:
                    value = float(node.value)
                except OverflowError:
                    value = np.inf if node.value > 0 else -np.inf
                done[node] = np.float64(value)  # type: ignore[assignment]
            case Symbol():
                done[node] = values[node.name]
            case Add():
                total = done[node.args[0]]
                for arg in node.args[1:]:
                    total = total + done[arg]
                done[node] = total
            case Mul():
                product = done[node.args[0]]
                for arg in node.args[1:]:
                    product = product * done[arg]
                done[node] = product
            case Pow():
                done[node] = np.power(done[node.base], float(node.exponent))
            case Fn():
                function = functions.get(node.name) or getattr(np, node.name)
                done[node] = function(done[node.arg])
    return done
