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
# # Errata of the layer-peeled paper
#
# Ji, Lu, Zhang, Deng, Su, "An unconstrained layer-peeled perspective on neural collapse" (key `ji` in the
# book) studies the gradient flow of the cross-entropy of $Z=WH$, $W\in\mathbb R^{K\times d}$, $H\in\mathbb
# R^{d\times nK}$, without regularisation. Most of what it states is proved in the book. Some printed
# statements are false as they stand: slips of sign, a missing condition on $d$, a rate read off too short a
# run. This notebook shows each with an exact point at which it fails and with what is true instead, and then
# runs the experiment again in $\log t$.

# %%
import html

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from matplotlib_inline.backend_inline import set_matplotlib_formats

import ncverify as nv

set_matplotlib_formats("svg", "png", metadata={"Date": None})
plt.style.use("ncverify.figures.style")

# %% [markdown]
# ## 1. What is refuted
#
# No verdict is stored: each statement is evaluated at its witness, an exact point, and a ball around the
# difference of both sides excludes the statement.

# %%
book = nv.load_book()
printed = [claim for claim in book if claim.source.paper == "ji" and claim.expected == "refuted"]
results = nv.check(*(claim.id for claim in printed))
print(results.summary())
assert results.as_expected

rows = []
for result in results:
    claim = result.claim
    where = "; ".join(
        f"{name} = {value}" for name, value in result.verdict.witness.items() if "side" not in name
    )
    cells = (claim.source.place, claim.plain, where.replace("; relation = ==", ""), claim.corrected_by)
    rows.append("".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in cells))
head = "".join(
    f"<th>{name}</th>" for name in ("place", "printed (as a formal claim)", "fails at", "true: claim")
)
table = f"<table><tr>{head}</tr>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
display(HTML(table))

# %% [markdown]
# The corrections are claims of their own, and checked by proof:

# %%
corrections = nv.check(*dict.fromkeys(claim.corrected_by for claim in printed))
display(corrections)
assert corrections.as_expected

# %% [markdown]
# ## 2. Three of them by hand
#
# **The sign of (NC4), section 2.1.** At neural collapse the nearest class mean is printed as having the
# *smallest* score, $\arg\min_k\langle w_k,x\rangle=\arg\min_k\lVert x-m_k\rVert$. But $2\langle
# m_k,x\rangle=\lVert x\rVert^2+\lVert m_k\rVert^2-\lVert x-m_k\rVert^2$ with $\lVert m_k\rVert$ the same for
# all $k$: it is the *largest* (claim `nc4`).
#
# **The gradient at Example 3.1.** With $c=C^2$ the denominator of the softmax is $2+e^{-2c}+e^{2c}$; printed
# is $2+2e^{-2c}+2e^{2c}$. The true coefficient simplifies, and the printed one is not equal to it:

# %%
true = nv.decide("(2 + 2*exp(-2*c))/(2 + exp(-2*c) + exp(2*c))", "2/(1 + exp(2*c))")
as_printed = nv.decide("(2 + 2*exp(-2*c))/(2 + 2*exp(-2*c) + 2*exp(2*c))", "2/(1 + exp(2*c))")
print("corrected coefficient = 2/(1 + e^(2c)):", true.outcome)
print("printed coefficient = 2/(1 + e^(2c)):", as_printed.outcome)
display(as_printed)
assert (true.outcome, as_printed.outcome) == ("proved", "refuted")

# %% [markdown]
# **The missing condition $d\ge K-1$, Theorems 3.2 and 3.3.** A simplex frame of $K$ vectors needs $K-1$
# dimensions. In the plane, four classes have optima, and none can be a frame:

# %%
for name in ("min-norm-optimum-printed", "sphere-minimum-printed", "strict-saddle-small-d"):
    (result,) = (item for item in results if item.claim.id == name)
    print(f"{name}: {result.verdict.outcome}; {result.claim.title}")

# %% [markdown]
# ## 3. Measuring collapse
#
# What do the measures of the experiments say? Published codes compute NC1 to NC4 in different ways;
# `nv.collapse.measure` computes them all, here exactly, for three classes of two samples in the plane:

# %%
features = [[1, 0], [3, 0], [0, 2], [0, 2], [-1, -1], [-3, 1]]
labels = [0, 0, 1, 1, 2, 2]
measured = nv.collapse.measure(features, labels, [[1, 0], [0, 1], [-1, -1]], numbers="exact")
for name in (
    "nc1.trace_ratio",
    "nc1.pinv",
    "nc2.cosine",
    "nc2.norm_variation",
    "nc2.norm_variation_unbiased",
):
    print(f"{name:<29}{measured[name]}")
print()
print(measured.explain("nc2.norm_variation", "nc2.norm_variation_unbiased"))

# %% [markdown]
# ## 4. The experiment in $\log t$
#
# Figure 2 shows gradient descent for $10^5$ epochs ($K=5$, $n=10$, $d=20$, learning rate 5), that is to
# $t=5\cdot10^5$, $\log t=13$, and the rate $1/\log t$ is read off there. The same flow in the variable $\log
# t$ is not slow, and reaches $\log t=3000$ in seconds. This is a simulation in doubles, of one random start:
# *seen, not proved*. The constant of the motion $W^\top W-HH^\top$ says how well it was integrated.

# %%
run = nv.experiments.layer_peeled_flow(until=3000, seed=0)
slopes = run.slopes()
drift = max(run.extra["drift"])
print(f"the constant of the motion keeps 8 digits: {drift < 1e-8}")
for name, slope in slopes.items():
    print(f"{name:<38} slope against log t: {slope:6.2f}")
assert drift < 1e-8

# %%
styles = {
    "nc2.norm_variation": ("class means: norms", "#0072B2", "-"),
    "nc2.cosine": ("class means: cosines", "#D55E00", "--"),
    "nc2.norm_variation_classifier_centered": ("classifier, centred: norms", "#009E73", "-."),
    "nc1.norm_ratio": ("within-class variation", "#0072B2", "-"),
    "nc2.norm_variation_classifier": ("classifier as it is: norms", "#D55E00", "--"),
    "nc3.direction": ("self-duality, classifier as it is", "#009E73", "-."),
}
x = np.array(run.log_times)
late = x > 2
figure, axes = plt.subplots(1, 2, figsize=(9, 3.9), sharey=True)
for ax, names, slope in zip(axes, (list(styles)[:3], list(styles)[3:]), (-1, -0.5), strict=True):
    for name in names:
        label, colour, dash = styles[name]
        ax.plot(x[late], np.array(run.measures[name])[late], dash, color=colour, label=label)
    guide = x[x > 300]
    line = 0.4 * min(run.measures[name][-1] for name in names) * (guide / x[-1]) ** slope
    ax.plot(guide, line, color="black", linestyle="-", linewidth=1)
    ax.annotate(f"slope {slope:g} ", (guide[0], line[0]), fontsize=9, ha="right", va="center")
    ax.axvline(np.log(5e5), color="0.5", linestyle=":", linewidth=1)
    ax.annotate(
        "Figure 2\nends here", (np.log(5e5), 2e-5), xytext=(4, 0), textcoords="offset points", fontsize=8
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(r"$\log t$ ($t$: gradient-flow time of the mean loss)")
    ax.legend(fontsize=8, loc="upper right" if slope == -1 else "lower right", handlelength=3)
axes[0].set_ylabel("measure of collapse (no unit)")
axes[0].set_title("centred: like $1/\\log t$")
axes[1].set_title("not centred: like $1/\\sqrt{\\log t}$")
plt.show()

# %% [markdown]
# *Why* the right panel has slope $-\frac12$: $B=HH^\top-W^\top W$ and the mean row of $W$ are conserved
# (`conserved`), and a unit vector $a$ with $Wa=0$ has $\lVert H^\top a\rVert^2=\langle a,Ba\rangle$. What is
# conserved only becomes small *beside* norms that grow like $\sqrt{\log t}$. For the within-class variation
# this is a proved bound (`nc1-rate-bound`): with $L<\log2$, margins $m\ge\gamma\,(\lVert W\rVert^2+\lVert
# H\rVert^2)$, and $B\ge\kappa>0$ on $K+1$ dimensions (generic for $d\ge2K+1$, $n\ge2$),
# $nK\,m\,\mathrm{NC1}^2\ge\kappa\gamma$ and $m\le2\log(c_0+ct)$. So $O(1/\log t)$ is false from such a start:
# NC1 falls no faster than $1/\sqrt{\log t}$.

# %%
rate = nv.check("nc1-rate", "nc1-rate-bound", "conserved")
display(rate)
assert rate.as_expected
