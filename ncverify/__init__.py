"""Exact and certified verification of derivations about cross-entropy training and neural collapse.

    import ncverify as nv
    nv.decide("(exp(x)-exp(y))*(exp(x)+exp(y))", "exp(2*x)-exp(2*y)")
    nv.check("lyapunov-derivative")

Names are loaded when they are first used: importing the package costs milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ncverify.errors import InputError

if TYPE_CHECKING:
    from ncverify import collapse, experiments, figures
    from ncverify.book.claim import Claim, Hypothesis, Kind, Registry
    from ncverify.book.registry import claim, load_book
    from ncverify.book.verdict import Evidence, Outcome, Verdict
    from ncverify.derive.decide import decide
    from ncverify.evidence import strategies
    from ncverify.evidence.hunt import hunt
    from ncverify.evidence.inequalities import prove_inequality
    from ncverify.evidence.loss_flows import flow
    from ncverify.evidence.statements import conjecture, derivation, inequality
    from ncverify.evidence.zeros import find_root
    from ncverify.flows.full import FullFlow
    from ncverify.flows.reduced import ReducedFlow
    from ncverify.flows.trajectory import Trajectory
    from ncverify.ledger.results import Result, Results
    from ncverify.ledger.run import check, verdict
    from ncverify.theory.expr import exp, log, sqrt, symbol, symbols
    from ncverify.theory.groups import AbelianGroup

__version__ = "0.1.0"

# Where each public name lives.
_HOME = {
    "AbelianGroup": "ncverify.theory.groups",
    "Claim": "ncverify.book.claim",
    "Evidence": "ncverify.book.verdict",
    "FullFlow": "ncverify.flows.full",
    "Hypothesis": "ncverify.book.claim",
    "Kind": "ncverify.book.claim",
    "Outcome": "ncverify.book.verdict",
    "ReducedFlow": "ncverify.flows.reduced",
    "Registry": "ncverify.book.claim",
    "Result": "ncverify.ledger.results",
    "Results": "ncverify.ledger.results",
    "Trajectory": "ncverify.flows.trajectory",
    "Verdict": "ncverify.book.verdict",
    "check": "ncverify.ledger.run",
    "claim": "ncverify.book.registry",
    "conjecture": "ncverify.evidence.statements",
    "decide": "ncverify.derive.decide",
    "derivation": "ncverify.evidence.statements",
    "exp": "ncverify.theory.expr",
    "find_root": "ncverify.evidence.zeros",
    "flow": "ncverify.evidence.loss_flows",
    "hunt": "ncverify.evidence.hunt",
    "inequality": "ncverify.evidence.statements",
    "load_book": "ncverify.book.registry",
    "log": "ncverify.theory.expr",
    "prove_inequality": "ncverify.evidence.inequalities",
    "sqrt": "ncverify.theory.expr",
    "symbol": "ncverify.theory.expr",
    "symbols": "ncverify.theory.expr",
    "verdict": "ncverify.ledger.run",
}
_MODULES = {
    "collapse": "ncverify.collapse",
    "experiments": "ncverify.experiments",
    "figures": "ncverify.figures",
    "landscape": "ncverify.landscape",
    "strategies": "ncverify.evidence.strategies",
}

__all__ = [
    "AbelianGroup", "Claim", "Evidence", "FullFlow", "Hypothesis", "InputError", "Kind", "Outcome",
    "ReducedFlow", "Registry", "Result", "Results", "Trajectory", "Verdict", "__version__", "check",
    "claim", "collapse", "conjecture", "decide", "derivation", "exp", "experiments", "figures",
    "find_root", "flow", "hunt", "inequality", "landscape", "load_book", "log", "prove_inequality",
    "sqrt", "strategies", "symbol", "symbols", "verdict",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value: Any = import_module(_MODULES[name])
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        from difflib import get_close_matches

        near = get_close_matches(name, __all__, 1)
        hint = f": did you mean {near[0]}?" if near else ""
        raise AttributeError(f"module 'ncverify' has no attribute {name!r}{hint}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
