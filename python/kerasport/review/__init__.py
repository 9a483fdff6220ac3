"""Looking for labels that are wrong: models that had not seen a picture are asked what it shows."""

from kerasport.review.review import Review, review_data, review_with_run
from kerasport.review.suspicion import Reason, Suspect

__all__ = ["Reason", "Review", "Suspect", "review_data", "review_with_run"]
