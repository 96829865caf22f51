"""The tables and figures of deep_knn.py, with the figures of the paper beside."""

import pandas as pd
from matplotlib.figure import Figure

from .._tables import markdown

NAMES = {
    "tables": "every defense",
    "k": "the number of neighbors",
    "many": "fifty poisons a target",
    "imbalance": "few rows of the target's class",
    "transfer": "attackers without the victim's network",
    "adversarial": "adversarially trained networks",
    "authors": "the poisons of the authors",
}
COLUMNS = [
    "poisons removed",
    "clean removed",
    "targets fooled",
    "defense success",
    "test accuracy",
    "MCC",
    "ms a set",
]
# Tables 1 and 2 of the paper: AlexNet, 50 poisons; eight networks, 5 poisons.
PAPER = {
    ("many", "cifar10"): {
        "*Deep k-NN, k = 5000, the paper*": ["799/800", "0.6 %", "", "100 %", ".746"],
        "*L2 centroid, 1 %, the paper*": ["395/800", "1.0 %", "", "50 %", ".746"],
        "*one-class SVM, the paper*": ["168/800", "1.0 %", "", "37.5 %", ".745"],
        "*random eviction, the paper*": ["84/800", "10.0 %", "", "12.5 %", ".745"],
    },
    ("tables", "cifar10", "convex polytope"): {
        "*Deep k-NN, the paper*": ["510/510", "4.3 %", "", "100 %", ".939"],
        "*L2 centroid, the paper*": ["509/510", "9.1 %", "", "99.0 %", ".934"],
        "*one-class SVM, the paper*": ["114/510", "7.1 %", "", "29.9 %", ".917"],
        "*random eviction, the paper*": ["47/510", "10.0 %", "", "33.2 %", ".913"],
        "*adversarial training, the paper*": ["-", "-", "", "98.6 %", ".852"],
    },
}


def print_tables(frame):
    """Every table in markdown, under a line that says what it shows."""
    frame = frame.assign(
        defense=frame.defense.where(
            frame.part != "imbalance",
            "n / N = " + frame.ratio.map("{:g}".format) + ", " + frame.defense,
        )
    )
    keys = ["part", "data", "attack", "net", "surrogates"]
    for (part, data, attack, net, surrogates), rows in frame.groupby(keys, sort=False):
        title = f"{NAMES[part]}: {data}, {attack}, {net}"
        if part in ("transfer", "adversarial"):
            title += f", surrogates {surrogates}"
        paper = PAPER.get((part, data), PAPER.get((part, data, attack), {}))
        _print(title, rows, paper)
    keys = ["data", "attack"]
    for (data, attack), rows in frame[frame.part == "tables"].groupby(keys, sort=False):
        if rows.net.nunique() > 1:
            paper = PAPER.get(("tables", data, attack), {})
            _print(f"every defense: {data}, {attack}, all networks", rows, paper)


def _print(title, rows, paper):
    first = rows[rows.defense == rows.defense.iloc[0]]
    counts = first[["succeeded", "n_right", "n_misread"]].sum()
    print(
        f"\n{title}: undefended {counts.succeeded} of {counts.n_right} targets fooled, "
        f"{counts.n_misread} misread by the clean victim and not counted\n"
    )
    table = pd.DataFrame(
        {name: _cells(group) for name, group in rows.groupby("defense", sort=False)},
        COLUMNS,
    ).T
    for name, cells in paper.items():
        table.loc[name] = cells + [""] * (len(COLUMNS) - len(cells))
    print(markdown(table.rename_axis("defense")))


def _cells(rows):
    stopped = success(rows)
    return [
        f"{rows.poisons_removed.sum()}/{rows.n_poisons_in_all.sum()}",
        f"{rows.clean_removed.mean():.2f} %",
        f"{rows.fooled.sum()}/{rows.n_right.sum()}",
        "-" if pd.isna(stopped) else f"{100 * stopped:.1f} %",
        f"{rows.test_accuracy.mean():.3f}",
        f"{rows.mcc.mean():.2f}",
        f"{1000 * rows.seconds.mean():.1f}",
    ]


def success(rows):
    """Defense success rate over the attacks of all rows; nan where none succeeded."""
    n_succeeded = rows.succeeded.sum()
    if not n_succeeded:
        return float("nan")
    return (rows.success_rate.fillna(0) * rows.succeeded).sum() / n_succeeded


def save_figures(frame, folder):
    """Figures 2 and 4, of each data set that was measured."""
    for data, rows in frame.groupby("data", sort=False):
        parts = dict(list(rows.groupby("part", sort=False)))
        if "tables" in parts:
            save(_networks(parts["tables"]), folder / f"deep_knn_networks_{data}.png")
        if {"k", "imbalance"} <= set(parts):
            figure = _ablations(parts["k"], parts["imbalance"])
            save(figure, folder / f"deep_knn_ablations_{data}.png")


def save(figure, path):
    """Write a figure, and say where."""
    figure.savefig(path, dpi=80)
    print(f"\n{path}")


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
    sweep = sweep[sweep.defense.str.contains(" / N = ")]
    sweep = sweep.assign(x=sweep.defense.str.rpartition(" = ")[2].astype(float))
    for i, (net, rows) in enumerate(sweep.groupby("net", sort=False)):
        for style, (attack, lines) in zip("-:", rows.groupby("attack", sort=False)):
            _draw(axes[:, 0], lines, f"C{i}{style}", f"{net}, {attack}")
    imbalance = imbalance.assign(x=imbalance.ratio)
    for i, (net, rows) in enumerate(imbalance.groupby("net", sort=False)):
        for style, (_, lines) in zip(
            ("", "-", "--"), rows.groupby("defense", sort=False)
        ):
            if style:
                label = f"{net}, {'replicated' if style == '--' else 'as it is'}"
                _draw(axes[:, 1], lines, f"C{i}{style}", label)
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
