"""An identity between the critical points of one width, which a missing point breaks.

f is invariant under O(d) and has compact sublevel sets (after b -> b + t 1 is fixed).  Where all critical
orbits are nondegenerate, equivariant Morse theory (Wasserman, Topology 8, 1969) builds the space from discs
D over the orbits, and in the quotient by O(d), which is contractible, the Euler characteristics add up to
1:

    sum over critical Z of rank r <= d of (-1)^active * E(escapes, d - r) = 1.

The group O(d - r) that fixes a point of rank r acts on the negative directions as on (d - r) x c matrices
(c ``escapes``) besides ``active`` fixed ones, and E(c, k) = 1 - chi(sphere of k x c matrices / O(k)).  That
quotient is the positive semidefinite c x c matrices of trace 1 and rank <= k, those of rank j being cells
of dimension j(j+1)/2 - 1 over the Grassmannian: E(c, k) = sum_{j <= min(c, k)} (-1)^{j(j+1)/2}
chi(Gr_j(R^c)).  A family Gr_j(R^m) of critical points counts chi(Gr_j(R^m)) times.  In width 1 this is
(-1)^{index of 0} + 2 sum (-1)^index = 1 over the pairs +-(W, H).

It is a check of a census, not a proof that the census is complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import comb


def grassmannian(j: int, n: int) -> int:
    """The Euler characteristic of the space of j-dimensional subspaces of R^n."""
    if not 0 <= j <= n:
        return 0
    return 0 if n % 2 == 0 and j % 2 else comb(n // 2, j // 2)


def orbit_weight(escapes: int, beyond: int) -> int:
    """E(c, k): what a critical orbit with c escape directions in each of k further dimensions counts."""
    return sum((-1) ** (j * (j + 1) // 2) * grassmannian(j, escapes) for j in range(min(escapes, beyond) + 1))


def euler_sum(points: Iterable[tuple[int, int, int, int]], width: int) -> int:
    """The left side, from (rank, active, escapes, number of copies) of the critical points."""
    return sum(
        (-1) ** active * orbit_weight(escapes, width - rank) * copies
        for rank, active, escapes, copies in points
        if rank <= width
    )
