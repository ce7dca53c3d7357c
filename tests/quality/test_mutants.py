"""False variants of the book's statements: the same proof script must not prove any of them."""

from __future__ import annotations

import pytest
from samples import definitions_beside, failures, models

from ncverify.book.registry import load_book
from ncverify.derive.kernel import ProofError
from ncverify.derive.printing import plain
from ncverify.evidence.mutants import mutations
from ncverify.evidence.workbench import Settings, Workbench, proved_theorems
from ncverify.theory.balls import precision

BOOK = load_book()
# The abelian claim repeats goals of others, whose mutants are tried there.
CLAIMS = [claim.id for claim in BOOK if claim.goals and claim.id != "abelian-diagonalization"]
PER_GOAL = 2  # false ones; ``make audit`` tries more than a thousand
TRIED = 8
counted: dict[str, int] = {}


def proves(name, goal, relation):
    """Whether the claim's own proof script proves this relation in place of its goal."""
    claim = BOOK[name]
    bench = Workbench(claim, BOOK, Settings(), goals={**claim.goals, goal: relation}, proofs_only=True)
    try:
        claim.check(bench)
        bench.conclude()
    except ProofError:
        return False
    return True


def is_false(relation, candidates):
    """Whether some of the models certainly violates the relation."""
    return any(failures(model, relation, at_most=12)[1] for model in candidates)


@pytest.mark.parametrize("name", CLAIMS)
def test_no_false_variant_is_proved(name):
    theorems = proved_theorems(name, BOOK)
    beside = definitions_beside(BOOK[name], theorems)
    false = 0
    with precision(128):
        for goal, relation in BOOK[name].goals.items():
            variants = [item for item in mutations(relation) if item[1] != relation]
            candidates = list(models(theorems[goal], (1, 2), beside))  # they meet the hypotheses
            stride = max(1, len(variants) // TRIED)
            here = 0
            for what, variant in variants[::stride][:TRIED]:
                if here < PER_GOAL and is_false(variant, candidates):
                    here += 1
                    assert not proves(name, goal, variant), f"{goal}, {what}: {plain(variant)}"
            false += here
    counted[name] = false
    assert false >= 1


def test_enough_variants_were_false():
    if set(counted) != set(CLAIMS):
        pytest.skip("needs the tests above in the same run")
    assert sum(counted.values()) >= 200, counted


@pytest.mark.parametrize("name", CLAIMS)
def test_a_hypothesis_that_is_dropped_stops_the_proof(name):
    """Without a hypothesis that the proof uses, the claim is not proved."""
    from dataclasses import replace

    from ncverify.book.verdict import Outcome
    from ncverify.evidence.workbench import proof_evidence

    claim, theorems = BOOK[name], proved_theorems(name, BOOK)
    used = {item for theorem in theorems.values() for item in theorem.hypotheses}
    for item in claim.hypotheses:
        assert item.name in used, f"the hypothesis {item.name!r} of {name} is not needed"
        fewer = replace(claim, hypotheses=tuple(other for other in claim.hypotheses if other != item))
        with pytest.raises(ProofError, match=item.name):
            proof_evidence(fewer, theorems)
    assert proof_evidence(claim, theorems).outcome is Outcome.PROVED
