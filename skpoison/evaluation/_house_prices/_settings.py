"""The poisoned training sets of both experiments."""

from dataclasses import dataclass

ATTACKS = ["OptP", "StatP"]
ADAPTIVE = "adaptive"
# The settings of the defenses were chosen on lower ones.
FIRST_SEED = 10
N_TRAIN, N_VALIDATION, N_TEST = 300, 250, 500
# 70 % of them.
N_HOUSES = 1022
RATES = [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.3]
# De-Pois varies the rate at this share of trusted rows, and the share at this rate.
DETECTION_RATE = DETECTION_SHARE = 0.2
DETECTION_RATES = DETECTION_SHARES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]


@dataclass(frozen=True)
class ModelSetting:
    """A poisoned training set of the first experiment; rate: poison / all rows."""

    data: str
    model: str
    attack: str
    rate: float
    seed: int


@dataclass(frozen=True)
class DetectionSetting:
    """A poisoned training set of the second; rate: poison / clean rows.

    The share is trusted rows / clean rows.
    """

    attack: str
    rate: float
    share: float
    seed: int


def model_settings(data, models, rates, n_seeds):
    """OptP and StatP against every model, the adaptive attack against ridge alone."""
    return [
        ModelSetting(d, model, attack, rate, FIRST_SEED + i)
        for d in data
        for model in models
        for attack in (*ATTACKS, ADAPTIVE)
        for rate in rates
        for i in range(n_seeds)
        if (attack != ADAPTIVE or model == "ridge") and (rate or attack == "OptP")
    ]


def detection_settings(values, n_seeds):
    """The values as rates at the share of the paper, and as shares at its rate."""
    axes = [(DETECTION_RATE, share) for share in values]
    axes += [(rate, DETECTION_SHARE) for rate in values]
    return [
        DetectionSetting(attack, rate, share, FIRST_SEED + i)
        for attack in ATTACKS
        for rate, share in dict.fromkeys(axes)
        for i in range(n_seeds)
    ]
