"""Deciding identities: proved, refuted with a witness, or undecided and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from ncverify.book.verdict import Evidence, Outcome, Verdict, conclude
from ncverify.derive.assumptions import Assumption, Assumptions, Side, read, read_assumptions
from ncverify.derive.normal_form import BudgetExceeded, OutsideClass
from ncverify.derive.opaque import Named, named_difference
from ncverify.derive.witness import MOST_BITS, PRECISIONS, Point, Test, scales_in, search
from ncverify.errors import InputError
from ncverify.theory.balls import Undefined, certainly_nonzero, enclose, enclose_all, to_decimal
from ncverify.theory.expr import Expr, postorder, to_json

_NODE_VISITS: Final = 2_000_000  # of one search for a point: a few seconds
_DIGITS: Final = 20


def decide(
    lhs: Side,
    rhs: Side,
    assume: Sequence[Assumption] | str = (),
    *,
    seed: int = 0,
) -> Verdict:
    """Whether two expressions are equal wherever both are defined, for all real values of their symbols.

    ``lhs`` and ``rhs`` are text, ``Expr``, int, Fraction or sympy expressions.  ``assume`` is a sequence of
    ``"x == y + 1"`` (a symbol, solved), ``"x > 0"``, ``"x <= y"``, ``"x != 0"`` or (left, relation, right).

    * ``proved``: the normal form of the difference is 0 (``ncverify.derive.exp_field`` has the argument);
      ``conditions`` lists denominators that must not vanish.  With inequalities, or functions outside the
      class, a point that satisfies them strictly and at which both sides are defined was found, so the
      statement is not empty.
    * ``refuted``: ``witness`` is a rational point that certainly satisfies all assumptions, where both
      sides are certainly defined and a ball around their difference excludes 0.
    * ``undecided``: the sides differ as far as functions outside the class are taken for unknowns, the
      budget is spent, or no point was found; the message says which.

    Raises ``InputError`` for input that cannot be read and for expressions that are defined nowhere.
    """
    _check_symbols(lhs, rhs)
    assumptions = read_assumptions(assume)
    left, right = read(lhs), read(rhs)
    question = {
        "lhs": to_json(left),
        "rhs": to_json(right),
        "assume": assumptions.to_json(),
    }
    left, right = assumptions.apply(left), assumptions.apply(right)
    try:
        named = named_difference(left, right)
    except OutsideClass as outside:
        return _refute(left, right, assumptions, question, seed, str(outside))
    except BudgetExceeded as spent:
        return _refute(left, right, assumptions, question, seed, f"budget: {spent}")
    if not named.difference.element.is_zero():
        if named.first is not None:
            reason = str(named.first)
        elif left.free_symbols or right.free_symbols:
            reason = (
                "the normal forms differ, so the sides are not equal everywhere, but no point was found that "
                "shows it within the budget of the search (and satisfies the assumptions, if there are any)"
            )
        else:
            reason = (
                "the normal forms differ, so these are two different numbers, but for their size they differ "
                f"by so little that {MOST_BITS} bits do not show it: subtract what they have in common"
            )
        return _refute(left, right, assumptions, question, seed, reason)
    inside: Point | None = None
    if assumptions.relations or named.functions:
        inside = _inner_point(left, right, assumptions, seed)
        if inside is None:
            where = (
                "that satisfies the assumptions strictly was found: they may be contradictory or leave no "
                "interior"
                if assumptions.relations
                else "at which both are defined was found: there may be none"
            )
            return _undecided(f"the sides have equal normal forms, but no point {where}", assumptions)
    return _proved(named, assumptions, question, inside)


def _check_symbols(lhs: Side, rhs: Side) -> None:
    """SymPy tells symbols of one name apart by their assumptions; here a name is one real variable."""
    import sympy

    seen: dict[str, sympy.Symbol] = {}
    for side in (lhs, rhs):
        for symbol in (
            sorted(getattr(side, "free_symbols", ()), key=str) if isinstance(side, sympy.Basic) else ()
        ):
            if seen.setdefault(symbol.name, symbol) != symbol:
                raise InputError(
                    f"two different sympy symbols are called {symbol.name}: use one symbol (bounds go "
                    "into assume=)"
                )


def _proved(
    named: Named, assumptions: Assumptions, question: Mapping[str, Any], inside: Point | None
) -> Verdict:
    difference = named.difference
    field = difference.element.field
    facts = field.facts
    summary = (
        f"normal form of the difference is 0 (summands: {difference.summands}, exponential generators: "
        f"{facts['exponential_generators']}, largest polynomial: {facts['largest_polynomial_terms']} terms "
        f"of degree {facts['largest_polynomial_degree']})"
    )
    details = {
        **question,
        "field": facts,
        "summands": difference.summands,
        "inner_point": None if inside is None else {name: str(value) for name, value in inside.items()},
    }
    body = {
        "kind": "identity",
        "pairs": [[question["lhs"], question["rhs"]]],
        "assume": question["assume"],
        "inside": details["inner_point"] or {},
    }
    evidence = Evidence(
        Outcome.PROVED,
        "normal form",
        _scope([name for name in field.symbols if name not in named.functions]),
        summary,
        details,
        body=body,
    )
    factors = [factor for d in difference.denominators for factor in d.numerator_factors()]
    nonzero = [f"{named.spelled(factor)!r} != 0" for factor in factors]
    conditions = tuple(dict.fromkeys([*nonzero, *named.domain, *assumptions.texts]))
    return replace(conclude([evidence]), conditions=conditions)


def _scope(symbols: Sequence[str]) -> str:
    if not symbols:
        return "these numbers"
    shown = ", ".join(symbols) if len(symbols) <= 8 else f"{symbols[0]}, ..., {symbols[-1]}"
    return f"all real {shown} where both sides are defined"


def _refute(
    left: Expr, right: Expr, assumptions: Assumptions, question: Mapping[str, Any], seed: int, otherwise: str
) -> Verdict:
    """``refuted`` with a witness, or ``undecided`` for the reason ``otherwise``."""
    difference = left - right

    def excludes_zero(point: Mapping[str, Fraction], bits: int) -> bool:
        if not assumptions.certainly_inside(point, bits):
            return False
        try:
            return certainly_nonzero(enclose(difference, point, bits))
        except Undefined:
            return False

    found = _search(excludes_zero, [left, right], assumptions, seed)
    if found is None:
        return _undecided(otherwise, assumptions)
    point, bits = found
    # More digits for the reader; the ball at ``bits`` already excludes 0.
    ball = enclose(difference, point, max(bits * 2, 4 * _DIGITS))
    values = {name: _value(expr, point, bits) for name, expr in assumptions.values.items()}
    shown = {name: str(value) for name, value in point.items()} | values
    decimal = to_decimal(ball, _DIGITS)
    witness = {**dict(sorted(shown.items())), "lhs - rhs": str(decimal)}
    evidence = Evidence(
        Outcome.REFUTED,
        "witness",
        "one rational point",
        "",
        {
            **question,
            "witness": witness,
            "point": {name: str(value) for name, value in point.items()},
            "difference": {"mid": decimal.mid, "rad": decimal.rad},
            "bits": bits,
        },
        body={
            "kind": "witness",
            "relation": [question["lhs"], "==", question["rhs"]],
            "assume": question["assume"],
            "at": {name: str(value) for name, value in point.items()},
            "bits": bits,
        },
    )
    return replace(conclude([evidence], witness), conditions=assumptions.texts)


def _value(expr: Expr, point: Point, bits: int) -> str:
    """The value of an eliminated symbol at the witness."""
    return str(to_decimal(enclose(expr, point, max(bits, 4 * _DIGITS)), _DIGITS))


def _inner_point(left: Expr, right: Expr, assumptions: Assumptions, seed: int) -> Point | None:
    def inside(point: Mapping[str, Fraction], bits: int) -> bool:
        if not assumptions.certainly_inside(point, bits):
            return False
        try:
            enclose_all([left, right], point, bits)
        except Undefined:
            return False
        return True

    found = _search(inside, [left, right], assumptions, seed)
    return None if found is None else found[0]


def _search(
    test: Test, sides: Sequence[Expr], assumptions: Assumptions, seed: int
) -> tuple[Point, int] | None:
    everything = [*sides, *assumptions.exprs]
    symbols = sorted({name for expr in everything for name in expr.free_symbols})
    size = sum(1 + len(node.args) for node in postorder(*everything))
    tries = max(20, min(600, _NODE_VISITS // size))
    scales = scales_in([*assumptions.positive, *assumptions.nonzero])

    def rank(point: Mapping[str, Fraction]) -> int | None:
        """Where to look again with more bits: 0 if everything is defined, 1 if it may be, None for no."""
        if assumptions.certainly_outside(point, PRECISIONS[0]):
            return None
        try:
            enclose_all(everything, point, PRECISIONS[0])
        except Undefined:
            return 1
        return 0

    return search(symbols, assumptions.bounds, scales, test, tries=tries, seed=seed, rank=rank)


def _undecided(message: str, assumptions: Assumptions) -> Verdict:
    return Verdict(Outcome.UNDECIDED, (), conditions=assumptions.texts, message=message)
