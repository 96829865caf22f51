"""Neighbour votes: class counts among the k nearest rows."""

from ._votes import neighbor_votes

__all__ = ["neighbor_votes"]
