"""What evidence carries for ``ncverify replay``: one function for each kind of body in docs/certificates.md.

A body says in exact terms what is asserted and holds the data with which another program can see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from ncverify.derive.kernel import Definition
from ncverify.derive.kernel import Relation as Goal
from ncverify.derive.terms import Var, index_json
from ncverify.derive.terms import to_json as term_json
from ncverify.theory.expr import Expr, as_expr, to_json
from ncverify.theory.nodes import Operand

Body: TypeAlias = dict[str, Any]
Relation: TypeAlias = "tuple[Operand, str, Operand]"
"""(left, one of == != < <= > >=, right)."""
Point: TypeAlias = Mapping[str, Fraction | int]


def relation(asked: Relation) -> list[Any]:
    """A relation between expressions as JSON: a fact of a ``point``, ``cover``, ``zero`` or ``flow``."""
    left, sign, right = asked
    return [to_json(as_expr(left)), sign, to_json(as_expr(right))]


def definite(matrix: Sequence[Sequence[Operand]], *, positive: bool) -> list[Any]:
    """The fact that a symmetric matrix is positive (or negative) definite."""
    rows = [[to_json(as_expr(entry)) for entry in row] for row in matrix]
    return ["definite", rows, "positive" if positive else "negative"]


def any_of(facts: Iterable[Sequence[Any]]) -> list[Any]:
    """The fact that one of these holds."""
    return ["any", *map(list, facts)]


def identity(
    pairs: Iterable[tuple[Operand, Operand]],
    assume: Sequence[Relation] = (),
    inside: Point | None = None,
) -> Body:
    """Identities wherever both sides are defined; ``inside``: a point at which ``assume`` holds strictly."""
    return {
        "kind": "identity",
        "pairs": [[to_json(as_expr(left)), to_json(as_expr(right))] for left, right in pairs],
        "assume": [relation(item) for item in assume],
        "inside": exact(inside or {}),
    }


def nonnegative(
    asked: Relation, parts: Sequence[Sequence[Operand | int]], assume: Sequence[Relation] = ()
) -> Body:
    """``asked`` (>= or >): left - right is the sum of products of ``parts``.

    A factor is an expression, or the number (position) of an assumption u >= v or u > v, for u - v: write
    numbers as ``Fraction``, since an ``int`` is a position.
    """

    def factor(item: Operand | int) -> list[Any]:
        return ["assumed", item] if isinstance(item, int) else to_json(as_expr(item))

    return {
        "kind": "nonnegative",
        "relation": relation(asked),
        "assume": [relation(item) for item in assume],
        "parts": [[factor(item) for item in product] for product in parts],
    }


def witness(failing: Relation, at: Point, bits: int, assume: Sequence[Relation] = ()) -> Body:
    """``failing`` fails at this exact point, which satisfies ``assume``."""
    return {
        "kind": "witness",
        "relation": relation(failing),
        "assume": [relation(item) for item in assume],
        "at": exact(at),
        "bits": bits,
    }


def point(facts: Iterable[Sequence[Any]], at: Point, bits: int) -> Body:
    """All facts hold at this exact point."""
    return {"kind": "point", "facts": list(facts), "at": exact(at), "bits": bits}


def cover(
    box: Mapping[str, tuple[Fraction | int, Fraction | int]],
    facts: Iterable[Sequence[Any]],
    tree: Iterable[Sequence[Any]],
    bits: int,
) -> Body:
    """At every point of the box one of the facts holds; ``tree``: the bisections, in preorder."""
    return {
        "kind": "cover",
        "box": {name: [str(Fraction(low)), str(Fraction(high))] for name, (low, high) in box.items()},
        "facts": list(facts),
        "tree": [list(node) for node in tree],
        "bits": bits,
    }


def zero(
    equations: Mapping[str, Operand] | Sequence[Operand],
    center: Mapping[str, Fraction],
    radius: Mapping[str, Fraction],
    bits: int,
    facts: Iterable[Sequence[Any]] = (),
    parameters: Point | None = None,
) -> Body:
    """The equations have one common zero in center +/- radius (by unknown), where all facts hold."""
    rows = equations.values() if isinstance(equations, Mapping) else equations
    return {
        "kind": "zero",
        "unknowns": list(center),
        "equations": [to_json(as_expr(row)) for row in rows],
        "center": [str(value) for value in center.values()],
        "radius": [str(radius[name]) for name in center],
        "parameters": exact(parameters or {}),
        "facts": list(facts),
        "bits": bits,
    }


def rate(
    quantity: Any,
    along: Mapping[str, Expr],
    at: Point,
    *,
    grows: bool,
    bits: int,
    claimed: bool | None = None,
) -> Body:
    """The quantity (JSON, in which max and min may stand) grows or falls from here along the flow.

    ``claimed``: whether the claim says that it grows (by default what is so); the other sign refutes it.
    """
    signs = {True: "+", False: "-"}
    return {
        "kind": "rate",
        "quantity": quantity,
        "along": {name: to_json(velocity) for name, velocity in along.items()},
        "at": exact(at),
        "sign": signs[grows],
        "claimed": signs[grows if claimed is None else claimed],
        "bits": bits,
    }


def flow(trajectories: Sequence[Mapping[str, Any]], facts: Iterable[Sequence[Any]]) -> Body:
    """Enclosed solutions, and facts about them in the symbols ``f0_x1_t2`` (flow, component, shown time).

    ``trajectories``: what ``Trajectory.certificate`` gives.  The shown balls are made twice as wide, so that
    another program with other roundings finds its own inside.
    """
    return {
        "kind": "flow",
        "trajectories": [_trajectory(item) for item in trajectories],
        "facts": list(facts),
    }


def _trajectory(certificate: Mapping[str, Any]) -> dict[str, Any]:
    reduced = certificate["flow"] == "reduced"
    about = ("group", "depth") if reduced else ("classes", "dimension", "labels")
    data = {name: certificate[name] for name in ("flow", *about, "loss", "weight_decay", "start", "t")}
    if reduced:
        data["imbalance"] = certificate.get("imbalance")
    data["s"] = [[_wider(ball) for ball in row] for row in certificate["s"]]
    keep = ("series", "weights") if reduced else ("w", "h", "forces", "inverses", "kappa", "pace")
    unused: dict[str, Any] = {} if reduced or certificate["weight_decay"] != "0" else {"pace": []}
    data["steps"] = [
        {
            "bits": step["bits"],
            "length": _pair(step["length"]),
            "base": step["base"],
            **{name: step[name] for name in keep},
            **unused,
            **({"starts": _starts(certificate, step)} if reduced else {}),
        }
        for step in certificate["steps"]
    ]
    return data


def _starts(certificate: Mapping[str, Any], step: Mapping[str, Any]) -> list[list[Any]]:
    return [_pair(pair) for pair in step["starts"]] if certificate["depth"] == 2 else []


def _wider(ball: Mapping[str, str]) -> dict[str, str]:
    mantissa, _, power = ball["rad"].partition("e")
    doubled = format(2 * Decimal(mantissa), "f")
    return {"mid": ball["mid"], "rad": f"{doubled}e{power}" if power else doubled}


def _pair(pair: Sequence[Any]) -> list[Any]:
    return [str(pair[0]), int(pair[1])]


def relation_json(goal: Goal) -> dict[str, Any]:
    """A relation of the calculus, without shared parts."""
    return {
        "lhs": term_json(goal.lhs),
        "kind": goal.kind,
        "rhs": term_json(goal.rhs),
        "conditions": sorted(map(index_json, goal.conditions)),
    }


def countermodel(
    failing: Goal,
    definitions: Mapping[str, Definition],
    group: Sequence[int],
    values: Mapping[str, Sequence[Fraction]],
    at: Mapping[Var, int],
    bits: int,
    assume: Iterable[Goal] = (),
) -> Body:
    """A relation of the calculus fails in a group at exact values of even functions of the characters, for
    which ``assume`` holds at all indices; no symbol has both a value and a definition."""
    return {
        "kind": "countermodel",
        "relation": relation_json(failing),
        "assume": [relation_json(item) for item in assume],
        "definitions": {
            name: {
                "args": [[var.name, var.sort] for var in definition.args],
                "body": term_json(definition.body),
            }
            for name, definition in definitions.items()
        },
        "group": list(group),
        "values": {name: [str(value) for value in table] for name, table in values.items()},
        "even": sorted(values),
        "at": [[var.sort, var.name, place] for var, place in sorted(at.items())],
        "bits": bits,
    }


def experiment(statement: str, measured: Sequence[tuple[str, float, str, float]], seed: int) -> Body:
    """What an experiment in doubles measured: (name, value, "below" or "above", bound)."""
    return {
        "kind": "experiment",
        "statement": statement,
        "measured": [
            {"name": name, "value": repr(value), "side": side, "bound": repr(float(bound))}
            for name, value, side, bound in measured
        ],
        "seed": seed,
    }


def several(items: Iterable[Body]) -> Body:
    """All of these bodies; one alone is itself."""
    bodies = list(items)
    return bodies[0] if len(bodies) == 1 else {"kind": "list", "items": bodies}


def exact(values: Point) -> dict[str, str]:
    """Rational numbers as text."""
    return {name: str(Fraction(value)) for name, value in values.items()}
