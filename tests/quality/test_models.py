"""No theorem of the book fails in any sampled model of its hypotheses: this tests the kernel's rules."""

from __future__ import annotations

import pytest
from samples import definitions_beside, failures, models

from ncverify.book.registry import load_book
from ncverify.derive.kernel import hypothesis, steps
from ncverify.derive.printing import plain
from ncverify.evidence.workbench import proved_theorems
from ncverify.theory.balls import precision

BOOK = load_book()
WITH_GOALS = [claim.id for claim in BOOK if claim.goals]
STEPS = 40  # of a longer proof so many, evenly spaced, and its goals


@pytest.mark.parametrize("name", WITH_GOALS)
def test_every_step_holds_in_random_models(name):
    theorems = proved_theorems(name, BOOK)
    beside = definitions_beside(BOOK[name], theorems)
    evaluated, without = 0, 0
    known = {}  # steps with the same hypotheses and definitions have the same models
    with precision(128):
        order = steps(theorems.values())
        stride = max(1, len(order) // STEPS)
        chosen = [*order[::stride], *theorems.values()]
        for step in dict.fromkeys(chosen):
            here = 0
            key = (frozenset(step.hypotheses), frozenset(step.definitions))
            if key not in known:
                known[key] = list(models(step, (1,), beside))
            for model in known[key]:
                done, wrong = failures(model, step.relation, at_most=5)
                here += done
                assert not wrong, (
                    f"{step.rule}: {plain(step.relation)} fails in {model.group.name} at {wrong[0]}"
                )
            evaluated += here
            without += here == 0
    assert evaluated >= 20
    # pointwise hypotheses, choices and statements about all times cannot be sampled; most steps can
    assert without <= 0.6 * len(dict.fromkeys(chosen))


def test_a_false_theorem_would_be_seen():
    """The sampling itself must be able to fail: assume something false and find that it fails."""
    theorems = proved_theorems("growth", BOOK)
    beside = definitions_beside(BOOK["growth"], theorems)
    wrong_relation = BOOK["lyapunov-derivative"].goals["derivative"]
    assert wrong_relation.kind == "="
    claimed = BOOK["growth"].goals["mass"]
    false = type(claimed)(2 * claimed.lhs, "=", claimed.rhs)
    seen = []
    with precision(128):
        for model in models(next(iter(theorems.values())), (1,), beside):
            seen += failures(model, false, at_most=5)[1]
    assert seen
    assert hypothesis("anything", false).relation == false
