"""Which defense works against which attack: the matrix of all of them."""
