"""Only the modules of rules can make theorems."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULES = {
    "theorems", "rules", "derivatives", "signs", "agreement", "roots", "cases", "order", "choices",
    "linear_algebra", "classical", "extremes", "inequalities", "lemmas", "limits", "means", "eventual",
    "continuation",
}  # fmt: skip


def test_only_the_rules_call_establish():
    users = {
        path.stem
        for folder in ("ncverify", "proofs")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bestablish\(|import .*\bestablish\b|^    establish,$", path.read_text(), re.MULTILINE)
    }
    assert users == RULES


def test_every_rule_of_the_kernel_is_exported():
    import ncverify.derive.kernel as kernel

    for name in kernel.__all__:
        assert hasattr(kernel, name)
