"""Classifying what one already has: any number of pictures to one table, or batches of others."""

from kerasport.bulk.batches import BatchClassifier
from kerasport.bulk.classification import predict_many
from kerasport.bulk.options import BulkOptions, BulkSummary

__all__ = ["BatchClassifier", "BulkOptions", "BulkSummary", "predict_many"]
