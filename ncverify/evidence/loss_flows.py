"""A user's reduced flow, compared with the gradient flow of a stated loss.

On the spectral family W = Phi diag(alpha) R^T/sqrt K, H = R diag(beta) Phi^T/sqrt K the logits of a sample
of class y are Z_(y+g, y) = z(g), z(g) = (1/K) sum_a s_a chi_a(g).  Let l_y(Z) be the loss of that sample
and G_y(g) = -dl_y/dZ_(y+g).  The family is invariant under gradient flow of sum_y l_y if G_y(g) does not
depend on y and G(g) = G(-g); then -dL/dZ has the eigenvalues Ghat_a = sum_g G(g) chi_a(g), and for balanced
starts ds_a/dt = 2 s_a Ghat_a (for the cross-entropy Ghat_a = 1 - phat_a: claim ``reduced-ode``).  All of this
is decided by normal forms, for one group at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Final, TypeAlias

from ncverify.book.claim import Claim, Hypothesis
from ncverify.book.registry import caller, claim
from ncverify.book.verdict import Evidence, Outcome, Verdict
from ncverify.derive.assumptions import Relation, read_assumptions
from ncverify.derive.decide import decide
from ncverify.errors import InputError
from ncverify.evidence.domains import domain
from ncverify.evidence.exact import decided
from ncverify.evidence.workbench import Workbench
from ncverify.theory.expr import (
    Expr,
    add,
    as_expr,
    differentiate,
    exp,
    number,
    substitute,
    symbol,
)
from ncverify.theory.groups import AbelianGroup
from ncverify.theory.nodes import clip
from ncverify.theory.parser import parse
from ncverify.theory.printing import shortened

Loss: TypeAlias = "str | Callable[..., Any]"

MAX_CLASSES: Final = 32
_SHOWN: Final = 500  # characters of a loss in its statement
_RESERVED: Final = re.compile(r"[szp][0-9]*|phat|sbar|K")
"""What stands for the state; the other names are parameters."""
_COSINES: Final = {  # of the angle in turns, where rational
    Fraction(0): Fraction(1),
    Fraction(1, 6): Fraction(1, 2),
    Fraction(1, 4): Fraction(0),
    Fraction(1, 3): Fraction(-1, 2),
    Fraction(1, 2): Fraction(-1),
    Fraction(2, 3): Fraction(-1, 2),
    Fraction(3, 4): Fraction(0),
    Fraction(5, 6): Fraction(1, 2),
}


def flow(
    id: str,
    rhs: str | Expr,
    *,
    loss: Loss = "-log(p0)",
    classes: int | None = None,
    group: AbelianGroup | str | None = None,
    assume: Sequence[str] = (),
    title: str = "",
    plain: str = "",
    expected: str = "proved",
    tags: Sequence[str] = (),
) -> Claim:
    """The claim that ds_a/dt = ``rhs`` is the balanced gradient flow of ``loss`` on the spectral family.

    rhs: in s (that is s_a), phat (phat_a), sbar (mean of the s_a, a != 0), K, s1.., z0.., p0.., parameters.
    loss: of one sample, in z0.., p0.. (logits and softmax, numbered from the label on), parameters and K; or
    a function of the lists (z, p) or, if it depends on the class y, (z, p, y), built with ``nv.exp``,
    ``nv.log`` and arithmetic.  The sum over the samples is meant; it must be defined somewhere on the family.
    The statement of the claim ends with the loss: the text, or what the function gives (for y = 0).
    ``refuted`` where the family is not invariant (then the witness is a spectrum at which two entries of the
    gradient differ), or where some mode moves otherwise.  assume: relations such as "c > 0", which become
    hypotheses.  Cost: about 0.01 s K
    for K <= 16.
    """
    chosen = _group(id, classes, group)
    template = parse(rhs) if isinstance(rhs, str) else as_expr(rhs)
    setting = _Setting(chosen)
    stated = [setting.stated(loss, y) for y in range(chosen.order)]
    values = [setting.loss(id, value) for value in stated]
    losses = [setting.pulls(value) for value in values]
    wanted = [setting.template(template, a) for a in range(chosen.order)]
    _known_symbols(id, template, losses[0], setting)
    _known_assumptions(id, assume, setting)

    def check(bench: Workbench) -> None:
        for found in setting.evidence(values, losses, wanted, assume):
            bench.add(_ready(found))

    said = f"ds_a/dt = {template!r} is the balanced gradient flow of the loss"
    what = clip(loss, _SHOWN) if isinstance(loss, str) else shortened(stated[0], _SHOWN)
    named = "for class 0, " * any(value != stated[0] for value in stated)
    return claim(
        id=id,
        title=title or clip(f"{said} {what}", 100),
        plain=f"{(plain or said).rstrip('.')}. Loss: {named}{what}, in the logits z and their softmax p, "
        "numbered from the label on.",
        hypotheses=[Hypothesis(f"assumption-{i}", text) for i, text in enumerate(assume, 1)],
        scope=f"{chosen.name}, every real symmetric spectrum" + ", under the assumptions" * bool(assume),
        expected=expected,
        tags=tags,
        at=caller(),
    )(check)


def _known_symbols(id: str, rhs: Expr, pulls: Sequence[Expr], setting: _Setting) -> None:
    """A symbol of the flow that neither the family nor the loss has is a slip of the pen."""
    size = setting.group.order
    known = {"s", "phat", "sbar", "K", *(f"{x}{g}" for x in "szp" for g in range(size))}
    known |= {name for pull in pulls for name in pull.free_symbols}
    for name in rhs.free_symbols:
        if name not in known:
            near = get_close_matches(name, sorted(known), 1)
            hint = f"did you mean {near[0]}?" if near else "the loss has no such parameter"
            raise InputError(f"{id}: the flow has the unknown symbol {name}: {hint}")


def _known_assumptions(id: str, assume: Sequence[str], setting: _Setting) -> None:
    """Assumptions are about parameters and the s_a, a != 0, by which the family is described."""
    family = {name for value in setting.spectrum for name in value.free_symbols}
    given = read_assumptions(assume)
    for name in sorted({name for sides in given.relations for x in sides[::2] for name in x.free_symbols}):
        if _RESERVED.fullmatch(name) and name not in family:
            known = ", ".join(sorted(family))
            raise InputError(f"{id}: an assumption speaks of {name}: the family is described by {known}")


def _ready(found: Evidence) -> Callable[[], Evidence]:
    return lambda: found


def _group(id: str, classes: int | None, group: AbelianGroup | str | None) -> AbelianGroup:
    if (classes is None) == (group is None):
        raise InputError(f"{id}: give either the number of classes or the group")
    chosen = AbelianGroup.parse(group) if isinstance(group, str) else group
    if chosen is None:
        chosen = AbelianGroup.from_classes(classes or 0)
    if chosen.order > MAX_CLASSES:
        raise InputError(f"{id}: {chosen.name} has K = {chosen.order} classes: at most {MAX_CLASSES}")
    if any(chosen.pairing(1, g) not in _COSINES for g in range(chosen.order)) or chosen.exponent not in (
        2,
        3,
        4,
        6,
    ):
        raise InputError(f"{id}: {chosen.name} has irrational characters: use Z_2^m or exponents 3, 4, 6")
    return chosen


class _Setting:
    """The spectral family of one group, in the symbols s1, s2, ... (one for each pair a, -a)."""

    def __init__(self, group: AbelianGroup) -> None:
        self.group = group
        size = group.order
        least = {a: orbit[0] for orbit in group.sign_classes for a in orbit}
        self.spectrum = [number(0) if a == 0 else symbol(f"s{least[a]}") for a in range(size)]
        self.cosine = [[_COSINES[group.pairing(a, g)] for g in range(size)] for a in range(size)]
        self.logits = [
            add(self.spectrum[a] * (self.cosine[a][g] / size) for a in range(1, size)) for g in range(size)
        ]
        weights = [exp(z) for z in self.logits]
        total = add(weights)
        self.softmax = [weight / total for weight in weights]

    def stated(self, loss: Loss, label: int) -> Expr:
        """l_y for y = label, in z0, z1, ..., p0, p1, ... and parameters."""
        size = self.group.order
        if isinstance(loss, str):
            return substitute(parse(loss), {"K": number(size)})
        z, p = ([symbol(f"{letter}{g}") for g in range(size)] for letter in "zp")
        try:
            return as_expr(loss(z, p) if _arguments(loss) == 2 else loss(z, p, label))
        except IndexError as error:
            entries = f"z and p have {size} entries, numbers 0 to {size - 1}"
            raise InputError(f"the loss stops with {error}: {entries}") from error

    def loss(self, id: str, stated: Expr) -> Expr:
        """The same in z0, z1, ... and parameters."""
        size = self.group.order
        z = [symbol(f"z{g}") for g in range(size)]
        weights = [exp(value) for value in z]
        total = add(weights)
        value = substitute(stated, {f"p{g}": weight / total for g, weight in enumerate(weights)})
        for name in value.free_symbols:
            if _RESERVED.fullmatch(name) and symbol(name) not in z:
                raise InputError(
                    f"{id}: the loss speaks of {name}: it is a function of z0, ..., z{size - 1}, "
                    f"p0, ..., p{size - 1} and parameters, which have other names"
                )
        return value

    def pulls(self, value: Expr) -> list[Expr]:
        """G_y(g) for a loss l_y, on the family."""
        rates = (differentiate(value, {f"z{g}": 1}) for g in range(self.group.order))
        return [-self.on_family(rate) for rate in rates]

    def on_family(self, value: Expr) -> Expr:
        """A function of the logits, in the symbols of the spectrum."""
        return substitute(value, {f"z{g}": z for g, z in enumerate(self.logits)})

    def template(self, rhs: Expr, a: int) -> Expr:
        """The right-hand side for mode a."""
        size = self.group.order
        phat = add(self.softmax[g] * self.cosine[a][g] for g in range(size))
        mean = add(self.spectrum[1:]) / (size - 1)
        return substitute(
            rhs,
            {
                "s": self.spectrum[a],
                "phat": phat,
                "sbar": mean,
                "K": number(size),
                **{f"s{b}": self.spectrum[b] for b in range(1, size)},
                **{f"z{g}": self.logits[g] for g in range(size)},
                **{f"p{g}": self.softmax[g] for g in range(size)},
            },
        )

    def evidence(
        self,
        losses: Sequence[Expr],
        pulls: Sequence[Sequence[Expr]],
        wanted: Sequence[Expr],
        assume: Sequence[str],
    ) -> list[Evidence]:
        """Where the loss is defined, invariance, then the modes one by one, up to the first that fails.

        All of it is about the spectra at which the loss and all the modes are defined.
        """
        size = self.group.order
        pieces: list[Evidence] = []
        values = list(dict.fromkeys(map(self.on_family, losses)))
        modes = [orbit[0] for orbit in self.group.sign_classes[1:]]
        given: list[str | Relation] = [*assume, *domain([*values, *(wanted[a] for a in modes)])]

        def equal(left: Expr, right: Expr, what: str) -> bool:
            pieces.append(_named(decide(left, right, given), what))
            return pieces[-1].outcome is Outcome.PROVED

        for value in values:
            if domain([value]) and not equal(value, value, "the loss is defined"):
                return pieces
        for y in range(1, size):
            for g in range(size):
                if pulls[y][g] != pulls[0][g] and not equal(
                    pulls[y][g],
                    pulls[0][g],
                    f"the family is invariant: the pull on logit {g} beyond the label, classes {y} and 0",
                ):
                    return pieces
        for g in range(size):
            if g < self.group.neg(g) and not equal(
                pulls[0][g],
                pulls[0][self.group.neg(g)],
                f"the family is invariant: the pulls at {g} and -{g}",
            ):
                return pieces
        for a in modes:
            derived = 2 * self.spectrum[a] * add(pulls[0][g] * self.cosine[a][g] for g in range(size))
            if not equal(wanted[a], derived, f"mode {a}"):
                return pieces
        return pieces


def _named(verdict: Verdict, what: str) -> Evidence:
    piece = decided(verdict, what)
    witness = piece.details.get("witness")
    if witness is None:
        return piece
    return replace(piece, details={**piece.details, "witness": {"at": what, **witness}})


def _arguments(loss: Callable[..., Any]) -> int:
    count = loss.__code__.co_argcount if hasattr(loss, "__code__") else 2
    if count not in (2, 3):
        raise InputError("a loss is a function of (z, p), or of (z, p, y) if it depends on the class")
    return count
