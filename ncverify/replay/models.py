"""``countermodel``: a relation between sums over a finite abelian group fails at exact values.

Terms are those of the calculus for every K (docs/certificates.md, "Terms"), evaluated literally, sum by sum,
in complex balls.  All operations are total there: 1/0 = 0, and log and sqrt of a number that is not positive
are refused here rather than given their conventional value 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Final

from flint import acb, arb, fmpq

from ncverify.replay.balls import Unclear, read_bits
from ncverify.replay.earned import Earned
from ncverify.replay.errors import Rejected
from ncverify.replay.expressions import rational
from ncverify.replay.facts import at_some_precision
from ncverify.replay.reading import exactly, items, members, text, whole

ORDERS: Final = {"K": "G", "d": "F", "n": "N"}
MAX_ORDER: Final = 1024
MAX_STEPS: Final = 3_000_000

Key = tuple[str, str]  # (sort, name) of an index variable


@dataclass
class Group:
    """The finite abelian group Z_n1 x Z_n2 x ...; elements are numbered, first factor fastest."""

    orders: Sequence[int]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = prod(self.orders)

    def digits(self, element: int) -> list[int]:
        """The coordinates of an element."""
        out = []
        for order in self.orders:
            out.append(element % order)
            element //= order
        return out

    def element(self, digits: Sequence[int]) -> int:
        """The number of the element with these coordinates."""
        total, weight = 0, 1
        for digit, order in zip(digits, self.orders, strict=True):
            total += digit % order * weight
            weight *= order
        return total

    def turns(self, a: int, g: int) -> Fraction:
        """chi_a(g) = exp(2 pi i turns)."""
        pairs = zip(self.digits(a), self.digits(g), self.orders, strict=True)
        return sum((Fraction(x * y, n) for x, y, n in pairs), Fraction(0)) % 1


@dataclass
class Model:
    """A group, exact values of some symbols, and definitions of others."""

    group: Group
    values: Mapping[str, Any]
    definitions: Mapping[str, Any]
    known: dict[tuple[str, tuple[int, ...]], Any] = field(default_factory=dict)
    steps: int = 0
    active: list[str] = field(default_factory=list)

    def value(self, term: Any, at: Mapping[Key, int]) -> Any:
        """A complex ball around the value of a term."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Rejected("a term takes too long to evaluate")
        if not isinstance(term, list) or (len(term) < 2 and term not in (["add"], ["mul"])):
            raise Rejected("a term is not a list that starts with a head")
        head = term[0]
        if head == "num":
            return acb(arb(rational(exactly(term, 2, "a number")[1])))
        if head == "sym":
            return self._symbol(text(exactly(term, 2, "a symbol")[1], "a symbol"), ())
        if head == "app":
            return self._symbol(text(term[1], "a function"), tuple(self.index(form, at) for form in term[2:]))
        if head == "chi" and len(term) == 3:
            turns = self.group.turns(self.index(term[1], at), self.index(term[2], at))
            return _unit(turns)
        if head == "delta" and len(term) == 2:
            return acb(int(self.index(term[1], at) == 0))
        if head == "sum" and len(term) == 4:
            return self._sum(term, at)
        if head == "add":
            return sum((self.value(part, at) for part in term[1:]), acb(0))
        if head == "mul":
            result = acb(1)
            for part in term[1:]:
                result = result * self.value(part, at)
            return result
        if head == "pow" and len(term) == 3:
            return self._power(self.value(term[1], at), rational(term[2]))
        if head == "fn" and len(term) == 3:
            return acb(_function(term[1], real(self.value(term[2], at))))
        raise Rejected("a term has an unknown form")

    def index(self, form: Any, at: Mapping[Key, int]) -> int:
        """The number of the element that an integer combination of index variables is."""
        if not isinstance(form, list) or not form or form[0] not in ("G", "D"):
            raise Rejected("an index is not of a group or its characters")
        digits = [0] * len(self.group.orders)
        for part in form[1:]:
            name, _, count = exactly(part, 3, "a part of an index")
            place = at.get((form[0], text(name, "an index")))
            if place is None:
                raise Rejected("an index variable has no value")
            times = whole(count, "a coefficient", -(10**6), 10**6)
            digits = [d + times * e for d, e in zip(digits, self.group.digits(place), strict=True)]
        return self.group.element(digits)

    def _symbol(self, name: str, args: tuple[int, ...]) -> Any:
        if name in ORDERS and not args:
            if name != "K":
                raise Rejected(f"the order {name} has no value in a group")
            return acb(self.group.size)
        key = (name, args)
        if key not in self.known:
            if name in self.values:
                self.known[key] = acb(arb(_entry(self.values[name], args)))
            elif name in self.definitions:
                if name in self.active:
                    raise Rejected(f"the definition of {name[:40]} goes in a circle")
                variables, body = self.definitions[name]
                if len(variables) != len(args):
                    raise Rejected(f"{name[:40]} has {len(variables)} arguments")
                self.active.append(name)
                self.known[key] = self.value(body, dict(zip(variables, args, strict=True)))
                self.active.pop()
            else:
                raise Rejected(f"{name[:40]} has neither a value nor a definition")
        return self.known[key]

    def _sum(self, term: Any, at: Mapping[Key, int]) -> Any:
        name, sort = exactly(term[1], 2, "a bound index")
        if sort not in ("G", "D") or term[2] not in ("all", "nonzero"):
            raise Rejected("a sum is not over a group or its characters")
        total = acb(0)
        for place in range(int(term[2] == "nonzero"), self.group.size):
            total = total + self.value(term[3], {**at, (sort, text(name, "an index")): place})
        return total

    def _power(self, x: Any, exponent: Any) -> Any:
        if exponent.q == 2:
            x, exponent = acb(_function("sqrt", real(x))), exponent * 2
        if exponent.q != 1 or abs(exponent.p) > 1000:
            raise Rejected("a power is not whole or half-whole, or too large")
        if exponent < 0:
            if x.contains(0):
                raise Unclear("a number that may be 0 is divided by")
            x = 1 / x
        result = acb(1)
        for _ in range(abs(int(exponent.p))):
            result = result * x
        return result


def real(x: Any) -> Any:
    """The real part of a number that may be real."""
    if not x.imag.contains(0):
        raise Rejected("a function of a complex number")
    return x.real


def _unit(turns: Fraction) -> Any:
    angle = fmpq(2 * turns.numerator, turns.denominator)
    return acb(arb.cos_pi_fmpq(angle), arb.sin_pi_fmpq(angle))


def _function(name: Any, x: Any) -> Any:
    if name == "exp":
        return x.exp()
    if name in ("log", "sqrt"):
        if not bool(x > 0):
            raise Unclear(f"{name} of a number that is not certainly positive")
        return x.log() if name == "log" else x.sqrt()
    raise Rejected("a function of the calculus is exp, log or sqrt")


def _entry(table: Any, args: tuple[int, ...]) -> Any:
    for place in args:
        if not isinstance(table, list) or not place < len(table):
            raise Rejected("a symbol has too few values")
        table = table[place]
    return rational(table)


def check_countermodel(body: Any) -> Earned:
    """The relation fails in this group at these values: ``refuted``."""
    fields = ("kind", "relation", "assume", "definitions", "even", "group", "values", "at", "bits")
    members(body, fields, "the model")
    orders = [whole(n, "an order", 2, MAX_ORDER) for n in items(body["group"], "the group", 1)]
    group = Group(orders)
    if group.size > MAX_ORDER:
        raise Rejected(f"the group has more than {MAX_ORDER} elements")
    if not isinstance(body["definitions"], dict) or not isinstance(body["values"], dict):
        raise Rejected("definitions and values are not objects")
    definitions = {name: _definition(made) for name, made in body["definitions"].items()}
    if both := sorted(definitions.keys() & body["values"].keys()):
        raise Rejected(f"{both[0][:40]} has both a value and a definition")
    for name in items(body["even"], "even"):
        _check_even(group, text(name, "an even function"), body["values"])
    asked = _relation(body["relation"])
    assumed = [_relation(item) for item in items(body["assume"], "assume")]
    at = {}
    for entry in items(body["at"], "at"):
        sort, name, place = exactly(entry, 3, "an index value")
        at[(text(sort, "a sort"), text(name, "an index"))] = whole(place, "an index", 0, group.size - 1)

    def fails() -> bool:
        model = Model(group, body["values"], definitions)
        if any(model.index(form, at) == 0 for form in asked["conditions"]):
            raise Rejected("the relation does not speak of these indices")
        for said in assumed:
            for place in _places(model, said):
                if not _holds(model, said, place):
                    raise Unclear("an assumption does not certainly hold in the model")
        return _fails(model, asked, at)

    try:
        failed = at_some_precision(read_bits(body["bits"]), fails)
    except RecursionError:
        raise Rejected("a term is nested too deep") from None
    if not failed:
        raise Rejected("the relation does not certainly fail in the model")
    return Earned(
        "refuted",
        f"the relation fails in a group of order {group.size}",
        {
            "kind": "countermodel",
            "relation": body["relation"],
            **({"assume": body["assume"]} if assumed else {}),
            "definitions": body["definitions"],
            "even": body["even"],
        },
    )


def _relation(data: Any) -> Mapping[str, Any]:
    asked = members(data, ("lhs", "kind", "rhs", "conditions"), "the relation")
    if asked["kind"] not in ("=", ">=", ">"):
        raise Rejected("a relation is not =, >= or >")
    items(asked["conditions"], "conditions")
    return asked


def _fails(model: Model, asked: Mapping[str, Any], at: Mapping[Key, int]) -> bool:
    """Whether a relation certainly fails at these indices."""
    difference = model.value(asked["lhs"], at) - model.value(asked["rhs"], at)
    if asked["kind"] == "=":
        return not difference.contains(0)
    low = real(difference)
    return bool(low < 0) if asked["kind"] == ">=" else bool(low <= 0)


def _holds(model: Model, asked: Mapping[str, Any], at: Mapping[Key, int]) -> bool:
    """Whether a relation certainly holds at these indices."""
    difference = model.value(asked["lhs"], at) - model.value(asked["rhs"], at)
    if asked["kind"] == "=":
        return bool(difference == 0)
    high = real(difference)
    return bool(high >= 0) if asked["kind"] == ">=" else bool(high > 0)


def _places(model: Model, asked: Mapping[str, Any]) -> Iterator[dict[Key, int]]:
    """All values of the free indices of a relation that meet its conditions."""
    names = sorted(_free([asked["lhs"], asked["rhs"], asked["conditions"]], frozenset()))
    if model.group.size ** len(names) > MAX_STEPS:
        raise Rejected("an assumption has too many free indices")
    for values in product(range(model.group.size), repeat=len(names)):
        at = dict(zip(names, values, strict=True))
        if all(model.index(form, at) != 0 for form in asked["conditions"]):
            yield at


def _free(data: Any, bound: frozenset[Key]) -> frozenset[Key]:
    """The index variables in terms that no sum around them binds."""
    if not isinstance(data, list):
        return frozenset()
    if data[:1] in (["G"], ["D"]):
        names = [(data[0], text(exactly(part, 3, "a part of an index")[0], "an index")) for part in data[1:]]
        return frozenset(names) - bound
    if data[:1] == ["sum"] and len(data) == 4:
        name, sort = exactly(data[1], 2, "a bound index")
        return _free(data[3], bound | {(sort, name)})
    return frozenset().union(*(_free(part, bound) for part in data))


def _check_even(group: Group, name: str, values: Mapping[str, Any]) -> None:
    table = items(values.get(name), f"the values of {name[:40]}")
    if len(table) != group.size:
        raise Rejected(f"{name[:40]} does not have one value for each character")
    for a, value in enumerate(table):
        if value != table[group.element([-digit for digit in group.digits(a)])]:
            raise Rejected(f"{name[:40]} is not even")


def _definition(data: Any) -> tuple[list[Key], Any]:
    made = members(data, ("args", "body"), "a definition")
    variables = []
    for entry in items(made["args"], "arguments"):
        name, sort = exactly(entry, 2, "an argument")
        variables.append((text(sort, "a sort"), text(name, "an index")))
    if len(set(variables)) < len(variables):
        raise Rejected("two arguments of a definition have one name")
    return variables, made["body"]
