"""Audit: is a training set poisoned, at least how much, which rows, and why.

``python -m skpoison audit FILE`` asks it of a table from the command line.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
