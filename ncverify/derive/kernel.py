"""The kernel of the all-K calculus: everything a proof script needs, in one place.

Relations (``relations``), theorems (``theorems``), and the only rules that make theorems: ``rules``,
``derivatives``, ``signs``, ``agreement``, ``inequalities``, ``means``, ``roots``, ``cases``, ``lemmas``,
``order``, ``choices``, ``extremes``, ``linear_algebra``, ``classical``, ``continuation``, ``limits``,
``eventual``.
"""

from __future__ import annotations

from ncverify.derive.agreement import agree_where
from ncverify.derive.cases import absurd, dichotomy, everywhere
from ncverify.derive.choices import generalize, maximum
from ncverify.derive.classical import global_solution, prose, sign_preserved, unbounded
from ncverify.derive.continuation import bounded_growth, stays_positive
from ncverify.derive.derivatives import derivative
from ncverify.derive.eventual import converges, settles
from ncverify.derive.extremes import delta_at_most_one, maximum_nonzero, one_of_sum
from ncverify.derive.inequalities import log_parabola, square_order
from ncverify.derive.lemmas import condition_holds, instantiate
from ncverify.derive.limits import extremes_approach, nondecreasing, nonincreasing, squeezed, vanishes
from ncverify.derive.linear_algebra import (
    KernelVector,
    SingularTriple,
    kernel_vector,
    norm_bound,
    singular_triple,
)
from ncverify.derive.means import logarithmic_mean
from ncverify.derive.monomials import ProofError
from ncverify.derive.order import antisymmetric, exp_log, nonzero_factor
from ncverify.derive.relations import CHOSEN, KINDS, ZERO, Relation, at_least, different, equal, greater
from ncverify.derive.roots import root_nonnegative, root_square, square_zero
from ncverify.derive.rules import define, hypothesis, linear, sum_over
from ncverify.derive.signs import (
    character_real_part,
    character_real_part_lower,
    congruent_exp,
    congruent_log,
    each_zero,
    exp_increasing,
    exp_injective,
    exp_monotone,
    exp_positive,
    exp_tangent,
    factor_zero,
    log_product,
    log_reciprocal,
    log_tangent,
    log_tangent_contact,
    number_positive,
    order_positive,
    product,
    reciprocal,
    root,
    square,
)
from ncverify.derive.theorems import Definition, Theorem, specialize, steps

__all__ = [
    "CHOSEN",
    "KINDS",
    "ZERO",
    "Definition",
    "KernelVector",
    "ProofError",
    "Relation",
    "SingularTriple",
    "Theorem",
    "absurd",
    "agree_where",
    "antisymmetric",
    "at_least",
    "bounded_growth",
    "character_real_part",
    "character_real_part_lower",
    "condition_holds",
    "congruent_exp",
    "congruent_log",
    "converges",
    "define",
    "delta_at_most_one",
    "derivative",
    "dichotomy",
    "different",
    "each_zero",
    "equal",
    "everywhere",
    "exp_increasing",
    "exp_injective",
    "exp_log",
    "exp_monotone",
    "exp_positive",
    "exp_tangent",
    "extremes_approach",
    "factor_zero",
    "generalize",
    "global_solution",
    "greater",
    "hypothesis",
    "instantiate",
    "kernel_vector",
    "linear",
    "log_parabola",
    "log_product",
    "log_reciprocal",
    "log_tangent",
    "log_tangent_contact",
    "logarithmic_mean",
    "maximum",
    "maximum_nonzero",
    "nondecreasing",
    "nonincreasing",
    "nonzero_factor",
    "norm_bound",
    "number_positive",
    "one_of_sum",
    "order_positive",
    "product",
    "prose",
    "reciprocal",
    "root",
    "root_nonnegative",
    "root_square",
    "settles",
    "sign_preserved",
    "singular_triple",
    "specialize",
    "square",
    "square_order",
    "square_zero",
    "squeezed",
    "stays_positive",
    "steps",
    "sum_over",
    "unbounded",
    "vanishes",
]
