"""From a picture file to the model's uint8 input: the Python half of one specification.

`web/src/client/preprocess/` is the other half, file by file. Both are tested on the same vectors
(`tests/golden/`) and must give the same bytes, not similar ones. The steps, in order:

1. reduce the file to what decides its pixels, and refuse it or decode it to 8 bits per channel:
   first frame, colour profile and gamma ignored, 16-bit samples to their upper 8 bits
   (`kerasport.pictures`);
2. apply the EXIF orientation;
3. composite over the background: `(source * alpha + background * (255 - alpha) + 127) // 255`;
4. grayscale, if asked for: `(19595 R + 38470 G + 7471 B + 32768) >> 16` (ITU-R BT.601 luma in
   16-bit fixed point, the formula of Pillow's `convert("L")`);
5. fit: `stretch`, `crop` (centre crop to the target's aspect ratio, with fractional edges) or
   `pad` (whole picture, centred on the background);
6. resize with Pillow's antialiased fixed-point filters, across first and then down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.preprocess.compose import composite, to_grayscale
from kerasport.preprocess.decode import Picture, decoded
from kerasport.preprocess.fit import Resize, fit
from kerasport.preprocess.resample import resize as resize_by_pillow
from kerasport.preprocess.spec import ImageSpec

__all__ = ["PREPROCESSING_VERSION", "preprocess", "read_pixels"]

PREPROCESSING_VERSION = 3
"""Goes up by one whenever a picture may come out as other bytes than before.

Pixels that were kept from earlier (`kerasport.dataset.cache`) are then computed again.
"""


def preprocess(
    picture: Picture, spec: ImageSpec, *, resize: Resize = resize_by_pillow
) -> NDArray[np.uint8]:
    """Return the model's input for one picture: uint8 `[height, width, channels]`.

    Args:
        picture: a path, the bytes of a file, a Pillow image, or uint8 pixels of shape
            `[height, width]`, `[height, width, 1 | 3 | 4]` (gray, RGB or RGBA).
        spec: the shape and the steps.
        resize: computes step 6; whatever it is, the bytes are the same.

    Raises:
        DataError: the picture cannot be read, or is larger than `MAX_PIXELS`.

    >>> preprocess(np.zeros((20, 30, 3), np.uint8), ImageSpec(height=8, width=8)).shape
    (8, 8, 3)
    """
    with decoded(picture) as upright:
        image = composite(upright, spec.background)
        if spec.color_mode == "grayscale":
            image = to_grayscale(image)
        elif image.mode == "L":
            image = image.convert("RGB")
        pixels = fit(image, spec, resize)
    return pixels.reshape(spec.shape)


def read_pixels(
    picture: Picture, background: tuple[int, int, int] = (255, 255, 255)
) -> NDArray[np.uint8]:
    """Return the whole upright picture on a background: uint8 `[height, width, 3]`.

    Raises:
        DataError: the picture cannot be read, or is larger than `MAX_PIXELS`.
    """
    with decoded(picture) as upright:
        return np.asarray(composite(upright, background).convert("RGB"), dtype=np.uint8)
