"""The sphere and slab filters, and what they certify."""

from ._filter import SphereSlabFilter

__all__ = ["SphereSlabFilter"]
