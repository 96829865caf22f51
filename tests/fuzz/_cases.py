"""How many cases are tried, and what counts as a refusal.

`SKPOISON_FUZZ_EXAMPLES` sets the number of cases for each target.
"""

import linecache
import os
import traceback
import warnings
from contextlib import contextmanager

from hypothesis import HealthCheck, event, settings

N_EXAMPLES = int(os.environ.get("SKPOISON_FUZZ_EXAMPLES", "8"))
fuzzed = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Outcome:
    """Whether a case was refused, and why."""

    refusal = None

    @property
    def refused(self):
        return self.refusal is not None


@contextmanager
def answered_or_refused():
    """Let a refusal pass that somebody wrote for the user; fail on any other error."""
    outcome = Outcome()
    with warnings.catch_warnings():
        # Tiny classes and the like are warned of, which is what the warnings are for.
        warnings.simplefilter("ignore")
        try:
            yield outcome
        except Exception as error:
            if not is_written_for_the_user(error):
                raise
            outcome.refusal = str(error)
    event("refused" if outcome.refused else "answered")


def is_written_for_the_user(error):
    """Whether an error was raised on purpose, by this package or by scikit-learn.

    What numpy, scipy or torch complain of in the middle of a computation tells nobody
    which value of which argument was wrong.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(frame.filename, frame.lineno).strip()
    here = any(f"/{package}/" in frame.filename for package in ("skpoison", "sklearn"))
    # scikit-learn leaves to numpy what a word is that should be a number, and to scipy
    # what overflows in a linear model.
    converts = "/sklearn/utils/" in frame.filename or frame.name == "asarray_chkfinite"
    told = converts or (here and line.startswith("raise"))
    if type(error).__name__ == "DuplicateError" or "gamma < 0" in str(error):
        # So says scikit-learn of columns of one name, and of an SVC on sparse rows
        # whose variance is rounded to less than 0.
        return True
    return told and isinstance(error, ValueError | TypeError) and len(str(error)) >= 20
