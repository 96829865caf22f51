from ._linear_probes import TransferHeads

__all__ = [
    "TransferHeads",
]
