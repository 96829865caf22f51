"""An election in two rounds, and how many changed voters its winner withstands."""

from typing import NamedTuple

import numpy as np

__all__ = ["Election", "hold_election"]

# Two classes that no training row has yet could come first and second.
_N_UNSEEN = 2


class Election(NamedTuple):
    """Both rounds of the elections for some rows.

    Attributes
    ----------
    votes : ndarray of int of shape (n_samples, n_classes)
        Of the first round: how many voters give each class the largest score.
    leads : ndarray of int of shape (n_samples, n_classes + 1, n_classes + 1)
        By how many voters the first class is preferred to the second. The last class is
        one that no training row has.
    """

    votes: np.ndarray
    leads: np.ndarray

    def finalists(self):
        """The winner of the run-off and the loser, as positions of the classes.

        Ties go to the smaller class, in both rounds.
        """
        order = np.argsort(-self.votes, axis=1, kind="stable")[:, :2]
        small, large = np.sort(order, axis=1).T
        larger_wins = self.leads[np.arange(len(small)), small, large] < 0
        winner = np.where(larger_wins, large, small)
        return winner, small + large - winner

    def radius(self):
        """How many voters may change at will before another class can win.

        Returns
        -------
        ndarray of int of shape (n_samples,)
        """
        rows = np.arange(len(self.votes))
        winner, loser = self.finalists()
        rivals = np.r_[np.arange(self.votes.shape[1]), np.full(_N_UNSEEN, -1)]
        votes = np.hstack([self.votes, np.zeros((len(rows), _N_UNSEEN), dtype=int)])
        leads = self.leads[rows, winner][:, rivals]
        is_winner = rivals == winner[:, None]

        def needed(lead, ahead_of):
            """Votes to overtake a class by so many; a smaller class needs no lead."""
            return np.maximum(lead + (rivals > ahead_of[:, None]), 0)

        # Two rivals overtake the winner in the first round. A changed voter takes two
        # votes off one of the leads at most, and three off both together.
        out = needed(votes[rows, winner][:, None] - votes, winner)
        first, second = np.partition(
            np.where(is_winner, np.iinfo(int).max // 4, out), 1, axis=1
        )[:, :2].T
        in_first_round = np.maximum(_halved(second), -(-(first + second) // 3))
        # Or a rival takes the place of the loser and wins the run-off.
        into = needed(votes[rows, loser][:, None] - votes, loser)
        against = needed(leads, winner)
        in_run_off = np.maximum(_halved(into), _halved(against))
        in_run_off[is_winner] = np.iinfo(int).max
        return np.maximum(np.minimum(in_first_round, in_run_off.min(axis=1)) - 1, 0)


def hold_election(scores_of_voters, n_samples, n_classes):
    """Count both rounds.

    Parameters
    ----------
    scores_of_voters : iterable of ndarray of shape (n_samples, n_classes)
        -inf where a voter does not know the class. A voter who prefers neither of two
        classes does not vote between them.
    n_samples, n_classes : int

    Returns
    -------
    Election
    """
    votes = np.zeros((n_samples, n_classes), dtype=int)
    leads = np.zeros((n_samples, n_classes + 1, n_classes + 1), dtype=int)
    unseen = np.full((n_samples, 1), -np.inf)
    for scores in scores_of_voters:
        votes[np.arange(n_samples), scores.argmax(axis=1)] += 1
        scores = np.hstack([scores, unseen])
        leads += scores[:, :, None] > scores[:, None, :]
    return Election(votes, leads - leads.transpose(0, 2, 1))


def _halved(n):
    """Half of it, rounded up."""
    return -(-n // 2)
