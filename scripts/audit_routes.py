"""False variants of true statements, offered to what a user calls: text, LaTeX, JSON, derivations,
inequalities, flows.

Whether a variant is false is found without ncverify: Python's own parser reads the text, mpmath evaluates it
with 50 digits at random points, and LaTeX is written from Python's syntax tree.  A flow is compared with a
numerical derivative of the loss.
"""

from __future__ import annotations

import ast
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from audit_texts import SMALL, NoValue, holds, latex, sides, tree, unequal, value, values, variants
from mpmath import mp, mpf

import ncverify as nv
from ncverify.book.registry import recording
from ncverify.book.verdict import Verdict
from ncverify.evidence.workbench import Settings, check_claim
from ncverify.theory.latex import parse_latex

DIGITS = 50
EARNED = ("proved", "certified", "argued")

# left, right, assumptions "name == text" that are also what the points satisfy (others: all are positive)
IDENTITIES: Sequence[tuple[str, str, tuple[str, ...]]] = (
    ("(exp(x) - exp(y))*(exp(x) + exp(y))", "exp(2*x) - exp(2*y)", ()),
    ("(x + y)**3", "x**3 + 3*x**2*y + 3*x*y**2 + y**3", ()),
    ("a/(x*(x + 1))", "a/x - a/(x + 1)", ()),
    ("exp(a)/(exp(a) + exp(b))", "1 - exp(b)/(exp(a) + exp(b))", ()),
    ("exp(-x)/(1 + exp(-x))", "1/(1 + exp(x))", ()),
    ("sinh(x + y)", "sinh(x)*cosh(y) + cosh(x)*sinh(y)", ()),
    ("cosh(x)**2 - sinh(x)**2", "exp(x)*exp(-x)", ()),
    ("tanh(x)", "(exp(2*x) - 1)/(exp(2*x) + 1)", ()),
    ("(a - b)**2 + (b - c)**2 + (c - a)**2", "3*(a**2 + b**2 + c**2) - (a + b + c)**2", ()),
    ("x*log(y) + log(y)", "(x + 1)*log(y)", ("y > 0",)),
    ("x**2 - y**2", "2*y + 1", ("x == y + 1",)),
    ("(sqrt(x) - y)*exp(y)", "sqrt(x)*exp(y) - y*exp(y)", ("x > 0",)),
    ("2*s*(1 - 1/(1 + exp(s)))", "2*s*exp(s)/(1 + exp(s))", ()),
    ("(p - q)/(1/q - 1/p)", "p*q", ("p > q", "q > 0")),
    ("x/(exp(x) - exp(-x))", "x*exp(x)/(exp(2*x) - 1)", ()),
)
CHAINS: Sequence[tuple[Sequence[str], tuple[str, ...]]] = (
    (["(x + 1)**3", "(x + 1)*(x**2 + 2*x + 1)", "x**3 + 3*x**2 + 3*x + 1", "1 + 3*x*(1 + x) + x**3"], ()),
    (["exp(x)/(1 + exp(x))", "1/(exp(-x) + 1)", "1 - exp(-x)/(1 + exp(-x))", "1 - 1/(1 + exp(x))"], ()),
    (["(x**2 - 1)/(x - 1)", "(x - 1)*(x + 1)/(x - 1)", "x + 1"], ("x > 1",)),
    (["cosh(x)**2", "(exp(x) + exp(-x))**2/4", "(exp(2*x) + 2 + exp(-2*x))/4", "(cosh(2*x) + 1)/2"], ()),
    (["2*s*(1 - exp(s)/(exp(s) + 2))", "2*s*2/(exp(s) + 2)", "4*s*exp(-s)/(1 + 2*exp(-s))"], ()),
)
# statement, box, further conditions
INEQUALITIES: Sequence[tuple[str, str, str, dict[str, tuple[str, str]], tuple[str, ...]]] = (
    ("exp(x)", ">=", "1 + x", {"x": ("-1", "1")}, ()),
    ("log(x)", "<=", "x - 1", {"x": ("1/2", "2")}, ()),
    ("x*y", "<=", "(x**2 + y**2)/2 + 1/50", {"x": ("-1", "1"), "y": ("-1", "1")}, ()),
    ("x*(1 - x)", "<=", "1/4", {"x": ("0", "1")}, ()),
    ("sin(x)", "<=", "x", {"x": ("0", "1")}, ()),
    ("tanh(x)", "<", "1", {"x": ("0", "2")}, ()),
    ("exp(x) + exp(-x)", ">=", "2 + x**2", {"x": ("-1", "1")}, ()),
    ("x**3 - 3*x + 2", ">=", "0", {"x": ("0", "3")}, ()),
    ("1/(1 + x)", ">=", "1 - x", {"x": ("0", "2")}, ()),
    ("x*y", "<=", "1/3", {"x": ("0", "1"), "y": ("0", "1")}, ("x + y <= 1",)),
    ("sqrt(x)", "<=", "(1 + x)/2", {"x": ("1/10", "4")}, ()),
)
# loss, right-hand side, where
FLOWS: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("-log(p0)", "2*s*(1 - phat)", {"classes": 2}),
    ("-log(p0)", "2*s*(1 - phat)", {"classes": 4}),
    ("-log(p0)", "2*s*(1 - phat)", {"group": "3"}),
    ("((z0 - 1)**2 + z1**2 + z2**2 + z3**2)/2", "2*s*(1 - s)", {"classes": 4}),
    ("exp(-z0)", "2*s*exp(-z0)", {"classes": 4}),
    ("-p0", "2*s*p0*(1 - phat)", {"classes": 2}),
    ("-c*log(p0)", "2*c*s*(1 - phat)", {"classes": 4}),
    ("-(1 - q)*log(p0) - q/2*(log(p0) + log(p1))", "2*s*(1 - q - phat)", {"classes": 2}),
)
RELATIONS = (">=", "<=", ">", "<")


@dataclass
class Route:
    """What was tried one way; ``wrong`` describes the bugs."""

    name: str
    true: int = 0
    false: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def false_identities(rng: Random) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Identities with a wrong side, or with a wrong hypothesis, in turn."""
    found = [[*_false_identities(*item, rng)] for item in IDENTITIES]
    for items in found:
        rng.shuffle(items)
    for group in itertools.zip_longest(*found):
        yield from (item for item in group if item is not None)


def _false_identities(
    left: str, right: str, assume: tuple[str, ...], rng: Random
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for changed in variants(left):
        if unequal(changed, right, assume, rng):
            yield changed, right, assume
    for changed in variants(right):
        if unequal(left, changed, assume, rng):
            yield left, changed, assume
    for item in assume:
        if "==" in item:
            given, _, wanted = sides(item)
            for changed in variants(wanted):
                other = (f"{given} == {changed}",)
                if unequal(left, right, other, rng):
                    yield left, right, other
            if unequal(left, right, (), rng):
                yield left, right, ()


# -- the routes ------------------------------------------------------------------------------------------


def verdict(make: Callable[..., Any], *arguments: Any, **options: Any) -> Verdict:
    """Of a claim made in one call."""
    with recording(nv.Registry()) as registry:
        return check_claim(make("audited", *arguments, **options), registry, Settings())


class Judge:
    """Counts verdicts of one route."""

    def __init__(self, name: str) -> None:
        self.route = Route(name)

    def true(self, said: str, found: Verdict) -> None:
        self.route.true += 1
        if str(found.outcome) not in EARNED:
            self.route.wrong.append(f"{self.route.name}: true, but {found.outcome}: {said}")

    def false(self, said: str, make: Callable[..., Verdict], *arguments: Any, **options: Any) -> None:
        self.route.false += 1
        try:
            found = make(*arguments, **options)
        except nv.InputError:
            self.route.refused += 1
            return
        if str(found.outcome) in EARNED:
            self.route.wrong.append(f"{self.route.name}: FALSE, but {found.outcome}: {said}")


def by_text(count: int, rng: Random) -> Iterator[Route]:
    judge = Judge("decide, text")
    for left, right, assume in IDENTITIES:
        judge.true(f"{left} = {right}", nv.decide(left, right, assume))
        yield judge.route
    for left, right, assume in itertools.islice(false_identities(rng), count):
        judge.false(f"{left} = {right}, {assume}", nv.decide, left, right, assume)
        yield judge.route


def by_latex(count: int, rng: Random) -> Iterator[Route]:
    judge = Judge("decide, LaTeX")

    def decided(left: str, right: str, assume: tuple[str, ...]) -> Verdict:
        return nv.decide(parse_latex(latex(tree(left))), parse_latex(latex(tree(right))), assume)

    for item in IDENTITIES:
        judge.true(f"{item}", decided(*item))
        yield judge.route
    for item in itertools.islice(false_identities(rng), count):
        judge.false(f"{item}", decided, *item)
        yield judge.route


def by_json(count: int, rng: Random) -> Iterator[Route]:
    judge = Judge("claims in JSON")
    false = list(itertools.islice(false_identities(rng), count))
    claims = [
        {
            "id": f"audited-{n}",
            "statement": {"lhs": left, "rhs": right},
            "assume": list(assume),
            "expected": "proved",
        }
        for n, (left, right, assume) in enumerate([*IDENTITIES, *false])
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.json"
        path.write_text(json.dumps({"claims": claims}))
        found = [result.verdict for result in nv.check(str(path))]
    for item, outcome in zip(IDENTITIES, found, strict=False):
        judge.true(f"{item}", outcome)
    for item, outcome in zip(false, found[len(IDENTITIES) :], strict=True):
        judge.false(f"{item}", Verdict, outcome.outcome, outcome.evidence)
    yield judge.route


def by_derivation(count: int, rng: Random) -> Iterator[Route]:
    """A wrong step, or a right chain that does not arrive at the statement."""
    judge = Judge("nv.derivation")
    false = []
    for steps, assume in CHAINS:
        judge.true(" = ".join(steps), verdict(nv.derivation, steps, assume=assume))
        yield judge.route
        for place, step in enumerate(steps):
            for changed in variants(step):
                if unequal(changed, step, assume, rng):
                    wrong = [*steps[:place], changed, *steps[place + 1 :]]
                    false.append((wrong, assume, None))
        for changed in variants(steps[-1]):
            if unequal(changed, steps[0], assume, rng):
                false.append((list(steps), assume, (steps[0], changed)))
    rng.shuffle(false)
    for steps, assume, proves in false[:count]:
        judge.false(
            f"{steps} {assume} {proves}",
            verdict,
            nv.derivation,
            steps,
            assume=assume,
            proves=proves,
        )
        yield judge.route


def by_inequality(count: int, rng: Random) -> Iterator[Route]:
    """Changed sides, signs, boxes, or a condition dropped."""
    judge = Judge("nv.inequality")
    false = []
    for left, sign, right, box, where in INEQUALITIES:
        statement = f"{left} {sign} {right}"
        judge.true(statement, verdict(nv.inequality, statement, on=box, where=where))
        yield judge.route
        wide = {name: (str(Fraction(low) - 1), str(Fraction(high) + 1)) for name, (low, high) in box.items()}
        candidates = [(changed, sign, right, box, where) for changed in variants(left)]
        candidates += [(left, sign, changed, box, where) for changed in variants(right)]
        candidates += [(left, other, right, box, where) for other in RELATIONS if other != sign]
        candidates += [(left, sign, right, wide, where), (left, sign, right, box, ())]
        false += [item for item in candidates if _violated(*item, rng)]
    rng.shuffle(false)
    for left, sign, right, box, where in false[:count]:
        statement = f"{left} {sign} {right}"
        judge.false(
            f"{statement} on {box} where {where}",
            verdict,
            nv.inequality,
            statement,
            on=box,
            where=where,
            budget=200,
        )
        yield judge.route


def _violated(
    left: str,
    sign: str,
    right: str,
    box: Mapping[str, tuple[str, str]],
    where: Sequence[str],
    rng: Random,
) -> bool:
    """Whether it certainly fails at some point of the region: a grid with the ends, and random points."""
    for k in range(120):
        at = {}
        for name, ends in box.items():
            low, high = (value(tree(end), {}) for end in ends)
            share = mpf(k % 9) / 8 if k < 27 else mpf(rng.randrange(257)) / 256
            at[name] = low + share * (high - low)
        try:
            if not all(holds(*sides(item), at) for item in where):
                continue
            x, y = value(tree(left), at), value(tree(right), at)
        except (NoValue, KeyError):
            continue
        difference = y - x if "<" in sign else x - y
        if difference < -SMALL or (sign in "<>" and abs(difference) < mpf(10) ** (5 - DIGITS)):
            return True
    return False


def by_flow(count: int, rng: Random) -> Iterator[Route]:
    """Changed right-hand sides and losses."""
    judge = Judge("nv.flow")
    false = []
    for loss, rhs, where in FLOWS:
        judge.true(f"{loss}: {rhs}", verdict(nv.flow, rhs, loss=loss, **where))
        yield judge.route
        false += [(loss, changed, where) for changed in variants(rhs) if moves(loss, changed, where, rng)]
        false += [(changed, rhs, where) for changed in variants(loss) if moves(changed, rhs, where, rng)]
    rng.shuffle(false)
    for loss, rhs, where in false[:count]:
        judge.false(f"loss {loss}, rhs {rhs}, {where}", verdict, nv.flow, rhs, loss=loss, **where)
        yield judge.route


def moves(loss: str, rhs: str, where: Mapping[str, Any], rng: Random) -> bool:
    """Whether some mode certainly moves otherwise than ``rhs`` says, by differences of the loss.

    With Z_g = sum_a s_a chi_a(g)/K and one sample per class the loss is K l(Z); for a balanced start
    ds_a/dt = -2 s_a dL/ds_a, where an orbit {a, -a} has one s.
    """
    orders = [2] * (where["classes"].bit_length() - 1) if "classes" in where else [int(where["group"])]
    group = list(itertools.product(*map(range, orders)))
    size = len(group)

    def character(a: int, g: int) -> mpf:
        return mp.cos(
            2 * mp.pi * sum(mpf(x * y) / n for x, y, n in zip(group[a], group[g], orders, strict=True))
        )

    def negative(a: int) -> int:
        return group.index(tuple(-x % n for x, n in zip(group[a], orders, strict=True)))

    orbits = sorted({tuple(sorted({a, negative(a)})) for a in range(1, size)})
    free = {node.id for text in (loss, rhs) for node in values(tree(text)) if isinstance(node, ast.Name)}
    parameters = {name: mpf(rng.randrange(1, 64)) / 64 for name in sorted(free)}

    def state(s: Sequence[mpf]) -> dict[str, mpf]:
        z = [sum(s[a] * character(a, g) for a in range(1, size)) / size for g in range(size)]
        weights = [mp.exp(x) for x in z]
        at = dict(parameters)
        at.update({f"z{g}": x for g, x in enumerate(z)})
        at.update({f"p{g}": w / sum(weights) for g, w in enumerate(weights)})
        at.update({f"s{a}": x for a, x in enumerate(s)})
        return at | {"K": mpf(size), "sbar": sum(s[1:]) / (size - 1)}

    s = [mpf(0)] * size
    for orbit in orbits:
        drawn = mpf(rng.randrange(16, 200)) / 64
        for a in orbit:
            s[a] = drawn
    for orbit in orbits:

        def total(x: mpf, orbit: tuple[int, ...] = orbit) -> mpf:
            moved = [x if a in orbit else old for a, old in enumerate(s)]
            return size * value(tree(loss), state(moved))

        a = orbit[0]
        try:
            step = mpf(10) ** -15
            slope = (total(s[a] + step) - total(s[a] - step)) / (2 * step) / len(orbit)
            at = state(s)
            phat = sum(at[f"p{g}"] * character(a, g) for g in range(size))
            said = value(tree(rhs), at | {"s": s[a], "phat": phat})
        except (NoValue, KeyError):
            continue
        if abs(said + 2 * s[a] * slope) > mpf(10) ** -10:
            return True
    return False


ROUTES = {  # how many false statements, at most
    by_text: 600,
    by_latex: 600,
    by_json: 300,
    by_derivation: 400,
    by_inequality: 300,
    by_flow: 300,
}


def audit(seed: int, progress: Callable[[Iterable[Any], int | None, str], Iterable[Any]]) -> list[str]:
    """All routes; prints the figures, returns what went wrong."""
    begin, wrong, false, true, parts = perf_counter(), [], 0, 0, []
    with mp.workdps(DIGITS):
        for make, count in ROUTES.items():
            what = f"false statements {make.__name__.replace('_', ' ')}"
            *_, route = progress(make(count, Random(seed)), None, what)
            wrong += route.wrong
            false += route.false
            true += route.true
            parts.append(f"{route.name} {route.false}")
    print(
        f"false statements by the user's routes: {false} ({', '.join(parts)}), "
        f"{sum('FALSE' in text for text in wrong)} proved or certified; {true} true ones, "
        f"{sum('true, but' in text for text in wrong)} not proved ({perf_counter() - begin:.0f} s)"
    )
    return wrong
