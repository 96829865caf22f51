"""The experiments, by name."""

import shlex

from ._experiment import SIZES, Experiment
from ._papers import DE_POIS, DEEP_KNN

_DIGITS = (
    "Features of 1,000 handwritten digits in place of CIFAR-10, and critics that "
    "learn for a few hundred steps; beside the defenses of the paper stand a model "
    "of the trusted rows and whoever flags nothing."
)
_NETWORKS = (
    "Digits, MNIST, and a ResNet-8 of 84 % on CIFAR-10 in place of eight networks of "
    "94 %, and fewer steps of an attack; means over draws with intervals."
)


def _sizes(common, quick, default, full):
    return {
        name: shlex.split(f"{common} {options}")
        for name, options in zip(SIZES, (quick, default, full))
        if options is not None
    }


def _minutes(*minutes):
    # Quick ones were measured, the others are the costs in doc/results by their cells.
    return dict(zip(SIZES, minutes))


def _of_depois(part, shows, counterparts, difference, minutes):
    return Experiment(
        "_depois",
        shows,
        {DE_POIS: counterparts},
        difference,
        _sizes(
            f"--parts {part}",
            "--seeds 1 --rows 500 --iterations 50 --generator-iterations 50",
            "--seeds 3",
            "",
        ),
        minutes,
    )


def _of_deep_knn(parts, shows, counterparts, difference, minutes):
    return Experiment(
        "_deep_knn",
        shows,
        counterparts,
        difference,
        _sizes(
            f"--parts {parts}",
            "--data digits --seeds 1 --targets 2 --iterations 50 --nets mlp-30",
            "--seeds 1",
            "",
        ),
        minutes,
    )


EXPERIMENTS = {
    "matrix": Experiment(
        "_matrix",
        "which defense works against which attack, on six real data sets",
        {DE_POIS: ("table I",)},
        "The paper ticks what others report; here every defense meets every attack, "
        "is paid in points of test accuracy, and stands between random eviction and "
        "a perfect filter. Clean-label poison (TCL) is that of depois-rates.",
        _sizes(
            "",
            "--repeats 1 --datasets Fourclass house --attacks clean 'near flips' StatP "
            "--without De-Pois DUTI",
            "--repeats 2",
            "--repeats 10",
        ),
        _minutes(0.5, 22, 110),
    ),
    "fourclass": Experiment(
        "_fourclass",
        "label flips on Fourclass, six strategies",
        {DE_POIS: ("table III", "figure 5", "figure 6", "figure 7")},
        "Rows LF. The paper does not say how it chose the flips; De-Pois stands with "
        "its defaults and, on few seeds, as it was published; all defenses of labels "
        "take part.",
        _sizes(
            "",
            "--strategies random far --rates 0.2 --shares 0.2 --seeds 2 "
            "--without 'De-Pois, as published'",
            "--seeds 2",
            "--seeds 10",
        ),
        _minutes(0.5, 18, 72),
    ),
    "house-detection": Experiment(
        "_house_prices",
        "poison among house prices, by what defenses flag",
        {DE_POIS: ("table III", "figure 5", "figure 6", "figure 7")},
        "Rows R. StatP beside OptP, a lasso of the trusted rows beside the defenses.",
        _sizes(
            "--parts detection",
            "--detection 0.2 --seeds 1",
            "--seeds 2",
            "--seeds 10",
        ),
        _minutes(0.6, 10, 50),
    ),
    "house-models": Experiment(
        "_house_prices",
        "regressions of poisoned house prices and warfarin doses, by their test error",
        {},
        "The figures of TRIM's paper (M. Jagielski et al., 2018), which come without "
        "numbers; the adaptive attacker is our own.",
        _sizes(
            "--parts models",
            "--data house --models ridge --rates 0 0.2 --seeds 1",
            "--seeds 2",
            "--seeds 10",
        ),
        _minutes(0.4, 14, 70),
    ),
    "depois-shares": _of_depois(
        "shares",
        "clean-label poison (TCL) and pGAN by the share of trusted rows",
        ("table III",),
        f"Rows TCL and pGAN. {_DIGITS}",
        _minutes(0.3, 4, 12),
    ),
    "depois-rates": _of_depois(
        "rates",
        "clean-label poison, pGAN and gradient poison (GP) by the rate of poison",
        ("figure 5", "figure 6", "figure 7", "figure 9"),
        f"{_DIGITS} GP is crafted against the fine-tuning of a network.",
        _minutes(0.4, 3, 9),
    ),
    "depois-classes": _of_depois(
        "classes",
        "classes without trusted rows",
        ("figure 13",),
        f"{_DIGITS} 5, 8 and 10 classes.",
        _minutes(0.2, 1, 2),
    ),
    "depois-few": _of_depois(
        "few",
        "few trusted rows",
        ("figure 10",),
        f"{_DIGITS} Shares of .005, .02 and .05.",
        _minutes(0.4, 1, 3),
    ),
    "depois-mixed": _of_depois(
        "mixed",
        "poison among the trusted rows",
        ("figure 11",),
        f"{_DIGITS} None, 5 % and 20 % of them.",
        _minutes(0.7, 1, 3),
    ),
    "depois-synthetic": _of_depois(
        "synthetic",
        "synthetic rows, and what mimic models make of them",
        ("table II", "figure 4", "figure 8"),
        "Pixels of digits in place of CIFAR-10, scaled Fourclass, and generators of "
        "a quarter of the width; the scores of images are of our own network in "
        "place of Inception.",
        _minutes(1, 2, 6),
    ),
    "depois-scores": _of_depois(
        "scores",
        "the scores of one poisoned set for each attack",
        ("figure 3",),
        f"{_DIGITS} Every attack in place of TCL alone.",
        _minutes(0.4, 0.4, 0.4),
    ),
    "depois-times": _of_depois(
        "times",
        "run times",
        ("table IV", "table V"),
        "CPU seconds of one core in place of a GTX 1060; the published networks are "
        "timed for some iterations and scaled up.",
        _minutes(0.7, 1, 1),
    ),
    "deep-knn-tables": _of_deep_knn(
        "tables",
        "every defense against every clean-label attack",
        {DEEP_KNN: ("table 2", "figure 2")},
        _NETWORKS,
        _minutes(0.3, 12, 25),
    ),
    "deep-knn-many": _of_deep_knn(
        "many",
        "fifty poisons a target",
        {DEEP_KNN: ("table 1",)},
        f"{_NETWORKS} The network is no AlexNet.",
        _minutes(0.2, 6, 8),
    ),
    "deep-knn-ablations": _of_deep_knn(
        "k imbalance",
        "the number of neighbors, few rows of a class, and the space of features",
        {DEEP_KNN: ("figure 3", "figure 4")},
        _NETWORKS,
        _minutes(0.2, 8, 15),
    ),
    "deep-knn-transfer": _of_deep_knn(
        "transfer",
        "attackers without the victim's network",
        {},
        "Our own: the paper knows every network.",
        _minutes(0.4, 9, 15),
    ),
    "deep-knn-adversarial": _of_deep_knn(
        "adversarial",
        "adversarially trained victims, the fifth defense of the paper",
        {DEEP_KNN: ("table 2",)},
        f"{_NETWORKS} The attacker who knows the defense is our own.",
        _minutes(0.4, 5, 10),
    ),
    "deep-knn-authors": Experiment(
        "_deep_knn",
        "the poisons of the authors, on CIFAR-10",
        {DEEP_KNN: ("table 2",)},
        f"{_NETWORKS} The poisons are 25 of the authors' sets, crafted for their "
        "networks.",
        # There is no smaller one: its network alone takes minutes.
        _sizes("--parts authors --data cifar10", None, "", ""),
        _minutes(0, 12, 12),
    ),
}
