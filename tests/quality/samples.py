"""Random concrete models of the book's theories, in which every theorem must hold."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from critical_points import SAMPLES, critical_point, is_landscape
from flint import arb
from peeled_points import SAMPLES as PEELED_SAMPLES
from peeled_points import groups_for, is_peeled, marks, peeled_point, width_of
from scheme_values import NAMES, relations, scheme

from ncverify.book.claim import Claim
from ncverify.book.registry import load_book
from ncverify.derive.kernel import CHOSEN, Definition, Relation, Theorem
from ncverify.derive.models import BallNumbers, Complex, Indeterminate, Model, context
from ncverify.derive.relations import free_in
from ncverify.derive.terms import App, Var, free_variables, term
from ncverify.theory.balls import to_arb
from ncverify.theory.groups import AbelianGroup

GROUPS = tuple(AbelianGroup(orders) for orders in ((2,), (3,), (2, 2), (4,), (5,)))

RATES = ("alpha'", "beta'", "alphas'", "betas'")
ADAM = {
    "b1": Fraction(9, 10),
    "b2": Fraction(99, 100),
    "c1": Fraction(2),
    "c2": Fraction(3),
    "eps": Fraction(1, 8),
}


def sample(theorem: Theorem, group: AbelianGroup, seed: int, more: dict[str, Definition]) -> Sampled:
    """A model with random exact values of the primitive symbols of the theorem; use inside ``precision``."""
    definitions = {**context([theorem]), **more}
    if is_landscape(definitions):
        found = critical_point(theorem, group, seed, definitions)
        point = {name: value for name, value in found.items() if name not in definitions}
        return Sampled(group, BallNumbers(), point, definitions, {"F": group.order, "N": SAMPLES})
    if is_peeled(definitions):
        found = peeled_point(theorem, group, seed, definitions)
        point = {name: value for name, value in found.items() if name not in definitions}
        sizes = {"F": width_of(group, seed, definitions), "N": PEELED_SAMPLES}
        return Sampled(group, BallNumbers(), point, definitions, sizes)
    draw = random.Random(f"{seed}/{group.orders}")
    hypotheses = theorem.hypotheses
    collapsed = "collapsed" in hypotheses
    level = Fraction(4, 9)
    order, width = group.order, group.order + seed % 2

    def even(positive: bool) -> list[Fraction]:
        values = [Fraction(0)] * order
        for orbit in group.sign_classes:
            value = Fraction(draw.randint(1, 9), draw.randint(1, 4))
            for member in orbit:
                values[member] = value if positive or draw.random() < 0.7 else -value
        return values

    s = even(True)
    alpha, beta = even(False), even(False)
    for values in (alpha, beta):
        for orbit in group.sign_classes:
            for member in orbit:
                values[member] = values[orbit[0]]
    if "near" in hypotheses:
        s = [1 + value / 20 for value in s]
    if "large-size" in hypotheses:
        s = [9 * order + value / 4000 for value in s]
    if "empty" in hypotheses and len(group.sign_classes) > 2:
        s = [Fraction(0) if a in group.sign_classes[-1] else value for a, value in enumerate(s)]
    if collapsed or "on-the-ray" in hypotheses:
        s = [level] * order
        alpha = beta = [Fraction(2, 3)] * order
    resting = "at-rest" in hypotheses
    if resting:
        s = [Fraction(0)] + [level] * (order - 1)
    if "balanced" in hypotheses:
        beta = alpha
    if {"zero-mode", "four-classes", "eight-classes"} & hypotheses.keys():
        s = [Fraction(0), *s[1:]]
        alpha = [Fraction(0), *alpha[1:]]
        beta = [Fraction(0), *beta[1:]]
    beta_value = [to_arb(value) for value in beta]
    if "balanced-samples" in hypotheses:  # two samples per class
        beta_value = [to_arb(value) / to_arb(2).sqrt() for value in alpha]
    flat = [[Fraction(draw.randint(-4, 4), draw.randint(1, 3)) for _ in range(order)] for _ in range(width)]
    rows = [Fraction(draw.randint(-4, 4)) for _ in range(width)]
    frame = _frame(group, width, draw)
    free = [Fraction(draw.randint(-5, 5), draw.randint(1, 3)) for _ in range(order)]
    deviation = [Fraction(0), *even(True)[1:]]
    for orbit in group.sign_classes[1:]:  # symmetric, with sum 0
        rest = sum(deviation) - sum(deviation[member] for member in orbit)
        for member in orbit:
            deviation[member] = -rest / len(orbit)
        break
    direction = even(True)
    general = "general-flow" in hypotheses
    mean = sum(s[1:]) / max(1, order - 1)
    table = [[Fraction(draw.randint(-3, 3), draw.randint(1, 2)) for _ in range(9)] for _ in range(9)]
    constant = bool({"critical-W", "constant-W"} & hypotheses.keys())
    values: dict[str, Callable[..., Any]] = {
        "s": lambda a: to_arb(s[a]),
        "so": lambda a: to_arb(s[a] * (1 if "same-support" in hypotheses else 2)),
        "alpha": lambda a: to_arb(alpha[a]),
        "beta": lambda a: beta_value[a],
        "R": lambda *at: frame[at[-2]][at[-1]],
        "f": lambda g: to_arb(free[g]),
        "t": lambda: to_arb(level),
        "w": lambda r: to_arb((1 / s[r] if s[r] else Fraction(1)) if general else rows[r]),
        "wbar": lambda: to_arb(1 / mean),
        "delta": lambda a: to_arb(deviation[a]),
        "v": lambda *a: to_arb(direction[a[0]]) if a else _ray_speed(order, level),
        "l": lambda: to_arb(Fraction(1, 3)),
        "m": lambda: to_arb(min(s[1:])),
        "phi": lambda: to_arb(Fraction(1, 100)),
        "x": lambda: to_arb(max(abs(value / mean - 1) for value in s[1:])),
        "mu": lambda: to_arb(2),
        "sigma": lambda: to_arb(50),
        "U": lambda k, r: (
            _wave(group, frame[r], [value + 1 for value in s], k)
            if "layers-above" in hypotheses
            else to_arb(table[k][r])
        ),
        "V": lambda r, c: to_arb(table[c][r] + 1),
        "Y": lambda k, c: to_arb(Fraction(int(k == c))),
        "X": lambda r, j, c: to_arb(table[r][j] + c),
        "omega": lambda: to_arb(Fraction(2, 3)),
        "rho": lambda: to_arb(Fraction(3, 2)),
        "lambda": lambda: _resting_decay(order, level) if resting else to_arb(Fraction(1, 5)),
        "step": lambda: to_arb(Fraction(1, 8)),
        "momentum": lambda: to_arb(Fraction(4, 5)),
        "alphaold": lambda a: to_arb(s[a] + 1),
        "betaold": lambda a: to_arb(s[a] - 2),
        "E": lambda r, a: to_arb(Fraction((-1) ** r if (r + 1) % order == a and r < order else 0)),
        "MW": lambda a: to_arb(s[a] - 3),
        "MH": lambda a: to_arb(2 - s[a]),
        "NW": lambda a: to_arb(s[a]),
        "NH": lambda a: to_arb(s[a] * 2),
        **{name: (lambda value=value: to_arb(value)) for name, value in ADAM.items()},
        **({"eps": lambda: _resting_smoothing(order, level)} if "eps-below-1" in hypotheses else {}),
        "uo": lambda a: to_arb(s[a] + 1),
        "adjust": lambda g: to_arb(0 if "circulant" in hypotheses else free[g]),
        "importance": lambda g: to_arb(2 if "circulant" in hypotheses else free[g]),
        "level": lambda: to_arb(level),
        "force": lambda g: to_arb(direction[g]),
        "gamma": lambda: to_arb(Fraction(3, 2)),
        "temp": lambda: to_arb(Fraction(5, 3)),
        "ti": lambda a: to_arb(s[a] - 3),
        "sm": lambda a: to_arb(2 * s[a]),
        "M": lambda q, r: _product(frame[q], frame[r], [2 * value for value in s]),
        "T": lambda r, j: _wave(group, frame[r], [value - 3 for value in s], j),
        "sv": lambda number, a: to_arb(s[a] + (1 if "equal-layers" in hypotheses else number + 1)),
        "tau": lambda a: to_arb(s[a] + 1),
        **scheme(order, hypotheses),
        "eta": lambda r: to_arb(rows[r] + 1),
        "W": lambda k, r: to_arb(rows[r] if constant else flat[r][k]),
        "H": lambda r, j: to_arb(rows[r] + 1 if constant else flat[r][(3 * j + 1) % order]),
    }
    definitions = {**context([theorem]), **more}
    plain = relations(order) if NAMES & hypotheses.keys() else 2
    primitive = {name: value for name, value in values.items() if name not in definitions}
    return Sampled(group, BallNumbers(), primitive, definitions, {"F": width, "N": plain})


def _resting_decay(order: int, level: Fraction) -> arb:
    """The weight decay for which the collapse ray rests at this level (omega = 2/3, n = 2)."""
    return to_arb(Fraction(2, 3)) * to_arb(2).sqrt() * order / (to_arb(level).exp() + order - 1)


def _resting_smoothing(order: int, level: Fraction) -> arb:
    """The label smoothing for which the collapse ray rests at this level."""
    return to_arb(order) / (to_arb(level).exp() + order - 1)


def _ray_speed(order: int, level: Fraction) -> arb:
    return to_arb(2 * order * level) / (to_arb(level).exp() + order - 1)


def _frame(group: AbelianGroup, width: int, draw: random.Random) -> list[list[Complex]]:
    """Columns R_a orthonormal with R_{-a} the conjugate of R_a, from a random rational reflection."""
    v = [Fraction(draw.randint(-3, 3)) or Fraction(1) for _ in range(width)]
    norm = sum(x * x for x in v)
    real = [
        [Fraction(int(x == y)) - 2 * v[x] * v[y] / norm for y in range(group.order)] for x in range(width)
    ]
    half = (arb(1) / 2).sqrt()
    columns: dict[int, list[Complex]] = {}
    for orbit in group.sign_classes:
        if len(orbit) == 1:
            columns[orbit[0]] = [Complex(to_arb(row[orbit[0]])) for row in real]
        else:
            a, b = orbit
            columns[a] = [Complex(half * to_arb(row[a]), half * to_arb(row[b])) for row in real]
            columns[b] = [Complex(half * to_arb(row[a]), -half * to_arb(row[b])) for row in real]
    return [[columns[a][r] for a in range(group.order)] for r in range(width)]


def _product(row: list[Complex], other: list[Complex], amplitudes: list[Fraction]) -> arb:
    """sum_a amplitude_a R_qa conj(R_ra), which is real for symmetric amplitudes."""
    pairs = zip(row, other, amplitudes, strict=True)
    flat = [(x, y, value, 0 if x.im is None or y.im is None else x.im * y.im) for x, y, value in pairs]
    return sum((to_arb(value) * (x.re * y.re + cross) for x, y, value, cross in flat), arb(0))


def _wave(group: AbelianGroup, row: list[Complex], amplitudes: list[Fraction], g: int) -> arb:
    """sum_a amplitude_a chi_a(g) conj(R_ra) / sqrt K, which is real for symmetric amplitudes."""
    turns = [group.pairing(a, g) for a in range(group.order)]
    numbers = BallNumbers()
    wave = [Complex(numbers.cosine(t), numbers.cosine((t - Fraction(1, 4)) % 1)) for t in turns]
    return _product(wave, row, amplitudes) / to_arb(group.order).sqrt()


def failures(model: Model, relation: Relation, at_most: int = 40) -> tuple[int, list[dict[Var, int]]]:
    """How many index values were evaluated, and at which of them the relation certainly fails."""
    names = free_variables(relation.lhs) | free_variables(relation.rhs)
    if relation.kind not in ("=", "!=", ">=", ">") or any(var.name.startswith(CHOSEN) for var in names):
        return 0, []
    places = [at for at in model.assignments(relation) if _is_admitted(model, at)]
    chosen = (
        places if len(places) <= at_most else [places[n * len(places) // at_most] for n in range(at_most)]
    )
    wrong, done = [], 0
    for at in chosen:
        try:
            failed = model.fails(relation, at)
        except Indeterminate:
            continue
        done += 1
        if failed:
            wrong.append(at)
    return done, wrong


class Sampled(Model):
    """A model, and the values that its hypotheses leave to fixed indices (such as the place of a maximum)."""

    places: Mapping[Var, set[int]] = {}


def _is_admitted(model: Model, at: Mapping[Var, int]) -> bool:
    places = model.places if isinstance(model, Sampled) else {}
    return all(value in places.get(var, {value}) for var, value in at.items())


def meets(model: Sampled, theorem: Theorem) -> bool:
    """Whether no hypothesis of the theorem certainly fails in the model; settles the fixed indices."""
    places: dict[Var, set[int]] = {}
    for name, (relation, _) in theorem.hypotheses.items():
        fixed = sorted(var for var in free_in(relation) if var.fixed)
        # the law of a group of order eight is long, and decided beside its claim
        wrong = failures(model, relation, at_most=2 if name == "eight-classes" else 40)[1]
        if not fixed and wrong:
            return False
        for var in fixed:
            allowed = places.setdefault(var, set(range(model.group.order)))
            allowed -= {at[var] for at in wrong}
    model.places = places
    return all(places.values())


def models(theorem: Theorem, seeds: Sequence[int], more: dict[str, Definition]) -> Iterator[Model]:
    """Models of the theorem's hypotheses, over small groups."""
    # a statement about one group of order eight says nothing in smaller ones
    groups = (AbelianGroup.walsh(3),) if "eight-classes" in theorem.hypotheses else GROUPS
    if is_peeled(more):
        points = (
            sample(theorem, group, seed, more) for seed in seeds for group in groups_for(theorem, seed, more)
        )
        yield from (model for model in points if meets(model, theorem))
        return
    if is_landscape(more):
        yield from filter(
            None, (_landscape(theorem, group, seed, more) for seed in seeds for group in groups[:2])
        )
        return
    for seed in seeds:
        for group in groups:
            model = sample(theorem, group, seed, more)
            if meets(model, theorem):
                yield model


_landscapes: dict[tuple[Any, ...], tuple[object, Sampled | None]] = {}


def _landscape(
    theorem: Theorem, group: AbelianGroup, seed: int, more: dict[str, Definition]
) -> Sampled | None:
    """A critical point that meets the hypotheses; steps with the same ones share it and what was computed."""
    key = (id(more), frozenset(theorem.hypotheses), "t" in theorem.signatures, group.orders, seed)
    if key not in _landscapes:
        model = sample(theorem, group, seed, more)
        _landscapes[key] = (more, model if meets(model, theorem) else None)
    return _landscapes[key][1]


def definitions_beside(claim: Claim, theorems: Mapping[str, Theorem]) -> dict[str, Definition]:
    """Definitions of all the claim's symbols; rates that a goal determines are defined by that goal."""
    own = {name: item for theorem in theorems.values() for name, item in theorem.definitions.items()}
    if is_landscape(own):
        return own
    if claim.paper == "ji":
        marked = dict.fromkeys(marks(theorems.values()), Definition((), term(0)))
        return {**context(list(theorems.values())), **marked}
    load_book()
    model = importlib.import_module("ncverify_book.garrod.model")
    # z, Q, p, phat of the spectrum, where the claim itself leaves p opaque
    found = context([*theorems.values(), *model.softmax(model.symmetric).definitions])
    for relation in claim.goals.values():
        head = relation.lhs
        if not (relation.kind == "=" and isinstance(head, App) and head.name in RATES):
            continue
        if all(len(arg.parts) == 1 for arg in head.args):
            found[head.name] = Definition(tuple(arg.parts[0][0] for arg in head.args), relation.rhs)
    return found
