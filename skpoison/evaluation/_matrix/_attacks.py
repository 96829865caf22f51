"""The attacks of the matrix."""

from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from ...attacks import (
    BackdoorAttack,
    InfluenceAttack,
    KKTAttack,
    LabelFlipAttack,
    MinMaxAttack,
    PGANAttack,
    RegressionGradientAttack,
    StatPAttack,
    SubpopulationAttack,
)

CLEAN = "clean"
CLASSIFICATION = {
    CLEAN: None,
    "random flips": LabelFlipAttack(),
    "near flips": LabelFlipAttack(strategy="near", estimator=SVC()),
    "far flips": LabelFlipAttack(strategy="far", estimator=SVC()),
    "clustered flips": LabelFlipAttack(strategy="cluster", estimator=SVC()),
    "backdoor": BackdoorAttack(poison_class=1, trigger="values"),
    "subpopulation": SubpopulationAttack(n_clusters=10),
    "influence": InfluenceAttack(),
    "KKT": KKTAttack(),
    "min-max": MinMaxAttack(),
    "pGAN": PGANAttack(alpha=0.0, rate=0.1, poison_class=1),
}
REGRESSION = {
    CLEAN: None,
    "OptP": RegressionGradientAttack(Ridge(0.1), rate=0.1, objective="parameters"),
    "StatP": StatPAttack(rate=0.1),
}
