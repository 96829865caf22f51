"""Neighbour votes: class counts among the k nearest rows."""

from ._largest_k import largest_k
from ._votes import neighbor_votes

__all__ = ["largest_k", "neighbor_votes"]
