"""
Is my training set poisoned? An audit of a clean table and of a poisoned one
============================================================================

A score says which rows look worst, and never how many of them are poison: some row of a
clean table looks worst too. Rows that are known to be clean say what is normal. The
audit holds all other rows against them.
"""

# %%
# The table, and two attacks
# --------------------------
# The breast cancer table of scikit-learn: 569 rows, 30 measurements, two classes. A
# third of the rows, drawn at random, has been checked by hand. The attacker flips the
# labels of a tenth of the others: at random, or of groups of rows that lie together,
# which vouch for one another.

import tempfile
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_breast_cancer

from skpoison.attacks import LabelFlipAttack
from skpoison.audit import PoisonAudit

bunch = load_breast_cancer(as_frame=True)
X, y = bunch.data, bunch.target_names[bunch.target]
trusted = np.random.default_rng(0).random(len(y)) < 1 / 3


def flip(strategy):
    """The labels, a tenth of the untrusted ones wrong."""
    attack = LabelFlipAttack(strategy=strategy, rate=0.1, random_state=0)
    labels = y.copy()
    labels[~trusted] = attack.fit_poison(bunch.data[~trusted], y[~trusted]).y
    return labels


tables = {"clean": y, "random flips": flip("random"), "clusters": flip("cluster")}

# %%
# The verdict
# -----------
# The audit tests whether there is any poison, and bounds its share from below. On the
# clean table it finds none, and does not claim that there is none.

audits = {
    name: PoisonAudit(random_state=0).fit(X, labels, trusted=trusted)
    for name, labels in tables.items()
}
for name, audit in audits.items():
    share = np.mean((tables[name] != y)[~trusted])
    print(f"{name}: {share:.1%} of the untrusted rows are wrong")
    print(f"    {audit.report_.verdict.headline}")
    effect = audit.report_.effect
    print(
        f"    {len(audit.suspects_)} suspects; without them the accuracy changes by "
        f"{effect.change:+.3f}, 95 % interval {effect.low:+.3f} to {effect.high:+.3f}"
    )

# %%
# The evidence
# ------------
# Each suspect comes with the reasons: what its nearest rows are labelled, what a model
# expects that was not trained on it, how many trusted rows look as bad, and how many
# more rows like it the attacker would have needed to hide it from its neighbours.

audit = audits["random flips"]
suspects = audit.suspects_
print(suspects[["position", "given", "suggested", "q_value", "accused_by", "n_to_tip"]])
for words in suspects["evidence"].head(3):
    print("-", words)
right = (audit.inlier_mask_ == (tables["random flips"] == y))[~trusted]
print(f"{right.mean():.1%} of the untrusted rows are judged rightly")

# %%
# Where the threshold comes from
# ------------------------------
# A score is the share of the trusted rows that look as bad. Clean rows spread evenly
# over it, and poison piles up on the left. What stands above the outline there is in
# excess; as many rows are suspects.

figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained", sharey=True)
for ax, (name, audit) in zip(axes, audits.items()):
    found = audit.report_.histogram
    for counts, style in (
        (found.untrusted, {"fill": True, "alpha": 0.5, "label": "untrusted rows"}),
        (found.trusted, {"lw": 1.5, "label": "trusted rows"}),
    ):
        ax.stairs(counts / counts.sum(), found.edges, **style)
    ax.axvline(found.threshold, color="black", ls="--", lw=1, label="threshold")
    ax.set(title=f"{name}: {len(audit.suspects_)} suspects", xlabel="score")
axes[0].set_ylabel("share of the rows")
axes[0].legend()

# %%
# The report
# ----------
# One page that needs nothing else, and its twin for machines. The command line does the
# same for a file: ``skpoison audit train.csv --target label --trusted checked --out
# report``.

with tempfile.TemporaryDirectory() as folder:
    page = Path(folder) / "audit.html"
    audit.to_html(page)
    audit.to_json(page.with_suffix(".json"))
    print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB")
plt.show()
# sphinx_gallery_thumbnail_path = "_static/audit.png"
