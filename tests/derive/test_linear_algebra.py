"""The rules of linear algebra: what they conclude, and that they cannot be misused."""

import pytest

from ncverify.derive.kernel import (
    ProofError,
    at_least,
    define,
    derivative,
    equal,
    greater,
    hypothesis,
    instantiate,
    kernel_vector,
    linear,
    norm_bound,
    number_positive,
    order_positive,
    singular_triple,
    sum_over,
)
from ncverify.derive.terms import Function, Sym, Var, delta, exp, total

k, h, j = Var("k", "G"), Var("h", "G"), Var("j", "G")
i, r, q = Var("i", "N"), Var("r", "F"), Var("q", "F")
M, W = Function("M", ("G", "G", "N")), Function("W", ("G", "F"))
x = Function("x", ("G",))
K, d = Sym("K"), Sym("d")


def test_a_singular_triple_is_named_by_its_matrix_and_its_rows():
    first, second = singular_triple(M(k, j, i), [k]), singular_triple(M(j, h, i), [j])
    assert first.sigma == second.sigma == Sym("top_norm_M_0")
    other = singular_triple(M(k, j, i), [k, j])
    assert other.sigma == Sym("top_norm_M_0_1")
    assert singular_triple(M(k, j, i), [i]).sigma == Sym("top_norm_M_2")
    assert first.forward.relation == equal(total(j, total(i, M(k, j, i) * first.v)), first.sigma * first.u)
    assert first.backward.relation == equal(total(k, M(k, j, i) * first.u), first.sigma * first.v)


@pytest.mark.parametrize(
    ("matrix", "rows"),
    [
        (M(k, j, i), []),
        (M(k, j, i), [k, j, i]),
        (M(k, j, i), [j, k]),
        (M(k, j, i), [h]),
        (M(k, k, i), [k]),
        (M(k - j, j, i), [j]),
        (M(Var("c", "G", fixed=True), j, i), [j]),
        (Function("R", ("F", "D"))(r, Var("a", "D")), [r]),
        (Function("top_right_M_0", ("G", "N"))(j, i), [j]),
    ],
)
def test_only_plain_real_matrices_have_singular_triples(matrix, rows):
    with pytest.raises(ProofError):
        singular_triple(matrix, rows)


def test_chosen_vectors_are_neither_defined_nor_differentiated():
    top = singular_triple(M(k, j, i), [k])
    with pytest.raises(ProofError, match="chosen"):
        define(top.sigma, 5)
    with pytest.raises(ProofError, match="chosen"):
        define(Function("top_left_M_0", ("G",))(k), 0)
    y_is = define(Sym("y"), top.sigma * Sym("z"))
    with pytest.raises(ProofError, match="chosen"):
        derivative(y_is, Sym("y'"), {"z": ((), Sym("z'"))}, constants=[top.sigma.name])
    with pytest.raises(ProofError, match="chosen"):
        derivative(y_is, Sym("y'"), {"z": ((), Sym("z'")), top.sigma.name: ((), Sym("w"))})


def test_the_norm_bounds_families_of_vectors():
    bound = norm_bound(M(k, j, i), [k], W(k, r)).relation
    image = total(k, W(k, r) * M(k, j, i))
    sigma = Sym("top_norm_M_0")
    assert bound == at_least(sigma * sigma * total(k, W(k, r) * W(k, r)), total(j, total(i, image * image)))


def test_a_vector_must_not_depend_on_the_columns():
    with pytest.raises(ProofError, match="columns"):
        norm_bound(M(k, j, i), [k], M(k, j, i))
    with pytest.raises(ProofError, match="columns"):
        norm_bound(M(k, j, i), [k], delta(k - j))


def vanishing(vector):
    return hypothesis("0", equal(total(k, vector * W(k, r)), 0))


nonzero = hypothesis("not 0", greater(total(k, x(k) * x(k)), 0))
room = hypothesis("room", at_least(d, K))
ones = linear(greater(total(k, 1), 0), order_positive("K"), number_positive(1))


def test_a_kernel_vector_needs_room():
    found = kernel_vector(W(k, r), k, [(x(k), vanishing(x(k)), nonzero)], {}, room)
    assert found.kernel.relation == equal(total(r, W(k, r) * found.a), 0)
    assert found.unit.relation == equal(total(r, found.a * found.a), 1)
    assert set(found.unit.hypotheses) == {"0", "not 0", "room"}
    less = hypothesis("less", at_least(d, K - 1))
    with pytest.raises(ProofError):
        kernel_vector(W(k, r), k, [(x(k), vanishing(x(k)), nonzero)], {}, less)
    with pytest.raises(ProofError):
        kernel_vector(W(k, r), k, [], {}, room)
    both = [(x(k), vanishing(x(k)), nonzero), (1, hypothesis("1", equal(total(k, W(k, r)), 0)), ones)]
    apart = hypothesis("apart", equal(total(k, x(k)), 0))
    assert kernel_vector(W(k, r), k, both, {(0, 1): apart}, less).a == found.a
    with pytest.raises(ProofError, match="orthogonal"):
        kernel_vector(W(k, r), k, both, {}, less)
    # the same vector twice is not orthogonal to itself
    twice = [(x(k), vanishing(x(k)), nonzero)] * 2
    with pytest.raises(ProofError):
        kernel_vector(W(k, r), k, twice, {(0, 1): apart}, less)


@pytest.mark.parametrize(
    ("annihilator", "wrong_nonzero", "wrong_room"),
    [
        # not an annihilator: only of one column, or of another matrix
        (hypothesis("a", equal(total(k, x(k) * W(k, r)), 0).where(k - h)), nonzero, room),
        (hypothesis("b", equal(total(k, x(k) * W(k, r)), 1)), nonzero, room),
        (hypothesis("c", equal(total(k, x(k) * W(k, Var("f", "F", fixed=True))), 0)), nonzero, room),
        (hypothesis("d", at_least(total(k, x(k) * W(k, r)), 0)), nonzero, room),
        (vanishing(x(k)), hypothesis("e", at_least(total(k, x(k) * x(k)), 0)), room),
        (vanishing(x(k)), hypothesis("f", greater(total(k, x(k)), 0)), room),
        (vanishing(x(k)), nonzero, hypothesis("g", at_least(K, d))),
        (vanishing(x(k)), nonzero, hypothesis("h", equal(d, K))),
    ],
)
def test_a_kernel_vector_needs_exactly_what_it_asks(annihilator, wrong_nonzero, wrong_room):
    with pytest.raises(ProofError):
        kernel_vector(W(k, r), k, [(x(k), annihilator, wrong_nonzero)], {}, wrong_room)


def test_an_annihilator_has_no_other_index():
    family = Function("y", ("G", "F"))
    known = hypothesis("0", equal(total(k, family(k, r) * W(k, r)), 0))
    size = hypothesis("1", greater(total(k, family(k, r) * family(k, r)), 0))
    with pytest.raises(ProofError, match="vector over the rows"):
        kernel_vector(W(k, r), k, [(family(k, r), known, size)], {}, room)


def test_rows_and_columns_may_be_exchanged():
    H = Function("H", ("F", "G"))
    known = hypothesis("0", equal(total(r, Function("y", ("F",))(r) * H(r, k)), 0))
    size = hypothesis("1", greater(total(r, Function("y", ("F",))(r) ** 2), 0))
    wide = hypothesis("wide", at_least(K, d))
    found = kernel_vector(H(r, k), r, [(Function("y", ("F",))(r), known, size)], {}, wide)
    assert found.kernel.relation == equal(total(k, H(r, k) * found.a), 0)
    with pytest.raises(ProofError):
        kernel_vector(H(r, k), r, [(Function("y", ("F",))(r), known, size)], {}, room)


def test_complex_vectors_are_refused():
    R = Function("R", ("F", "D"))
    a = Var("a", "D", fixed=True)
    N = Function("N", ("F", "G"))
    with pytest.raises(ProofError):
        norm_bound(N(r, k), [r], R(r, a))
    assert norm_bound(N(r, k), [r], exp(Function("y", ("F",))(r)))
    assert sum_over(norm_bound(N(q, k), [q], delta(q - r)), r)


def test_a_chosen_value_is_no_arbitrary_scalar():
    top = singular_triple(M(k, j, i), [k])
    with pytest.raises(ProofError, match="arbitrary scalar"):
        instantiate(top.nonnegative, {top.sigma: -1}, {}, {})


def test_two_matrices_never_share_a_norm():
    """The zero matrix M_0(k, r) with rows r would be given the norm of M with rows (k, j)."""
    with pytest.raises(ProofError, match="plain name"):
        singular_triple(Function("M_0", ("G", "F"))(k, r), [r])
