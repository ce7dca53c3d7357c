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
# # Hunting a counterexample
#
# "Along the flow the spectrum gets closer to collapse." In which distance? The relative entropy $V$ never
# increases, for every $K$ (third notebook). The natural choice, the angle between $s=(s_a)_{a\ne0}$ and the
# all-ones vector, can increase from $K=8$ on, and cannot for $K=4$. This notebook finds the first fact and
# looks at the second. Time is gradient-flow time of the sum loss, $s_a$ is in logit units.

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
# ## 1. The hunt
#
# The conjecture is $\frac{d}{dt}\frac{\langle s,\mathbf 1\rangle}{\lVert s\rVert\sqrt{K-1}}\ge0$ at every
# positive start. The hunt draws starts at random, climbs from the best, rounds to small rational numbers,
# encloses the rate in a ball, and simplifies the start as far as the ball still excludes 0:

# %%
eight, four = nv.AbelianGroup.walsh(3), nv.AbelianGroup.walsh(2)
found = nv.hunt("cosine", eight)
print("the cosine never decreases, K = 8:", found.outcome)
for name, value in found.witness.items():
    print(f"  {name}: {value}")
assert found.outcome == "refuted"

# %% [markdown]
# Only the last ball counts; random numbers decided where to look, and nothing else. For $K=4$ the same hunt
# ends with empty hands, and says so. That is not a proof:

# %%
nothing = nv.hunt("cosine", four, samples=1 << 17)
print("the cosine never decreases, K = 4:", nothing.outcome)
display(nothing)
assert nothing.outcome == "undecided"

# %% [markdown]
# ## 2. For how long?
#
# A rate at one instant could turn in the next. From another start the book encloses the flow and proves that
# the cosine falls at *every* time of an interval:

# %%
result = nv.check("nonmonotone-cosine-k8")[0]
(interval,) = [item for item in result.verdict.evidence if item.route == "enclosure"]
print(interval.outcome, "-", interval.summary)
assert interval.outcome == "certified"

# %% [markdown]
# The whole story of that start, with the angle in degrees and its turning point bracketed by comparing balls:


# %%
def angle(row):
    """The angle between s and the all-ones vector, in degrees, as a ball."""
    cosine = sum(row, arb(0)) / (sum((x * x for x in row), arb(0)) * len(row)).sqrt()
    return cosine.acos() * 180 / arb.pi()


moments = ["0"] + [f"{m}e{n}" for n in range(-2, 31) for m in (1, 2, 4, 7)] + ["1e31"]
trajectory = nv.ReducedFlow(eight).enclose("18,24,1,1,1,18,18", until="1e31", times=moments, digits=30)
angles = [angle(row) for row in trajectory.s]
last = max(i for i in range(len(angles) - 1) if all(angles[j] < angles[j + 1] for j in range(i + 1)))
time = [float(t) for t in trajectory.t]
print(
    f"certified growth from t = 0 to {time[last + 1]:.0f}: {angles[0].str(8)} to {angles[last + 1].str(8)} degrees"
)
falls = all(later < earlier for earlier, later in zip(angles[last + 2 :], angles[last + 3 :], strict=False))
print(f"afterwards it falls from each time to the next: {falls}")
back = next(t for t, x in zip(time[1:], angles[1:], strict=True) if x < angles[0])
print(f"certainly below its first value at t = {back:.0e}")
assert falls
assert time[last + 1] >= 200

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
clock = time[1:]
left.plot(clock, [float(x.mid()) for x in angles[1:]])
left.axhline(float(angles[0].mid()), color="0.4", linestyle=":", linewidth=1)
left.annotate("at the start", (1e20, float(angles[0].mid())), xytext=(0, 4), textcoords="offset points")
left.set_ylabel("angle between $s$ and $(1,\\dots,1)$ (degrees)")
for first, name in ((0, "$s_1=s_6=s_7$"), (1, "$s_2$"), (2, "$s_3=s_4=s_5$")):
    right.plot(clock, [float(row[first].mid()) for row in trajectory.s[1:]], label=name)
right.set_ylabel("singular value $s_a$ (logit units)")
right.legend(handlelength=3)
for ax in (left, right):
    ax.set_xscale("log")
    ax.set_xlabel("gradient-flow time $t$")
plt.show()

# %% [markdown]
# The two large groups of modes pull apart before the small one catches up: until about $t=10^5$ the distance
# to collapse is larger than at the start. Then it goes to 0, as it must (`global-convergence`).
#
# ## 3. Why not for four classes
#
# For $K=4$ there is an identity (claim `monotone-k4`, proved for both groups of order four):
#
# $$\hat p_a-\hat p_b=\frac2Q\,e^{-S/4}\bigl(e^{s_a/2}-e^{s_b/2}\bigr),\qquad Q=\sum_ge^{z(g)} .$$
#
# So $\hat p$ is ordered like $s$, the larger of two modes always grows at the smaller relative rate, and
# *every* reasonable distance falls: the ratio of any larger to any smaller mode, the angle, the largest
# share. Typed, and decided:

# %%
signs = {1: (1, -1, 1, -1), 2: (1, 1, -1, -1), 3: (1, -1, -1, 1)}  # characters of Z_2^2
weights = ["exp((" + " + ".join(f"({signs[a][g]})*s{a}" for a in signs) + ")/4)" for g in range(4)]
difference = " + ".join(
    f"({signs[1][g] - signs[2][g]})*{weights[g]}" for g in range(4)
)  # Q (phat_1 - phat_2)
identity = nv.decide(difference, "2*exp(-(s1 + s2 + s3)/4)*(exp(s1/2) - exp(s2/2))")
print("Q (phat_1 - phat_2), K = 4:", identity.outcome)
monotone = nv.check("monotone-k4", "maxmin-monotone-k8", "maxmin-nonmonotone-k16", "maxmin-monotone-z8")
display(monotone)
assert identity.outcome == "proved"
assert monotone.as_expected

# %% [markdown]
# ## 4. Four classes as a phase portrait
#
# The shares $(s_1,s_2,s_3)/S$ are points of a triangle: collapse is its centre, the edges $s_a=0$ and the
# corners are invariant (`spurious-directions`). Each curve is a certified trajectory from $S=3$ to
# $t=10^{100}$; on the edges the flow goes to the midpoint, a direction at infinity that is *not* collapse,
# and which every start with $s_a>0$ leaves.


# %%
def place(shares):
    """Shares, shape (..., 3), as points of the plane."""
    shares = np.asarray(shares)
    return shares[..., 1] + shares[..., 2] / 2, shares[..., 2] * np.sqrt(3) / 2


fine = [f"{m}e{n}" for n in range(-2, 12) for m in (1, 2, 4, 7)]
portrait_times = ["0", *fine, *(f"1e{n}" for n in range(12, 101, 2))]


def path(start):
    """Shares along the enclosed flow (midpoints), shape (times, 3)."""
    run = nv.ReducedFlow(four).enclose(start, until=portrait_times[-1], times=portrait_times, digits=15)
    s = np.array([[float(x.mid()) for x in row] for row in run.s])
    return s / s.sum(axis=1, keepdims=True)


def turned(parts):
    return [parts, parts[1:] + parts[:1], parts[2:] + parts[:2]]


inner = [
    parts
    for base in (
        ["1/50", "1", "99/50"],
        ["1/50", "99/50", "1"],
        ["1/50", "1/4", "273/100"],
        ["1/50", "273/100", "1/4"],
        ["1/50", "149/100", "149/100"],
        ["1/50", "1/50", "74/25"],
    )
    for parts in turned(base)
]
edges = [parts for base in (["0", "1/50", "149/50"], ["0", "149/50", "1/50"]) for parts in turned(base)]

portrait = [(start, path(start)) for start in inner + edges]
figure, ax = plt.subplots(figsize=(6, 5.2))
for start, shares in portrait:
    inside = "0" not in start
    x, y = place(shares)
    ax.plot(x, y, linestyle="-", color="#0072B2" if inside else "#D55E00", linewidth=1.2 if inside else 2.4)
    middle = np.argmin(np.abs(np.hypot(x - x[0], y - y[0]) - 0.5 * np.hypot(x[-1] - x[0], y[-1] - y[0])))
    ax.annotate(
        "",
        (x[middle + 1], y[middle + 1]),
        (x[middle], y[middle]),
        arrowprops={"arrowstyle": "->", "color": "black", "shrinkA": 0, "shrinkB": 0},
    )
    target = np.array([1 / 3] * 3) if inside else np.where(np.array(start) == "0", 0, 0.5)
    assert np.abs(shares[-1] - target).max() < 1e-3
ax.plot(*place([1 / 3] * 3), "k*", markersize=14, label="collapse", linestyle="none")
ax.plot(
    *place([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
    "ko",
    markerfacecolor="white",
    linestyle="none",
    label="limit on an edge (unstable)",
)
ax.plot(*place(np.eye(3)), "ks", markerfacecolor="white", linestyle="none", label="corner (unstable)")
for corner, (dx, dy) in zip(range(3), ((-0.06, -0.03), (0.06, -0.03), (0, 0.06)), strict=True):
    x, y = place(np.eye(3)[corner])
    ax.text(x + dx, y + dy, f"$s_{corner + 1}/S=1$", ha="center", va="center")
ax.set_aspect("equal")
ax.set_axis_off()
ax.legend(loc="upper left")
plt.show()
print(
    f"{len(inner)} trajectories inside end within 1e-3 of collapse, {len(edges)} on the edges at their midpoints"
)

# %% [markdown]
# A start of your own on the simplex, with shares in the ratio of the sliders, and its angle to collapse: for
# $K=4$ it falls from every start.


# %%
def from_start(s1=1, s2=8, s3=3):
    shares = path([f"{3 * w}/{s1 + s2 + s3}" for w in (s1, s2, s3)])
    figure = Figure(figsize=(9, 3.8))
    left, right = figure.subplots(1, 2)
    for _, others in portrait:
        left.plot(*place(others), "-", color="0.8", linewidth=1)
    left.plot(*place(shares), "-", color="#0072B2")
    left.plot(*place(shares[0]), "o", color="#0072B2", label="start")
    left.plot(*place([1 / 3] * 3), "k*", markersize=12, label="collapse")
    for corner, (dx, dy) in zip(range(3), ((-0.06, -0.03), (0.06, -0.03), (0, 0.06)), strict=True):
        x, y = place(np.eye(3)[corner])
        left.text(x + dx, y + dy, f"$s_{corner + 1}$", ha="center", va="center")
    left.set_aspect("equal")
    left.set_axis_off()
    left.legend(loc="upper left")
    cosine = shares.sum(axis=1) / np.sqrt(3 * (shares**2).sum(axis=1))
    right.plot(
        [float(t) for t in portrait_times[1:]],
        np.degrees(np.arccos(np.minimum(cosine[1:], 1))),
        "-",
        color="#0072B2",
    )
    right.set_xscale("log")
    right.set_xlim(1e-2, 1e14)
    right.set_ylim(bottom=0)
    right.set_xlabel("gradient-flow time $t$")
    right.set_ylabel("angle between $s$ and $(1,1,1)$ (degrees)")
    return figure


nv.figures.explore(from_start, s1=range(1, 10), s2=range(1, 10), s3=range(1, 10))
