"""Relations and definitions as canonical JSON, so that two programs can compare what they read.

Bound indices are called ``#0``, ``#1``, ... by the number of sums around them; conditions are sorted and
stand for both signs; otherwise the form is that of the table of terms (``recording``), with terms in place
of their numbers.
"""

from __future__ import annotations

from typing import Any

from ncverify.replay.calculus.terms import Index, Relation, Term
from ncverify.replay.calculus.theory import Definition


def written_relation(value: Relation) -> list[Any]:
    """``[term, kind, term, [condition, ...]]``."""
    conditions = [_index(form, 0) for form in sorted(value.conditions)]
    return [written_term(value.lhs), value.kind, written_term(value.rhs), conditions]


def written_definition(value: Definition) -> dict[str, Any]:
    """Arguments and body; for a derivative also of what, and along which rates."""
    return {
        "args": [list(var) for var in value.args],
        "body": written_term(value.body),
        "derivative_of": value.derivative_of,
        "rates": [
            [name, [list(var) for var in args], written_term(rate)] for name, args, rate in value.rates
        ],
    }


def written_term(value: Term, depth: int = 0) -> list[Any]:
    """A term as nested lists, head first."""
    match value:
        case ("num", number):
            return ["num", str(number)]
        case ("app", name, args):
            return ["app", name, *(_index(arg, depth) for arg in args)]
        case ("chi", a, g):
            return ["chi", _index(a, depth), _index(g, depth)]
        case ("delta", at):
            return ["delta", _index(at, depth)]
        case ("sum", sort, nonzero, body):
            which = "nonzero" if nonzero else "all"
            return ["sum", [sort, f"#{depth}"], which, written_term(body, depth + 1)]
        case ("add" | "mul", parts):
            return [value[0], *(written_term(part, depth) for part in parts)]
        case ("pow", base, exponent):
            return ["pow", written_term(base, depth), str(exponent)]
        case ("fn", name, arg):
            return ["fn", name, written_term(arg, depth)]
    return list(value)


def _index(at: Index, depth: int) -> list[Any]:
    named = sorted((f"#{depth - 1 - var[2]}" if len(var) == 3 else var[1], count) for var, count in at[1])
    return [at[0], *([name, count] for name, count in named)]
