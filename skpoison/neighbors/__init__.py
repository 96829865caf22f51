"""Neighbour votes: class counts among the k nearest rows."""

from ._graph import graph_votes
from ._largest_k import largest_k
from ._search import search_graph
from ._votes import neighbor_votes

__all__ = ["graph_votes", "largest_k", "neighbor_votes", "search_graph"]
