"""What an estimator says of itself, if it does."""

from sklearn.utils import get_tags

__all__ = ["estimator_type"]


def estimator_type(estimator):
    """The type in the tags ("classifier", ...), or None where it is not told."""
    try:
        return get_tags(estimator).estimator_type
    except (AttributeError, TypeError):
        # Estimators written from scratch have no tags, or those of another version.
        return None
