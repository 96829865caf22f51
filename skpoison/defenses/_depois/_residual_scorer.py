"""The authenticator of a regression: what a LASSO of the trusted rows expects."""

import numpy as np
from sklearn.linear_model import LassoCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from .._trusted_disagreement import TrustedDisagreementFilter
from ._calibrator import ScoreCalibrator

__all__ = ["N_TRUSTED_TARGETS", "ResidualScorer"]

# The LASSO of two thirds of the trusted rows chooses its penalty by five folds of them.
N_TRUSTED_TARGETS = 8


class ResidualScorer:
    """Lowers the scores of rows with large residuals.

    A row must satisfy both scorers: no surplus of one makes up for the other. The lower
    of two scores is low more often than either, so it is measured in deviations of its
    own over the trusted rows.

    Attributes
    ----------
    filter : TrustedDisagreementFilter
        Of the residuals, out of fold for the trusted rows.
    """

    def __init__(self):
        self.filter = TrustedDisagreementFilter(
            make_pipeline(MinMaxScaler(), LassoCV()), random_state=0
        )

    def fit(self, X, y, trusted, scores):
        """Learn from the trusted rows, and lower the scores of all rows."""
        self.filter.fit(X, y, trusted=trusted)
        lower = np.minimum(scores, self.filter.sample_scores_)
        self.calibrator = ScoreCalibrator().fit(lower[trusted])
        return self.calibrator.transform(lower)

    def lower(self, X, y, scores):
        """Lower the scores of new rows."""
        lower = np.minimum(scores, self.filter.score_samples(X, y))
        return self.calibrator.transform(lower)
