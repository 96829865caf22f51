from . import (
    attacks,
    audit,
    base,
    datasets,
    defenses,
    embedding,
    evaluation,
    exceptions,
    generative,
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
    "audit",
    "base",
    "datasets",
    "defenses",
    "embedding",
    "evaluation",
    "exceptions",
    "generative",
    "inspection",
    "meta",
    "metrics",
    "model_selection",
    "neighbors",
    "pipeline",
]
