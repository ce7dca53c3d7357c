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
# # Diagonalising the softmax
#
# One linear layer $W\in\mathbb R^{K\times d}$ on free features $H\in\mathbb R^{d\times K}$ (one sample for
# each of $K$ classes) has logits $Z=WH$ and the cross-entropy loss $L=-\sum_k\log P_{kk}$, where $P$ is the
# softmax of each column of $Z$. Its gradient flow couples all entries of $W$ and $H$. From a *Hadamard
# start*
#
# $$W=\tfrac1{\sqrt K}\,\Phi\,\mathrm{diag}(\alpha)\,R^\top,\qquad
#   H=\tfrac1{\sqrt K}\,R\,\mathrm{diag}(\beta)\,\Phi^\top,\qquad R^\top R=I,$$
#
# with $\Phi$ the Sylvester Hadamard matrix, the singular vectors stay fixed and only the singular values
# $s_a=\alpha_a\beta_a$ of $Z$ move (Garrod, Keating, Thrampoulidis, arXiv 2512.04006). This notebook looks
# at why, says which parts are *proved* and which readings are *false*, and follows one trajectory.
#
# Time is gradient-flow time of the sum loss, logits are in natural units, and $V$ is in nats.

# %%
from fractions import Fraction
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from IPython.display import display
from matplotlib.colors import LogNorm
from matplotlib_inline.backend_inline import set_matplotlib_formats
from mpmath import mp

import ncverify as nv
from ncverify.evidence.reference import integrate_full, integrate_reduced
from ncverify.figures import BLUE, GREEN, ORANGE
from ncverify.theory.hadamard import is_hadamard, negate_row, paley, sylvester
from ncverify.theory.number_kinds import DOUBLE, MPF
from ncverify.theory.observables import lyapunov
from ncverify.theory.spectral import fourier_basis, hadamard_start, spectrum_of

set_matplotlib_formats("svg", "png", metadata={"Date": None})
plt.style.use("ncverify.figures.style")

# %% [markdown]
# ## 1. The softmax becomes diagonal, if the basis is a group
#
# The columns of the orthonormal basis $B$ are the singular vectors, $Z=B\,\mathrm{diag}(s)\,B^\top$. For
# $B=\Phi/\sqrt K$ the entry $Z_{ij}$ depends only on the difference $i-j$ in the group $\mathbb Z_2^m$;
# every function applied entrywise keeps that property, all columns have the same sum, and the characters of
# the group diagonalise every such matrix. Nothing here is special to $\mathbb Z_2^m$: any finite abelian
# group will do, with its real Fourier basis. A Hadamard matrix that is *not* a character table is a fair
# test of this explanation. The smallest that no permutation and no signs of rows and columns turn into one
# has order 12 (Paley). Its rows are signed here so that its first column is constant, as that of $\Phi$ is.


# %%
def softmax(logits):
    weights = np.exp(logits)
    return weights / weights.sum(axis=0)


walsh, cyclic = nv.AbelianGroup.walsh(3), nv.AbelianGroup.cyclic(12)
paley_12 = paley(11)
for row in range(1, 12):
    paley_12 = negate_row(paley_12, row)
assert is_hadamard(paley_12)
assert all(row[0] == 1 for row in paley_12)

cases = [
    (
        "Walsh, $Z_2^3$",
        np.array(fourier_basis(walsh, DOUBLE)),
        walsh.spectrum([3, 1, 4, 1, 5, 9, 2], 0),
    ),
    (
        "cyclic, $Z_{12}$",
        np.array(fourier_basis(cyclic, DOUBLE)),
        cyclic.spectrum([5, 3, 4, 1, 2, 6, 2, 1, 4, 3, 5], 0),
    ),
    ("Paley, order 12", np.array(paley_12) / np.sqrt(12), [0, 12, 12] + [0] * 9),
]

figure, axes = plt.subplots(2, 3, figsize=(9, 5.4))
colours = plt.get_cmap("viridis_r").with_extremes(under="white")
scale = LogNorm(1e-3, 1)
leak = {}
for (name, basis, spectrum), (above, below) in zip(cases, axes.T, strict=True):
    P = softmax(basis @ np.diag(spectrum) @ basis.T)
    image = basis.T @ P @ basis
    leak[name] = np.abs(image - np.diag(np.diag(image))).max()
    for ax, matrix, labels in ((above, P, "ij"), (below, image, "ab")):
        ax.set_box_aspect(1)
        mesh = ax.pcolormesh(np.maximum(np.abs(matrix), 1e-300), norm=scale, cmap=colours)
        ticks = np.arange(0, len(matrix), 2)
        ax.set_xticks(ticks + 0.5, ticks)
        ax.set_yticks(ticks + 0.5, ticks)
        ax.invert_yaxis()
        ax.grid(False)
        ax.spines[["right", "top"]].set_visible(True)
        kind = "class" if labels == "ij" else "mode"
        ax.set_xlabel(f"{kind} ${labels[1]}$")
        ax.set_ylabel(f"{kind} ${labels[0]}$")
    above.set_title(name)
for ax, label in zip(axes[:, 0], ("softmax($Z$)", r"$B^\top$ softmax($Z$) $B$"), strict=True):
    ax.annotate(label, (-0.42, 0.5), xycoords="axes fraction", rotation=90, va="center", size=12)
figure.colorbar(mesh, ax=axes, extend="min", label="modulus of the entry (white: below $10^{-3}$)")
plt.show()

for name, size in leak.items():
    shown = f"{size:.6f}" if size > 1e-12 else "below 1e-12 (rounding)"
    print(f"{name.replace('$', ''):16s} largest entry off the diagonal: {shown}")

# %% [markdown]
# Above, three dense matrices; below, the same matrices in the basis of their singular vectors. For the two
# groups only the diagonal $\hat p_a=\sum_g p(g)\chi_a(g)$ is left. For Paley's matrix two modes,
# $s_1=s_2=12$, leak into all of the modes $3,\dots,11$, equally in modulus.
#
# The leak is an exact number. With $s_1=s_2=12t$, exact signs in place of the floats above, and $t$ a
# symbol:

# %%
t = sp.symbols("t")
classes = range(12)
signs = sp.Matrix(paley_12)
logit = signs[:, 1:3] * signs[:, 1:3].T  # Z = t (phi_1 phi_1^T + phi_2 phi_2^T)
column = [sum(sp.exp(t * logit[i, j]) for i in classes) for j in classes]
a, b = 3, 4
entry = sum(
    signs[i, a] * signs[j, b] * sp.exp(t * logit[i, j]) / (12 * column[j]) for i in classes for j in classes
)
closed_form = nv.decide(entry, "-((exp(2*t)-1)/(exp(2*t)+1))**2/9")
vanishes = nv.decide(entry.subs(t, 1), 0)
print(f"entry ({a}, {b}) = -tanh(t)^2/9 for every t: {closed_form.outcome}")
print(f"entry ({a}, {b}) = 0 at t = 1: {vanishes}")
display(closed_form)
assert closed_form.outcome == "proved"
assert vanishes.outcome == "refuted"

# %% [markdown]
# The formula shows the reason. Two active modes put the entrywise product $\phi_1\circ\phi_2$ into
# $\mathrm{softmax}(Z)=\frac1{12}\bigl(J+\tau\,\phi_1\phi_1^\top+\tau\,\phi_2\phi_2^\top
# +\tau^2(\phi_1\circ\phi_2)(\phi_1\circ\phi_2)^\top\bigr)$, $\tau=\tanh t$. Characters are closed under
# products, so for a group $\phi_1\circ\phi_2$ is again a column. Paley's columns are not closed, and
# $\tau^2$ spreads over the other nine.
#
# ## 2. Claims are objects, and so are verdicts
#
# The book of claims states each sentence of the paper with its hypotheses, scope and source. A claim
# displays itself as LaTeX.

# %%
book = nv.load_book()
claim = book["diagonalization"]
print(f"{claim.title}\nscope: {claim.scope}\nexpected: {claim.expected}")
display(claim)

# %% [markdown]
# Checking returns one result for each claim. A false reading of the paper is kept as a claim of its own,
# whose expected verdict is `refuted`; the title of the paper is right about the operator
# $Z\mapsto\mathrm{softmax}(Z)$ on the family, but neither about every Hadamard matrix nor about the
# derivative of the softmax.

# %%
results = nv.check(
    "diagonalization", "diagonalization-any-hadamard", "softmax-jacobian-diagonal", "softmax-jacobian-entries"
)
display(results)
assert results.as_expected

# %% [markdown]
# The verdict on one claim, with its evidence; for a refutation this includes an exact witness:

# %%
verdicts = {result.claim.id: result.verdict for result in results}
display(verdicts["softmax-jacobian-diagonal"])

# %% [markdown]
# A proof for every $K$ is a list of steps, each checked by machine: the normal form of the difference of
# both sides is zero, or the step is an instance of an earlier line. Here $\chi(a;g)$ is a character,
# $[a=0]$ is 1 where $a=0$ and else 0, and `f` is an arbitrary entrywise function.

# %%
(proof,) = [item for item in verdicts["diagonalization"].evidence if item.route == "all-K proof"]
print(proof.summary, end="\n\n")
print(*proof.lines, sep="\n")

# %% [markdown]
# A verdict has no truth value: `proved` and `refuted` are both successes of a check, and `tested` is no
# proof.

# %%
try:
    bool(verdicts["diagonalization"])
except TypeError as error:
    print(error)

# %% [markdown]
# ## 3. One start, two flows
#
# On the spectral family the flow of $(W,H)$ reduces to $\dot s_a=2s_a(1-\hat p_a)$ for $\alpha=\beta$
# (claim `reduced-ode`). Both flows start here from the same exact state: $K=4$, $d=5$,
# $\alpha=\beta=(0,1,\frac12,\frac18)$ and a rational frame $R$, so that every entry of $W$ and $H$ is a
# dyadic rational. The full flow moves all 40 entries and knows nothing of the reduction; its singular
# values are read back from $(W,H)$.

# %%
mp.dps = 40
group = nv.AbelianGroup.walsh(2)
alpha = [Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 8)]
normal = (2, 1, 1, 1, 1)  # R: the first four columns of a Householder reflection of R^5
frame = [[Fraction(i == j) - Fraction(2 * normal[i] * normal[j], 8) for j in range(4)] for i in range(5)]
amplitudes = [MPF.exact(x) for x in alpha]
W, H = hadamard_start(group, amplitudes, amplitudes, frame, MPF)

times = [Fraction(round(10 ** (3 + k / 10)), 10**5) for k in range(61)]  # 0.01 to 10^4
reduced = integrate_reduced(group, [x * x for x in alpha], times, digits=30)
coarse = times[::2]
full = integrate_full(W, H, range(4), coarse, digits=20)
readings = [spectrum_of(group, w, h, frame, MPF) for w, h in zip(full.w, full.h, strict=True)]
from_full = [[x * y for x, y in zip(r.alpha, r.beta, strict=True)] for r in readings]

gap = max(
    abs(x - y)
    for one, other in zip(from_full, reduced.states[::2], strict=True)
    for x, y in zip(one, other, strict=True)
)
drift = max(reading.residual for reading in readings)
print(f"singular values of the two flows agree within 1e-20: {gap < 1e-20}")
print(f"the full flow stays within 1e-20 of the spectral family: {drift < 1e-20}")
assert gap < 1e-20
assert drift < 1e-20

# %%
figure, ax = plt.subplots(figsize=(7, 4))
styles = [(1, BLUE, "-", "o"), (2, ORANGE, "--", "s"), (3, GREEN, ":", "^")]
for mode, colour, line, marker in styles:
    curve = [float(state[mode]) for state in reduced.states]
    points = [float(state[mode]) for state in from_full]
    shown = slice(mode - 1, None, 3)  # each mode at times of its own, so that no marker hides another
    ax.plot([float(x) for x in times], curve, line, color=colour, label=f"$s_{mode}$, reduced flow")
    ax.plot(
        [float(x) for x in coarse][shown],
        points[shown],
        marker,
        color=colour,
        markerfacecolor="white",
        markeredgewidth=1.5,
        label=f"$s_{mode}$, full flow",
    )
ax.set_xscale("log")
ax.set_xlabel("gradient-flow time $t$ of the sum loss")
ax.set_ylabel("singular value $s_a$ of $Z$ (logit units)")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# Modes with unequal starts leave the saddle at the origin one after the other; afterwards they grow about
# linearly in $\log t$. The agreement above is a *test* of the reduction at one start; the claims
# `frozen-singular-vectors` and `reduced-ode` are its proof.
#
# ## 4. A Lyapunov function and its derivative
#
# Collapse means that all $s_a$, $a\ne0$, are equal. The relative entropy $V=\mathrm{KL}(u\,\Vert\,s/S)$,
# $S=\sum_{a\ne0}s_a$, measures the distance, and claim `lyapunov-derivative` gives

# %%
display(book["lyapunov-derivative"])

# %% [markdown]
# with $z(g)=\frac1K\sum_a s_a\chi_a(g)$, $p=\mathrm{softmax}(z)$, $q(g)=p(g)/(1-p(0))$ and $u$ uniform on
# $g\ne0$. Below, the formula is evaluated along the trajectory and compared with a five-point difference
# quotient of $V$ in $\log t$. Neither uses the other.

# %%
Phi = np.array(sylvester(2), dtype=object)


def derivative_formula(state):
    """-2 (1 - p(0))/z(0) (E_q z - E_u z) at a state (s_0, ..., s_3)."""
    z = Phi @ np.array(state, dtype=object) / 4
    weights = [mp.exp(x) for x in z]
    p = [x / sum(weights) for x in weights]
    mean_q = sum(x * y for x, y in zip(p[1:], z[1:], strict=True)) / (1 - p[0])
    mean_u = sum(z[1:]) / 3
    return -2 * (1 - p[0]) / z[0] * (mean_q - mean_u)


step = Fraction(1, 10**5)
stencil = [time * (1 + k * step) for time in times for k in (-2, -1, 1, 2)]
around = integrate_reduced(group, [x * x for x in alpha], stencil, digits=30)
near = np.array([lyapunov(state, MPF) for state in around.states]).reshape(-1, 4)
quotient = (8 * (near[:, 2] - near[:, 1]) - (near[:, 3] - near[:, 0])) / (12 * MPF.exact(step))

V = [lyapunov(state, MPF) for state in reduced.states]
rates = [derivative_formula(state) for state in reduced.states]
slope = [MPF.exact(time) * rate for time, rate in zip(times, rates, strict=True)]  # dV/dlog t
decreasing = all(later < earlier for earlier, later in pairwise(V))
mismatch = max(abs(x - y) for x, y in zip(slope, quotient, strict=True))
print(f"V decreases at every step: {decreasing}")
print(f"formula and difference quotient of V agree within 1e-15: {mismatch < 1e-15}")
assert decreasing
assert mismatch < 1e-15

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True)
clock = [float(x) for x in times]
left.plot(clock, [float(x) for x in V], color=BLUE)
left.set_ylabel("$V$ (nats)")
left.set_ylim(bottom=0)
right.plot(clock, [float(-x) for x in slope], color=BLUE, label="formula")
right.plot(
    clock[::3],
    [float(-x) for x in quotient[::3]],
    "o",
    color=ORANGE,
    markerfacecolor="white",
    markeredgewidth=1.5,
    label="difference quotient",
)
right.set_ylabel(r"$-\mathrm{d}V/\mathrm{d}\log t$ (nats)")
right.set_ylim(bottom=0)
right.legend(loc="upper right")
for ax in (left, right):
    ax.set_xscale("log")
    ax.set_xlabel("gradient-flow time $t$ of the sum loss")
plt.show()

# %% [markdown]
# That $\dot V\le0$ is proved for every $K$ and every finite abelian group; the picture shows how fast, at
# one start.

# %%
display(nv.check("lyapunov-derivative")[0].verdict)

# %% [markdown]
# ## 5. Identities typed by hand
#
# `nv.decide` decides whether two expressions in symbols, rational numbers, `+ - * / **` and `exp` are equal
# wherever both are defined. For $K=2$ the one moving mode has $\hat p=(e^x-e^y)/(e^x+e^y)$:

# %%
typed = nv.decide("(exp(x)-exp(y))/(exp(x)+exp(y))", "1 - 2/(exp(x-y)+1)")
display(typed)
assert typed.outcome == "proved"

# %% [markdown]
# A slip of sign is refuted, with a rational point and a ball around the difference that excludes zero:

# %%
slip = nv.decide("(exp(x)-exp(y))/(exp(x)+exp(y))", "1 - 2/(exp(y-x)+1)")
display(slip)
assert slip.outcome == "refuted"

# %% [markdown]
# So is a difference far below the resolution of doubles:

# %%
tiny = nv.decide("(exp(x)-exp(y))*(exp(x)+exp(y))", "exp(2*x)-exp(2*y) + 1/10**40")
display(tiny)
assert tiny.outcome == "refuted"

# %% [markdown]
# Other functions count as unknowns, equal for equal arguments. What is false still finds its point; what needs a
# law of the function is `undecided`, with the reason:

# %%
outside = nv.decide("log(x*y)", "log(x) + log(y)")
display(outside)
assert outside.outcome == "undecided"
