"""Trained critics, several side by side."""

import numpy as np
import torch
from sklearn.utils import gen_batches

from ._gradient_penalty import input_gradient

__all__ = ["CriticEnsemble"]

_BATCH_ROWS = 4096


class CriticEnsemble:
    """Critics D(x | y) that share an encoder.

    Parameters
    ----------
    encoder : Encoder
    networks : MLP
        One output each.
    """

    def __init__(self, encoder, networks):
        self.encoder = encoder
        self.networks = networks

    def scores(self, X, y):
        """Each critic's score of each row with its label.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
        y : ndarray of shape (n_samples,)
            Positions of labels, or target values.

        Returns
        -------
        ndarray of shape (n_nets, n_samples)
        """
        x, conditions = self.encoder.rows(X), self.encoder.conditions(y)
        parts = [
            self._scores(torch.cat([x[rows], conditions[rows]], dim=1))
            for rows in gen_batches(len(x), _BATCH_ROWS)
        ]
        return torch.cat(parts, dim=1).cpu().numpy().astype(np.float64)

    def label_scores(self, X):
        """Each critic's score of each row with every label.

        Returns
        -------
        ndarray of shape (n_nets, n_samples, n_classes)
        """
        labels = range(self.encoder.n_classes)
        return np.stack([self.scores(X, np.full(len(X), c)) for c in labels], axis=2)

    def gradient(self, X, y):
        """Gradient of the mean score of the critics by the features.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        x, conditions = self.encoder.rows(X), self.encoder.conditions(y)
        inputs = torch.cat([x, conditions], dim=1)
        with torch.no_grad():
            gradient = input_gradient(self.networks, self._for_all(inputs)).mean(dim=0)
        return self.encoder.gradient(X, gradient[:, : x.shape[1]])

    def _scores(self, inputs):
        with torch.no_grad():
            return self.networks(self._for_all(inputs))[..., 0]

    def _for_all(self, inputs):
        return inputs.expand(len(self.networks.weights[0]), *inputs.shape)
