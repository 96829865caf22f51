"""Rows and labels as the networks take them."""

import math

import numpy as np
import torch
from sklearn.preprocessing import MinMaxScaler

__all__ = ["Encoder"]

# Rows beyond the training range are moved to the edge of twice that range: a network is
# linear out there, and one huge row would drown all others.
_REACH = 2.0


class Encoder:
    """Scales rows to [-span, span], and turns labels into conditions.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features) or \
            (n_samples, channels, height, width)
        Rows that set the scale: one for each feature, or for each channel of images.
    y : ndarray of shape (n_samples,)
        Positions of labels, or target values.
    n_classes : int or None
        None for a regression, whose condition is the target scaled to [-1, 1]. A
        label's condition is its indicator vector.
    span : float
    device : torch.device
    """

    def __init__(self, X, y, *, n_classes, span, device):
        self.n_classes = n_classes
        self.span = span
        self.device = device
        self.row_shape = X.shape[1:]
        self._x_scaler = MinMaxScaler((-span, span)).fit(_columns(X))
        if n_classes is None:
            self._y_scaler = MinMaxScaler((-1, 1)).fit(_column(y))

    def __getstate__(self):
        # The one who reads it may have another device.
        return {**vars(self), "device": None}

    @property
    def is_image(self):
        return len(self.row_shape) == 3

    @property
    def n_features(self):
        return math.prod(self.row_shape)

    @property
    def n_conditions(self):
        return self.n_classes or 1

    def rows(self, X):
        """Scaled rows, a tensor of the shape of X."""
        scaled = self._scaled(X)
        return self._tensor(np.clip(scaled, -_REACH * self.span, _REACH * self.span))

    def conditions(self, y):
        """A tensor of shape (n_samples, n_conditions)."""
        if self.n_classes is None:
            scaled = self._y_scaler.transform(_column(y))
            return self._tensor(np.clip(scaled, -_REACH, _REACH))
        return self._tensor(np.eye(self.n_classes)[y])

    def original(self, rows):
        """The rows in the units of X, an ndarray of float64."""
        columns = _columns(rows.cpu().numpy())
        return _rows(self._x_scaler.inverse_transform(columns), rows.shape)

    def gradient(self, X, gradient):
        """A gradient by the scaled rows, as one by X."""
        moves = np.abs(self._scaled(X)) < _REACH * self.span
        columns = _columns(gradient.cpu().numpy()) * self._x_scaler.scale_
        return _rows(columns, X.shape) * moves

    def _scaled(self, X):
        return _rows(self._x_scaler.transform(_columns(X)), X.shape)

    def _tensor(self, values):
        return torch.as_tensor(values, dtype=torch.float32, device=self.device)


def _columns(X):
    """Features, or channels of all pixels, as columns of float64."""
    return np.moveaxis(X, 1, -1).reshape(-1, X.shape[1]).astype(np.float64)


def _rows(columns, shape):
    """Columns as rows of the given shape again."""
    channels_last = (shape[0], *shape[2:], shape[1])
    return np.moveaxis(columns.reshape(channels_last), -1, 1)


def _column(y):
    return np.asarray(y, dtype=np.float64).reshape(-1, 1)
