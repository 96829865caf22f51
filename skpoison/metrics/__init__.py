"""Metrics: what a filter removed, which targets it saved, how real fakes look."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
