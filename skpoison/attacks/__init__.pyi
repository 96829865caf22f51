from ._label_flip import LabelFlipAttack
from ._regression_gradient import RegressionGradientAttack

__all__ = [
    "LabelFlipAttack",
    "RegressionGradientAttack",
]
