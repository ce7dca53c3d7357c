"""Claims in one call: a derivation step by step, an inequality on a region, a conjecture to hunt.

Each function registers a claim (as the decorator ``ncverify.claim`` does), with a check that decides it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

from ncverify.book.claim import Claim, Hypothesis
from ncverify.book.registry import caller, claim
from ncverify.book.verdict import Evidence, Outcome, Verdict
from ncverify.derive.assumptions import Relation, read_assumptions
from ncverify.derive.decide import decide
from ncverify.errors import InputError
from ncverify.evidence.domains import domain
from ncverify.evidence.inequalities import BUDGET, Ends, prove_inequality, read_box, read_inequality
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import Expr, as_expr
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.latex import parse_latex
from ncverify.theory.nodes import clip
from ncverify.theory.parser import parse
from ncverify.theory.printing import latex_chain

Step: TypeAlias = "str | Expr | tuple[str, str | Expr]"
"""An expression, or ("<=", expression) with one of = <= < >= >."""

_SCOPES = ("all real values at which the steps are defined", "all real values that satisfy the assumptions")
_BITS = 256  # to see that a point is inside a region
SIGNS = ("=", "<=", "<", ">=", ">")
_IMPLIED = {"=": ("=", "<=", ">="), "<": ("<", "<="), "<=": ("<=",), ">": (">", ">="), ">=": (">=",)}


def derivation(
    id: str,
    steps: Sequence[Step],
    *,
    proves: str | tuple[str, str] | None = None,
    assume: Sequence[str] = (),
    on: Mapping[str, Ends] | None = None,
    symbols: Sequence[str] | str = (),
    latex: bool = False,
    title: str = "",
    plain: str = "",
    expected: str = "proved",
    tags: Sequence[str] = (),
) -> Claim:
    """A chain of steps e_0 = e_1 = ... = e_n, each decided; the verdict names the first one that fails.

    steps: expressions as ``ncverify decide`` reads them (LaTeX with ``latex=True``).  A step ("<=", e) is an
    inequality; it is certified on the box ``on`` (exact ends by variable), and the verdict is then at most
    ``certified``.  proves: the statement "left = right" (or "<=", ...) that the chain is to arrive at; the
    signs of its steps must give it.
    assume: relations such as "x > 0"; each one is dropped in turn, to say whether it was needed.  The chain
    is about the points at which all its expressions are defined: a step is refuted at such a point only, and
    nothing is proved where none is found.
    symbols: the only names that may occur, if given.
    """
    chain = _chain(steps, latex=latex)
    overall = _overall([sign for sign, _ in chain[1:]])
    ends = None
    if proves is not None:
        first, wanted, last = _statement(proves, latex=latex)
        if overall is None or wanted not in _IMPLIED[overall]:
            shown = " ".join(sign for sign, _ in chain[1:])
            raise InputError(f"{id}: steps with the signs {shown} do not prove {clip(str(proves))!r}")
        ends = first, last
    _known_symbols([expr for _, expr in chain], symbols)
    if any(sign != "=" for sign, _ in chain[1:]) and on is None:
        raise InputError(f"{id}: a step with an inequality needs the box it is on: on={{'x': (0, 1)}}")

    def check(bench: Workbench) -> None:
        defined = domain([*(expr for _, expr in chain), *(ends or ())])

        def one(number: int, left: Expr, sign: str, right: Expr, given: Sequence[str]) -> Verdict:
            if sign == "=":
                return decide(left, right, [*given, *defined], seed=bench.settings.seed + number)
            return _inequality_where((left, sign, right), on or {}, given, defined)

        for number, ((_, left), (sign, right)) in enumerate(pairwise(chain), 1):
            verdict = one(number, left, sign, right, assume)
            what = f"step {number}: {clip(repr(left), 120)} {sign} {clip(repr(right), 120)}"
            found = _piece(verdict, what)
            bench.add(_ready(found))
            if found.outcome not in (Outcome.PROVED, Outcome.CERTIFIED):
                return
        if ends is not None:
            for found in _arrives(chain, ends, [*assume, *defined]):
                bench.add(_ready(found))
        if defined and on is not None:
            bench.add(_ready(_together(chain[0][1], [*assume, *defined], on)))
        for assumption in assume:
            rest = [item for item in assume if item != assumption]
            bench.beside(partial(_dropped, assumption, chain, rest, one))

    return _declare(
        check,
        id=id,
        title=title or f"{clip(repr(chain[0][1]), 50)} {overall or '...'} {clip(repr(chain[-1][1]), 50)}",
        plain=plain or " ".join(f"{sign} {expr!r}" for sign, expr in chain).removeprefix("= "),
        latex=latex_chain(chain),
        assume=assume,
        scope=_box_text(on) if on is not None else _SCOPES[bool(assume)],
        expected=expected,
        tags=tags,
    )


def inequality(
    id: str,
    statement: str,
    *,
    on: Mapping[str, Ends],
    where: Sequence[str] = (),
    budget: int = BUDGET,
    title: str = "",
    plain: str = "",
    expected: str = "certified",
    tags: Sequence[str] = (),
) -> Claim:
    """An inequality such as "exp(x) >= 1 + x" on a box, restricted to the region ``where``.

    ``certified`` by a cover, ``refuted`` by an exact point, or ``undecided`` with what is left.  Each
    condition is dropped in turn, to say whether it was needed.
    """
    read_box(on)
    left, sign, right = read_inequality(statement)
    for item in where:
        read_inequality(item)

    def check(bench: Workbench) -> None:
        found = _piece(prove_inequality(statement, on, where=list(where), budget=budget), statement)
        bench.add(_ready(found))
        if found.outcome is not Outcome.CERTIFIED:
            return
        for condition in where:
            rest = [item for item in where if item != condition]
            verdict = prove_inequality(statement, on, where=rest, budget=min(budget, 500))
            bench.beside(partial(_needed, condition, verdict))

    return _declare(
        check,
        id=id,
        title=title or statement,
        plain=plain or statement,
        latex=latex_chain([("=", left), (sign, right)]),
        assume=where,
        scope=_box_text(on),
        expected=expected,
        tags=tags,
    )


def conjecture(
    id: str,
    metric: str,
    *,
    classes: int | None = None,
    group: AbelianGroup | str | None = None,
    flow: str = "balanced",
    depth: int = 2,
    samples: int = 1 << 20,
    title: str = "",
    plain: str = "",
    expected: str = "undecided",
    tags: Sequence[str] = (),
) -> Claim:
    """The conjecture that ``metric`` never moves away from collapse, hunted for a start that refutes it.

    metric: a name (cosine, max-min, V, ...) or an expression in s1.., z0.., p0.. that is not to increase; on
    the group given, or Z_2^m (Z_K) for K ``classes``.  Hunting proves nothing: what is not refuted is
    undecided.
    """
    from ncverify.evidence.hunt import hunt
    from ncverify.evidence.metrics import find_metric

    if (classes is None) == (group is None):
        raise InputError(f"{id}: give either the number of classes or the group")
    where = AbelianGroup.parse(group) if isinstance(group, str) else group
    chosen = AbelianGroup.from_classes(classes) if where is None and classes is not None else where
    assert chosen is not None
    find_metric(metric, chosen)

    def check(bench: Workbench) -> None:
        verdict = hunt(metric, chosen, flow=flow, depth=depth, samples=samples, seed=bench.settings.seed)
        bench.add(lambda: _piece(verdict, metric))

    said = f"{metric} never moves away from collapse along the {flow} flow"
    return _declare(
        check,
        id=id,
        title=title or said,
        plain=plain or said,
        assume=(),
        scope=f"{chosen.name}, every positive start",
        expected=expected,
        kind="conjecture",
        tags=tags,
    )


def _ready(found: Evidence) -> Callable[[], Evidence]:
    return lambda: found


def _chain(steps: Sequence[Step], *, latex: bool) -> list[tuple[str, Expr]]:
    if isinstance(steps, str) or len(steps) < 2:
        raise InputError("a derivation has at least two steps: steps=['(x+1)**2', 'x**2 + 2*x + 1']")
    chain = []
    for number, step in enumerate(steps):
        sign, side = step if isinstance(step, tuple) else ("=", step)
        if sign not in SIGNS or (number == 0 and sign != "="):
            raise InputError(f"step {number}: the sign {clip(sign)!r} is none of {' '.join(SIGNS)}")
        try:
            chain.append((sign, _read(side, latex=latex)))
        except InputError as error:
            raise InputError(f"step {number}: {error}") from None
    return chain


def _read(side: str | Expr, *, latex: bool) -> Expr:
    if not isinstance(side, str):
        return as_expr(side)
    return parse_latex(side) if latex else parse(side)


def _overall(signs: Sequence[str]) -> str | None:
    """The sign between the first and the last side of a chain; None if the signs point both ways."""
    for sign in ("<", ">"):
        if all(item in ("=", sign, sign + "=") for item in signs):
            if sign in signs:
                return sign
            if sign + "=" in signs:
                return sign + "="
    return "=" if all(sign == "=" for sign in signs) else None


def _statement(proves: str | tuple[str, str], *, latex: bool) -> tuple[Expr, str, Expr]:
    sides = ("", *proves) if isinstance(proves, tuple) else re.split("(<=|>=|<|>|==|=)", proves)
    if len(sides) != 3:
        raise InputError(f"proves={clip(proves)!r} is not an equation or inequality: write 'left = right'")
    left, sign, right = (sides[1], "=", sides[2]) if isinstance(proves, tuple) else sides
    return _read(left, latex=latex), sign.replace("==", "="), _read(right, latex=latex)


def _known_symbols(exprs: Sequence[Expr], symbols: Sequence[str] | str) -> None:
    names = [name.strip() for name in (symbols.split(",") if isinstance(symbols, str) else symbols)]
    names = [name for name in names if name]
    if not names:
        return
    for number, expr in enumerate(exprs):
        for name in expr.free_symbols:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
                raise InputError(f"step {number} has the unknown symbol {name}: {hint}")


def _piece(verdict: Verdict, what: str) -> Evidence:
    """The one piece of evidence of a verdict, named after what it is about."""
    if not verdict.evidence:
        return Evidence(Outcome.UNDECIDED, "statement", "nothing", f"{what}: {verdict.message}")
    piece = verdict.evidence[0]
    details = dict(piece.details)
    witness = verdict.witness or details.get("witness")
    if witness is not None:
        details["witness"] = {"at": what, **witness}
    said = piece.summary or str(verdict.outcome)
    summary = said if said.startswith(what) else f"{what}: {said}"
    return replace(piece, summary=summary, details=details, conditions=verdict.conditions)


def _arrives(
    chain: Sequence[tuple[str, Expr]], ends: tuple[Expr, Expr], assume: Sequence[str | Relation]
) -> list[Evidence]:
    """Whether the chain begins and ends where the statement does."""
    pieces = []
    for what, found, wanted in (("begins", chain[0][1], ends[0]), ("ends", chain[-1][1], ends[1])):
        if found == wanted:
            continue
        said = f"the derivation {what} with {clip(repr(found))}, the statement with {clip(repr(wanted))}"
        pieces.append(_piece(decide(found, wanted, assume), said))
    return pieces


def _inequality_where(
    relation: tuple[Expr, str, Expr],
    on: Mapping[str, Ends],
    given: Sequence[str],
    defined: Sequence[Relation],
) -> Verdict:
    """The verdict on one inequality of a chain; it fails only where all of the chain is defined."""
    verdict = prove_inequality(relation, on, where=list(given))
    if verdict.outcome is not Outcome.REFUTED or not defined:
        return verdict
    where: list[str | Relation] = [*given, *(item for item in defined if item[1] != "!=")]
    again = prove_inequality(relation, on, where=where)
    if again.outcome is Outcome.REFUTED and _inside(again, on, defined):
        return again
    return Verdict(
        Outcome.UNDECIDED,
        (),
        message="it fails, but no point was found at which it does and all steps are defined; assume "
        + clip(", ".join(read_assumptions(defined).texts)),
    )


def _inside(verdict: Verdict, on: Mapping[str, Ends], defined: Sequence[Relation]) -> bool:
    point = {name: Fraction(value) for name, value in (verdict.witness or {}).items() if name in on}
    return read_assumptions(defined).certainly_inside(point, _BITS)


def _together(first: Expr, given: Sequence[str | Relation], on: Mapping[str, Ends]) -> Evidence:
    """A point of the box at which all the steps are defined."""
    sides = [
        f"{name} {sign} {end}"
        for name, ends in on.items()
        for sign, end in zip((">=", "<="), ends, strict=True)
    ]
    return _piece(decide(first, first, [*given, *sides]), "the steps are defined together")


def _dropped(
    assumption: str,
    chain: Sequence[tuple[str, Expr]],
    rest: Sequence[str],
    one: Callable[[int, Expr, str, Expr, Sequence[str]], Verdict],
) -> Evidence:
    for number, ((_, left), (sign, right)) in enumerate(pairwise(chain), 1):
        verdict = one(number, left, sign, right, rest)
        if verdict.outcome not in (Outcome.PROVED, Outcome.CERTIFIED):
            return _needed(f"{assumption} (step {number})", verdict)
    return _needed(assumption, verdict)


def _needed(assumption: str, verdict: Verdict) -> Evidence:
    """A note on one hypothesis: it earns and limits nothing."""
    if verdict.outcome in (Outcome.PROVED, Outcome.CERTIFIED):
        summary = f"not needed: {assumption}"
    elif verdict.outcome is Outcome.REFUTED:
        point = ", ".join(f"{key} = {value}" for key, value in (verdict.witness or {}).items())
        summary = f"needed: {assumption}; without it: {point}"
    else:
        summary = f"undecided without: {assumption}"
    return Evidence(Outcome.TESTED, "hypothesis dropped", "the statement without it", summary)


def _box_text(on: Mapping[str, Any]) -> str:
    return ", ".join(f"{ends[0]} <= {name} <= {ends[1]}" for name, ends in on.items())


def _declare(
    check: Callable[[Any], None], *, assume: Sequence[str], kind: str = "user", **rest: Any
) -> Claim:
    hypotheses = [Hypothesis(f"assumption-{i}", text) for i, text in enumerate(assume, 1)]
    return claim(kind=kind, hypotheses=hypotheses, at=caller(depth=3), **rest)(check)
