"""Numbers for the cells of a table, by scikit-learn's own encoders."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    OneHotEncoder,
    StandardScaler,
)

# The rarer categories of a column share one.
_CATEGORIES = 20
# Directions that are kept of sparse rows.
_DIRECTIONS = 100


def encoder_of(X):
    """A transformer of such rows into numbers of like size.

    Numbers and dates are standardised, a missing one becomes the median, and a column
    of its own says where; other cells become one column per category. The values of
    images are flattened as they are, and sparse rows scaled and projected to the
    directions in which they vary most.

    Parameters
    ----------
    X : array, data frame or sparse matrix of shape (n_samples, ...)

    Returns
    -------
    transformer
    """
    if issparse(X):
        svd = TruncatedSVD(min(_DIRECTIONS, X.shape[1]), random_state=0)
        return make_pipeline(MaxAbsScaler(), svd)
    if hasattr(X, "iloc"):
        return _TableEncoder()
    if X.ndim > 2:
        return FunctionTransformer(_flattened)
    if X.dtype.kind in "biuf":
        return make_pipeline(FunctionTransformer(_as_floats), *_number_steps())
    kinds = {"words": list(range(X.shape[1]))}
    return _column_transformer(kinds)


def features_of(encoder, X):
    """The features of rows, by a fitted encoder.

    Parameters
    ----------
    encoder : fitted transformer
    X : array, data frame or sparse matrix of shape (n_samples, ...)

    Returns
    -------
    ndarray of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        For an embedding whose features are sparse.
    """
    features = encoder.transform(X)
    if issparse(features):
        raise ValueError(
            "The features of the embedding are sparse, and an audit needs dense ones: "
            "put a TruncatedSVD behind it."
        )
    return np.asarray(features)


class _TableEncoder(TransformerMixin, BaseEstimator):
    """Encodes the columns of a data frame by their place: names may be equal."""

    def fit(self, X, y=None):
        kinds: dict = {"numbers": [], "dates": [], "words": []}
        for j in range(X.shape[1]):
            kinds[_kind_of(X.iloc[:, j])].append(j)
        self.columns_ = _column_transformer(kinds).fit(self._numbered(X))
        return self

    def transform(self, X):
        return self.columns_.transform(self._numbered(X))

    def _numbered(self, X):
        return X.set_axis(range(X.shape[1]), axis=1)


def _column_transformer(kinds):
    steps = {
        "numbers": (FunctionTransformer(_as_floats), *_number_steps()),
        "dates": (FunctionTransformer(_as_days), *_number_steps()),
        "words": (
            FunctionTransformer(_as_words),
            OneHotEncoder(
                max_categories=_CATEGORIES,
                handle_unknown="infrequent_if_exist",
                sparse_output=False,
                dtype=np.float32,
            ),
        ),
    }
    return ColumnTransformer(
        [
            (kind, make_pipeline(*steps[kind]), columns)
            for kind, columns in kinds.items()
            if columns
        ],
        sparse_threshold=0,
    )


def _number_steps():
    return (
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )


def _kind_of(column):
    if column.dtype.kind == "M" or str(column.dtype).startswith("datetime64"):
        return "dates"
    if column.dtype.kind in "biuf" and str(column.dtype) != "category":
        return "numbers"
    return "words"


def _as_floats(X):
    """Numbers; infinite ones are missing."""
    if hasattr(X, "iloc"):
        X = X.to_numpy(dtype=np.float32, na_value=np.nan)
    X = np.array(X, dtype=np.float32)
    X[~np.isfinite(X)] = np.nan
    return X


def _as_days(X):
    """Days since 1970; NaN where there is no date."""
    columns = [
        X.iloc[:, j].to_numpy(dtype="datetime64[s]", na_value=np.datetime64("NaT"))
        for j in range(X.shape[1])
    ]
    days = np.column_stack(columns)
    numbers = days.astype(np.float64) / 86_400
    numbers[np.isnat(days)] = np.nan
    return numbers.astype(np.float32)


def _as_words(X):
    """Cells as they print: words and numbers in one column compare."""
    return np.array(
        [[str(cell) for cell in row] for row in np.asarray(X, dtype=object)],
        dtype=object,
    )


def _flattened(X):
    return X.reshape(len(X), -1).astype(np.float32)
