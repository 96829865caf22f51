"""The estimators that the common checks cover: one line each.

`FILTERS` are filters of classification data, `REGRESSION_FILTERS` of regression
targets, `META_ESTIMATORS` what wraps them. The checks that cannot hold are listed with
the reason.
"""

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import get_tags

from skpoison.base import PoisonFilter
from skpoison.defenses import (
    ActivationClusteringFilter,
    AnnealedTrustFilter,
    CalibratedFilter,
    ConfidentLearningFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    InfluenceFilter,
    KNNShapleyFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    LossFilter,
    OneClassSVMFilter,
    PanelFilter,
    PerClassFilter,
    RandomEvictionFilter,
    SeverFilter,
    SpectralSignatureFilter,
    SpectreFilter,
    SphereSlabFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from skpoison.meta import DefendedClassifier, DefendedRegressor
from skpoison.pipeline import make_pipeline

FILTERS = [
    ActivationClusteringFilter(max_share=0.5, min_silhouette=-1, random_state=0),
    AnnealedTrustFilter(random_state=0),
    CalibratedFilter(DeepKNNFilter(k=4)),
    CalibratedFilter(TrustedDisagreementFilter(SVC(), random_state=0), random_state=0),
    DePoisFilter(
        hidden_layer_sizes=(16, 16), max_iter=90, learning_rate=1e-2, random_state=0
    ),
    ConfidentLearningFilter(
        make_pipeline(StandardScaler(), LogisticRegression()), random_state=0
    ),
    DeepKNNFilter(k=4),
    DeepKNNFilter(normalized_k=0.5, class_balance="replicate"),
    DUTIFilter(random_state=0),
    InfluenceFilter(make_pipeline(StandardScaler(), LogisticRegression())),
    KNNShapleyFilter(n_neighbors=4),
    L2CentroidFilter(contamination=0.1),
    LabelSanitizationFilter(n_neighbors=4),
    LossFilter(SVC(), random_state=0),
    OneClassSVMFilter(nu=0.2),
    # The default panel has tests of its own: it takes a second.
    PanelFilter(
        [("vote", DeepKNNFilter(k=4)), ("direction", SpectralSignatureFilter())],
        contamination=0.1,
    ),
    PerClassFilter(IsolationForest(n_estimators=10, random_state=0)),
    RandomEvictionFilter(random_state=0),
    TrustedDisagreementFilter(SVC(), n_rounds=2, random_state=0),
    SeverFilter(
        make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8)),
        random_state=0,
    ),
    SpectralSignatureFilter(),
    SpectreFilter(),
    SphereSlabFilter(0.9),
]

REGRESSION_FILTERS = [
    CalibratedFilter(SeverFilter(Ridge(), random_state=0)),
    DePoisFilter(
        hidden_layer_sizes=(16, 16), max_iter=90, learning_rate=1e-2, random_state=0
    ),
    DUTIFilter("regression", random_state=0),
    InfluenceFilter(Ridge()),
    LossFilter(Ridge(), contamination=0.2, random_state=0),
    PanelFilter(
        [
            ("loss", LossFilter(Ridge(), random_state=0)),
            ("sever", SeverFilter(Ridge(), random_state=0)),
        ]
    ),
    RandomEvictionFilter(random_state=0),
    TrustedDisagreementFilter(Ridge(), n_rounds=2, random_state=0),
    SeverFilter(Ridge(), random_state=0),
    TRIMRegressor(Ridge()),
    TRIMRegressor(Ridge(), contamination=0.1, screening="residual"),
]

META_ESTIMATORS = [
    DefendedClassifier(L2CentroidFilter(0.1), LogisticRegression()),
    DefendedRegressor(RandomEvictionFilter(random_state=0), Ridge()),
    make_pipeline(L2CentroidFilter(0.1), LogisticRegression()),
]

# Estimators whose outcome may depend on where in the data set a row stands.
ORDER_DEPENDENT = {
    "RandomEvictionFilter": "draws positions",
    "PerClassFilter": "its detector, an isolation forest here, draws positions",
    "DefendedRegressor": "its filter, random eviction here, draws positions",
}

# Filters that remove rows of any data, of well-separated clusters too.
ALWAYS_REMOVE = {
    "ActivationClusteringFilter",
    "InfluenceFilter",
    "KNNShapleyFilter",
    "L2CentroidFilter",
    "LossFilter",
    "PanelFilter",
    "PerClassFilter",
    "RandomEvictionFilter",
    "SeverFilter",
    "SpectralSignatureFilter",
    "SpectreFilter",
    "SphereSlabFilter",
}

_NEEDS_Y = "a row is judged with its label: fit, predict and their kin need y"
_STANDS_IN = (
    "in a plain scikit-learn Pipeline suspects are replaced while fitting, never later"
)
_AS_IT_CAME = "X is left to the wrapped estimator: a list comes back as a list"
_PASSES_ON = "X is left to the wrapped estimator: transform passes on whatever comes"
_ROUNDS = "the check rounds X, and y with it: a class of one row goes, with a warning"
_OUTVOTED = "labels drawn at random: every row of a class is outvoted, with a warning"
_STEPS = "as in scikit-learn: fitted steps replace the given ones"

_SPARSE_CHECKS = dict.fromkeys(
    ("check_estimator_sparse_array", "check_estimator_sparse_matrix"), _NEEDS_Y
)
_STAND_IN_CHECKS = dict.fromkeys(
    ("check_transformer_data_not_an_array", "check_transformer_general"), _STANDS_IN
)
_PREDICT_CHECKS = dict.fromkeys(
    (
        "check_classifier_data_not_an_array",
        "check_dict_unchanged",
        "check_dtype_object",
        "check_estimators_dtypes",
        "check_estimators_nan_inf",
        "check_estimators_pickle",
        "check_estimators_unfitted",
        "check_f_contiguous_array_estimator",
        "check_fit2d_predict1d",
        "check_fit_idempotent",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_n_features_in_after_fitting",
        "check_outliers_train",
    ),
    _NEEDS_Y,
)
_REGRESSION_CHECKS = dict.fromkeys(
    (
        "check_fit_score_takes_y",
        "check_pipeline_consistency",
        "check_transformer_preserve_dtypes",
    ),
    "in a plain scikit-learn Pipeline no row can stand in for another in a regression",
)

_WEIGHT_CHECKS = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "the filter, random eviction here, evicts a repeated row and its copies apart",
)

_CHECKS_OF_CLASS = {
    "DeepKNNFilter": {"check_estimator_sparse_tag": _OUTVOTED},
    "DefendedClassifier": _WEIGHT_CHECKS,
    "DefendedRegressor": _WEIGHT_CHECKS,
    "RandomEvictionFilter": {
        "check_dont_overwrite_parameters": _ROUNDS,
        "check_methods_sample_order_invariance": _ROUNDS,
        "check_methods_subset_invariance": _ROUNDS,
    },
    "ConfidentLearningFilter": {
        "check_estimators_nan_inf": _PASSES_ON,
        "check_fit2d_predict1d": _PASSES_ON,
    },
    "SeverFilter": {
        "check_estimators_nan_inf": _PASSES_ON,
        "check_fit2d_predict1d": _PASSES_ON,
    },
    "TRIMRegressor": {
        "check_estimators_nan_inf": _PASSES_ON,
        "check_fit2d_predict1d": _PASSES_ON,
    },
    "TrustingCalibratedFilter": {
        "check_estimators_nan_inf": _PASSES_ON,
        "check_fit2d_predict1d": _PASSES_ON,
    },
    "Pipeline": {
        "check_dont_overwrite_parameters": _STEPS,
        "check_estimators_overwrite_params": _STEPS,
    },
}


def expected_failed_checks(estimator):
    """scikit-learn checks that cannot hold for an estimator, each with the reason."""
    checks = dict(_CHECKS_OF_CLASS.get(type(estimator).__name__, {}))
    if isinstance(estimator, PoisonFilter):
        checks["check_outliers_fit_predict"] = _NEEDS_Y
        judges_values = estimator._is_regression([0, 1])
        if judges_values:
            checks |= _REGRESSION_CHECKS
        if judges_values or type(estimator).__name__ in ALWAYS_REMOVE:
            checks |= _STAND_IN_CHECKS
        if not estimator._validates_X:
            checks["check_transformer_data_not_an_array"] = _AS_IT_CAME
        if hasattr(estimator, "_score_new_rows"):
            checks |= _PREDICT_CHECKS
            if get_tags(estimator).input_tags.sparse:
                checks |= _SPARSE_CHECKS
    return checks


class _TrustsHalf:
    """Trusts every second row of each class where it is told of none."""

    def fit(self, X, y, *, trusted=None):
        if trusted is None and y is not None:
            by_label = np.argsort(np.asarray(y).ravel(), kind="stable")
            trusted = np.zeros(len(by_label), dtype=bool)
            trusted[by_label[::2]] = True
        return super().fit(X, y, trusted=trusted)


def trusting(estimator):
    """The estimator, ready for checks that pass no trusted rows.

    A filter that needs some becomes one of a subclass that chooses them itself: the
    checks then run its own code. The subclass can be pickled.
    """
    cls = type(estimator)
    if not getattr(estimator, "_needs_trusted", False):
        return estimator
    name = f"Trusting{cls.__name__}"
    if name not in globals():
        globals()[name] = type(name, (_TrustsHalf, cls), {"__module__": __name__})
    return globals()[name](**estimator.get_params(deep=False))


CHECKED = [
    *map(trusting, [*FILTERS, *REGRESSION_FILTERS]),
    *META_ESTIMATORS,
]
