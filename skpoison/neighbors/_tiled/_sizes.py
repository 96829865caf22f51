"""How much is held at a time."""

from typing import NamedTuple

# Larger ones gain nothing: what a strip and a tile have in common fits into a cache.
_MOST_TILE_ROWS, _MOST_STRIP_ROWS, _MOST_BLOCK_ROWS = 8192, 256, 16_384
# Per pair of a strip and a tile: the nearness, a mask, and positions where all reach
# their level; per pair that is tallied and per voter kept, all that sorts them, too.
_PAIR_BYTES, _TALLIED_BYTES, _VOTER_BYTES = 40, 160, 96
# Fewer would take all the time to be called.
_FEWEST_ROWS = 16


class Sizes(NamedTuple):
    """Rows at a time.

    Attributes
    ----------
    tile : int
        Rows that vote, in one product.
    strip : int
        Rows to judge, in one product.
    block : int
        Rows to judge while all tiles pass by once.
    tallied : int
        Rows to judge in one product whose voters may all tie.
    room : int
        Voters that a row keeps.
    """

    tile: int
    strip: int
    block: int
    tallied: int
    room: int

    @classmethod
    def within(cls, n_bytes, shape, most, n_rows):
        """As many as fit into the memory of a task, a quarter of it for each purpose.

        Parameters
        ----------
        n_bytes : float
        shape : tuple of int
            Of the rows that vote.
        most : int
            Voters that it may take to complete a vote.
        n_rows : int
            Rows to judge that are worth a task.
        """
        share, (n_reference, n_features) = n_bytes / 4, shape
        room = min(most + most // 8 + 64, n_reference)
        tile = _fitting(share, 16 * (n_features + 1), min(_MOST_TILE_ROWS, n_reference))
        kept = _VOTER_BYTES * room
        strip = _fitting(share, tile * _PAIR_BYTES + 2 * kept, _MOST_STRIP_ROWS)
        most_rows = max(1, min(_MOST_BLOCK_ROWS, n_rows))
        block = _fitting(share, 16 * (n_features + 1) + kept, most_rows)
        tallied = _fitting(share, tile * _TALLIED_BYTES + kept, strip)
        return cls(tile, min(strip, block), block, min(tallied, block), room)


def _fitting(n_bytes, bytes_per_row, most):
    return int(min(max(n_bytes // bytes_per_row, _FEWEST_ROWS), most))
