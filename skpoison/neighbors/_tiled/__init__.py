"""The vote where not all rows fit into memory, or not all work into one process."""

from ._count import count_by_tiles, runs_elsewhere

__all__ = ["count_by_tiles", "runs_elsewhere"]
