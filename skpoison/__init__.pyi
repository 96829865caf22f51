from . import (
    attacks,
    base,
    defenses,
    embedding,
    exceptions,
    inspection,
    meta,
    metrics,
    model_selection,
    neighbors,
    pipeline,
)

__version__: str

__all__ = [
    "attacks",
    "base",
    "defenses",
    "embedding",
    "exceptions",
    "inspection",
    "meta",
    "metrics",
    "model_selection",
    "neighbors",
    "pipeline",
]
