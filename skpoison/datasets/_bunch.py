"""What a fetcher of a table returns: a Bunch, as scikit-learn's fetchers do."""

import numpy as np
from sklearn.utils import Bunch

from .._utils.optional import optional_import
from ._cache import FETCH_OPTIONS

TABLE_OPTIONS = FETCH_OPTIONS | {"return_X_y": ["boolean"], "as_frame": ["boolean"]}


def table(X, y, *, feature_names, target_name, DESCR, return_X_y, as_frame, **extra):
    """A Bunch of a table, or its (X, y); as pandas objects where asked for."""
    frame = None
    if as_frame:
        pd = optional_import("pandas", "data")

        data = pd.DataFrame(X, columns=feature_names)
        target = pd.Series(y, name=target_name)
        frame = data.assign(**{target_name: target})
        X, y = data, target
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        frame=frame,
        feature_names=np.asarray(feature_names).tolist(),
        target_names=[target_name],
        DESCR=DESCR,
        **extra,
    )
