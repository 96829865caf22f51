from ._feature_space import FeatureSpaceDisplay
from ._normalized_k import NormalizedKDisplay
from ._vote_margin import VoteMarginDisplay

__all__ = ["FeatureSpaceDisplay", "NormalizedKDisplay", "VoteMarginDisplay"]
