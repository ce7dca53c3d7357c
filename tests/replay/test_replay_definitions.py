"""What is said of a symbol rests on what its definition needs, and goals are one statement."""

import pytest
from together import stated_together

from ncverify.derive.classical import require_together
from ncverify.derive.kernel import ProofError, define, derivative, equal, hypothesis, square
from ncverify.derive.recording import record
from ncverify.derive.terms import Function, Sym, Var, chi, total
from ncverify.replay.calculus import check_derivation
from ncverify.replay.errors import Rejected
from ncverify.replay.kinds import check_body


def test_a_goal_does_not_borrow_a_definition():
    # without the symmetry z(v) is not real, and its square is not >= 0
    a, v = Var("a", "D"), Var("v", "G")
    s, z = Function("s", ("D",)), Function("z", ("G",))
    even = hypothesis("even", equal(s(a), s(-a)))
    derivation = record(
        {"definition": define(z(v), total(a, s(a) * chi(a, v)), even=[even]), "square": square(z(v))}
    )
    assert sorted(check_derivation(derivation).hypotheses) == ["even"]
    del derivation["goals"]["definition"]
    checked = check_derivation(derivation)
    assert (dict(checked.hypotheses), dict(checked.definitions)) == ({}, {})


def test_what_is_held_constant_is_part_of_the_statement():
    definition = define(Sym("F"), Sym("g") * Sym("y"))
    moving = derivative(definition, Sym("F'"), {"g": ((), Sym("g'"))}, constants=["y"])
    data = {"kind": "derivation", **record({"rate": moving})}
    earned = check_body(data)
    assert earned.asserts["constant"] == ["y"]
    assert "y constant in time" in earned.summary
    runs = hypothesis("runs", equal(Sym("y'"), 1))
    with pytest.raises(Rejected, match="takes 'y' for constant"):
        check_derivation(record({"rate": moving, "runs": runs}))


@pytest.mark.parametrize(("name", "theorems", "reason"), stated_together())
def test_goals_that_do_not_hold_together(name, theorems, reason):
    for goal, theorem in theorems.items():
        assert check_derivation(record({goal: theorem})).goals
        require_together([theorem])
    for order in (theorems, dict(reversed(theorems.items()))):
        with pytest.raises(Rejected, match=reason):
            check_derivation(record(order))
        with pytest.raises(ProofError):
            require_together(tuple(order.values()))
