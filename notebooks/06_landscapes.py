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
# # Landscapes at $d=K$
#
# With weight decay, and one sample a class ($n=1$, no bias), the unconstrained feature model is
#
# $$f(W,H)=-\frac1K\sum_k\log P_{kk}+\frac{\lambda_W}2\lVert W\rVert^2+\frac{\lambda_H}2\lVert H\rVert^2,$$
#
# $P$ the softmax of the columns of $Z=WH$, $W\in\mathbb R^{K\times d}$, $H\in\mathbb R^{d\times K}$.
#
# Shen and Gu study $d=K$. *Proved* (`no-spurious-minimum`): for $d\ge K-1$ every critical point that is not a
# global minimum is a strict saddle, and the way out is explicit. *Certified* here: which critical points
# there are for $K=3$ and $4$, each enclosed in a box that holds exactly one, with its index. *Only seen*:
# that none is missing.
#
# $f$ is in nats; eigenvalues are those of the Hessian of $f$ in $(W,H)$.

# %%
import matplotlib.pyplot as plt
import numpy as np
from flint import arb, ctx
from IPython.display import display
from matplotlib_inline.backend_inline import set_matplotlib_formats

import ncverify as nv
from ncverify.replay.kinds import check_body

set_matplotlib_formats("svg", "png", metadata={"Date": None})
plt.style.use("ncverify.figures.style")
ctx.prec = 200  # bits, for the arithmetic with balls below

# %% [markdown]
# ## 1. All critical points for three and four classes
#
# Found from random starts, enclosed by interval Newton in coordinates without the rotations, classified by a
# certified index, and counted once up to permutations of the classes (`copies` says how many there are as
# products $WH$).

# %%
problems = {K: nv.landscape.Problem(classes=K, width=K, lambda_w="1/100", lambda_h="1/100") for K in (3, 4)}
censuses = {K: nv.landscape.critical_points(problem) for K, problem in problems.items()}
for census in censuses.values():
    print(census)
    print()
    assert not census.unresolved
    assert census.balanced

# %% [markdown]
# The Morse identity is a test of completeness: the critical sets of a function with compact sublevel sets
# have signed Euler numbers that add up to 1, in every width. A missing orbit would break it, unless two are
# missing that cancel. (`complete=True` proves the list complete for $K=3$.)
#
# ## 2. Index against loss
#
# With $g$ the loss without decay, let $e$ count the singular values of $\partial g/\partial Z$ above
# $\mu=\sqrt{\lambda_W\lambda_H}$. A critical point is a global minimum exactly if $e=0$
# (`global-minimum-test`), and each dimension beyond its rank adds $e$ to its index. In both pictures the
# larger losses have the larger indices, by and large; this is *seen*. That only the lowest point has index 0
# is *proved*.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.9))
for ax, (K, census) in zip(axes, censuses.items(), strict=True):
    for rank in range(K):
        points = [point for point in census.points if point.rank == rank]
        ax.plot(
            [float(point.value.mid()) for point in points],
            [point.index for point in points],
            "osD^"[rank],
            color=("#000000", "#0072B2", "#D55E00", "#009E73")[rank],
            markerfacecolor="white",
            markeredgewidth=1.8,
            markersize=8,
            linestyle="none",
            label=f"rank {rank}",
        )
    ax.set_title(f"$K=d={K}$, $\\lambda_W=\\lambda_H=1/100$")
    ax.set_xlabel("$f$ (nats)")
    ax.set_ylabel("index: negative eigenvalues")
    ax.legend(loc="upper left")
plt.show()
minima = [sum(point.kind == "global minimum" for point in census.points) for census in censuses.values()]
saddles = [sum(point.kind == "saddle" for point in census.points) for census in censuses.values()]
print(f"K = 3 and K = 4: {minima} global minimum each, {saddles} saddles up to symmetry, nothing else")
assert minima == [1, 1]
assert all(len(c.points) == m + s for c, m, s in zip(censuses.values(), minima, saddles, strict=True))

# %% [markdown]
# ## 3. The way out of a saddle
#
# Let $G=\partial g/\partial Z$, with largest singular value $\sigma>\mu$ and singular vectors $u,v$, and $a$
# a unit vector with $Wa=0$ (which $d\ge K$ provides). For equal decays, along $U=u\,a^\top$, $V=-a\,v^\top$
# the second derivative is $2(\mu-\sigma)<0$ (`negative-curvature`); the smallest eigenvalue of the Hessian is
# $\mu-\sigma$ (`smallest-eigenvalue`). Below: the lowest saddle of $K=4$. The curve along the direction is in
# doubles.

# %%
census = censuses[4]
saddle = min((point for point in census.points if point.escapes), key=lambda point: float(point.value.mid()))
bend = arb(1) / 100 - saddle.slope_norm()
print(f"lowest saddle: rank {saddle.rank}, index {saddle.index}, f = {saddle.value.str(12)}")
print(f"mu - sigma < 0, certified: {bend < 0};  mu - sigma = {bend.str(12)}")
assert bend < 0

t = np.linspace(-1.9, 1.9, 401)
along = saddle.along_escape(t)
start, lowest = float(saddle.value.mid()), min(float(point.value.mid()) for point in census.points)
u, v = saddle.escape()
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(1.4, 1))
left.plot(t, along, label="$f$ along the direction")
parabola = start + float(bend.mid()) * t**2
shown = parabola > along.min()
left.plot(t[shown], parabola[shown], label=r"$f+(\mu-\sigma)\,t^2$")
left.axhline(lowest, color="0.4", linestyle=":", linewidth=1.2, label="global minimum")
left.plot([0], [start], "o", color="black")
left.set_xlabel("$t$, step along $(ua^\\top,-av^\\top)$")
left.set_ylabel("$f$ (nats)")
left.set_ylim(bottom=lowest - 0.005)
left.legend(handlelength=3, fontsize=9, loc="center")
places = np.arange(1, 5)
right.bar(places - 0.2, u, 0.38, color="0.35", label="$u$ (new column of $W$)")
right.bar(
    places + 0.2, -v, 0.38, color="white", edgecolor="black", hatch="///", label="$-v$ (new row of $H$)"
)
right.axhline(0, color="black", linestyle="-", linewidth=0.8)
right.set_xticks(places)
right.set_xlabel("class")
right.set_ylabel("component (unit vectors)")
right.set_ylim(-0.75, 1.1)
right.legend(fontsize=8, loc="upper right")
plt.show()

# %% [markdown]
# ## 4. The Walsh family
#
# For $K=2^m$ the spectral family of the first notebook contains critical points: $Z$ with spectrum $s$ is
# critical exactly if $1-\hat p_a=K\mu$ on the support $A=\{a:s_a>0\}$. There is at most one for each $A$ (a
# strictly convex problem), and for $K=4$, $\lambda=1/100$ one for each of the $2^3$ supports: the faces
# $s_a=0$ of the fourth notebook are where saddles live.

# %%
family = nv.landscape.walsh_critical_points(nv.AbelianGroup.walsh(2), "1/100")
print("support       orbit  rank  index  f                s on the support")
for point in family:
    spectrum = point.spectrum[0].str(10, radius=False) if point.spectrum else "-"
    value = point.value.str(12, radius=False)
    print(f"{point.support!s:<14}{point.orbit:<7}{point.rank:<6}{point.index:<7}{value:<17}{spectrum}")
assert sum(point.orbit for point in family) == 8

listed = sum(
    any(
        point.rank == q.rank and point.index == q.index and point.value.overlaps(q.value)
        for q in census.points
    )
    for point in family
)
print(
    f"of {len(family)} orbits of supports, {listed} have a point of the census with their rank, index and value"
)
assert listed == len(family)

# %% [markdown]
# The full support is collapse, the global minimum. Each character more lowers the value and the index:

# %%
figure, ax = plt.subplots(figsize=(5.6, 3.4))
ax.plot(
    [point.rank for point in family],
    [float(point.value.mid()) for point in family],
    "o-",
    color="black",
    markerfacecolor="white",
    markeredgewidth=1.5,
)
for point in family:
    ax.annotate(
        f"{point.orbit} support{'s' if point.orbit > 1 else ''}, index {point.index}",
        (point.rank, float(point.value.mid())),
        xytext=(7, 8 if point.rank < 3 else -14),
        textcoords="offset points",
        fontsize=9,
    )
ax.set_xticks(range(4))
ax.set_xlim(-0.2, 4.2)
ax.set_ylim(0, 1.6)
ax.set_xlabel("rank: number of characters in the support")
ax.set_ylabel("$f$ (nats)")
plt.show()

# %% [markdown]
# ## 5. Checked again, by other code
#
# A census is also data. The second checker of the package, which imports no prover and no `sympy`, earns the
# statement anew from boxes and matrices:

# %%
for K, census in censuses.items():
    earned = check_body(census.certificate())
    print(f"K = {K}: {earned.outcome}")
    print("  ", earned.summary)

# %%
claims = nv.check(
    "no-spurious-minimum", "global-minimum-test", "negative-curvature", "smallest-eigenvalue", "ce-rank"
)
display(claims)
assert claims.as_expected
