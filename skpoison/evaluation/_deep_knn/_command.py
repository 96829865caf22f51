r"""Clean-label poison: tables 1 and 2 and figures 2 to 4 of the Deep k-NN paper.

N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning Attacks", 2020. A
network is pre-trained on clean images and frozen; a victim goes on training its head on
a few new images of each class, among them poisons that are rightly labelled and make it
misread one target. A defense drops rows before. As in the paper poisons replace the
images that they were made from, and a defense succeeds where an attack that fools the
undefended victim fails. Targets that the victim of clean rows misreads are set aside.

    python examples/paper/deep_knn.py                          # within an hour
    python examples/paper/deep_knn.py --data digits            # some minutes
    python examples/paper/deep_knn.py --data cifar10 \
        --nets whitening-16 whitening-16/flip+shift            # 94 %
    python examples/paper/deep_knn.py --data cifar10 \
        --nets densenet121-200 resnet18-200 --targets 50 --iterations 4000

The parts: every defense against every attack (tables), the number of neighbors (k),
fifty poisons a target (many), a class with few rows (imbalance), attackers who do not
know the network (transfer), networks trained on adversarial images (adversarial), and
the poisons of the authors (authors). Rows go to results/deep_knn.csv as they are
measured, networks to results/networks as they are trained, and a second run does what
is missing.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from matplotlib.figure import Figure

from skpoison.base import PoisonFilter
from skpoison.defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    OneClassSVMFilter,
    RandomEvictionFilter,
)
from skpoison.inspection import FeatureSpaceDisplay

from .._runner import run, workers
from ._images import TUNING_ROWS
from ._networks import ROBUST
from ._poison_sets import (
    ATTACKS,
    AUTHORS,
    keep,
    keep_calibrated,
    outcome,
    poison,
    report,
)
from ._report import print_tables, save, save_figures
from ._victims import Net, network, recipe_of, test_rows, victim

NETS = {
    "digits": ["mlp-30", "cnn-30"],
    "mnist": ["mlp-5", "cnn-3"],
    "cifar10": ["resnet8-8"],
}
# What an attacker has who does not know the victim's network.
SURROGATES = {
    "digits": [*(f"mlp-30 seed {i}" for i in range(101, 105)), "cnn-30 seed 101"],
    "mnist": [*(f"mlp-5 seed {i}" for i in range(101, 105)), "cnn-3 seed 101"],
    "cifar10": [f"dropout-resnet8-6 seed {i}" for i in (101, 102)],
}
# Networks that are trained adversarially, too. On CIFAR-10 that takes hours.
ROBUST_NETS = {"digits": ["mlp-30"], "mnist": ["mlp-5"], "cifar10": []}
# Pairs of the class of the target and the class that it shall be taken for.
PAIRS = {
    "digits": [(3, 8), (7, 2), (4, 9)],
    "mnist": [(3, 8), (7, 2), (4, 9)],
    "cifar10": [(6, 8)],
}
N_SEEDS = {"digits": 5, "mnist": 1, "cifar10": 1}
# The settings of the attacks were chosen on lower ones.
FIRST_SEED = {"digits": 10, "mnist": 0, "cifar10": 0}
# Victims of fifty poisons fine-tune on rows that their network was trained on.
SEEN_ROWS = {"digits": 90, "mnist": 400, "cifar10": 400}

ITERATIONS = {"digits": 300, "mnist": 150, "cifar10": 150}
RATIOS = [0.1, 0.3, 0.5, 0.7, 0.9]
PARTS = ["k", "tables", "many", "imbalance", "transfer", "adversarial", "authors"]
MANY = 50
MANY_K = [50, 75, 100, 110, 125, 150, 200, 400, 800]

VICTIM, UNKNOWN = "the victim's network", "networks of the authors"
NOTHING, ORACLE = "flag nothing", "all poison removed (oracle)"
BASELINES = {
    "L2 centroid, 10 %": partial(L2CentroidFilter, 0.1),
    # The setting of the paper, whose verdicts are made of rounding noise.
    "one-class SVM, nu = .01": partial(OneClassSVMFilter, 0.01, tolerance=0),
    "one-class SVM, nu = .1": partial(OneClassSVMFilter, 0.1),
    "random eviction, 10 %": partial(RandomEvictionFilter, 0.1, random_state=0),
}
K, OVER_N, REPLICATED = "Deep k-NN, k = ", "Deep k-NN, k / N = ", ", replicated"
# Calibrated on the first sets of the authors.
CALIBRATED, N_KNOWN = "Deep k-NN, calibrated on five known sets", 5
KNOWN_K = [25, 50, 75, 100, 150, 200]
SWEEP = [f"{OVER_N}{k:g}" for k in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6)]
TABLE = [NOTHING, ORACLE, f"{OVER_N}1", *BASELINES]


class KnownVerdict(PoisonFilter):
    """Keep given rows: the bounds that every defense is compared with."""

    def __init__(self, kept):
        self.kept = kept

    def _score_training_rows(self, X, y, trusted):
        return self.kept.astype(float), 0.5


def make_filter(name, is_poison):
    """The filter of a name, for rows of which this mask marks the poison."""
    if name in (NOTHING, ORACLE):
        return KnownVerdict(~is_poison | (name == NOTHING))
    if name in BASELINES:
        return BASELINES[name]()
    if name.startswith(K):
        return DeepKNNFilter(int(name.removeprefix(K)))
    return DeepKNNFilter(
        normalized_k=float(name.removeprefix(OVER_N).removesuffix(REPLICATED)),
        class_balance="replicate" if name.endswith(REPLICATED) else None,
    )


def place(setting, folder):
    """The network of a setting, and where it is trained: arguments of `victim`."""
    data, seed = setting["data"], setting["seed"]
    # Every seed of the digits is another draw of the rows, too.
    draw = seed if data == "digits" else 0
    return Net.parse(setting["net"], seed), data, draw, folder


def known_places(setting, folder):
    """The same of the networks that the attacker has."""
    net, data, draw, folder = place(setting, folder)
    known = [net]
    if setting["surrogates"] not in (VICTIM, UNKNOWN):
        known = map(Net.parse, setting["surrogates"].split(" + "))
    return [(net, data, draw, folder) for net in known]


def train_networks(settings, folder, n_jobs):
    """Train what settings need and the folder lacks, each network by one worker."""
    needed = {
        recipe_of(net, data, draw).path(folder): (net, data, draw, folder)
        for setting in settings
        for net, data, draw, _ in [
            place(setting, folder),
            *known_places(setting, folder),
        ]
    }
    missing = [where for path, where in needed.items() if not path.exists()]
    with workers(n_jobs):
        Parallel()(delayed(train_network)(*where) for where in missing)


def train_network(*place):
    """Leave a network in its folder."""
    network(*place)


def attacked(setting, folder):
    """The victim of a setting, its poisoned sets, and their features."""
    net, data, draw, folder = place(setting, folder)
    own = victim(net, data, draw, folder)
    surrogates = [victim(*known).embedding for known in known_places(setting, folder)]
    sets = poison(own, surrogates, setting, draw)
    return own, sets, own.features(sets.X)


def measure(setting, defenses, *, folder):
    """What each defense removes of the poisoned sets, and the victims it leaves."""
    own, sets, features = attacked(setting, folder)
    masks, seconds = [sets.members], []
    for name in defenses:
        start = time.process_time()
        if name == CALIBRATED:
            filters = [DeepKNNFilter(k) for k in KNOWN_K]
            kept = keep_calibrated(sets, features, filters, N_KNOWN)
        else:
            kept = keep(sets, features, partial(make_filter, name))
        seconds.append((time.process_time() - start) / len(kept))
        # Who replicates rows for the vote trains on the copies, too.
        masks.append(kept[:, sets.original] if name.endswith(REPLICATED) else kept)
    test = test_rows(*place(setting, folder))
    predictions, accuracies = outcome(sets, own, features, np.array(masks), test)
    for i, name in enumerate(defenses, 1):
        # What was chosen on some sets is reported on the others.
        first = N_KNOWN if name == CALIBRATED else 0
        yield {
            **report(
                sets.after(first),
                masks[i][first:],
                predictions[i][first:],
                predictions[0][first:],
                setting["poison"],
            ),
            "test_accuracy": accuracies[i][first:].mean(),
            "seconds": seconds[i - 1],
        }


def feature_space(setting, folder):
    """Figure 3: one poisoned set in feature space, and what Deep k-NN removes."""
    own, sets, features = attacked(setting | {"n_targets": 1}, folder)
    undefended = own.train(features, sets.y, sets.members)
    normal = undefended.coef_[0][[setting["target"], setting["poison"]]]
    kept = keep(sets, features, partial(make_filter, f"{OVER_N}1"))
    rows = sets.members[0]
    return FeatureSpaceDisplay.from_predictions(
        features[rows],
        sets.y[rows],
        kept[0, rows],
        target_class=setting["target"],
        poison_class=setting["poison"],
        is_poison=sets.is_poison[rows],
        target_features=own.features(sets.X_target),
        normal=normal[0] - normal[1],
        ax=Figure(figsize=(7, 5), layout="constrained").subplots(),
    )


def cells(args, data):
    """Settings and defenses of each part: (part, list of settings, list of names)."""
    nets, pairs = args.nets or NETS[data], PAIRS[data]
    target, poison_class = pairs[0]
    seed = FIRST_SEED[data]
    base = {
        "data": data,
        "net": nets[0],
        "seed": seed,
        "attack": "convex polytope",
        "surrogates": VICTIM,
        "iterations": args.iterations or ITERATIONS[data],
        "target": target,
        "poison": poison_class,
        "n_targets": args.targets,
        "n_poisons": 5,
        "tuning": "new",
        "rows": TUNING_ROWS[data],
        "ratio": 1.0,
    }
    polytopes = [name for name in args.attacks if name != "feature collision"]
    seeds = range(seed, seed + (args.seeds or N_SEEDS[data]))
    # Averaged views make every step of an attack as many times as expensive.
    plain = [net for net in nets if not Net.parse(net).views]
    yield (
        "k",
        [
            base | {"net": net, "attack": attack, "seed": seed}
            for net in nets
            for attack in polytopes
            for seed in seeds
        ],
        # What the tables need of these sets too, so that they are made once.
        list(dict.fromkeys(TABLE + SWEEP)),
    )
    yield (
        "tables",
        [
            base
            | {"net": net, "attack": attack, "seed": seed, "target": a, "poison": b}
            for net in nets
            for attack in (args.attacks if net in plain else polytopes)
            for a, b in pairs
            for seed in seeds
        ],
        TABLE,
    )
    many = {
        "attack": "feature collision",
        "n_poisons": MANY,
        "n_targets": min(args.targets, 5),
        "tuning": "seen",
        "rows": SEEN_ROWS[data],
    }
    yield (
        "many",
        [base | many | {"net": net, "seed": seed} for net in plain for seed in seeds],
        [
            NOTHING,
            ORACLE,
            *(f"{K}{k}" for k in MANY_K if k <= 2 * SEEN_ROWS[data]),
            *BASELINES,
        ],
    )
    yield (
        "imbalance",
        [
            base | {"net": net, "seed": seed, "ratio": ratio}
            for net in plain[:2]
            for ratio in RATIOS
            for seed in seeds
        ],
        [NOTHING, f"{OVER_N}2", f"{OVER_N}2{REPLICATED}"],
    )
    yield (
        "transfer",
        [
            # The attack that transfers best: at least to networks of another seed.
            base | {"net": net, "seed": seed, "attack": attack, "surrogates": known}
            for net in nets
            for seed in seeds
            for known in surrogates(net, seed, args.surrogates or SURROGATES[data])
            for attack in polytopes[-1:]
        ],
        [NOTHING, ORACLE, f"{OVER_N}1", *BASELINES],
    )
    yield (
        "adversarial",
        [
            base
            | {"net": f"{ROBUST}{net}", "attack": attack, "seed": seed}
            | {"target": a, "poison": b, "surrogates": known}
            for net in (ROBUST_NETS[data] if args.robust is None else args.robust)
            for attack in args.attacks
            for a, b in pairs
            for seed in seeds
            # As in the paper, and an attacker who knows the defense.
            for known in (" + ".join(args.surrogates or [f"{net} seed {seed}"]), VICTIM)
        ],
        [NOTHING, ORACLE, f"{OVER_N}1"],
    )
    if data == "cifar10":
        authors = {"attack": AUTHORS, "surrogates": UNKNOWN, "n_targets": 25}
        yield (
            "authors",
            [base | authors | {"net": net, "iterations": 0} for net in nets],
            [*TABLE, *(f"{OVER_N}{k}" for k in (0.2, 0.5, 2)), CALIBRATED],
        )


def surrogates(net, seed, known):
    """Sets of networks that an attacker may have instead of the victim's."""
    victim_net = Net.parse(net, seed)
    others = [
        n for n in known if Net.parse(n)._replace(views=victim_net.views) != victim_net
    ]
    strangers = [
        n for n in others if Net.parse(n).architecture != victim_net.architecture
    ]
    if victim_net.views:
        yield f"{net.partition('/')[0]} seed {seed}"
    for group in dict.fromkeys((tuple(others), tuple(strangers))):
        if group:
            yield " + ".join(group)


def parse(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", nargs="+", choices=list(NETS), default=list(NETS))
    add("--parts", nargs="+", choices=PARTS, default=PARTS)
    add(
        "--nets",
        nargs="+",
        metavar="ARCHITECTURE-EPOCHS[/VIEWS]",
        help=f"the networks of victims; default: {NETS}",
    )
    add(
        "--robust",
        nargs="*",
        metavar="ARCHITECTURE-EPOCHS",
        help=f"networks to train adversarially; default: {ROBUST_NETS}",
    )
    add(
        "--surrogates",
        nargs="+",
        metavar="'NET seed SEED'",
        help=f"networks of attackers that lack the victim's; default: {SURROGATES}",
    )
    add("--attacks", nargs="+", choices=list(ATTACKS), default=list(ATTACKS))
    add("--targets", type=int, default=10, help="targets, each with poisons of its own")
    add("--iterations", type=int, help=f"steps of an attack; default: {ITERATIONS}")
    add("--seeds", type=int, help=f"networks of each kind; default: {N_SEEDS}")
    add("--jobs", type=int, default=2, help="worker processes, as in joblib")
    add("--results", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args(argv)


def main(argv=None):
    args = parse(argv)
    networks = args.results / "networks"
    frames = []
    for data in args.data:
        for part, asked, names in cells(args, data):
            if part in args.parts and asked:
                print(f"{data}, {part}", file=sys.stderr)
                train_networks(asked, networks, args.jobs)
                frame = run(
                    partial(measure, folder=networks),
                    asked,
                    names,
                    args.results / "deep_knn.csv",
                    n_jobs=args.jobs,
                )
                frames.append(frame.assign(part=part))
                if part == "k":
                    display = feature_space(asked[-1], networks)
                    save(display.figure_, args.results / f"deep_knn_space_{data}.png")
    frame = pd.concat(frames).reset_index(drop=True)
    print_tables(frame)
    save_figures(frame, args.results)


if __name__ == "__main__":
    main()
