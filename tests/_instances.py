"""The estimators that the common checks cover: one line each.

`FILTERS` are filters of classification data, `REGRESSION_FILTERS` of regression
targets, `META_ESTIMATORS` what wraps them. The checks that cannot hold are listed with
the reason.
"""

from sklearn.base import is_regressor
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.base import PoisonFilter
from skpoison.defenses import (
    AnnealedTrustFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    OneClassSVMFilter,
    PerClassFilter,
    RandomEvictionFilter,
    SeverFilter,
    SphereSlabFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from skpoison.meta import DefendedClassifier, DefendedRegressor
from skpoison.pipeline import make_pipeline

FILTERS = [
    AnnealedTrustFilter(random_state=0),
    DePoisFilter(
        hidden_layer_sizes=(16, 16), max_iter=90, learning_rate=1e-2, random_state=0
    ),
    DeepKNNFilter(k=4),
    DeepKNNFilter(normalized_k=0.5, class_balance="replicate"),
    DUTIFilter(random_state=0),
    L2CentroidFilter(contamination=0.1),
    LabelSanitizationFilter(n_neighbors=4),
    OneClassSVMFilter(nu=0.2),
    PerClassFilter(IsolationForest(n_estimators=10, random_state=0)),
    RandomEvictionFilter(random_state=0),
    TrustedDisagreementFilter(SVC(), n_rounds=2, random_state=0),
    SeverFilter(
        make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8)),
        random_state=0,
    ),
    SphereSlabFilter(0.9),
]

REGRESSION_FILTERS = [
    DePoisFilter(
        hidden_layer_sizes=(16, 16), max_iter=90, learning_rate=1e-2, random_state=0
    ),
    DUTIFilter("regression", random_state=0),
    RandomEvictionFilter(random_state=0),
    TrustedDisagreementFilter(Ridge(), n_rounds=2, random_state=0),
    SeverFilter(Ridge(), random_state=0),
    TRIMRegressor(Ridge()),
    TRIMRegressor(Ridge(), contamination=0.1, screening="residual"),
]

META_ESTIMATORS = [
    DefendedClassifier(L2CentroidFilter(), LogisticRegression()),
    DefendedRegressor(RandomEvictionFilter(random_state=0), Ridge()),
    make_pipeline(L2CentroidFilter(), LogisticRegression()),
]

# Filters whose verdict on a row may depend on where in the data set the row stands.
ORDER_DEPENDENT = {
    "RandomEvictionFilter": "draws positions",
    "PerClassFilter": "its detector, an isolation forest here, draws positions",
}

_NEEDS_Y = "a row is judged with its label: fit, predict and their kin need y"
_STANDS_IN = (
    "in a plain scikit-learn Pipeline suspects are replaced while fitting, never later"
)
_LACKS_TRUSTED = "the check passes no trusted rows, and the defense needs some"
_STEPS = "as in scikit-learn: fitted steps replace the given ones"

_FIT_CHECKS = {
    "check_outliers_fit_predict": _NEEDS_Y,
    "check_transformer_data_not_an_array": _STANDS_IN,
    "check_transformer_general": _STANDS_IN,
}
_PREDICT_CHECKS = {
    "check_classifier_data_not_an_array": _NEEDS_Y,
    "check_dict_unchanged": _NEEDS_Y,
    "check_dtype_object": _NEEDS_Y,
    "check_estimator_sparse_array": _NEEDS_Y,
    "check_estimator_sparse_matrix": _NEEDS_Y,
    "check_estimators_dtypes": _NEEDS_Y,
    "check_estimators_nan_inf": _NEEDS_Y,
    "check_estimators_pickle": _NEEDS_Y,
    "check_estimators_unfitted": _NEEDS_Y,
    "check_f_contiguous_array_estimator": _NEEDS_Y,
    "check_fit2d_predict1d": _NEEDS_Y,
    "check_fit_idempotent": _NEEDS_Y,
    "check_methods_sample_order_invariance": _NEEDS_Y,
    "check_methods_subset_invariance": _NEEDS_Y,
    "check_n_features_in_after_fitting": _NEEDS_Y,
    "check_outliers_train": _NEEDS_Y,
}
_TRUSTED_CHECKS = dict.fromkeys(
    (
        "check_dont_overwrite_attributes",
        "check_dont_overwrite_parameters",
        "check_estimator_sparse_tag",
        "check_estimators_fit_returns_self",
        "check_estimators_overwrite_params",
        "check_fit2d_1feature",
        "check_fit_check_is_fitted",
        "check_fit_score_takes_y",
        "check_n_features_in",
        "check_non_transformer_estimators_n_iter",
        "check_pipeline_consistency",
        "check_positive_only_tag_during_fit",
        "check_readonly_memmap_input",
        "check_transformer_n_iter",
        "check_transformer_preserve_dtypes",
    ),
    _LACKS_TRUSTED,
)
_REGRESSION_CHECKS = dict.fromkeys(
    (
        "check_fit_score_takes_y",
        "check_pipeline_consistency",
        "check_transformer_preserve_dtypes",
    ),
    "in a plain scikit-learn Pipeline no row can stand in for another in a regression",
)

_CHECKS_OF_CLASS = {
    "Pipeline": {
        "check_dont_overwrite_parameters": _STEPS,
        "check_estimators_overwrite_params": _STEPS,
    },
}


def expected_failed_checks(estimator):
    """scikit-learn checks that cannot hold for an estimator, each with the reason."""
    checks = dict(_CHECKS_OF_CLASS.get(type(estimator).__name__, {}))
    if isinstance(estimator, PoisonFilter):
        checks |= _FIT_CHECKS
        if hasattr(estimator, "_score_new_rows"):
            checks |= _PREDICT_CHECKS
        if estimator._needs_trusted:
            checks = dict.fromkeys(_PREDICT_CHECKS, _LACKS_TRUSTED) | checks
            checks |= _TRUSTED_CHECKS
        judges_values = isinstance(estimator, SeverFilter | TRIMRegressor)
        if judges_values and is_regressor(estimator.estimator):
            checks |= _REGRESSION_CHECKS
    return checks
