"""Convolutional networks for images of 32 x 32 pixels: logits, from a linear head."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
