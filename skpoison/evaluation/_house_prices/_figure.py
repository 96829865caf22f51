"""The figure of the first experiment."""

from matplotlib.figure import Figure

from ._defenses import UNDEFENDED


def drawn(frame):
    """Test error of one model, if possible ridge, by rate: a row for each data set."""
    model = "ridge" if "ridge" in set(frame.model) else frame.model.iloc[0]
    frame = frame[frame.model == model]
    sets, attacks = frame.data.unique(), frame.attack.unique()
    figure = Figure(figsize=(4 * len(attacks) + 2, 3 * len(sets)), layout="constrained")
    axes = figure.subplots(len(sets), len(attacks), squeeze=False, sharey=True)
    for line, data in zip(axes, sets):
        for ax, attack in zip(line, attacks):
            clean = (frame.attack == "OptP") & (frame.rate == 0)
            rows = frame[(frame.data == data) & ((frame.attack == attack) | clean)]
            for name, part in rows.groupby("defense", sort=False):
                means = part.groupby("rate")["test_mse"].mean()
                style = "--" if name == UNDEFENDED else "-"
                ax.plot(means.index, means, style, marker=".", label=name)
            ax.set(yscale="log", title=f"{data}, {attack}")
            ax.grid(alpha=0.3)
        line[0].set_ylabel(f"test MSE, {model}")
    for ax in axes[-1]:
        ax.set_xlabel("poison / all rows")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper")
    return figure
