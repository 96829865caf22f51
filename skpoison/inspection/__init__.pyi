from ._defense_matrix import DefenseMatrixDisplay
from ._feature_space import FeatureSpaceDisplay
from ._normalized_k import NormalizedKDisplay
from ._rate_curve import RateCurveDisplay
from ._vote_margin import VoteMarginDisplay

__all__ = [
    "DefenseMatrixDisplay",
    "FeatureSpaceDisplay",
    "NormalizedKDisplay",
    "RateCurveDisplay",
    "VoteMarginDisplay",
]
