"""The pictures on which an exported model is compared: patterns, and the samples of the bundle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.answering.patterns import patterns
from kerasport.preprocess import ImageSpec

__all__ = ["Inputs"]

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Inputs:
    """Pictures in the model's input size, each once.

    Attributes:
        names: of the n pictures, for messages.
        pixels: uint8 `[n, height, width, channels]`.
        samples: the place of each sample among them.
    """

    names: tuple[str, ...]
    pixels: Pixels
    samples: tuple[int, ...]

    @classmethod
    def of(cls, spec: ImageSpec, samples: Pixels) -> Inputs:
        """Return the patterns and the samples, uint8 `[m, height, width, channels]`, together.

        The samples of a model that comes without any are the patterns themselves.
        """
        pictures = list(patterns(spec).items())
        places = {pixels.tobytes(): place for place, (_, pixels) in enumerate(pictures)}
        order = []
        for number, pixels in enumerate(samples):
            content = pixels.tobytes()
            if content not in places:
                places[content] = len(pictures)
                pictures.append((f"sample {number + 1}", pixels))
            order.append(places[content])
        names = tuple(name for name, _ in pictures)
        return cls(names, np.stack([pixels for _, pixels in pictures]), tuple(order))

    def few(self, count: int) -> Inputs:
        """Return at most `count` of them, those that show most first: of each kind one, then more.

        Where the samples are among them is of no interest any more.
        """
        first = [self.names.index("gradient"), len(self.names) - 1, self.names.index("noise")]
        if self.names[first[1]] == "white":
            del first[1]
        rest = [place for place in range(len(self.names)) if place not in first]
        places = [*first, *rest][:count]
        return Inputs(tuple(self.names[place] for place in places), self.pixels[places], ())
