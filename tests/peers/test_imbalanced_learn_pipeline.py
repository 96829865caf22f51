"""imbalanced-learn's pipeline tests hold for our Pipeline, but for the design."""

import pytest

from ._run_against import run_against

pytestmark = pytest.mark.filterwarnings("default")

EXCUSED = {
    "test_pipeline_init": "the error for a step without transform is scikit-learn's",
    "test_pipeline_param_error": "our message names the steps that take parameters",
    "test_pipeline_warns_not_fitted": "scikit-learn raises where the peer still warns",
    "test_pipeline_with_step_that_it_is_pipeline": "our pipelines nest",
}

globals().update(run_against("imblearn", EXCUSED))
