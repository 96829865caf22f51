from ._feature_space import FeatureSpaceDisplay

__all__ = ["FeatureSpaceDisplay"]
