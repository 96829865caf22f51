"""The main direction of each class, in the units of the features."""

from .._spectral_signature import SpectralSignatureFilter


class MainDirectionFilter(SpectralSignatureFilter):
    """Spectral signatures that are compared across classes.

    A class with a trigger in it stretches further than the others do, which scores
    relative to the cut of each class do not show.
    """

    def _relative_to_cut(self, squares, y):
        return -squares
