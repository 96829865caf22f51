"""The defenses of the matrix. Those that are told a share of poison are told 10 %."""

from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LassoCV, LogisticRegression, Ridge
from sklearn.svm import SVC

from ...defenses import (
    ActivationClusteringFilter,
    AnnealedTrustFilter,
    CalibratedFilter,
    ConfidentLearningFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    InfluenceFilter,
    KNNShapleyFilter,
    L2CentroidFilter,
    LossFilter,
    OneClassSVMFilter,
    PanelFilter,
    PerClassFilter,
    SeverFilter,
    SpectralSignatureFilter,
    SpectreFilter,
    SphereSlabFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from ._peers import ActivationClustering, ConfidentLearning, EditedNeighbours

_LINEAR = LogisticRegression(max_iter=1000)
_FOREST = RandomForestClassifier()

CLASSIFICATION = {
    "L2 centroid": L2CentroidFilter(0.1),
    "one-class SVM": OneClassSVMFilter(nu=0.1),
    "isolation forest": PerClassFilter(IsolationForest(contamination=0.1)),
    "spectral signatures": SpectralSignatureFilter(0.1),
    "SPECTRE": SpectreFilter(0.1),
    "activation clustering": ActivationClusteringFilter(),
    "sphere and slab": SphereSlabFilter(contamination=0.1),
    "Sever": SeverFilter(_LINEAR, contamination=0.1),
    "small loss": LossFilter(_FOREST, contamination=0.1),
    "self-influence": InfluenceFilter(_LINEAR, contamination=0.1),
    "Deep k-NN, k = 15": DeepKNNFilter(k=15),
    "Deep k-NN, k / N = 1": DeepKNNFilter(),
    "activation clustering (ART)": ActivationClustering(),
    "edited neighbours (imbalanced-learn)": EditedNeighbours(),
    "confident learning (cleanlab)": ConfidentLearning(_FOREST),
    "confident learning": ConfidentLearningFilter(_FOREST),
    "panel": PanelFilter(contamination=0.1),
    "kNN-Shapley": KNNShapleyFilter(contamination=0.1),
    "trusted SVC": TrustedDisagreementFilter(SVC()),
    "trusted SVC, self-trained": TrustedDisagreementFilter(SVC(), n_rounds=5),
    "annealed trust": AnnealedTrustFilter(),
    "De-Pois": DePoisFilter(),
    "DUTI": DUTIFilter(),
    "Deep k-NN, calibrated": CalibratedFilter(DeepKNNFilter(k=15)),
    "panel, calibrated": CalibratedFilter(PanelFilter()),
    "annealed trust, calibrated": CalibratedFilter(AnnealedTrustFilter()),
}
REGRESSION = {
    "TRIM": TRIMRegressor(Ridge(0.1)),
    "Sever": SeverFilter(Ridge(0.1), contamination=0.1),
    "small loss": LossFilter(Ridge(0.1), contamination=0.1),
    "trusted lasso": TrustedDisagreementFilter(LassoCV()),
    "trusted lasso, self-trained": TrustedDisagreementFilter(LassoCV(), n_rounds=5),
    "De-Pois": DePoisFilter(),
    "DUTI": DUTIFilter("regression", contamination=0.1),
    "trusted lasso, calibrated": CalibratedFilter(TrustedDisagreementFilter(LassoCV())),
}
