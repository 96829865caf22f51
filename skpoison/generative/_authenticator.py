"""Authenticators: models that read the label off a row, to supervise a generator."""

from sklearn.linear_model import LassoCV
from torch import nn

from ._convolutions import ConvNet
from ._networks import MLP

__all__ = ["LabelAuthenticator", "TargetAuthenticator"]


class LabelAuthenticator(nn.Module):
    """A classifier that learns beside the generator; its loss is the cross-entropy."""

    def __init__(self, encoder, sizes, random):
        super().__init__()
        sizes = (*sizes, encoder.n_classes)
        self.network: nn.Module
        if encoder.is_image:
            self.network = ConvNet(encoder.row_shape, sizes, random)
        else:
            self.network = MLP((encoder.n_features, *sizes), random)

    def forward(self, x, conditions):
        logits = self.network(x[None])[0]
        return nn.functional.cross_entropy(logits, conditions)


class TargetAuthenticator(nn.Module):
    """A LASSO fitted to the real rows once; its loss is the squared error."""

    def __init__(self, x, conditions):
        super().__init__()
        targets = conditions[:, 0].cpu().numpy()
        lasso = LassoCV(cv=min(5, len(targets))).fit(x.cpu().numpy(), targets)
        self.register_buffer("weight", x.new_tensor(lasso.coef_))
        self.register_buffer("bias", x.new_tensor(lasso.intercept_))

    def forward(self, x, conditions):
        return ((x @ self.weight + self.bias - conditions[:, 0]) ** 2).mean()
