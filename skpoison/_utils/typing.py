"""The types of public signatures that have no short name elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import ArrayLike
    from scipy.sparse import sparray, spmatrix

__all__ = ["Device", "Estimator", "MatrixLike", "RandomState", "SparseMatrix"]

Device: TypeAlias = "str | torch.device"
# Whatever has the methods that the docstring names: scikit-learn has no types.
Estimator: TypeAlias = Any
MatrixLike: TypeAlias = "ArrayLike | pd.DataFrame | spmatrix | sparray"
RandomState: TypeAlias = "int | np.random.RandomState | None"
SparseMatrix: TypeAlias = "spmatrix | sparray"
