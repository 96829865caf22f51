"""What a fit leaves behind when it does not come to its end."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

__all__ = ["unfitted_by_failure"]


_Fit = TypeVar("_Fit", bound=Callable[..., Any])


def unfitted_by_failure(fit: _Fit) -> _Fit:
    """Decorate a method that fits: an error or Ctrl-C inside leaves nothing fitted.

    Half of a new fit, beside what is left of the last one, would pass for a fit. What
    scikit-learn takes for fitted goes: the attributes whose names end in an underscore.
    """

    @wraps(fit)
    def fit_or_forget(self, *args, **kwargs):
        try:
            return fit(self, *args, **kwargs)
        except BaseException:
            for name in [n for n in vars(self) if n.endswith("_") and n[:2] != "__"]:
                delattr(self, name)
            raise

    return cast(_Fit, fit_or_forget)
