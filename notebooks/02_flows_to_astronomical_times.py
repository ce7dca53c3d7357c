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
# # Reduced flows to $t=10^{100}$
#
# On the spectral family the gradient flow of the cross-entropy is a flow of the singular values $s_a$ of the
# logits (claim `reduced-ode`; the first notebook shows why):
#
# $$\dot s_a=2s_a\,(1-\hat p_a),\qquad \hat p_a=\sum_g p(g)\chi_a(g),\qquad
#   p=\mathrm{softmax}(z),\qquad z(g)=\tfrac1K\sum_a s_a\chi_a(g),\qquad s_0=0.$$
#
# Collapse (all $s_a$ with $a\ne0$ equal) is approached so slowly that a simulation in $t$ sees little of it.
# Here the flow is followed to $t=10^{100}$, and every number is a ball that is *proved* to contain the exact
# solution. Time is gradient-flow time of the sum loss; $s_a$ is in logit units.

# %%
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from flint import arb, ctx
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy.special import expi

import ncverify as nv

set_matplotlib_formats("svg", "png", metadata={"Date": None})
plt.style.use("ncverify.figures.style")
ctx.prec = 400  # bits, for the arithmetic with balls below
LN10 = arb(10).log()


def middle(ball):
    """A double for the plots."""
    return float(ball.mid())


# %% [markdown]
# ## 1. A certified trajectory
#
# A step of the integrator is a polynomial with a bound on its error, carried forward by the logarithmic norm
# $\max_a(1-\hat p_a)$ (claim `log-norm-reduced`). Steps are taken in a time $\tau$ with
# $dt/d\tau=e^\ell\sum_g e^{z(g)-z(0)}$, in which the flow is polynomial; $\ell$ grows with $z(0)$, so the
# exponential slowdown costs no steps (claim `rescaled-time`); with weight decay there is none, and steps grow like $\lambda t$.

# %%
group = nv.AbelianGroup.walsh(3)  # K = 8
exponents = range(0, 101, 2)
trajectory = nv.ReducedFlow(group).enclose(
    "1, 2, 3, 1/2, 5/2, 3/2, 2", until="1e100", times=[f"1e{n}" for n in exponents], digits=50
)
radius = max(middle(x.rad() / x) for row in trajectory.s for x in row)
print(f"certified to t = {Decimal(int(trajectory.until)):.0e}: {trajectory.complete}")
print(f"fewer than 40 steps: {len(trajectory.segments) < 40}")
print(f"largest relative radius below 1e-50: {radius < 1e-50}")
print(f"s_1(1e100) = {trajectory.s[-1][0].str(25)}")
assert trajectory.complete
assert radius < 1e-50

# %% [markdown]
# `trajectory.certificate` is plain data (exact start, exact polynomials, bounds) that `ncverify replay`
# checks with other code.
#
# ## 2. Singular values against $\log t$, and $V$ against $\log S$
#
# The singular values grow about linearly in $\log t$ and come together. Collapse in the *shares* $s_a/S$,
# $S=\sum_{a\ne0}s_a$, is measured by $V=\mathrm{KL}(u\,\Vert\,s/S)$, $u$ uniform. Neither is fast: the
# natural clock of $V$ is $\log S$, and $S$ itself is about $(K-1)\log t$. (Left: the first thirty powers of
# ten; afterwards the curves cannot be told apart.)

# %%


def relative_entropy(row):
    """V as a ball."""
    total = sum(row, arb(0))
    return total.log() - sum((x.log() for x in row), arb(0)) / len(row) - arb(len(row)).log()


V = [relative_entropy(row) for row in trajectory.s]
S = [sum(row, arb(0)) for row in trajectory.s]
falls = all(later < earlier for earlier, later in pairwise(V))
print(f"V falls from each time to the next, certified: {falls}")
assert falls

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
for a in range(group.order - 1):
    left.plot(
        exponents[:16], [middle(row[a]) for row in trajectory.s[:16]], label=f"$s_{a + 1}$", linewidth=1.3
    )
left.set_xlabel(r"$\log_{10}t$ ($t$: gradient-flow time)")
left.set_ylabel("singular value $s_a$ (logit units)")
left.legend(ncols=2, fontsize=8, handlelength=3)
right.plot([middle(x.log() / LN10) for x in S], [middle(x.log() / LN10) for x in V], "o-", markersize=3)
right.set_xlabel(r"$\log_{10}S$ ($S$ in logit units)")
right.set_ylabel(r"$\log_{10}V$ ($V$ in nats)")
plt.show()

# %% [markdown]
# *Proved*, for every $K$, group and positive start: $V$ never increases (`lyapunov-derivative`), and $s/S$
# tends to the uniform spectrum (`global-convergence`). *Certified*, at this start: the curves. The comparison
# $V(t_{i+1})<V(t_i)$ above is between balls: where it says `True`, it is a theorem about this trajectory.
#
# The same for other starts and other depths: $K=4$, a start on the simplex $s_1+s_2+s_3=3$ with shares in the
# ratio of the sliders, and $L$ balanced layers. (Where no kernel runs, the figure stands for the defaults.) The
# deeper the network, the longer the wait at a small start; with three layers $V$ rises at first for some.


# %%
def trajectories(s1=2, s2=6, s3=1, depth=2):
    weights = [Fraction(3 * w, s1 + s2 + s3) for w in (s1, s2, s3)]
    powers = [n / 4 for n in range(-8, 81)]
    times = [
        Fraction(round(10 ** (power % 1) * 1000), 1000) * Fraction(10) ** int(power // 1) for power in powers
    ]
    flow = nv.ReducedFlow(nv.AbelianGroup.walsh(2), depth=depth)
    rows = flow.enclose(weights, until=times[-1], times=times, digits=15).s
    figure = Figure(figsize=(9, 3.4))
    left, right = figure.subplots(1, 2)
    for a in range(3):
        left.plot(powers, [middle(row[a]) for row in rows], label=f"$s_{a + 1}$")
    left.set_xlabel(r"$\log_{10}t$ ($t$: gradient-flow time)")
    left.set_ylabel("singular value $s_a$ (logit units)")
    left.legend(loc="upper left")
    S = [middle(sum(row, arb(0)).log() / LN10) for row in rows]
    right.plot(S, [middle(relative_entropy(row)) for row in rows])
    right.set_xlabel(r"$\log_{10}S$ ($S$ in logit units)")
    right.set_ylabel("$V$ (nats)")
    right.set_ylim(bottom=0)
    figure.suptitle(f"$s(0)=({', '.join(str(w) for w in weights)})$, depth {depth}")
    return figure


nv.figures.explore(trajectories, s1=range(1, 10), s2=range(1, 10), s3=range(1, 10), depth=(1, 2, 3, 4))

# %% [markdown]
# ## 3. The slowdown, beside the squared loss
#
# On the collapse ray, $s_a=s$ for all $a\ne0$, the flow is one equation with an explicit solution (claim
# `slowdown-exact`):
#
# $$\dot s=\frac{2Ks}{e^s+K-1},\qquad
#   t(s)=\frac{\mathrm{Ei}(s)-\mathrm{Ei}(s(0))+(K-1)\log\bigl(s/s(0)\bigr)}{2K}.$$
#
# It is a test of the integrator that uses none of its code: $t$ of the ball $s(t)$ must contain $t$.

# %%
K = 8
START = Fraction(1, 2)
moments = [f"1e{n}" for n in range(-1, 41)]
ray = nv.ReducedFlow(group).enclose([START] * (K - 1), until=moments[-1], times=moments, digits=60)
start = arb(1) / 2


def clock(s):
    """The exact time at which the collapse ray is at s."""
    return (s.ei() - start.ei() + (K - 1) * (s / start).log()) / (2 * K)


inside = all(
    clock(row[0]).contains(arb(t.numerator) / t.denominator) for t, row in zip(ray.t, ray.s, strict=True)
)
print(f"the exact formula contains every asked time: {inside}")
assert inside

# %% [markdown]
# Under the squared loss $\frac12\lVert WH-I\rVert^2$ the same family has $\dot s_a=2s_a(1-s_a)$: the modes
# decouple, and $1-s(t)=\frac{1-s(0)}{1+s(0)(e^{2t}-1)}$ (claim `mse-contrast`). The natural measure of what
# is left to learn is $1-\hat p_a$ for the cross-entropy and $1-s_a$ for the squared loss.


# %%
def slowdown(K=8):
    """Both losses from s(0) = 1/2 by their exact solutions; the certified values at K = 8 as dots."""
    s = np.geomspace(0.501, 95, 400)
    t = (expi(s) - expi(0.5) + (K - 1) * np.log(2 * s)) / (2 * K)
    t_squared = np.geomspace(1e-3, 50, 200)
    left_to_learn = 0.5 / (1 + 0.5 * np.expm1(2 * t_squared))
    figure = Figure(figsize=(9, 3.6))
    left, right = figure.subplots(1, 2)
    left.plot(t, s, label="cross-entropy")
    left.plot(t_squared, 1 - left_to_learn, label="squared loss")
    if K == 8:
        times = [float(t.numerator / t.denominator) for t in ray.t]
        left.plot(times[::3], [middle(row[0]) for row in ray.s[::3]], "ko", markersize=3, label="certified")
    left.set_ylabel("singular value $s$ (logit units)")
    right.plot(t, K / (np.exp(s) + K - 1), label=r"cross-entropy, $1-\hat p$")
    right.plot(t_squared, left_to_learn, label="squared loss, $1-s$")
    right.set_yscale("log")
    right.set_ylim(1e-42, 3)
    right.set_ylabel("what is left to learn (no unit)")
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_xlim(1e-3, 1e40)
        ax.set_xlabel("gradient-flow time $t$")
        ax.legend()
    figure.suptitle(f"$K={K}$")
    return figure


nv.figures.explore(slowdown, K=(2, 4, 8, 16, 64, 256, 1024))

# %% [markdown]
# A straight line on the right is a power of $t$; the squared loss falls off it, exponentially. For every
# start with $s_a\ge m$ (`slowdown-bounds`): $1-p(0)\le(K-1)e^{-m}$. A summary of the paper says that "the
# slowdown is logarithmic in the logit norm". That is upside down: the *norm* is logarithmic in time, and the
# slowdown exponential in the norm (`slowdown-logarithmic`, refuted).

# %%
slowdown = nv.check("slowdown-exact", "slowdown-bounds", "mse-contrast", "slowdown-logarithmic")
display(slowdown)
assert slowdown.as_expected

# %% [markdown]
# ## 4. The transverse rate
#
# How fast do *differences* between modes die out? Write $s_a=\bar s(1+\delta_a)$, $\sum_a\delta_a=0$.
# Linearised at the ray (`transverse-rate`), $d\delta_a/d\bar s=-\delta_a/K$, that is
#
# $$\delta_a\sim e^{-\bar s/K}\sim(t\log t)^{-1/K}.$$
#
# This linearisation is proved, and that $\delta_ae^{\bar s/K}$ converges along every nonlinear trajectory is
# `tail-conjecture`, proved for every $K$. Below: the trajectory of section 1.

# %%
means, deviations = [], []
for row in trajectory.s:
    mean = sum(row, arb(0)) / len(row)
    means.append(mean)
    deviations.append([x / mean - 1 for x in row])
scaled = [
    [deviation * (mean / K).exp() for deviation in row] for mean, row in zip(means, deviations, strict=True)
]
largest = [max(row, key=lambda x: middle(abs(x))) for row in deviations]
slope = (abs(largest[-1]).log() - abs(largest[-6]).log()) / (means[-1] - means[-6])
print(f"slope of log|delta| against sbar, t = 1e90 to 1e100: {middle(slope):.6f} (-1/K = {-1 / K})")
settled = all(abs(x - y) < abs(y) / 1000 for x, y in zip(scaled[-6], scaled[-1], strict=True))
print(f"delta e^(sbar/K) changes by less than 1/1000 from 1e90 to 1e100, certified: {settled}")
assert settled

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
spread = [middle(abs(x).log() / LN10) for x in largest]
average = [middle(x) for x in means]
line = [spread[-1] - (s - average[-1]) / K / np.log(10) for s in average]
left.plot(average, spread, "o", markersize=3, color="0.2", label="certified trajectory")
left.plot(average, line, "--", color="0.2", linewidth=1, label=r"slope of $e^{-\bar s/K}$")
left.set_xlabel(r"mean singular value $\bar s$ (logit units)")
left.set_ylabel(r"$\log_{10}\max_a|\delta_a|$")
left.legend()
for a in range(K - 1):
    right.plot(exponents, [middle(row[a]) for row in scaled], label=f"$a={a + 1}$", linewidth=1.3)
right.set_xlabel(r"$\log_{10}t$ ($t$: gradient-flow time)")
right.set_ylabel(r"$\delta_a\,e^{\bar s/K}$ (no unit)")
right.legend(ncols=2, fontsize=8, handlelength=3, loc="center right")
plt.show()

# %%
display(nv.check("transverse-rate")[0].verdict)
