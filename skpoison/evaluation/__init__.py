"""Evaluation: what poison does to those who train on it, with and without a defense.

``python -m skpoison.evaluation list`` names the experiments of the papers.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
