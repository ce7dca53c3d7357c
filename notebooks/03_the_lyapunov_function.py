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
# # The Lyapunov function
#
# On the spectral family the distance to collapse is measured by the relative entropy of the uniform spectrum
# from the shares of the singular values,
#
# $$V=\mathrm{KL}(u\,\Vert\,s/S)=\log S-\frac1{K-1}\sum_{a\ne0}\log s_a-\log(K-1),\qquad S=\sum_{a\ne0}s_a .$$
#
# This notebook states what is proved about $V$, reads the proof, decides the same statement for single $K$ by
# another method, and shows where it stops being true. $V$ is in nats, time is gradient-flow time of the sum
# loss.

# %%
import matplotlib.pyplot as plt
import numpy as np
from flint import arb, ctx
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats

import ncverify as nv

set_matplotlib_formats("svg", "png", metadata={"Date": None})
plt.style.use("ncverify.figures.style")
ctx.prec = 200  # bits, for the arithmetic with balls below

# %% [markdown]
# ## 1. The statement
#
# With $q(g)=p(g)/(1-p(0))$ the softmax among the wrong classes:

# %%
book = nv.load_book()
claim = book["lyapunov-derivative"]
display(claim)
print(f"scope: {claim.scope}")
for item in claim.hypotheses:
    print(f"  {item.name}: {item.plain}")

# %% [markdown]
# ## 2. The derivation, line by line
#
# The idea fits in three lines. Differentiate, with $\dot s_a=2s_a(1-\hat p_a)$ and Parseval's identity:
#
# $$\begin{aligned}
# \dot V&=\frac{\dot S}{S}-\frac1{K-1}\sum_{a\ne0}\frac{\dot s_a}{s_a}\\
#   &=\frac{2K\,(z(0)-\mathbb E_pz)}{Kz(0)}-\frac{2K(1-p(0))}{K-1}\\
#   &=-\frac{2(1-p(0))}{z(0)}\bigl(\mathbb E_qz-\mathbb E_uz\bigr).
# \end{aligned}$$
#
# The bracket is $\frac1{2(K-1)}\sum_{g,h\ne0}(q(g)-q(h))(z(g)-z(h))$, and $q$ is ordered like $z$ because
# $\exp$ is increasing: every summand is nonnegative. Chebyshev's inequality, no more.
#
# The machine's version of it, for every $K$ at once. Each line names the rule of the kernel that made it and
# the lines that the rule was given:

# %%
result = nv.check("lyapunov-derivative")[0]
(proof,) = [item for item in result.verdict.evidence if item.route == "all-K proof"]
print(proof.summary)
assert result.verdict.outcome == "proved"

# %% [markdown]
# ## 3. Decided for one $K$ at a time
#
# A second route uses no rule of that kernel. For one group the formula is an identity between rational
# functions of $s_a$ and $e^{z(g)}$, and such identities have a normal form. By hand, for $K=4$ (the group
# $\mathbb Z_2^2$): $\dot V$ from the definition, and the formula of section 1, are typed as text.

# %%
signs = {1: (1, -1, 1, -1), 2: (1, 1, -1, -1), 3: (1, -1, -1, 1)}  # characters of Z_2^2
z = ["(" + " + ".join(f"({signs[a][g]})*s{a}" for a in signs) + ")/4" for g in range(4)]
Q = "(" + " + ".join(f"exp({x})" for x in z) + ")"
p = [f"exp({x})/{Q}" for x in z]
phat = {a: "(" + " + ".join(f"({signs[a][g]})*{p[g]}" for g in range(4)) + ")" for a in signs}
S_dot = "(" + " + ".join(f"2*s{a}*(1 - {phat[a]})" for a in signs) + ")"
mean_log_dot = "(" + " + ".join(f"2*(1 - {phat[a]})" for a in signs) + ")/3"
definition = f"{S_dot}/(s1 + s2 + s3) - {mean_log_dot}"


def formula(factor):
    """-factor (1 - p(0))/z(0) (E_q z - E_u z)."""
    mean_q = "(" + " + ".join(f"{p[g]}*{z[g]}" for g in (1, 2, 3)) + f")/(1 - {p[0]})"
    mean_u = "(" + " + ".join(z[1:]) + ")/3"
    return f"-{factor}*(1 - {p[0]})/({z[0]})*({mean_q} - {mean_u})"


right = nv.decide(definition, formula(2))
print("the formula, typed for K = 4:", right.outcome)
display(right)
wrong = nv.decide(definition, formula(1))
print("with the factor 1 in place of 2:", wrong.outcome)
display(wrong)
assert (right.outcome, wrong.outcome) == ("proved", "refuted")

# %% [markdown]
# A check that cannot fail would be worthless: the slip is refuted by a point, with a ball around the
# difference that excludes 0.
#
# ## 4. Instances
#
# The book does the same for many groups, beside the proof:

# %%
for item in result.verdict.evidence:
    if item.route == "normal form":
        print(f"{item.summary.split(':')[0]}: {item.scope}")

# %% [markdown]
# The same sign for a larger family of flows (claim `lyapunov-general`): if $\dot s_a=\rho(s_a)(1-\hat p_a)$
# with $\rho(s)/s$ nonincreasing, then $\dot V\le0$. The one-layer model has $\rho=1$; two balanced layers
# $\rho=2s$; $L$ balanced layers have $\rho=L\,s^{2-2/L}$, so that $\rho(s)/s=L\,s^{1-2/L}$ *increases* for
# $L\ge3$.

# %%
general = nv.check("lyapunov-general", "lyapunov-zero", "global-convergence")
display(general)
assert general.as_expected

# %% [markdown]
# ## 5. Where it fails
#
# With three layers, or with two layers of *distinct* imbalances $c_a=\alpha_a^2-\beta_a^2$ ($\dot
# s_a=\sqrt{c_a^2+4s_a^2}\,(1-\hat p_a)$), $V$ can increase. A hunt finds exact starts, and certifies them
# with balls:

# %%
four = nv.AbelianGroup.walsh(2)
for name, question in (("depth 3", {"depth": 3}), ("unbalanced", {"flow": "unbalanced"})):
    found = nv.hunt("V", four, **question)
    witness = found.witness
    print(f"V never increases, {name}: {found.outcome}")
    print("  ", {key: witness[key] for key in ("s", "c", "rate") if key in witness})
    assert found.outcome == "refuted"

# %% [markdown]
# How long does it increase? Along enclosed flows, from the starts of the book (`depth-lyapunov`,
# `unbalanced-lyapunov-distinct`) and, for comparison, with two balanced layers from the same start:


# %%
def relative_entropy(row):
    """V as a ball."""
    total = sum(row, arb(0))
    return total.log() - sum((x.log() for x in row), arb(0)) / len(row) - arb(len(row)).log()


moments = ["0", *(f"{n}/50" for n in range(1, 151))]
flows = [
    ("depth 3, $s(0)=(2,2,1)$", nv.ReducedFlow(four, depth=3), "2,2,1"),
    ("depth 2, $s(0)=(2,2,1)$", nv.ReducedFlow(four), "2,2,1"),
    ("depth 2, $c=(5,1,1)$, $s(0)=(2,1,1)$", nv.ReducedFlow(four, imbalance="5,1,1"), "2,1,1"),
    ("depth 2, $c=0$, $s(0)=(2,1,1)$", nv.ReducedFlow(four), "2,1,1"),
]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
for number, (name, flow, begin) in enumerate(flows):
    trajectory = flow.enclose(begin, until="3", times=moments, digits=20)
    V = [relative_entropy(row) for row in trajectory.s]
    time = [float(t) for t in trajectory.t]
    axes[number // 2].plot(time, [float(x.mid()) for x in V], label=name)
    rises = V[1] > V[0]
    top = max(range(len(V)), key=lambda i: float(V[i].mid()))
    print(f"{name.replace('$', '')}: V rises at first, certified: {rises}; largest at t = {time[top]:g}")
    assert rises == (number % 2 == 0)
for ax in axes:
    ax.set_xlabel("gradient-flow time $t$")
    ax.set_ylabel("$V$ (nats)")
    ax.set_ylim(bottom=0)
    ax.legend(handlelength=3)
plt.show()

# %% [markdown]
# The mechanism is visible in $w_a=\rho(s_a)/s_a$: with $w$ increasing in $s$ the *large* mode grows at the
# larger relative rate, against the softmax, which slows it. Which of the two wins depends on the start. Over
# all shares of $S=5$, $K=4$ (doubles: a picture, not a proof), depth 3 has $\dot V>0$ near the middles of the
# edges, where two large modes leave a small one behind. Sliders change the depth on the right and $S$:


# %%
def rate_of_V(s, depth):
    """dV/dt at an array of spectra, shape (3, ...), by the definition."""
    table = np.array([signs[a] for a in (1, 2, 3)])
    logits = np.tensordot(table.T, s, 1) / 4
    weights = np.exp(logits)
    softmax = weights / weights.sum(axis=0)
    speed = depth * s ** (1 - 2 / depth) * (1 - np.tensordot(table, softmax, 1))  # relative rates s_a'/s_a
    return (s * speed).sum(axis=0) / s.sum(axis=0) - speed.mean(axis=0)


steps = 120
shares = np.array(
    [(i, j, steps - i - j) for i in range(1, steps) for j in range(1, steps - i)], dtype=float
).T
shares /= steps
x, y = shares[1] + shares[2] / 2, shares[2] * np.sqrt(3) / 2


def simplex(depth=3, S=5):
    figure = Figure(figsize=(9, 3.9))
    for ax, layers in zip(figure.subplots(1, 2), (2, depth), strict=True):
        draw_rate(figure, ax, layers, S)
    return figure


def draw_rate(figure, ax, depth, S):
    rate = rate_of_V(S * shares, depth)
    most = np.abs(rate).max()
    mesh = ax.tripcolor(x, y, rate, cmap="PuOr_r", vmin=-most, vmax=most, shading="gouraud", rasterized=True)
    grows = rate.max() > 1e-9
    if grows:
        ax.tricontour(x, y, rate, levels=[0], colors="black", linewidths=1.2)
        ax.text(0.5, 0.06, "$V$ grows", ha="center", fontsize=9)
    ax.plot([0, 1, 0.5, 0], [0, 0, np.sqrt(3) / 2, 0], color="black", linestyle="-", linewidth=1)
    ax.plot(0.5, np.sqrt(3) / 6, "k*", markersize=9)
    for corner, at in (("$s_1$", (-0.04, -0.04)), ("$s_2$", (1.04, -0.04)), ("$s_3$", (0.5, 0.9))):
        ax.text(*at, corner, ha="center", va="center")
    ax.set_title(f"depth {depth}: $V$ {'grows in places' if grows else 'falls everywhere'}")
    ax.set_aspect("equal")
    ax.set_axis_off()
    figure.colorbar(mesh, ax=ax, label=r"$\dot V$ (nats per unit of time)", shrink=0.8)


nv.figures.explore(simplex, depth=(1, 2, 3, 4, 6, 10), S=(1, 2, 5, 10, 20))
