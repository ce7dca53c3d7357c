"""Neural collapse, measured: NC1 to NC4 in all the variants that published codes compute.

m = nv.collapse.measure(features, labels, classifier, bias)
m["nc1.pinv"].value
m.explain("nc1.pinv", "nc1.trace_ratio")
"""

from __future__ import annotations

from ncverify.collapse.measurement import Measurement, Metric, measure
from ncverify.collapse.variants import VARIANTS, Variant

__all__ = ["VARIANTS", "Measurement", "Metric", "Variant", "measure"]
