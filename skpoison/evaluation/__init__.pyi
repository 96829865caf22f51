from ._linear_probes import LinearProbes

__all__ = [
    "LinearProbes",
]
