"""The attacked machine, refitted to the same rows again and again."""

from typing import NamedTuple

import numpy as np


class Machine(NamedTuple):
    """A trained machine: f(x_i) = sum_j dual_j K_ij + intercept."""

    dual: np.ndarray
    intercept: float


class KernelSVM:
    """An SVC on the kernel of the training rows, for labels -1 and +1.

    Parameters
    ----------
    kernel : WholeKernel or KernelInBlocks
        Of the attacked machine, see `training_kernel`.
    classes : ndarray of shape (2,)
        The labels that -1 and +1 stand for.
    """

    def __init__(self, kernel, classes):
        self.kernel = kernel
        self.C = kernel.svc.C
        self._classes = classes

    def fit(self, signs):
        """Train on labels -1 and +1; labels of one kind make a constant machine."""
        dual = np.zeros(len(signs))
        if np.all(signs == signs[0]):
            return Machine(dual, float(signs[0]))
        svc = self.kernel.svc
        svc.fit(self.kernel.rows, self._classes[(signs > 0).astype(int)])
        dual[svc.support_] = svc.dual_coef_[0]
        return Machine(dual, float(svc.intercept_[0]))

    def decide(self, machine):
        """Decision values of the training rows."""
        return self.kernel.product(machine.dual) + machine.intercept


def hinge(margins):
    """Hinge loss."""
    return np.maximum(1 - margins, 0)
