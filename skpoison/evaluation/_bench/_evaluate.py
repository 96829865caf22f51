"""The bench: any attack against any defense, on any data set, at any rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import is_classifier, is_regressor

from ..._utils.optional import optional_import
from ..._utils.typing import Estimator
from ...base import PoisonAttack
from .._cells._all_cells import all_cells
from .._cells._description import content_hash, describe, versions
from .._cells._store import CellStore
from ._measure import MEASUREMENTS, measure
from ._poisoned_set import takes_rate
from ._setting import Setting

if TYPE_CHECKING:
    import pandas as pd


def evaluate_defenses(
    attacks: Mapping[str, PoisonAttack | None],
    defenses: Mapping[str, Estimator],
    datasets: Mapping[str, tuple[Any, Any] | Callable[[], tuple[Any, Any]]],
    *,
    estimators: Mapping[str, Estimator],
    rates: Sequence[float] = (0.1,),
    trusted: Sequence[float] = (0.2,),
    n_repeats: int = 10,
    test_size: float = 0.3,
    scoring: str | Callable | None = None,
    cache: str | Path | None = None,
    n_jobs: int | None = None,
    random_state: int = 0,
    verbose: bool = False,
) -> pd.DataFrame:
    """Measure every defense against every attack, beside a random and a perfect one.

    Each repeat splits a data set into training and test rows, draws which training rows
    are trusted, and lets the attack poison the others. Every defense judges the same
    poisoned rows; then a model learns from what each of four filters keeps: none at
    all, the defense, one that removes as many rows at random, and one that removes the
    poison and nothing else. The split and the trusted rows of a repeat are the same for
    all attacks, rates and defenses: their differences can be compared in pairs
    (:func:`compare_defenses`).

    Parameters
    ----------
    attacks : dict of str to PoisonAttack or None
        None leaves the rows clean, which every table of defenses needs: what does the
        defense cost where there is no poison? An attack with the parameter `rate` is
        given each of the `rates`, others are run once. One whose `fit_poison` takes an
        `X_target` gets a test row in each repeat, of another class than its
        `poison_class`.
    defenses : dict of str to outlier detector
        Filters of this package, pipelines that end in one, detectors of scikit-learn
        and PyOD.
    datasets : dict of str to (X, y) or to callable
        A callable returns the pair; it is called once.
    estimators : dict of str to estimator
        The models that learn from what is kept: all of them classifiers, or all of them
        regressors.
    rates : sequence of float, default=(0.1,)
        Poison rows as a share of the untrusted rows.
    trusted : sequence of float, default=(0.2,)
        Trusted rows as a share of the training rows, in [0, 1); 0 for none.
    n_repeats : int, default=10
        Number of draws.
    test_size : float, default=0.3
        Share of the rows that are kept to test on.
    scoring : str or callable, default=None
        What the test rows are scored by, as in scikit-learn; None: by the `score` of
        the model, accuracy or R^2.
    cache : path, default=None
        Folder of the finished cells: one file of JSON each, which is never unpickled. A
        run that was stopped goes on from there, and one that asks for more measures
        what is missing. A cell is found by what determines its result (content of the
        data, parameters, rate, shares, seed, versions of the packages), not by names,
        order or `n_jobs`. Workers on other machines need to see the folder.
    n_jobs : int, default=None
        Number of training sets that are measured at once, as in joblib, whose
        `parallel_config` says where.
    random_state : int, default=0
        Seed of splits, trusted rows and targets, and of every attack, defense and model
        whose own `random_state` is None.
    verbose : bool, default=False
        Whether to show how many training sets are done, and the time left.

    Returns
    -------
    DataFrame
        One row for each data set, attack, rate, share of trusted rows, repeat, defense
        and estimator, in the order asked for, with the columns

        dataset, attack, rate, trusted, repeat, defense, estimator
            What was measured. The rate is nan for an attack that is told none.
        status, error
            "ok", or "failed" and why; then all that follows is missing. A failure is
            measured again the next time.
        n_rows, n_removed
            Of the training set.
        n_poisons, ..., roc_auc
            What :func:`~skpoison.metrics.filter_report` says of the untrusted rows; and
            clean_removed_least, clean_removed_most: clean rows removed in percent of
            the clean rows with a label, of the label with the least and that with the
            most. nan for regression.
        fit_seconds, peak_memory
            CPU seconds of the defense, and MiB of memory at its peak beyond what was
            held before (nan where the system does not tell). They alone differ from run
            to run.
        warnings
            Names of the warnings that the defense gave.
        score_undefended, score_random, score_defended, score_perfect
            Test scores of the model.
        success_undefended, success_random, success_defended, success_perfect
            1 where the model takes the target of the attack for what the attacker
            wants, 0 where not; nan for attacks without a target. The last one is that
            of a model that saw no poison.

    Raises
    ------
    ValueError
        When nothing is asked for, a rate or share is out of range, or classifiers and
        regressors are mixed.
    TypeError
        With a cache, for a parameter without content to keep a result under, such as a
        lambda.
    OSError
        When the cache cannot be written.

    Warns
    -----
    DamagedCellWarning
        For a file of the cache that does not hold what was written: it is measured
        again.

    See Also
    --------
    compare_defenses : Which of two defenses is better.
    summarize : Means with intervals.
    skpoison.inspection.DefenseMatrixDisplay : The table as a picture.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skpoison.attacks import LabelFlipAttack
    >>> from skpoison.defenses import DeepKNNFilter
    >>> from skpoison.evaluation import evaluate_defenses
    >>> frame = evaluate_defenses(
    ...     {"clean": None, "flips": LabelFlipAttack()},
    ...     {"Deep k-NN": DeepKNNFilter(k=10)},
    ...     {"iris": load_iris(return_X_y=True)},
    ...     estimators={"1-NN": KNeighborsClassifier(1)},
    ...     rates=[0.2],
    ...     n_repeats=3,
    ... )
    >>> columns = ["score_undefended", "score_defended", "score_perfect"]
    >>> frame.groupby("attack", sort=False)[columns].mean().round(2)
            score_undefended  score_defended  score_perfect
    attack
    clean               0.96            0.96           0.96
    flips               0.84            0.97           0.96
    """
    pandas = optional_import("pandas", "data")
    _check(attacks, defenses, datasets, estimators, rates, trusted, n_repeats)
    rows = {name: data() if callable(data) else data for name, data in datasets.items()}
    settings = [
        Setting(
            *(dataset, attack, rate, share, repeat, test_size, random_state),
            stratify=all(is_classifier(model) for model in estimators.values()),
        )
        for dataset, attack in product(datasets, attacks)
        for rate in (rates if takes_rate(attacks[attack]) else [None])
        for share, repeat in product(trusted, range(n_repeats))
    ]
    parts = _Parts(attacks, defenses, rows, estimators, scoring)
    finished = _NoFinishedCells() if cache is None else _FinishedCells(cache, parts)
    records = [
        {**setting.columns, "defense": defense, "estimator": estimator, **record}
        for setting, (defense, estimator), record in all_cells(
            settings,
            list(product(defenses, estimators)),
            finished.find,
            lambda setting: partial(_measured, setting, parts.of(setting), finished),
            n_jobs=n_jobs,
            verbose=verbose,
        )
    ]
    names = [*settings[0].columns, "defense", "estimator", "status", "error"]
    return pandas.DataFrame(records, columns=[*names, *MEASUREMENTS])


@dataclass
class _Parts:
    """What cells are made of, by name."""

    attacks: Mapping
    defenses: Mapping
    rows: Mapping
    estimators: Mapping
    scoring: object

    def of(self, setting):
        """Those that one setting needs: rows may be many, and go to other processes."""
        attack, dataset = setting.attack, setting.dataset
        return replace(
            self,
            attacks={attack: self.attacks[attack]},
            rows={dataset: self.rows[dataset]},
        )


class _FinishedCells:
    """The cells in a folder, found by what determines their results."""

    def __init__(self, folder, parts):
        self.store = CellStore(folder)
        # Once: each of them is read from a file.
        self.versions = versions()
        self.parts = _Parts(
            **{
                name: {k: describe(part) for k, part in getattr(parts, name).items()}
                for name in ("attacks", "defenses", "estimators")
            },
            rows={name: content_hash(rows) for name, rows in parts.rows.items()},
            scoring=describe(parts.scoring),
        )

    def find(self, setting, cell):
        """The record of a cell, or None."""
        return self.store.find(self._description(setting, *cell))

    def keep(self, setting, cell, record):
        """Write the record of a cell."""
        self.store.keep(self._description(setting, *cell), record)

    def _description(self, setting, defense, estimator):
        return {
            "attack": self.parts.attacks[setting.attack],
            "defense": self.parts.defenses[defense],
            "rows": self.parts.rows[setting.dataset],
            "estimator": self.parts.estimators[estimator],
            "scoring": self.parts.scoring,
            "setting": setting.without_names,
            "versions": self.versions,
        }


class _NoFinishedCells:
    """Without a cache nothing is finished, and nothing kept."""

    def find(self, setting, cell):
        """None."""

    def keep(self, setting, cell, record):
        """Nothing."""


def _measured(setting, parts, finished, cells):
    """The records of some cells of a setting."""
    records = measure(
        setting,
        parts.rows[setting.dataset],
        parts.attacks[setting.attack],
        [(cell, parts.defenses[cell[0]], parts.estimators[cell[1]]) for cell in cells],
        scoring=parts.scoring,
        keep=partial(finished.keep, setting),
    )
    return [records[cell] for cell in cells]


def _check(attacks, defenses, datasets, estimators, rates, trusted, n_repeats):
    asked = {
        "attacks": attacks,
        "defenses": defenses,
        "datasets": datasets,
        "estimators": estimators,
        "rates": rates,
        "trusted": trusted,
        "n_repeats": range(n_repeats),
    }
    for name, group in asked.items():
        if len(group) == 0:
            raise ValueError(f"There is nothing to measure: {name} is empty.")
    for name, shares, inside in (
        ("rates", rates, lambda share: share > 0),
        ("trusted", trusted, lambda share: 0 <= share < 1),
    ):
        outside = [share for share in shares if not inside(share)]
        if outside:
            raise ValueError(f"{name} holds shares out of range: {outside}.")
    kinds = {is_classifier(e) - is_regressor(e) for e in estimators.values()}
    if len(kinds) > 1 or 0 in kinds:
        raise ValueError(
            "estimators must hold classifiers alone or regressors alone; got "
            f"{list(estimators.values())!r}."
        )
