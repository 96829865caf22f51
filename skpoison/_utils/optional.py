"""Packages that the core of the project does without."""

from importlib import import_module


def optional_import(module, extra):
    """A module that comes with an extra of the package, or an error that names it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f'This needs {module.partition(".")[0]}: pip install "skpoison[{extra}]".'
        ) from error
