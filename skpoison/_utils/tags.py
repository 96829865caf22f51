"""What an estimator says of itself, if it does."""

from dataclasses import fields

from sklearn.utils import get_tags

__all__ = ["common_input_tags", "estimator_type"]

# What an estimator asks of its rows; all other tags say what it puts up with.
_DEMANDS = {"pairwise", "positive_only"}


def estimator_type(estimator):
    """The type in the tags ("classifier", ...), or None where it is not told."""
    try:
        return get_tags(estimator).estimator_type
    except (AttributeError, TypeError):
        # Estimators written from scratch have no tags, or those of another version.
        return None


def common_input_tags(first, second):
    """What two estimators that are given the same rows take and ask for.

    Parameters
    ----------
    first, second : InputTags

    Returns
    -------
    InputTags
        `first`, changed in place.
    """
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        both = one or other if field.name in _DEMANDS else one and other
        setattr(first, field.name, both)
    return first
