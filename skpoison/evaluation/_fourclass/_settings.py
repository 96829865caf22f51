"""The poisoned training sets of the experiment."""

from dataclasses import dataclass

STRATEGIES = ["random", "near", "far", "tilt", "alfa", "cluster"]
# The settings of the defenses were chosen on lower ones.
FIRST_SEED = 10
# Of those, defenses of minutes a fit are run on so many.
N_SLOW_SEEDS = 5
# The paper varies the rate at this share, and the share at this rate.
PAPER_RATE = PAPER_SHARE = 0.2
PAPER_RATES = PAPER_SHARES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]


@dataclass(frozen=True)
class Setting:
    """A poisoned training set.

    Attributes
    ----------
    strategy : str
        Of :class:`~skpoison.attacks.LabelFlipAttack`.
    rate : float
        Flipped rows / clean rows.
    share : float
        Trusted rows / training rows.
    seed : int
    """

    strategy: str
    rate: float
    share: float
    seed: int

    @property
    def is_of_paper(self):
        """Whether it is the one that defenses of minutes a fit are measured in."""
        at = self.strategy, self.rate, self.share
        is_early = self.seed < FIRST_SEED + N_SLOW_SEEDS
        return is_early and at == ("random", PAPER_RATE, PAPER_SHARE)


def settings(strategies, rates, shares, n_seeds):
    """The rates at the share of the paper, and the shares at its rate."""
    axes = [(rate, PAPER_SHARE) for rate in rates]
    axes += [(PAPER_RATE, share) for share in shares]
    return [
        Setting(strategy, rate, share, FIRST_SEED + i)
        for strategy in strategies
        for rate, share in dict.fromkeys(axes)
        for i in range(n_seeds)
    ]
