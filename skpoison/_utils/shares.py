"""Numbers of rows from shares of them."""

__all__ = ["floor_share"]


def floor_share(share, n):
    """floor(share x n), where .29 of 100 rows are 29 in spite of binary fractions."""
    return int(share * n + 1e-9 * n)
