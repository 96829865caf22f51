"""The vocabulary of parameter constraints, imported from one place.

scikit-learn has no public name for these classes; should they move, this is the
only file to change.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sklearn.base import _fit_context
from sklearn.utils import _param_validation
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "StrSubset",
    "fit_context",
    "validate_params",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def fit_context(
    *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]:
    """scikit-learn's decorator of `fit`, through which mypy sees the types of `fit`."""
    decorator = _fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return cast("Callable[[_Function], _Function]", decorator)


def validate_params(
    constraints: dict[str, Any], *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]:
    """scikit-learn's decorator of functions, through which mypy sees their types."""
    decorator = _param_validation.validate_params(
        constraints, prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return cast("Callable[[_Function], _Function]", decorator)


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
