"""``ncverify new``: a claims file to start from."""

from __future__ import annotations

from pathlib import Path

from ncverify.errors import InputError

TEMPLATE = '''\
"""Claims of my own.  Check them with:  ncverify check {name}   or:  pytest {name}"""

import ncverify as nv

# A model: does label smoothing give this flow of the singular values?  The loss of one sample is
# written in its logits z and its softmax p, numbered from the label on; s, phat stand for s_a and
# phat_a = sum_g p(g) chi_a(g).
eps = nv.symbol("eps")


def label_smoothing(z, p):
    return -(1 - eps) * nv.log(p[0]) - eps / len(p) * sum(nv.log(q) for q in p)


nv.flow("my-label-smoothing", "2*s*(1 - eps - phat)", loss=label_smoothing, classes=8)

# A derivation: each step is decided, and the first wrong one is named, with a point where it fails.
nv.derivation(
    "my-sigmoid",
    [
        "exp(-x)/(1 + exp(-x))**2",
        "1/(1 + exp(-x)) * exp(-x)/(1 + exp(-x))",
        "1/(1 + exp(-x)) * (1 - 1/(1 + exp(-x)))",
    ],
)

# An inequality on a region: certified by a cover of boxes, or refuted by an exact point.
nv.inequality("my-sigmoid-slope", "exp(-x)/(1 + exp(-x))**2 <= 1/4", on={{"x": (-5, 5)}})

# A conjecture: "this never increases along the balanced flow with 8 classes".  It is hunted; what is not
# refuted is undecided, which proves nothing.  (This one is false, so we expect it to be refuted.)
nv.conjecture("my-cosine", "cosine", classes=8, expected="refuted")

# A proof for every K, with the rules of the all-K calculus, is a function: see CONTRIBUTING.md of ncverify.
'''


def write_new(target: str) -> None:
    """Write the template; ``InputError`` if the file exists or is no ``.py`` file."""
    path = Path(target)
    if path.suffix != ".py":
        raise InputError(f"{target} is not a .py file: claims files are Python, e.g. my_claims.py")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=path.name))
    except FileExistsError:
        raise InputError(f"{target} exists: give a new name, it would be overwritten") from None
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from None
