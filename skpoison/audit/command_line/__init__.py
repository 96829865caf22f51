"""``skpoison audit FILE``, ``skpoison clean FILE``, and ``skpoison`` for a self-check.

``main`` is behind the console script and behind ``python -m skpoison``. A table is
read by `_tables`, its records are told apart by `_records`, and each command has a
module of its own.
"""

from ._main import main

__all__ = ["main"]
