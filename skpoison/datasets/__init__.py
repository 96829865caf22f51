"""Data sets: `fetch_*` loads real data and verifies it, `make_*` generates data."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
