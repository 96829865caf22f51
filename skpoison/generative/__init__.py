"""Generative networks conditioned on the label, shared by defenses and attacks."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
