"""Loading real data in tests: absent data skips the test and says why."""

from inspect import signature

import pytest


def real(fetch, **options):
    """What the fetcher returns, without a download."""
    if "download_if_missing" in signature(fetch).parameters:
        options["download_if_missing"] = False
    try:
        return fetch(**options)
    except OSError as error:
        pytest.skip(f"the data is not here: {error}")
