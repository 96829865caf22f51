"""What is measured of each defense."""

import time

from sklearn.kernel_approximation import Nystroem

from .._detection import detection_report
from ._case import SVM, poisoned_case
from ._defenses import DEFENSES


def measure(setting, names):
    """What each defense flags of the untrusted rows, and the machine it leaves."""
    case = poisoned_case(setting)
    kernel = Nystroem(gamma=SVM.gamma, n_components=100, random_state=case.seed)
    for defense in (DEFENSES[name] for name in names):
        X = kernel.fit_transform(case.X) if defense.is_linear else case.X
        start = time.process_time()
        fitted = defense.make(case).fit(X, case.y, trusted=case.trusted)
        seconds = time.process_time() - start
        kept = fitted.sample_indices_
        yield {
            **detection_report(fitted, case.is_poison, ~case.trusted),
            "test_accuracy": SVM.fit(case.X[kept], case.y[kept]).score(
                case.X_test, case.y_test
            ),
            "seconds": seconds,
        }
