"""What an audit uses where the user names nothing: the filter and the model."""

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..defenses import (
    AnnealedTrustFilter,
    CalibratedFilter,
    DeepKNNFilter,
    PanelFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)

# The share of the rows that is listed where nothing tells how many are poison, and the
# votes that judge a row of a large set.
_LISTED, _VOTES = 0.05, 15
# Trees are grown per class and look at every feature: beyond this a linear model is
# trained, which costs less.
_MANY_CLASSES, _MANY_FEATURES = 20, 100


def filter_with_trusted_rows(filter, regression, seed, n_jobs):
    """The filter that is asked, held to how it scores trusted rows."""
    if isinstance(filter, CalibratedFilter):
        return filter
    if filter == "auto":
        filter = (
            TrustedDisagreementFilter(Ridge(), n_rounds=5, random_state=seed)
            if regression
            else AnnealedTrustFilter(random_state=seed)
        )
    return CalibratedFilter(filter, n_jobs=n_jobs, random_state=seed)


def filter_without_trusted_rows(filter, regression, n_sampled, n_rows, seed, n_jobs):
    """The filter that is asked where no row is known to be clean."""
    if filter != "auto":
        return filter
    if regression:
        return TRIMRegressor(Ridge())
    if n_sampled < n_rows:
        # A panel does not judge the rows outside the sample.
        return DeepKNNFilter(k=_VOTES, n_jobs=n_jobs)
    return PanelFilter(n_jobs=n_jobs, random_state=seed)


def listed_share(filter, regression):
    """The share of the rows that is listed where nothing tells how many are poison.

    None where the filter's own threshold tells.
    """
    return _LISTED if filter == "auto" and not regression else None


def model_of(estimator, regression, n_classes, n_features, seed):
    """The model whose predictions are asked, and which removal is to help."""
    if estimator is not None:
        return estimator
    if n_features > _MANY_FEATURES or n_classes > _MANY_CLASSES:
        model = Ridge() if regression else LogisticRegression(max_iter=300)
        return make_pipeline(StandardScaler(), model)
    model = (
        HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    )
    return model(max_iter=60, random_state=seed)
