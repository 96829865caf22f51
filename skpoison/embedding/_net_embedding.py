"""The features of a neural network as a scikit-learn transformer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    is_classifier,
    is_regressor,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from skorch import NeuralNet

from .._torch.device import torch_device
from .._torch.shapes import check_no_bytes, conversion
from .._torch.training import encode_target, train
from .._torch.weights_file import WeightsFileMixin
from .._utils.fitted_state import unfitted_by_failure
from .._utils.parameters import Interval, StrOptions, fit_context
from .._utils.targets import check_none_missing
from .._utils.typing import Device, MatrixLike, RandomState
from ._activations import FeatureExtractor, find_layer
from ._views import VIEWS

if TYPE_CHECKING:
    from torch import nn

__all__ = ["NetEmbedding"]


class NetEmbedding(
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    WeightsFileMixin,
):
    """Features of a neural network, which `fit` trains or leaves as it is.

    The features of a row are the penultimate activations: what the last linear layer
    of the network receives, in eval mode. Defenses that compare rows, such as the deep
    k-nearest-neighbors defense, work in this space.

    A defense is as good as the features: the share of clean rows it removes follows
    the error rate of the network. A network that is trained here learns from all rows
    given, poison included. One that was trained on other, clean data (``frozen=True``)
    learns nothing from the attacker, who may still know it and aim at its features.

    Parameters
    ----------
    net : skorch.NeuralNet or torch.nn.Module
        Of a skorch net a clone is trained: from new weights when its `module` is a
        class, from a copy of the given weights when it is an instance. Prefer the
        class: then `random_state` fixes the weights, ``net__module__*`` can be tuned,
        and the `memory` of a pipeline recognises the step, which it never does with an
        instance. With ``frozen=True`` a fitted skorch net or a torch module, which is
        used as it is. Preprocessing belongs into the module, not into the data set or
        the iterator of the net: the module alone makes features.
    layer : str, default=None
        Name of the layer whose *output* is the feature, as in `named_modules`,
        flattened to one row per sample. None: the *input* of the
        :class:`torch.nn.Linear` that makes the logits, the output of the module or the
        first element of that: from there all ways back to X meet it first. Where there
        is none, such as in a network that ends in a convolution, a name is needed.
    frozen : bool, default=False
        Whether to use the weights as they are. Fitting then records shapes alone, and
        the weights survive :func:`~sklearn.base.clone`, hence cross-validation.
    views : {"flip", "shift", "flip+shift"} or list of callable, default=None
        Images alone: the features are averaged over these views of each image.
        "flip": as it is and mirrored left to right; "shift": as it is and moved by one
        pixel along the diagonal, up or down; "flip+shift": the six combinations. A
        callable maps a batch of images, a tensor of shape (n, channels, height,
        width), to a batch of as many; the image as it is only counts when one of them
        returns it.
    batch_size : int, default=512
        Rows per forward pass of `transform`. The net's own `batch_size` applies to
        training.
    device : str or torch.device, default="auto"
        Where torch computes. "auto" is a CUDA GPU where there is one, else the CPU
        (other accelerators by name alone). Replaces the net's own `device`.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the products in the forward pass, when training and when
        transforming. Weights, loss and features are float32 in any case. "auto" is
        bfloat16 for convolutional networks on hardware that multiplies it natively
        (CPU with AMX or AVX512-BF16, GPU of compute capability 8 or more), else
        float32. Networks of wide linear layers (1,000 and more) gain from "bfloat16"
        too, but it rounds X to 8 significant bits: scale X.
    random_state : int, RandomState instance or None, default=None
        Fixes the initial weights, the order of the batches and dropout, on the CPU
        and on CUDA. The state of torch's own generators is neither used nor changed.
    verbose : int, default=0
        1 prints skorch's table while training. Replaces the net's own `verbose`.

    Attributes
    ----------
    net_ : skorch.NeuralNet or torch.nn.Module
        The trained net, which knows labels by their position in `classes_`; with
        ``frozen=True`` a copy of the torch module.
    module_ : torch.nn.Module
        The torch module of `net_`. Training it further changes the features.
    layer_ : str
        Name of the layer whose input (or output, where `layer` names it) are the
        features.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; absent for regression targets and with ``frozen=True``.
    input_shape_ : tuple of int
        Shape of one row of X.
    n_features_in_ : int
        ``X.shape[1]``: features of a table, channels of images.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    sklearn.frozen.FrozenEstimator : Keeps a whole fitted NetEmbedding as it is.

    Notes
    -----
    skorch holds out a fifth of the rows unless the net has ``train_split=None``.

    A module that returns a tuple is trained on its first element, the logits, unless
    the net computes a loss of its own. `fit` takes no `sample_weight`, which skorch
    would hand to the module.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 4.

    Examples
    --------
    >>> import torch
    >>> from skorch import NeuralNetClassifier
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.embedding import MLP, NetEmbedding
    >>> X, y = load_digits(return_X_y=True)
    >>> net = NeuralNetClassifier(
    ...     MLP,
    ...     module__n_features=64,
    ...     module__n_classes=10,
    ...     criterion=torch.nn.CrossEntropyLoss,
    ...     optimizer=torch.optim.Adam,
    ...     max_epochs=2,
    ...     train_split=None,
    ... )
    >>> NetEmbedding(net, random_state=0).fit_transform(X / 16, y).shape
    (1797, 64)
    """

    input_shape_: tuple

    _parameter_constraints: dict = {
        "net": [NeuralNet, torch.nn.Module],
        "layer": [str, None],
        "frozen": ["boolean"],
        "views": [StrOptions(set(VIEWS)), list, tuple, None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "device": [str, torch.device],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _beside_the_weights = (
        "layer_",
        "_features_before_layer",
        "_n_features_out",
        "input_shape_",
        "n_features_in_",
        "feature_names_in_",
        "classes_",
    )

    def __init__(
        self,
        net: NeuralNet | nn.Module,
        *,
        layer: str | None = None,
        frozen: bool = False,
        views: Literal["flip", "shift", "flip+shift"]
        | list[Callable[..., Any]]
        | None = None,
        batch_size: int = 512,
        device: Device = "auto",
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        self.net = net
        self.layer = layer
        self.frozen = frozen
        self.views = views
        self.batch_size = batch_size
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    @unfitted_by_failure
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> Self:
        """Train the net, or record the shapes of a frozen one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Numbers as the module takes them, converted to float32; images as
            (n_samples, channels, height, width).
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels of any type for a classifier net, values for a regressor; a plain
            :class:`skorch.NeuralNet` takes floats as values, anything else as labels.
            Ignored with ``frozen=True``.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For NaN in X, bytes above 1, rows of a shape that the module cannot take, a
            net with fewer outputs than classes, a `layer` that does not exist, is not
            called once, or has to be named, weights that training made infinite.
        sklearn.exceptions.NotFittedError
            For ``frozen=True`` with a skorch net that is not fitted.
        """
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        device = torch_device(self.device)
        if self.frozen:
            X = self._validate(X, reset=True)
            self.net_ = copy.deepcopy(self._frozen_module())
            self.__dict__.pop("classes_", None)
        else:
            X = self._train(X, y, device)
        sample = torch.tensor(X[:2], device=device)
        self.layer_ = find_layer(self.module_, self.layer, sample)
        self._features_before_layer = self.layer is None
        with torch.no_grad():
            self._n_features_out = self.feature_extractor()(sample).shape[1]
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Compute the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Rows of the shape seen in `fit`.

        Returns
        -------
        ndarray of float32 of shape (n_samples, n_features_out)

        Raises
        ------
        ValueError
            For rows of another shape, NaN, bytes above 1, and features that are not
            finite.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        device = torch_device(self.device)
        extractor = self.feature_extractor()
        batches = np.split(X, range(self.batch_size, len(X), self.batch_size))
        with torch.no_grad():
            features = np.concatenate(
                [
                    extractor(torch.tensor(batch, device=device)).cpu().numpy()
                    for batch in batches
                ]
            )
        if not np.isfinite(features).all():
            raise ValueError(
                f"The net gives features that are not finite for "
                f"{np.sum(~np.isfinite(features).all(axis=1))} of {len(X)} rows."
            )
        return features

    def feature_extractor(self, *, average_views: bool = True) -> nn.Module:
        """A torch module that maps inputs to features, as an attacker needs it.

        Parameters
        ----------
        average_views : bool, default=True
            Whether to average over `views`, as `transform` does.

        Returns
        -------
        torch.nn.Module
            Maps a float32 tensor of shape (n_samples, ...) to a float32 tensor of
            shape (n_samples, n_features_out), differentiable with respect to the input.
            On `device`, in eval mode, its parameters require no grad. It may share
            the memory of the parameters with `module_`: copy it to train it.
        """
        check_is_fitted(self)
        extractor = FeatureExtractor(
            self.module_,
            self.layer_,
            before=self._features_before_layer,
            precision=self.precision,
            views=self.views if average_views else None,
        )
        return extractor.to(torch_device(self.device))

    @property
    def module_(self) -> nn.Module:
        """The torch module of `net_`."""
        check_is_fitted(self)
        return self.net_.module_ if isinstance(self.net_, NeuralNet) else self.net_

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also of the net as ``net__<parameter>``.

        A fitted embedding is not affected by the net's parameters until the next `fit`.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter of a frozen net: skorch would replace its weights by new,
            random ones.
        """
        of_net = [name for name in params if name.startswith("net__")]
        if of_net and params.get("frozen", self.frozen):
            raise ValueError(
                f"{of_net[0]} cannot be set: the net is frozen, and skorch would "
                "replace its weights by new ones. Set frozen=False, or pass another "
                "net."
            )
        return super().set_params(**params)

    def _train(self, X, y, device):
        if not isinstance(self.net, NeuralNet):
            raise ValueError(
                "net is a torch module, which does not say how to train it: wrap it "
                "in a skorch net, such as skorch.NeuralNetClassifier, or pass "
                "frozen=True to use its weights as they are."
            )
        check_none_missing(y)
        X, y = self._validate(
            X,
            y,
            reset=True,
            multi_output=not is_classifier(self.net),
            y_numeric=is_regressor(self.net),
        )
        classes, target = encode_target(self.net, y)
        self.net_ = train(
            self.net,
            X,
            target,
            seed=check_random_state(self.random_state).randint(2**31 - 1),
            device=device,
            precision=self.precision,
            verbose=self.verbose,
        )
        self.__dict__.pop("classes_", None)
        if classes is not None:
            self.classes_ = classes
        return X

    def _untrained_net(self):
        if self.frozen:
            return copy.deepcopy(self._frozen_module())
        return super()._untrained_net()

    def _frozen_module(self):
        if not isinstance(self.net, NeuralNet):
            return self.net
        if not self.net.initialized_:
            raise NotFittedError(
                "frozen=True needs a net with weights, but this skorch net is not "
                "fitted: fit it first, or pass a torch module. To keep a NetEmbedding "
                "that was fitted itself, wrap it in sklearn.frozen.FrozenEstimator."
            )
        return self.net.module_

    def _validate(self, X, *y, reset, **check_params):
        check_no_bytes(X)
        given = getattr(X, "shape", ())
        if not reset and given and max(len(given) - 1, len(self.input_shape_)) > 1:
            # Before scikit-learn counts the channels as features.
            self._check_shape(given)
        checked = validate_data(
            self,
            X,
            *y,
            reset=reset,
            dtype=np.float32,
            allow_nd=True,
            force_writeable=True,
            **check_params,
        )
        shape = (checked[0] if y else checked).shape
        if reset:
            self.input_shape_ = shape[1:]
        else:
            self._check_shape(shape)
        if self.views is not None and len(shape) != 4:
            raise ValueError(
                f"views={self.views!r} needs images, an X of shape (n_samples, "
                f"channels, height, width); X has the shape {shape}. Set views=None."
            )
        return checked

    def _check_shape(self, shape):
        if shape[1:] != self.input_shape_:
            raise ValueError(
                f"X has rows of shape {shape[1:]}, but NetEmbedding was fitted on rows "
                f"of shape {self.input_shape_}."
                + conversion("X", shape, self.input_shape_)
            )

    def __sklearn_clone__(self):
        if not (self.frozen and getattr(self.net, "initialized_", False)):
            return super().__sklearn_clone__()
        # A clone of the net would lose its weights; nothing here changes them.
        shielded = copy.copy(self)
        shielded.net = FrozenEstimator(self.net)
        cloned = super(NetEmbedding, shielded).__sklearn_clone__()
        cloned.net = self.net
        return cloned

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = not self.frozen
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
