"""What a poisoned training set of the experiment depends on."""

from dataclasses import dataclass

IMAGE_ATTACKS = ("TCL", "pGAN", "GP")
ATTACKS = (*IMAGE_ATTACKS, "LF", "R")
# Training rows of the attacks on tables: 70 % of the points, and of the houses.
TABLE_ROWS = {"LF": 603, "R": 1022}
# Of De-Pois's critics: fewer than its default, which takes three times as long.
ITERATIONS = {**dict.fromkeys(IMAGE_ATTACKS, 300), "LF": 500, "R": 500}
N_CLASSES = 10
# The settings of attacks and defenses were chosen on lower ones.
FIRST_SEED = 10
# The paper varies the rate at this share, and the share at this rate.
PAPER_RATE = PAPER_SHARE = 0.2
PAPER_SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


@dataclass(frozen=True)
class Setting:
    """A poisoned training set, and how long De-Pois learns.

    Attributes
    ----------
    attack : str
        One of ATTACKS.
    n_rows : int
        Training rows without the poison.
    iterations : int
        Of the critics of De-Pois.
    rate : float
        Poison rows / clean rows among those that are not trusted.
    share : float
        Trusted rows / training rows.
    mixed : float
        Poison rows / trusted rows.
    n_known : int
        Classes that have trusted rows, of images.
    seed : int
    """

    attack: str
    n_rows: int
    iterations: int
    rate: float = PAPER_RATE
    share: float = PAPER_SHARE
    mixed: float = 0.0
    n_known: int = N_CLASSES
    seed: int = FIRST_SEED


@dataclass(frozen=True)
class SyntheticSetting:
    """Trusted rows that generators learn from, and the mimic model of what they make.

    Attributes
    ----------
    attack : str
        On the rows that the mimic model judges: one of "LF", "R" and "TCL".
    n_rows : int
        Training rows without the poison.
    width : float
        Hidden units of the generating networks, relative to those of the paper.
    generator_iterations, iterations : int
        Of these networks, and of the mimic model.
    mimic : str
        One of MIMICS.
    seed : int
    """

    attack: str
    n_rows: int
    width: float
    generator_iterations: int
    iterations: int
    mimic: str
    seed: int


@dataclass(frozen=True)
class TimeSetting:
    """A training set at the paper's rate and share, on which defenses are timed."""

    attack: str
    n_rows: int
    seed: int
