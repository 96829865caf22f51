"""What happens to a net while it trains, tied to the share of steps done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from skorch.callbacks import Callback

if TYPE_CHECKING:
    from skorch import NeuralNet
    from torch.utils.data import Dataset

__all__ = ["Lookahead", "TriangularRate", "Whitening"]


class _StepCallback(Callback):
    """Counts the steps of a training run, of `net.max_epochs` epochs."""

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.n_steps_ = 0
        self.step_ = 0

    def on_epoch_begin(
        self, net: NeuralNet, dataset_train: Dataset | None = None, **kwargs: Any
    ) -> None:
        if not self.n_steps_:
            n_batches = len(net.get_iterator(dataset_train, training=True))
            self.n_steps_ = n_batches * net.max_epochs

    def on_batch_end(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if training:
            self.step_ += 1
            self.after_step(net)

    def after_step(self, net: NeuralNet) -> None:
        """Act on a step that was just done: the first is step 1."""

    def state_dict(self) -> dict[str, Any]:
        """What a training that goes on after an epoch needs to know."""
        return {name: v for name, v in vars(self).items() if name.endswith("_")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, value in state_dict.items():
            setattr(self, name, value)

    @property
    def progress(self) -> float:
        """Share of the steps that are done, from 0 to 1."""
        return min(self.step_ / self.n_steps_, 1.0)


class TriangularRate(_StepCallback):
    """Learning rate that rises linearly to its full value, then falls.

    Parameters
    ----------
    start, end : float, default=0.2, 0.07
        Shares of the full learning rate.
    peak : float, default=0.23
        Share of the steps after which the learning rate is full.

    See Also
    --------
    make_fast_classifier : A recipe whose learning rate goes this way.

    Examples
    --------
    >>> import numpy as np
    >>> from skorch import NeuralNetClassifier
    >>> from skpoison.embedding import MLP
    >>> from skpoison.embedding.networks import TriangularRate
    >>> net = NeuralNetClassifier(
    ...     MLP,
    ...     module__n_features=4,
    ...     module__n_classes=2,
    ...     lr=0.1,
    ...     max_epochs=10,
    ...     callbacks=[("rate", TriangularRate(start=0.0, peak=0.5, end=0.0))],
    ...     train_split=None,
    ...     verbose=0,
    ... )
    >>> X = np.zeros((8, 4), dtype=np.float32)
    >>> _ = net.fit(X, np.arange(8) % 2)
    >>> round(net.optimizer_.param_groups[0]["lr"], 6)
    0.02
    """

    def __init__(
        self, start: float = 0.2, peak: float = 0.23, end: float = 0.07
    ) -> None:
        self.start = start
        self.peak = peak
        self.end = end

    def on_batch_begin(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if not training:
            return
        factor = np.interp(
            self.progress, [0, self.peak, 1], [self.start, 1.0, self.end]
        )
        for group in net.optimizer_.param_groups:
            full = group.setdefault("initial_lr", group["lr"])
            group["lr"] = full * float(factor)


class Lookahead(_StepCallback):
    """Slow weights that follow those of the optimizer, which restart from them [1]_.

    Every so many steps, and after the last, the slow weights w become
    ``d w + (1 - d) v``, where v are the optimizer's and ``d = decay p^3`` grows with
    the share p of steps done. Then v is set to w. Running statistics of batch
    normalization count as weights.

    Parameters
    ----------
    every : int, default=10
        Steps between two updates.
    decay : float, default=0.95**5
        Weight of the old slow weights at the end of training.

    References
    ----------
    .. [1] M. Zhang, J. Lucas, G. Hinton and J. Ba, "Lookahead Optimizer: k Steps
       Forward, 1 Step Back", 2019, algorithm 1.
    """

    def __init__(self, every=10, decay=0.95**5):
        self.every = every
        self.decay = decay

    def on_train_begin(self, net, **kwargs):
        super().on_train_begin(net, **kwargs)
        self.slow_ = None

    @torch.no_grad()
    def after_step(self, net):
        if self.step_ % self.every and self.step_ != self.n_steps_:
            return
        fast = [w for w in net.module_.state_dict().values() if w.is_floating_point()]
        if self.slow_ is None:
            # There are none to lag behind yet.
            self.slow_ = [weights.clone() for weights in fast]
        for slow, weights in zip(self.slow_, fast):
            slow.lerp_(weights, 1 - self.decay * self.progress**3)
            weights.copy_(slow)


class Whitening(_StepCallback):
    """Fits the first layer of a WhiteningNet to the images, then trains its bias.

    Parameters
    ----------
    n_images : int, default=5000
        Evenly spaced over the training rows.
    bias_share : float, default=0.3
        Share of the steps after which the bias is left as it is.
    """

    def __init__(self, n_images=5000, bias_share=0.3):
        self.n_images = n_images
        self.bias_share = bias_share

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        super().on_epoch_begin(net, dataset_train=dataset_train, **kwargs)
        if len(net.history) == 1:
            n_rows = len(dataset_train)
            rows = np.linspace(0, n_rows - 1, min(self.n_images, n_rows)).astype(int)
            images = [torch.as_tensor(dataset_train[row][0]) for row in rows.tolist()]
            net.module_.whiten_(torch.stack(images))

    def on_batch_begin(self, net, training=False, **kwargs):
        if training:
            learns = self.progress < self.bias_share
            net.module_.whitening.bias.requires_grad_(learns)
