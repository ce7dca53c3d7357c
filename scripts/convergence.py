"""Certify collapse from many random starts: `python scripts/convergence.py [starts] [seed]`.

K = 8 (Z_2^3), s_a(0) drawn from 1, 1.1, ..., 10: V < 10^-6 at t = 10^200. About half a second for each start.
"""

from __future__ import annotations

import sys
from fractions import Fraction

from ncverify.evidence.trends import collapse_reached
from ncverify.theory.groups import AbelianGroup

if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    found = collapse_reached(AbelianGroup.walsh(3), count, "1e200", Fraction(1, 10**6), 20, seed)
    print(f"{found.outcome}: {found.summary}")
    sys.exit(0 if str(found.outcome) == "certified" else 1)
