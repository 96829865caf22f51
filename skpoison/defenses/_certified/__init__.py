"""Classifiers whose predictions no few changes of the training set can flip."""

from ._neighbors import CertifiedKNeighborsClassifier
from ._partition_aggregation import PartitionAggregationClassifier

__all__ = ["CertifiedKNeighborsClassifier", "PartitionAggregationClassifier"]
