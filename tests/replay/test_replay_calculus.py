"""The second checker of the calculus: it accepts what was proved, and no forgery, and trusts no JSON."""

import json
import subprocess
import sys
from pathlib import Path

import forgeries
import pytest
from credulous import ROOT

from ncverify.book.registry import load_book
from ncverify.derive.kernel import at_least, equal, linear, order_positive, prose, sum_over
from ncverify.derive.recording import formal, record
from ncverify.derive.terms import Function, Sym, Var, chi, delta, index, total, total_nonzero
from ncverify.evidence.workbench import proved_theorems
from ncverify.replay.blocks import check_inductions
from ncverify.replay.calculus import check_derivation
from ncverify.replay.errors import Rejected

PROOFS = [
    "diagonalization",
    "lyapunov-zero",
    "log-norm-full",
    "growth",
    "frozen-singular-vectors",
    "global-convergence",
]


@pytest.mark.parametrize("claim_id", PROOFS)
def test_proofs_replay(claim_id):
    registry = load_book()
    theorems = proved_theorems(claim_id, registry)
    checked = check_derivation(json.loads(json.dumps(record(theorems))))
    assert checked.goals == {name: formal(goal) for name, goal in registry[claim_id].goals.items()}
    assert set(checked.hypotheses) == {name for known in theorems.values() for name in known.hypotheses}
    assert checked.prose == 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [pytest.param(data, reason, id=name) for name, data, reason in forgeries.forged_derivations()],
)
def test_forged_derivations_are_rejected(data, reason):
    with pytest.raises(Rejected) as caught:
        check_derivation(data)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [pytest.param(data, reason, id=name) for name, data, reason in forgeries.forged_inductions()],
)
def test_forged_inductions_are_rejected(data, reason):
    with pytest.raises(Rejected) as caught:
        check_inductions(data)
    assert reason in str(caught.value)


def test_attacks_on_the_prover_fail_here_too():
    """Every attack that can be written down, as a prover without checks would write it."""
    program = str(Path(__file__).with_name("credulous.py"))
    run = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, cwd=ROOT)
    attacks = json.loads(run.stdout)
    assert len(attacks) >= 150
    for name, data in attacks:
        with pytest.raises(Rejected):
            pytest.fail(f"{name} is accepted: {check_derivation(data).goals}")


def test_small_derivations_and_inductions():
    for data in forgeries.small_derivations().values():
        assert check_derivation(json.loads(json.dumps(data))).goals
    for data in forgeries.small_inductions().values():
        assert check_inductions(json.loads(json.dumps(data))) == [
            data["inductions"][goal]["equation"] for goal in data["goals"]
        ]


def test_prose_is_counted():
    claimed = prose(equal(Sym("x"), 1), "obviously")
    assert check_derivation(record({"g": claimed})).prose == 1


def test_bound_indices_have_no_names():
    f, s = Function("f", ("G",)), Function("s", ("D",))
    a, g, h = Var("a", "D"), Var("g", "G"), Var("h", "G")
    same = [
        [total(g, f(g) * total(h, f(g - h))), total(h, f(h) * total(g, f(h - g)))],
        [
            total_nonzero(a, s(a) * chi(a, g)),
            total_nonzero(Var("b", "D"), s(Var("b", "D")) * chi(Var("b", "D"), g)),
        ],
        [
            total(g, delta(index(g) + h) * f(g)),
            total(Var("k", "G"), delta(Var("k", "G") + h) * f(Var("k", "G"))),
        ],
    ]
    for left, right in same:
        assert formal(equal(left, 0)) == formal(equal(right, 0))
        checked = check_derivation(record({"g": linear(equal(left, right))}))
        assert checked.goals["g"] == formal(equal(left, right))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data["steps"].pop(0), "step"),
        (lambda data: data["steps"].reverse(), "step 0"),
        (lambda data: data["steps"][-1].update(premises=[]), "premise"),
        (lambda data: data["terms"].__setitem__(0, ["num", "2"]), "step"),
        (lambda data: data["steps"][-1]["conclusion"].__setitem__(1, ">"), "conclusion"),
        (lambda data: data["goals"].update(other=99), "whole number"),
    ],
)
def test_corrupted_derivations_are_rejected(change, reason):
    one = order_positive("K")
    data = record({"g": sum_over(one, Var("g", "G"))})
    assert check_derivation(data).goals["g"] == formal(
        at_least(total(Var("g", "G"), Sym("K")), total(Var("g", "G"), 1))
    )
    change(data)
    with pytest.raises(Rejected, match=reason):
        check_derivation(data)


def test_the_checker_does_not_know_the_prover():
    program = (
        "import sys; from ncverify.replay.calculus import check_derivation; import ncverify.replay.blocks;"
        "print(*sorted(m for m in sys.modules if m.startswith(('ncverify.', 'sympy', 'mpmath'))))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert all(name.startswith(("ncverify.errors", "ncverify.replay")) for name in run.stdout.split())


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_recording_does_not_depend_on_hashing(seed):
    program = (
        "import hashlib, json\n"
        "from ncverify.book.registry import load_book\n"
        "from ncverify.derive.recording import record\n"
        "from ncverify.evidence.workbench import proved_theorems\n"
        "data = record(proved_theorems('growth', load_book()))\n"
        "print(hashlib.sha256(json.dumps(data).encode()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed},
    )
    import hashlib

    here = json.dumps(record(proved_theorems("growth", load_book())))
    assert run.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()
