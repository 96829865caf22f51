"""The class with the most votes, and how many changed voters it withstands."""

import numpy as np

__all__ = ["plurality_radius", "plurality_winner"]


def plurality_winner(votes):
    """Positions of the classes with the most votes; ties go to the smaller class."""
    return votes.argmax(axis=1)


def plurality_radius(votes):
    """How many voters may change at will before another class can win.

    Parameters
    ----------
    votes : ndarray of int of shape (n_samples, n_classes)
        Classes in their order, by which ties are decided.

    Returns
    -------
    ndarray of int of shape (n_samples,)
    """
    # A class that no training row has yet: without a vote, and it may win all ties.
    unseen = np.zeros((len(votes), 1), dtype=votes.dtype)
    votes = np.hstack([unseen, votes])
    winner = 1 + plurality_winner(votes[:, 1:])[:, None]
    ahead = np.take_along_axis(votes, winner, axis=1) - votes
    # A smaller class wins with as many votes.
    ahead -= np.arange(votes.shape[1]) < winner
    np.put_along_axis(ahead, winner, ahead.max() + 1, axis=1)
    # A voter who turns from the winner to the rival takes two votes off the lead.
    return np.maximum(ahead.min(axis=1) // 2, 0)
