from ._transfer_heads import TransferHeads

__all__ = [
    "TransferHeads",
]
