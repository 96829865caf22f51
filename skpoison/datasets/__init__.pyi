from ._cifar10 import fetch_cifar10
from ._cifar10_poisons import fetch_cifar10_poisons
from ._fourclass import fetch_fourclass, make_fourclass
from ._house_prices import fetch_house_prices
from ._mnist import fetch_mnist
from ._warfarin import fetch_warfarin

__all__ = [
    "fetch_cifar10",
    "fetch_cifar10_poisons",
    "fetch_fourclass",
    "fetch_house_prices",
    "fetch_mnist",
    "fetch_warfarin",
    "make_fourclass",
]
