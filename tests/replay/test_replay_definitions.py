"""What is said of a symbol rests on what its definition needs."""

from ncverify.derive.kernel import define, equal, hypothesis, square
from ncverify.derive.recording import record
from ncverify.derive.terms import Function, Var, chi, total
from ncverify.replay.calculus import check_derivation


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
