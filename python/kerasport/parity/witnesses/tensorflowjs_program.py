"""The reader of the `tensorflowjs` package, as a program: pixels in, probabilities out.

`python tensorflowjs_program.py MODEL HEIGHT,WIDTH,CHANNELS PARENT` writes `ready` once the model is
loaded. Then it reads the number of pictures (8 bytes, little end first) with their pixels, uint8,
and writes the probabilities, float32, as often as it is asked. It ends with its input, or with the
process PARENT, which may be killed at any time.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]

_POLL_SECONDS = 0.5


def main(arguments: Sequence[str]) -> int:
    """Run the program."""
    path, sides, parent = arguments
    shape = [int(side) for side in sides.split(",")]
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    # What libraries print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # The modules beside this one are not what packages mean by such names.
    with contextlib.suppress(ValueError):
        sys.path.remove(str(Path(__file__).parent))

    sys.addaudithook(_refuse_network)
    import numpy as np
    import tensorflowjs

    model = tensorflowjs.converters.load_keras_model(path)
    answers.write(b"ready")
    answers.flush()
    while len(head := sys.stdin.buffer.read(8)) == 8:
        count = int.from_bytes(head, "little")
        content = sys.stdin.buffer.read(count * int(np.prod(shape)))
        pixels = np.frombuffer(content, np.uint8).reshape(count, *shape)
        answer = model.predict(pixels.astype(np.float32), verbose=0)
        answers.write(np.ascontiguousarray(answer, "<f4").tobytes())
        answers.flush()
    return 0


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        raise PermissionError("a witness has no network")


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
