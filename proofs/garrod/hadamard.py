"""Hadamard matrices and what they diagonalise."""

from __future__ import annotations

from ncverify.book.registry import claim
from ncverify.derive.kernel import equal, linear
from ncverify.derive.terms import Function, chi, delta, total
from ncverify.evidence.workbench import Workbench

from .model import PAPER, SYMMETRIC, K, a, b, g, h, i, j, k, s, softmax, symmetric, z, p, Q

f, f_hat = Function("f", ("G",)), Function("fhat", ("D",))


@claim(
    id="diagonalization",
    paper=PAPER,
    kind="published",
    place="title and abstract: Hadamard initialisation diagonalises the softmax operator",
    title="Entrywise functions and the softmax stay diagonal in the Hadamard basis",
    plain="x",
    scope="every finite abelian group (Z_2^m is the Sylvester Hadamard matrix), every entrywise function",
    hypotheses=[SYMMETRIC],
    goals={
        "entries": equal(total(a, total(b, chi(a, i) * s(a) * delta(a - b) * chi(b, -j))) / K, z(i - j)),
        "diagonal": equal(
            total(i, total(j, chi(a, -i) * f(i - j) * chi(b, j))),
            K * delta(a - b) * total(g, f(g) * chi(a, -g)),
        ),
        "back": equal(f(i - j), total(a, chi(a, i) * total(g, f(g) * chi(a, -g)) * chi(a, -j)) / K),
        "column sums": equal(total(i, f(i - j)), total(g, f(g))),
    },
    expected="proved",
    tags=["hadamard", "all-K"],
)
def diagonalization(bench: Workbench) -> None:
    """Z_ij depends on i - j only, so does f(Z_ij); characters diagonalise every such matrix."""
    base = softmax(symmetric)
    bench.show("entries", linear(bench.goal("entries"), unfold=[base.z_is]))
    for name in ("diagonal", "back", "column sums"):
        bench.show(name, linear(bench.goal(name)))
