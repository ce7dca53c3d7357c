"""Critical points of regularised unconstrained feature models: found, enclosed, classified, counted.

import ncverify as nv
problem = nv.landscape.Problem(classes=3, width=3, lambda_w="1/100", lambda_h="1/100")
print(nv.landscape.critical_points(problem))
"""

from __future__ import annotations

from ncverify.landscape.census import Census, critical_points, local_minima
from ncverify.landscape.points import CriticalPoint
from ncverify.landscape.problem import Problem
from ncverify.landscape.walsh import WalshPoint, walsh_critical_points

__all__ = [
    "Census",
    "CriticalPoint",
    "Problem",
    "WalshPoint",
    "critical_points",
    "local_minima",
    "walsh_critical_points",
]
