"""What determines a result, and nothing else: the text that a cell is kept under."""

import hashlib
import json
from importlib.metadata import version

import joblib
import numpy as np

# They change how a result is computed, or what is printed, but not the result.
_WITHOUT_EFFECT = {"n_jobs", "verbose", "device", "memory", "assume_finite"}
_PACKAGES = ("skpoison", "scikit-learn", "numpy", "scipy", "torch")


def describe(value):
    """A value as JSON can hold it; equal for values that give equal results.

    Estimators are their class and their parameters, without those that have no effect
    on the result (`n_jobs`, `verbose`, ...); whatever else is no text, number, list or
    tuple is the hash of its content.

    Parameters
    ----------
    value : object

    Returns
    -------
    object

    Raises
    ------
    TypeError
        For what has no content that could be hashed, such as a lambda.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if hasattr(value, "get_params") and not isinstance(value, type):
        return [
            f"{type(value).__module__}.{type(value).__qualname__}",
            {
                name: describe(param)
                for name, param in sorted(value.get_params(deep=False).items())
                if name not in _WITHOUT_EFFECT
            },
        ]
    return content_hash(value)


def content_hash(value):
    """Hash of the content of arrays, data frames, networks and functions."""
    try:
        return joblib.hash(value)
    except Exception as error:
        raise TypeError(
            f"{value!r} has no content that a result could be kept under: "
            f"{error} Use a function of a module in the place of a lambda, or leave "
            "cache=None."
        ) from error


def versions():
    """The versions that a result depends on."""
    return {name: version(name) for name in _PACKAGES}


def as_key(description):
    """The text and the file name of a description.

    Parameters
    ----------
    description : dict

    Returns
    -------
    text, name : str
    """
    text = json.dumps(description, sort_keys=True)
    return text, hashlib.sha256(text.encode()).hexdigest()
