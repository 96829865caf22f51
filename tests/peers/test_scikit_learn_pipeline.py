"""scikit-learn's own pipeline tests hold for our Pipeline."""

import pytest

from ._run_against import run_against

pytestmark = pytest.mark.filterwarnings("default")

EXCUSED = {
    "test_pipeline_param_error": "our message names the steps that take parameters",
}

globals().update(run_against("sklearn", EXCUSED))
