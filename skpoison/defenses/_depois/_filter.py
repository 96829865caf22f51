"""De-Pois: critics that have learned from the trusted rows judge all others."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Literal

import numpy as np
from sklearn.utils import check_random_state

from ..._torch.threads import one_thread
from ..._utils.callbacks import report_iterations
from ..._utils.canonical_order import canonical_order
from ..._utils.messages import warn
from ..._utils.parameters import Interval, StrOptions, StrSubset
from ..._utils.targets import is_regression
from ..._utils.typing import Device, RandomState
from ...base import PoisonFilter
from ...exceptions import DegenerateFilterWarning, UntrustedClassWarning
from ...generative import ConditionalGAN, ConditionalWGANGP, HingeCritic
from ._admission import Admission
from ._collapse import check_no_collapse
from ._plan import CrossFitPlan
from ._residual_scorer import N_TRUSTED_TARGETS, ResidualScorer
from ._scorer import CriticScorer

_CRITICS = {"hinge": HingeCritic, "wasserstein": ConditionalWGANGP}
# More rounds found less (doc/results/depois.md).
_DEFAULT_ROUNDS = 2


class DePoisFilter(PoisonFilter):
    """Remove the rows that critics of the trusted rows score too low.

    De-Pois [1]_ trains a critic D(x | y) on trusted rows, takes the mean and the
    deviation of the scores of clean rows, and removes the rows with a score more than
    1.96 deviations below the mean. The defaults keep that design and change what the
    critic learns, because the critic of [1]_ cannot see what most attacks do: rows and
    generated rows share their label, so no negative carries a wrong one.

    - Its negatives are the trusted rows with wrong labels, and its loss is the hinge
      loss, which converges in a fraction of the time.
    - The score of a row is D for its label less D for the best other label.
    - Five critics are trained side by side. Each is kept from a fifth of the rows and
      judges these; a row that no critic has learned from is judged by all.
    - Wrong labels of held-out trusted rows take part in setting the scale: -1.96 is
      where a score is as many deviations from those of right labels as from those of
      wrong ones.
    - The critics learn from the untrusted rows by degrees. In round r of R they learn,
      beside the trusted rows, from the share r/R of the rows that they keep, best
      scores first; a critic never admits a row that it learns from.

    The design of [1]_ is ``DePoisFilter(loss="wasserstein", negatives=("generator",),
    augment=True, calibration="augmented", per_class=False)``. It takes minutes and
    finds about as many flipped labels as chance would.

    Rows may be images, of shape (n_samples, channels, height, width), with labels: then
    the networks are convolutional. They may be features of a network as well, such as
    :class:`~skpoison.embedding.NetEmbedding` makes a step before in a pipeline.

    For a regression, a row's score is the lower of the critics' score and minus the
    residual of a LASSO of the trusted rows, in deviations of its out-of-fold residuals.

    What breaks it: wrong or few trusted rows; trusted rows from another distribution
    than the rest; poison with a plausible label, clean-label poison above all; many
    poison rows that are much alike, as pGAN makes them, since critics that have
    admitted some admit more (``n_rounds=0`` lets fewer pass). Of a class without
    trusted rows every row is removed, since the default critics have met its label as a
    wrong one alone; critics of generated rows keep some of it by chance, and warn. The
    features of a network that was trained on the very rows that are judged hide what it
    has learned from the poison: clean-label poison passes, and wrong labels that the
    network knows by heart. Take those of a network of other, clean rows. The default
    critics do not know where the rows lie, only which label fits: a row far from all
    others is kept when its label fits. An attacker who has clean rows like the trusted
    ones trains critics of his own and moves poison along their `score_gradient` until
    it passes [2]_: in the plane mostly where its label is right by then; of flips of
    MNIST with 40 features a third, and 93 % with the critics of the filter
    (doc/results/adaptive.md). A well-chosen classifier of the trusted rows does about
    as well where rows differ in few features and at less cost: compare with
    `TrustedDisagreementFilter`.

    Parameters
    ----------
    loss : {"hinge", "wasserstein"}, default="hinge"
        The critics: :class:`~skpoison.generative.HingeCritic`, or the
        :class:`~skpoison.generative.ConditionalWGANGP` of [1]_.
    negatives : sequence of {"mismatch", "generator"}, default=("mismatch",)
        What the critics learn to score low: trusted rows with wrong labels (of a
        regression: with another row's target), rows that a generator makes, or both.
    augment : bool, default=False
        Whether a :class:`~skpoison.generative.ConditionalGAN` of the trusted rows first
        brings them to the number of all rows, as in [1]_.
    n_rounds : int, default=None
        How often untrusted rows are admitted to those that the critics learn from; with
        0 they learn from trusted rows alone. None is 2 where `negatives` holds
        "mismatch" and `calibration` is "holdout", else 0.
    z : float, default=-1.96
        Threshold of the standardised scores. -1.96 is the 2.5 % quantile of a normal
        distribution, though [1]_ speaks of 5 %.
    per_class : bool, default=None
        Whether a row's score is compared with those of clean rows of its class, not of
        all. None: where no negative has a wrong label, since D is fixed only up to an
        offset for each label then.
    calibration : {"holdout", "augmented", "train"}, default="holdout"
        The clean rows whose scores are the scale: trusted rows that the critic has not
        learned from, the trusted and generated rows as in [1]_, or the trusted rows it
        has learned from, which makes the scale too narrow.
    cv : int, default=5
        Number of critics with ``calibration="holdout"``; otherwise there is one.
    hidden_layer_sizes : sequence of int, default=None
        Fully connected hidden layers of the critics; None is the default of the
        critic's class, as for the next three.
    max_iter : int, default=None
        Iterations of the critics, and of the augmenting networks where it is given.
    batch_size : int, default=None
        Rows in a batch.
    learning_rate : float, default=None
        Learning rate of the critics.
    tol : float, default=1e-4
        Training ends once the critics' weights move by less than this share of their
        length in 50 iterations, in each of the rounds.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds. "auto" takes words, up to 20 different whole numbers, and up to
        100 of them on ten rows or more each, for labels, and other floats for the
        target values of a regression; it asks about other whole numbers.
    device : str or torch.device, default="auto"
        Where torch computes; "auto" is the first GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Draws the folds, the weights, the batches and the noise. Pass an int for
        reproducible output.

    Attributes
    ----------
    critic_ : HingeCritic or ConditionalWGANGP
        The fitted critics as one, `cv` of them with ``calibration="holdout"``. Like the
        augmenters it is fitted to arrays, and to labels as given.
    augmenters_ : list of ConditionalGAN
        With `augment` one for each critic, unless all rows are trusted; else none.
    n_iter_ : int
        Number of iterations.
    sample_scores_ : ndarray of shape (n_samples,)
        Deviations from the scores of clean rows; lower is more suspect.
    offset_ : float
        `z`.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows. Trusted rows are always kept.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; absent for a regression.
    n_features_in_ : int
        Number of features, or of channels of images, seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Raises
    ------
    ValueError
        By `fit`: for parameters that do not go together, a single trusted row of each
        class with ``calibration="holdout"``, fewer than eight trusted rows of a
        regression, or a loss that is not finite, besides invalid input and unusable
        trusted rows.

    Warns
    -----
    DegenerateFilterWarning
        When the critics do not tell wrong labels of held-out trusted rows from right
        ones, a class has a single trusted row with ``calibration="holdout"``, or the
        augmenting networks make the same row again and again.
    UntrustedClassWarning
        When rows of a class are kept though none of them is trusted.
    RemovedClassWarning
        When every row of some class is removed.

    See Also
    --------
    TrustedDisagreementFilter : Any estimator of the trusted rows in place of critics.
    AnnealedTrustFilter : Learns from the untrusted rows by degrees, without a network.
    skpoison.generative.ConditionalWGANGP : The mimic model of [1]_.

    Notes
    -----
    The networks are small: they train on one thread, whatever the number of cores, and
    the outcome is the same for any number of threads and any order of the rows.

    References
    ----------
    .. [1] J. Chen, X. Zhang, R. Zhang, C. Wang, L. Liu, "De-Pois: An Attack-Agnostic
       Defense against Data Poisoning Attacks", IEEE TIFS 2021, arXiv 2105.03592,
       section IV and equation 9.
    .. [2] "Breaking the De-Pois Poisoning Defense", 2022, arXiv 2204.01090.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.datasets import make_fourclass
    >>> from skpoison.defenses import DePoisFilter
    >>> X, y = make_fourclass(random_state=0)
    >>> trusted = np.arange(len(y)) % 5 == 0
    >>> wrong = [101, 202, 303, 404]
    >>> y[wrong] *= -1
    >>> depois = DePoisFilter(max_iter=300, random_state=0).fit(X, y, trusted=trusted)
    >>> bool(depois.inlier_mask_[wrong].any())
    False
    """

    _parameter_constraints: dict = {
        "loss": [StrOptions(set(_CRITICS))],
        "negatives": [StrSubset({"mismatch", "generator"})],
        "augment": ["boolean"],
        "n_rounds": [Interval(Integral, 0, None, closed="left"), None],
        "z": [Interval(Real, None, None, closed="neither")],
        "per_class": ["boolean", None],
        "calibration": [StrOptions({"holdout", "augmented", "train"})],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "hidden_layer_sizes": ["array-like", None],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 2, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "task": [StrOptions({"auto", "classification", "regression"})],
        "device": [str, object],
        "random_state": ["random_state"],
    }
    _needs_trusted = True
    _allow_nd = True
    _advice_on_small_classes = "Trust more rows of the small classes."

    def __init__(
        self,
        *,
        loss: Literal["hinge", "wasserstein"] = "hinge",
        negatives: Sequence[Literal["mismatch", "generator"]] = ("mismatch",),
        augment: bool = False,
        n_rounds: int | None = None,
        z: float = -1.96,
        per_class: bool | None = None,
        calibration: Literal["holdout", "augmented", "train"] = "holdout",
        cv: int = 5,
        hidden_layer_sizes: Sequence[int] | None = None,
        max_iter: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        tol: float = 1e-4,
        task: Literal["auto", "classification", "regression"] = "auto",
        device: Device = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.loss = loss
        self.negatives = negatives
        self.augment = augment
        self.n_rounds = n_rounds
        self.z = z
        self.per_class = per_class
        self.calibration = calibration
        self.cv = cv
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.tol = tol
        self.task = task
        self.device = device
        self.random_state = random_state

    def _is_regression(self, y):
        return is_regression(y, self.task)

    def _max_subtasks(self):
        return 1 + self._n_critics * self.augment

    def _score_training_rows(self, X, y, trusted):
        self._check_parameters()
        self._check_trusted_targets(trusted)
        rng = check_random_state(self.random_state)
        # What is drawn below follows from the contents of the rows, not their order.
        order = canonical_order(X, y, trusted)
        scores = np.empty(len(y))
        with one_thread():
            plan = self._plan(X[order], y[order], trusted[order], rng)
            scores[order] = self._train_and_score(plan, rng)[: len(y)]
        if self._regression:
            self._residual_scorer_ = ResidualScorer()
            scores = self._residual_scorer_.fit(X, y, trusted, scores)
        else:
            self._warn_of_little_trust(y, trusted, scores >= self.z)
        return scores, self.z

    def _score_new_rows(self, X, y):
        scores = self._scorer_.scores(X, y)
        if self._regression:
            scores = self._residual_scorer_.lower(X, y, scores)
        return scores

    def _plan(self, X, y, trusted, rng):
        """Which critic may learn from which row, and from which synthetic ones."""
        groups = np.zeros(len(y), dtype=int) if self._regression else y
        if self.calibration != "holdout":
            plan = CrossFitPlan.for_one_critic(X, y, groups, trusted)
        else:
            plan = CrossFitPlan.by_folds(X, y, groups, trusted, self.cv, rng)
        if not plan.calibrates.any():
            raise ValueError(
                "calibration='holdout' needs at least two trusted rows of some class: "
                "trust more rows, or pass calibration='train'."
            )
        return self._augment(plan, rng)

    def _augment(self, plan, rng):
        """Bring the trusted rows of each critic to the number of all rows."""
        self.augmenters_ = []
        n_rows, trusted = len(plan.y), plan.trusted
        for critic in range(plan.n_critics * self.augment):
            known = np.flatnonzero(trusted & plan.may_learn[critic, :n_rows])
            if len(known) == n_rows:
                continue
            gan = self._make_augmenter(rng)
            task = self._callback_fit_ctx.subcontext("augment")
            with task.propagate_callback_context(gan):
                task.call_on_fit_task_begin(estimator=self)
                gan.fit(plan.X[known], self._as_given(plan.y[known]))
                task.call_on_fit_task_end(estimator=self)
            rows = rng.choice(known, n_rows - len(known))
            X = gan.sample(self._as_given(plan.y[rows]), random_state=rng)
            check_no_collapse(plan.X[known], plan.groups[known], X, plan.groups[rows])
            calibrates = self.calibration == "augmented"
            plan = plan.with_synthetic(X, rows, critic, calibrates)
            self.augmenters_.append(gan)
        return plan

    def _train_and_score(self, plan, rng):
        """Train the critics in stages; the scores after each decide what comes next."""
        self.critic_ = critic = self._make_critic(plan.n_critics, rng)
        self._scorer_ = CriticScorer(critic, self.per_class)
        admission = Admission(plan)
        labels = self._as_given(plan.y)
        n_rounds = self._n_rounds
        stages = np.array_split(range(critic.max_iter), n_rounds + 1)
        task = self._callback_fit_ctx.subcontext(
            "train-critics", max_subtasks=critic.max_iter
        )
        task.call_on_fit_task_begin(estimator=self, X=plan.X, y=plan.y)
        for r, stage in enumerate(stages, start=1):
            critic.partial_fit(
                plan.X,
                labels,
                sample_weight=admission.next_weights(),
                iterations=report_iterations(task, self, stage),
            )
            self._scorer_.calibrate(plan, admission.learned)
            scores = self._scorer_.scores(plan.X, plan.y, admission.learned)
            if r <= n_rounds:
                admission.admit(scores, self.z, r / n_rounds)
        task.call_on_fit_task_end(estimator=self, X=plan.X, y=plan.y)
        self.n_iter_ = critic.n_iter_
        return scores

    def _make_critic(self, n_critics, rng):
        names = ("hidden_layer_sizes", "max_iter", "batch_size", "learning_rate")
        given = {name: getattr(self, name) for name in names}
        return _CRITICS[self.loss](
            negatives=self.negatives,
            n_critics=n_critics,
            tol=self.tol,
            task=self._task,
            device=self.device,
            random_state=rng,
            **{name: value for name, value in given.items() if value is not None},
        )

    def _make_augmenter(self, rng):
        gan = ConditionalGAN(
            task=self._task,
            device=self.device,
            random_state=rng.randint(2**31 - 1),
        )
        return gan if self.max_iter is None else gan.set_params(max_iter=self.max_iter)

    def _as_given(self, y):
        """Labels in place of their positions; target values as they are."""
        return y if self._regression else self.classes_[y]

    @property
    def _regression(self):
        return not hasattr(self, "classes_")

    @property
    def _task(self):
        return "regression" if self._regression else "classification"

    @property
    def _n_critics(self):
        return self.cv if self.calibration == "holdout" else 1

    @property
    def _n_rounds(self):
        if self.n_rounds is not None:
            return self.n_rounds
        can_learn = self.calibration == "holdout" and "mismatch" in self.negatives
        return _DEFAULT_ROUNDS if can_learn else 0

    def _check_trusted_targets(self, trusted):
        if self._regression and trusted.sum() < N_TRUSTED_TARGETS:
            raise ValueError(
                f"A regression needs at least {N_TRUSTED_TARGETS} trusted rows, to "
                f"learn how large a clean residual is; got {trusted.sum()}."
            )

    def _warn_of_little_trust(self, y, trusted, kept):
        n_trusted = np.bincount(y[trusted], minlength=len(self.classes_))
        if self.calibration == "holdout" and 1 in n_trusted:
            warn(
                f"A single trusted row is of {self.classes_[n_trusted == 1].tolist()}: "
                "no row that critics have not seen tells how such rows score, and they "
                "may remove most. Trust at least two rows of every class.",
                DegenerateFilterWarning,
            )
        unknown = np.unique(y[kept & (n_trusted == 0)[y]])
        if len(unknown):
            warn(
                f"No trusted row is of {self.classes_[unknown].tolist()}: the critics "
                "know nothing of rows with these labels, and which of them they keep "
                "is left to chance. Trust rows of every class.",
                UntrustedClassWarning,
            )

    def _check_parameters(self):
        if self.calibration == "augmented" and not self.augment:
            raise ValueError("calibration='augmented' needs augment=True.")
        if self.n_rounds and self.calibration != "holdout":
            raise ValueError(
                "n_rounds > 0 needs calibration='holdout': a critic must not vouch for "
                "rows that it has learned from."
            )
