from ._alexnet import AlexNet
from ._batches import AugmentedBatches
from ._callbacks import TriangularRate
from ._densenet import DenseNet121
from ._dpn import DPN92
from ._googlenet import GoogLeNet
from ._mobilenet import MobileNetV2
from ._recipe import make_fast_classifier
from ._resnet import ResNet8, ResNet18, ResNet20, ResNet50
from ._resnext import ResNeXt29
from ._senet import SENet18
from ._whitening import WhiteningNet

__all__ = [
    "DPN92",
    "AlexNet",
    "AugmentedBatches",
    "DenseNet121",
    "GoogLeNet",
    "MobileNetV2",
    "ResNeXt29",
    "ResNet8",
    "ResNet18",
    "ResNet20",
    "ResNet50",
    "SENet18",
    "TriangularRate",
    "WhiteningNet",
    "make_fast_classifier",
]
