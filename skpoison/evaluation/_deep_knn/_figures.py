"""Figures 2 to 4."""

from dataclasses import replace

from matplotlib.figure import Figure

from ...inspection import FeatureSpaceDisplay
from ._defenses import AS_IT_IS, REPLICATED, SWEEP, DeepKNN
from ._measure import attacked
from ._report import success


def feature_space(setting, folder):
    """Figure 3: one poisoned set in feature space, and what Deep k-NN removes."""
    own, sets, features = attacked(replace(setting, n_targets=1), folder)
    undefended = own.train(features, sets.y, sets.members)
    normal = undefended.coef_[0][[setting.target, setting.poison]]
    kept = DeepKNN(normalized_k=1.0).keep(sets, features)
    rows = sets.members[0]
    return FeatureSpaceDisplay.from_predictions(
        features[rows],
        sets.y[rows],
        kept[0, rows],
        target_class=setting.target,
        poison_class=setting.poison,
        is_poison=sets.is_poison[rows],
        target_features=own.features(sets.X_target),
        normal=normal[0] - normal[1],
        ax=Figure(figsize=(7, 5), layout="constrained").subplots(),
    )


def figures(frame):
    """Figures 2 and 4, of each data set that was measured, by name."""
    drawn = {}
    for data, rows in frame.groupby("data", sort=False):
        parts = dict(list(rows.groupby("part", sort=False)))
        if "tables" in parts:
            drawn[f"networks_{data}"] = _networks(parts["tables"])
        if {"k", "imbalance"} <= set(parts):
            drawn[f"ablations_{data}"] = _ablations(parts["k"], parts["imbalance"])
    return drawn


def _networks(rows):
    """Figure 2: success and accuracy of each defense, network by network."""
    attacks, nets = rows.attack.unique(), rows.net.unique()
    defenses = rows.defense.unique()
    figure = Figure(figsize=(11, 0.6 + 2.4 * len(attacks)), layout="constrained")
    axes = figure.subplots(len(attacks), 2, squeeze=False, sharex=True)
    width = 0.8 / len(defenses)
    for line, attack in zip(axes, attacks):
        for i, defense in enumerate(defenses):
            groups = [
                rows[
                    (rows.attack == attack)
                    & (rows.net == net)
                    & (rows.defense == defense)
                ]
                for net in nets
            ]
            at = [x + (i - len(defenses) / 2 + 0.5) * width for x in range(len(nets))]
            line[0].bar(at, [success(group) for group in groups], width, label=defense)
            line[1].bar(at, [group.test_accuracy.mean() for group in groups], width)
        line[0].set(ylabel="defense success", title=attack, ylim=(0, 1.05))
        low = rows.test_accuracy.min()
        line[1].set(ylabel="test accuracy", title=attack, ylim=(low - 0.02, 1))
        for ax in line:
            ax.set_xticks(range(len(nets)), [net.replace("/", "\n") for net in nets])
            ax.grid(axis="y", alpha=0.3)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize="small")
    return figure


def _ablations(sweep, imbalance):
    """Figure 4: against the normalised k, and against the size of the class."""
    figure = Figure(figsize=(10, 8), layout="constrained")
    axes = figure.subplots(3, 2, sharey="row")
    sweep = sweep.assign(x=sweep.defense.map({str(d): d.normalized_k for d in SWEEP}))
    sweep = sweep.dropna(subset="x")
    for i, (net, rows) in enumerate(sweep.groupby("net", sort=False)):
        for style, (attack, lines) in zip("-:", rows.groupby("attack", sort=False)):
            _draw(axes[:, 0], lines, f"C{i}{style}", f"{net}, {attack}")
    imbalance = imbalance.assign(x=imbalance.ratio)
    for i, (net, rows) in enumerate(imbalance.groupby("net", sort=False)):
        for defense, style, label in (
            (AS_IT_IS, "-", "as it is"),
            (REPLICATED, "--", "replicated"),
        ):
            lines = rows[rows.defense == str(defense)]
            _draw(axes[:, 1], lines, f"C{i}{style}", f"{net}, {label}")
    for ax in axes[:, 0]:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
    axes[2, 0].set_xlabel("normalised k")
    axes[2, 1].set_xlabel("rows of the target's class / rows of the others")
    for ax in axes[0]:
        ax.legend(fontsize="x-small")
    return figure


def _draw(axes, lines, style, label):
    groups = list(lines.groupby("x"))
    x = [value for value, _ in groups]
    for ax, name, values in (
        (axes[0], "defense success", [success(rows) for _, rows in groups]),
        (axes[1], "MCC", [rows.mcc.mean() for _, rows in groups]),
        (axes[2], "test accuracy", [rows.test_accuracy.mean() for _, rows in groups]),
    ):
        ax.plot(x, values, style, marker=".", label=label)
        ax.set_ylabel(name)
        ax.grid(alpha=0.3)
