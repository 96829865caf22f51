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

__all__ = ["HasMethods", "Interval", "StrOptions", "StrSubset", "validate_params"]


class StrSubset(StrOptions):
    """A tuple or list of at least one of the given strings, and of no others."""

    def is_satisfied_by(self, val):
        return (
            isinstance(val, tuple | list)
            and len(val) > 0
            and all(isinstance(v, str) and v in self.options for v in val)
        )

    def __str__(self):
        options = ", ".join(repr(option) for option in sorted(self.options))
        return f"a tuple or list of at least one of {options}"
