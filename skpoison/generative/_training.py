"""Training with frozen weights."""

from contextlib import contextmanager

__all__ = ["frozen"]


@contextmanager
def frozen(*modules):
    """Do not record operations for the weights of the modules inside."""
    for module in modules:
        module.requires_grad_(False)
    try:
        yield
    finally:
        for module in modules:
            module.requires_grad_(True)
