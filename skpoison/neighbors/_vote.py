"""When a vote is complete."""

import numpy as np

from ._candidates import kth_largest
from ._weights import votes_needed


class Vote:
    """The votes to gather, and the rows that it takes.

    Parameters
    ----------
    weight : ndarray of shape (n_classes,)
        Votes that a row of each class casts.
    k : int
    n_reference : int
        Number of rows that vote.

    Attributes
    ----------
    needed : float
        The sum of votes that completes the vote.
    fewest, most : int
        How many rows cast so many votes if all are heavy, and if all are light.
    """

    def __init__(self, weight, k, n_reference):
        self.weight, self.needed = weight, votes_needed(k)
        self.fewest = min(int(np.ceil(self.needed / weight.max())), n_reference)
        self.most = min(int(np.ceil(self.needed / weight.min())), n_reference)

    def completing(self, nearness, labels):
        """Nearness of the voter whose vote is the k-th, among `most` or more.

        Parameters
        ----------
        nearness : ndarray of shape (n_voters,)
            The larger, the nearer.
        labels : ndarray of int of shape (n_voters,)
            Read where the classes weigh differently.
        """
        if self.fewest == self.most:
            return kth_largest(nearness, self.most)
        weight = self.weight[labels]
        highest = kth_largest(nearness, self.fewest)
        sure = weight[nearness > highest].sum()
        between = nearness <= highest
        between &= nearness >= kth_largest(nearness, self.most)
        nearness, weight = nearness[between], weight[between]
        nearest_first = np.argsort(nearness)[::-1]
        votes = sure + np.cumsum(weight[nearest_first])
        return nearness[nearest_first[np.searchsorted(votes, self.needed)]]
