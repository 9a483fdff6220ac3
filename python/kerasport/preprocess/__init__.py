"""From a picture file to the model's uint8 input; `preprocess.preprocess` has the steps."""

from kerasport.pictures import MAX_PIXELS
from kerasport.preprocess.decode import Picture, decode
from kerasport.preprocess.preprocess import PREPROCESSING_VERSION, preprocess, read_pixels
from kerasport.preprocess.spec import ImageSpec

__all__ = [
    "MAX_PIXELS",
    "PREPROCESSING_VERSION",
    "ImageSpec",
    "Picture",
    "decode",
    "preprocess",
    "read_pixels",
]
