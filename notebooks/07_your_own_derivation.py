# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own derivation
#
# The book holds what others wrote. This notebook is about what *you* write: does the modified loss give the
# flow you derived, is each step right, is the inequality true, is the metric monotone? Each question is one
# call that makes a claim; `nv.verdict` decides it. The example is label smoothing: the loss of one sample
# with logits $z$, softmax $p$, numbered from its label on, is
#
# $$\ell=-(1-\varepsilon)\log p_0-\frac\varepsilon K\sum_j\log p_j .$$

# %%
import json
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib_inline.backend_inline import set_matplotlib_formats

import ncverify as nv
from ncverify.ledger.certificates import certificate_bytes
from ncverify.replay.main import replay

set_matplotlib_formats("svg", "png", metadata={"Date": None})
plt.style.use("ncverify.figures.style")

# %% [markdown]
# ## 1. Is this the reduced flow?
#
# A derivation by hand: $-\partial\ell/\partial z_g=(1-\varepsilon)\mathbb 1_{g=0}+\varepsilon/K-p(g)$. Its
# Fourier coefficient at $a\ne0$ is $1-\varepsilon-\hat p_a$, because the constant $\varepsilon/K$ has none.
# So $\dot s_a=2s_a(1-\varepsilon-\hat p_a)$. The machine starts from the loss, takes its gradient, checks
# that the spectral family is invariant, and compares every mode by a normal form:

# %%
eps = nv.symbol("eps")


def smoothing(z, p):
    return -(1 - eps) * nv.log(p[0]) - eps / len(p) * sum(nv.log(q) for q in p)


flow = nv.flow("smoothing", "2*s*(1 - eps - phat)", loss=smoothing, classes=8)
verdict = nv.verdict(flow)
print("flow of label smoothing, K = 8:", verdict.outcome)
display(verdict)
assert verdict.outcome == "proved"

# %% [markdown]
# With the flow of the plain cross-entropy instead, the first mode already disagrees, at an exact spectrum:

# %%
wrong = nv.verdict(nv.flow("no-smoothing", "2*s*(1 - phat)", loss=smoothing, classes=8))
print("flow without eps:", wrong.outcome, "-", wrong.witness["at"])
display(wrong)
assert wrong.outcome == "refuted"

# %% [markdown]
# What the equation says: a stationary point has $\hat p_a=1-\varepsilon$. On the collapse ray $1-\hat
# p=K/(e^s+K-1)$, so the logits no longer run off: $s_\infty=\log(K/\varepsilon-K+1)$. One more line to check:

# %%
stationary = nv.verdict(
    nv.derivation(
        "stationary",
        ["K/(K/eps - K + 1 + K - 1)", "K/(K/eps)", "eps"],
        symbols="K, eps",
    )
)
print("1 - phat = eps at e^s = K/eps - K + 1:", stationary.outcome, "where", ", ".join(stationary.conditions))
assert stationary.outcome == "proved"

K = 8
s = np.linspace(0, 9, 300)
figure, ax = plt.subplots(figsize=(6, 3.4))
for smooth in (0, 1 / 100, 1 / 10):
    ax.plot(s, 2 * s * (K / (np.exp(s) + K - 1) - smooth), label=f"$\\varepsilon={smooth:g}$")
    if smooth:
        ax.plot(np.log(K / smooth - K + 1), 0, "ko", markerfacecolor="white", zorder=3)
ax.axhline(0, color="black", linestyle="-", linewidth=0.8)
ax.set_ylim(-2, 4)
ax.set_xlabel("singular value $s$ on the collapse ray (logit units)")
ax.set_ylabel(r"speed $\dot s$ (logit units per unit of time)")
ax.legend(handlelength=3)
plt.show()

# %% [markdown]
# ## 2. Which step is wrong?
#
# A derivation is a chain of expressions. Each step is decided, and the verdict names the first that fails.
# Here $x\tanh(x/2)$ in four forms, with a slip in step 2, from the second to the third:

# %%
steps = [
    "x*(exp(x) - 1)/(exp(x) + 1)",
    "x*(1 - 2/(exp(x) + 1))",
    "x - x/(exp(x) + 1)",
    "(x*exp(x) - x)/(exp(x) + 1)",
]
broken = nv.verdict(nv.derivation("two-classes", steps))
print(broken.outcome, "at", broken.witness["at"])
display(broken)
assert broken.witness["at"].startswith("step 2")

repaired = nv.verdict(nv.derivation("two-classes-repaired", [*steps[:2], "x - 2*x/(exp(x) + 1)", steps[3]]))
print("repaired:", repaired.outcome)
assert repaired.outcome == "proved"

# %% [markdown]
# ## 3. An inequality
#
# On a box, certified by a cover with ball arithmetic (not by sampling), or refuted by an exact point. The
# slope of the softmax of two classes is at most $\frac14$, and the bound $\frac15$ is false:

# %%
box = {"x": (-5, 5)}
for bound in ("1/4", "1/5"):
    found = nv.verdict(nv.inequality(f"slope-{bound[-1]}", f"exp(-x)/(1 + exp(-x))**2 <= {bound}", on=box))
    at = f" at x = {found.witness['x']}" if found.witness else ""
    print(f"slope <= {bound} on [-5, 5]: {found.outcome}{at}")

# %% [markdown]
# Assumptions are dropped one by one. Each is reported as needed, with a point, or as not needed:

# %%
claim = nv.inequality(
    "taylor", "exp(x) >= 1 + x + x**2/2", on={"x": (-2, 2), "y": (0, 1)}, where=["x >= 0", "y <= 1"]
)
taylor = nv.verdict(claim)
print("exp(x) >= 1 + x + x^2/2:", taylor.outcome)
for item in taylor.evidence:
    if item.route == "hypothesis dropped":
        print("  ", item.summary)
assert taylor.outcome == "certified"

# %% [markdown]
# ## 4. A conjecture
#
# "The largest share $\max_as_a/S$ never increases" is a conjecture until somebody proves it or finds a start.
# The hunt can only do the second:

# %%
for metric, classes in (("max-share", 4), ("cosine", 8)):
    hunted = nv.verdict(nv.conjecture(f"{metric}-{classes}", metric, classes=classes, samples=1 << 17))
    where = f"s = ({hunted.witness['s']})" if hunted.witness else "nothing found, which proves nothing"
    print(f"{metric}, K = {classes}: {hunted.outcome}; {where}")

# %% [markdown]
# ## 5. A certificate, written and replayed
#
# In a file, the same calls register claims, and `ncverify check my_claims.py --store certificates` writes a
# certificate for each verdict. A second program (`ncverify replay certificates`) checks them without the
# first: it has its own kernel and its own polynomial arithmetic, imports no prover, and earns each verdict
# anew. The same from Python:

# %%
text = """\
import ncverify as nv

nv.derivation("cube", ["(x + 1)**3", "(x + 1)*(x**2 + 2*x + 1)", "x**3 + 3*x**2 + 3*x + 1"])
nv.derivation("cube-slip", ["(x + 1)**3", "x**3 + 3*x**2 + 2*x + 1"], expected="refuted")
nv.inequality("tangent", "exp(x) >= 1 + x", on={"x": (-1, 1)})
nv.conjecture("angle", "cosine", classes=8, expected="refuted")
"""

with TemporaryDirectory() as folder:
    mine = Path(folder, "my_claims.py")
    mine.write_text(text, encoding="utf-8")
    results = nv.check(str(mine), store=folder)
    print(results)
    print()
    texts = {file: json.loads(file.read_text()) for file in Path(folder, "certificates").glob("*.json")}
    files = {data["claim"]["id"]: file for file, data in texts.items()}
    for _, file in sorted(files.items()):
        checked = replay(file)
        print("accepted" if checked.accepted else f"rejected: {checked.reason}", "-", checked.accepted.id)
        assert checked.accepted
    data = {**texts[files["cube"]], "verdict": "certified"}
    forged = Path(folder, f"{sha256(certificate_bytes(data)).hexdigest()}.json")
    forged.write_bytes(certificate_bytes(data))
    checked = replay(forged)
    print("with another verdict:", "accepted" if checked.accepted else f"rejected ({checked.reason})")
    assert not checked.accepted
assert results.as_expected

# %% [markdown]
# A proof for every $K$ is a function that uses the rules of the calculus; CONTRIBUTING.md shows how such a
# claim is written, and `ncverify new my_claims.py` makes a file to start from.
