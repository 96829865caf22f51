"""Small networks, importable so that worker processes and pickles find them."""

import torch
from skorch import NeuralNet, NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from skpoison.embedding import MLP


def classifier(n_features=4, n_classes=3, hidden=(8, 5), **params):
    """A skorch net around a small MLP, built from the class."""
    params = {
        "module__n_features": n_features,
        "module__n_classes": n_classes,
        "module__hidden": hidden,
        "criterion": nn.CrossEntropyLoss,
        "optimizer": torch.optim.Adam,
        "lr": 0.02,
        "max_epochs": 5,
        "batch_size": 32,
        "train_split": None,
    } | params
    return NeuralNetClassifier(MLP, **params)


def regressor(net=NeuralNetRegressor, **params):
    """A skorch net with one output and a squared loss."""
    params = {
        "module__n_features": 4,
        "module__n_classes": 1,
        "module__hidden": (8, 5),
        "criterion": nn.MSELoss,
        "max_epochs": 3,
        "train_split": None,
    } | params
    return net(MLP, **params)


def plain(criterion, **params):
    """A skorch net that is neither a classifier nor a regressor."""
    return regressor(NeuralNet, criterion=criterion, **params)


class ConvNet(nn.Module):
    """Images to logits, with dropout and batch statistics."""

    def __init__(self, channels=1, n_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(channels, 6, 3)
        self.norm = nn.BatchNorm2d(6)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(6, n_classes)

    def features(self, X):
        return self.drop(self.norm(self.conv(X)).relu()).mean(dim=(2, 3))

    def forward(self, X):
        return self.head(self.features(X))


class FlattensByView(nn.Module):
    """A small LeNet, whose `view` takes images in the usual memory order alone."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.head = nn.Linear(4 * 6 * 6, 3)

    def forward(self, X):
        return self.head(self.conv(X).relu().view(len(X), -1))


class LogitsAndFeatures(MLP):
    """Returns a tuple, the logits first."""

    def forward(self, X):
        features = self.body(X)
        return self.head(features), features


class Probabilities(MLP):
    """Ends in a softmax."""

    def forward(self, X):
        return super().forward(X).softmax(dim=1)


class Dictionary(MLP):
    """Returns no tensor."""

    def forward(self, X):
        return {"logits": super().forward(X)}


class AnyWidth(nn.Module):
    """Takes rows of any width."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(2, 3)
        self.head = nn.Linear(3, 2)

    def forward(self, X):
        summary = torch.stack([X.mean(dim=1), X[:, 0]], dim=1)
        return self.head(self.body(summary).relu())


class HeadDefinedFirst(nn.Module):
    """Its head is the first of its attributes and the last to be called."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 2)
        self.body = nn.Linear(4, 3)

    def forward(self, X):
        return self.head(self.body(X).relu())


class Parts(nn.Module):
    """A body, a head and another linear layer, put together in one of many ways."""

    def __init__(self, put_together):
        super().__init__()
        self.body = nn.Linear(4, 5)
        self.head = nn.Linear(5, 3)
        self.other = nn.Linear(5, 3)
        self.gate = nn.Linear(5, 5)
        self.skip = nn.Linear(4, 3)
        self.conv = nn.Conv1d(1, 3, 5)
        self.put_together = put_together

    def forward(self, X):
        return self.put_together(self, X)


class Repeated(nn.Module):
    """Calls its only layer twice."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, X):
        return self.layer(self.layer(X).relu())


class Recurrent(nn.Module):
    """A layer that returns a tuple, and layers that turn rows around."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 3)
        self.turned = nn.Identity()
        self.head = nn.Linear(3, 2)

    def forward(self, X):
        outputs, _ = self.rnn(X)
        self.turned(outputs.T)
        return self.head(outputs)


class TupleLossNet(NeuralNetClassifier):
    """Computes its loss from both parts of a tuple."""

    def get_loss(self, y_pred, y_true, *args, **kwargs):
        logits, features = y_pred
        loss = super().get_loss(logits, y_true, *args, **kwargs)
        return loss + 0.01 * features.square().mean()
