"""The vocabulary of parameter constraints, imported from one place.

scikit-learn has no public name for these classes; should they move, this is the
only file to change.
"""

from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)

__all__ = ["HasMethods", "Interval", "StrOptions", "validate_params"]
