"""How far an audit has come, on standard error."""

import sys

_WIDTH = 24


class Progress:
    """A bar that grows with each step, or nothing.

    Parameters
    ----------
    shows : bool
    n_steps : int
    """

    def __init__(self, shows, n_steps):
        self._shows, self._n_steps, self._done = shows, n_steps, 0

    def __call__(self, doing):
        """Say what is done next; None at the end."""
        if not self._shows:
            return
        share = 1.0 if doing is None else min(1.0, self._done / self._n_steps)
        self._done += 1
        bar = "#" * round(share * _WIDTH)
        text = f"\r[{bar:{_WIDTH}}] {doing or 'done':40}"
        print(text, end="\n" if doing is None else "", file=sys.stderr, flush=True)
