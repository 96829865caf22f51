"""The linear model of the panel."""

import warnings

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis


class ShrunkenDiscriminantAnalysis(LinearDiscriminantAnalysis):
    """Linear discriminant analysis, quick to fit, with a tenth of shrinkage.

    A class of one row has no covariance, which scikit-learn warns of; here it says
    nothing about the others, and its own rows are judged by its mean.
    """

    def __init__(self):
        super().__init__(solver="lsqr", shrinkage=0.1)

    def fit(self, X, y):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Only one sample available")
            return super().fit(X, y)
