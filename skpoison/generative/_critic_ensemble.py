"""Trained critics, several side by side."""

import numpy as np
import torch
from sklearn.utils import gen_batches

__all__ = ["CriticEnsemble"]


class CriticEnsemble:
    """Critics D(x | y) that share an encoder.

    Parameters
    ----------
    encoder : Encoder
    critics : VectorCritic or ImageCritic
    """

    def __init__(self, encoder, critics):
        self.encoder = encoder
        self.critics = critics

    def scores(self, X, y):
        """Each critic's score of each row with its label.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
        y : ndarray of shape (n_samples,)
            Positions of labels, or target values.

        Returns
        -------
        ndarray of shape (n_nets, n_samples)
        """
        conditions = self.encoder.conditions(y)

        def of_batch(x, rows):
            return self.critics([(x, self._for_all(conditions[rows]))])

        return self._by_batches(X, of_batch)

    def label_scores(self, X):
        """Each critic's score of each row with every label.

        Returns
        -------
        ndarray of shape (n_nets, n_samples, n_classes)
        """
        return self._by_batches(X, lambda x, rows: self.critics.label_scores(x))

    def gradient(self, X, y):
        """Gradient of the mean score of the critics by the features.

        Returns
        -------
        ndarray of shape (n_samples, ...)
        """
        x, conditions = self.encoder.rows(X), self.encoder.conditions(y)
        with torch.no_grad():
            inputs = self._for_all(x), self._for_all(conditions)
            gradient = self.critics.gradient(*inputs).mean(dim=0)
        gradient = gradient.expand(len(x), -1)[:, : self.encoder.n_features]
        return self.encoder.gradient(X, gradient.reshape(x.shape))

    def _by_batches(self, X, of_batch):
        x = self.encoder.rows(X)
        with torch.no_grad():
            parts = [
                of_batch(self._for_all(x[rows]), rows)
                for rows in gen_batches(len(x), self.critics.rows_at_once)
            ]
        return torch.cat(parts, dim=1).cpu().numpy().astype(np.float64)

    def _for_all(self, rows):
        return rows.expand(self.critics.n_nets, *rows.shape)
