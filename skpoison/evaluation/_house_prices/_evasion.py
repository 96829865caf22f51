"""An attacker of a regression who knows the filter, and what it keeps."""

import numpy as np
from sklearn.base import clone


def evade(defense, X, y, X_val, y_val, candidates, *, n_rounds=12):
    """Poison that stays under the threshold of a defense, and does what harm it can.

    The values of the poison rows lie between what the defended model of the clean rows
    predicts and what an attack asks for. Each row looks for the largest share of the
    way at which it is still kept, all rows by bisection together, since each of them
    changes the threshold for the others. Of all that was tried the values are taken
    that do the defended model the most harm on the validation rows.

    Parameters
    ----------
    defense : TRIMRegressor
    X, y : ndarray of shape (n_samples, n_features) and (n_samples,)
        The clean rows.
    X_val, y_val : ndarray
        Where the harm is wanted.
    candidates : list of (ndarray of shape (n_poisons, n_features), ndarray)
        Rows and values of attacks to start from.

    Returns
    -------
    X_poison, y_poison : ndarray
    """
    clean = clone(defense).fit(X, y)
    best, most = None, -np.inf
    for rows, wanted in candidates:
        honest = clean.predict(rows)
        kept_at, lost_at = np.zeros(len(rows)), np.ones(len(rows))
        share = np.ones(len(rows))
        for _ in range(n_rounds):
            values = honest + share * (wanted - honest)
            fitted = clone(defense).fit(np.vstack([X, rows]), np.append(y, values))
            harm = np.mean((fitted.predict(X_val) - y_val) ** 2)
            if harm > most:
                best, most = (rows, values), harm
            kept = fitted.inlier_mask_[len(y) :]
            kept_at = np.where(kept, share, kept_at)
            lost_at = np.where(kept, lost_at, share)
            share = (kept_at + lost_at) / 2
    return best
