"""Audits that cost a moment."""

import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from skpoison.defenses import DeepKNNFilter, RandomEvictionFilter


@pytest.fixture(scope="module")
def quick_models():
    """What judges the rows may be simple: the tests are about what they are given."""
    with pytest.MonkeyPatch.context() as patch:
        here = "skpoison.audit._poison_audit."
        patch.setattr(
            here + "model_of",
            lambda estimator, regression, *_: (
                Ridge() if regression else LogisticRegression()
            ),
        )
        patch.setattr(
            here + "filter_without_trusted_rows",
            lambda filter, regression, *_: (
                RandomEvictionFilter(0.1, random_state=0)
                if regression
                else DeepKNNFilter(normalized_k=0.5)
            ),
        )
        yield
