"""The sum of squares by which the average margin misses its bound, and what follows when it is 0."""

from __future__ import annotations

from functools import cache

from ncverify.derive.kernel import Relation, Theorem, at_least, equal, greater, linear, product, sum_over
from ncverify.derive.terms import Term, dataclass, delta, total

from .model import (
    H,
    K,
    W,
    Z_is,
    alone,
    c,
    each_square_zero,
    h,
    j,
    k,
    l,
    margin,
    mean_H,
    mean_H_is,
    mean_W,
    mean_W_is,
    more_than_one,
    n,
    order,
    r,
    root_n,
    root_positive,
    samples,
    size,
    sum_of_squares,
)

bound = size / (2 * (K - 1) * root_n)
all_margins = total(k, total(c, total(j, margin(k, c, j))))
average = all_margins / (n * K * (K - 1))

deviation = H(r, k, c) - mean_H(r, k)
duality = W(k, r) - mean_W(r) - root_n * mean_H(r, k)
mean_part = total(r, mean_W(r) ** 2)
within_part = total(r, total(k, total(c, deviation**2)))
duality_part = total(k, total(r, duality**2))
shortfall = K * mean_part + within_part + duality_part

number_of_margins = product(product(samples, order), more_than_one)
divisor = linear(greater(2 * (K - 1) * root_n, 0), (2, product(more_than_one, root_positive)))


@cache
def identity() -> Theorem:
    """What the average margin misses of its bound, as the sum of squares."""
    return linear(
        equal(bound - average, shortfall / (2 * (K - 1) * root_n)),
        unfold=[Z_is, mean_W_is, mean_H_is],
        nonzero=[more_than_one],
    )


mean_nonnegative = sum_of_squares(mean_W(r), r)
within_nonnegative = sum_of_squares(deviation, r, k, c)
duality_nonnegative = sum_of_squares(duality, k, r)


@cache
def shortfall_nonnegative() -> Theorem:
    """A sum of squares."""
    return linear(at_least(shortfall, 0), (order, mean_nonnegative), within_nonnegative, duality_nonnegative)


@dataclass(frozen=True)
class Collapsed:
    """What follows where the sum of squares vanishes."""

    centred: Theorem
    nc1: Theorem
    nc3: Theorem


CENTRED = equal(mean_W(r), 0)
NC1 = equal(H(r, k, c), mean_H(r, k))
NC3 = equal(W(k, r), root_n * mean_H(r, k))


def nc2(level: Term) -> Relation:
    """The Gram matrix of the class means is (q/sqrt n)(I - 11^T/K)."""
    return equal(total(r, mean_H(r, k) * mean_H(r, l)), level / root_n * (delta(k - l) - 1 / K))


def collapsed(squares: Theorem) -> Collapsed:
    """Every square of a sum that is 0 vanishes; ``squares``: K |wbar|^2 + ... = 0."""
    scaled_mean = K * mean_part
    centred_rest = within_part + duality_part
    no_mean = alone(
        squares,
        scaled_mean,
        centred_rest,
        (
            product(order, mean_nonnegative),
            linear(at_least(centred_rest, 0), within_nonnegative, duality_nonnegative),
        ),
    )
    mean_zero = each_square_zero(linear(equal(mean_part, 0), (1 / K, no_mean)), mean_W(r), r)
    within_zero = alone(
        linear(equal(within_part + duality_part, 0), squares, (-1, no_mean)),
        within_part,
        duality_part,
        (within_nonnegative, duality_nonnegative),
    )
    duality_zero = linear(equal(duality_part, 0), squares, (-1, no_mean), (-1, within_zero))
    centred = linear(equal(mean_W(r), 0), mean_zero)
    nc1 = linear(NC1, each_square_zero(within_zero, deviation, r, k, c))
    nc3 = linear(NC3, each_square_zero(duality_zero, duality, k, r), centred)
    return Collapsed(centred, nc1, nc3)


def gram(level: Term, margins_equal: Theorem, found: Collapsed) -> Theorem:
    """NC2, from <w_k - w_l, h_kc> = q (1 - [k = l]) for all k, l, c with W = sqrt n Hbar^T centred."""
    rows = linear(
        equal(
            total(r, mean_H(r, k) * mean_H(r, k)) - total(r, mean_H(r, l) * mean_H(r, k)),
            level / root_n * (1 - delta(k - l)),
        ),
        (1 / root_n, margins_equal),
        unfold=[Z_is, found.nc3, found.nc1],
    )
    means_centred = linear(
        equal(total(k, mean_H(r, k)), 0),
        (K / root_n, found.centred),
        (-K / root_n, mean_W_is),
        (-1 / root_n, sum_over(found.nc3, k)),
    )
    lengths = linear(
        equal(total(r, mean_H(r, k) * mean_H(r, k)), level / root_n * (1 - 1 / K)),
        (1 / K, sum_over(rows, l)),
        contract=[means_centred],
    )
    return linear(nc2(level), lengths, (-1, rows))


def all_equal(level: Term, one: Theorem) -> Theorem:
    """<w_k - w_l, h_kc> = q (1 - [k = l]) for all k, l, c; ``one``: margin minus q is 0 for k + h != k."""
    pick = delta(k + h - l)
    picked = linear(equal(pick * (margin(k, c, k + h) - level), 0).where(h), (pick, one))
    return linear(equal(margin(k, c, l), level * (1 - delta(k - l))), sum_over(picked, h, nonzero=True))
