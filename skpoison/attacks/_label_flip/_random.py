"""Rows at random."""


def random_flips(codes, n_classes, n_flips, random_state):
    """Rows drawn without replacement, and for each another class drawn at random."""
    rows = random_state.permutation(len(codes))[:n_flips]
    steps = random_state.randint(1, n_classes, size=n_flips)
    return rows, (codes[rows] + steps) % n_classes
