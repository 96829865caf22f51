"""A report as one page: no link, no request, and no text that was not escaped."""

from ._page import report_as_html

__all__ = ["report_as_html"]
