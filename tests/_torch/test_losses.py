"""Losses that led astray."""

import numpy as np
import pytest
import torch

from skpoison._torch.losses import finite_curve


class Estimator:
    pass


def test_several_losses_of_an_iteration_stay_together():
    curve = finite_curve([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])], None)
    assert curve.dtype == np.float32
    assert np.array_equal(curve, [[1, 2], [3, 4]])


def test_no_iteration_has_no_losses():
    assert len(finite_curve([], None)) == 0


@pytest.mark.parametrize("bad", [torch.tensor(torch.nan), torch.tensor([1, torch.inf])])
def test_the_first_iteration_that_is_not_finite_is_named(bad):
    good = torch.zeros_like(bad)
    with pytest.raises(ValueError, match="of Estimator is not finite from iteration 1"):
        finite_curve([good, bad, good, bad], Estimator())
