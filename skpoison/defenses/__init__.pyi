from ._activation_clustering import ActivationClusteringFilter
from ._adversarial_training import AdversarialTrainingClassifier
from ._annealed_trust import AnnealedTrustFilter
from ._calibrated import CalibratedFilter
from ._certified import (
    CertifiedKNeighborsClassifier,
    PartitionAggregationClassifier,
)
from ._confident_learning import ConfidentLearningFilter
from ._deep_knn import DeepKNNFilter
from ._depois import DePoisFilter
from ._duti import DUTIFilter
from ._influence import InfluenceFilter
from ._knn_shapley import KNNShapleyFilter
from ._l2_centroid import L2CentroidFilter
from ._label_sanitization import LabelSanitizationFilter
from ._loss import LossFilter
from ._one_class_svm import OneClassSVMFilter
from ._panel import PanelFilter
from ._per_class import PerClassFilter
from ._random_eviction import RandomEvictionFilter
from ._sever import SeverFilter
from ._spectral_signature import SpectralSignatureFilter
from ._spectre import SpectreFilter
from ._sphere_slab import SphereSlabFilter
from ._trim import TRIMRegressor
from ._trusted_disagreement import TrustedDisagreementFilter

__all__ = [
    "ActivationClusteringFilter",
    "AdversarialTrainingClassifier",
    "AnnealedTrustFilter",
    "CalibratedFilter",
    "CertifiedKNeighborsClassifier",
    "ConfidentLearningFilter",
    "DUTIFilter",
    "DePoisFilter",
    "DeepKNNFilter",
    "InfluenceFilter",
    "KNNShapleyFilter",
    "L2CentroidFilter",
    "LabelSanitizationFilter",
    "LossFilter",
    "OneClassSVMFilter",
    "PanelFilter",
    "PartitionAggregationClassifier",
    "PerClassFilter",
    "RandomEvictionFilter",
    "SeverFilter",
    "SpectralSignatureFilter",
    "SpectreFilter",
    "SphereSlabFilter",
    "TRIMRegressor",
    "TrustedDisagreementFilter",
]
