"""From a picture file to the model's uint8 input; `preprocess.preprocess` has the steps."""

from kerasport.pictures import MAX_PIXELS
from kerasport.preprocess.decode import Picture, decode
from kerasport.preprocess.kernel import fast_resize
from kerasport.preprocess.preprocess import PREPROCESSING_VERSION, preprocess, read_pixels
from kerasport.preprocess.spec import ImageSpec
from kerasport.preprocess.stored import kept_blocks

__all__ = [
    "MAX_PIXELS",
    "PREPROCESSING_VERSION",
    "ImageSpec",
    "Picture",
    "decode",
    "fast_resize",
    "kept_blocks",
    "preprocess",
    "read_pixels",
]
