"""Embeddings: the features of neural networks, as scikit-learn transformers."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
