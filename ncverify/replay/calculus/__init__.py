"""The second checker of proofs of the all-K calculus."""

from ncverify.replay.calculus.check import Checked, check_derivation

__all__ = ["Checked", "check_derivation"]
