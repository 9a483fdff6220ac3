"""How many of MNIST's test figures are read rightly when they are drawn on the page's pad.

    make train export
    .venv/bin/python benchmarks/drawn_digits.py --mnist path/to/mnist.npz

Each figure is thinned to strokes, which are drawn on the pad of the page in Chromium, event by
event; the page does the rest, and its answer is read off. `mnist.npz` holds `x_test` and `y_test`,
as Keras downloads it. Besides, says how many of those pictures are among the recipe's own, and how
many files of them, undrawn, `kerasport predict` reads rightly.
"""

from __future__ import annotations

import argparse
import collections
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from support.strokes import Stroke, strokes_of

from kerasport.bundle import Bundle
from kerasport.parity.browsers.chromium import launched_chromium
from kerasport.prediction import predict
from kerasport.recipes import get_recipe
from kerasport.site import write_site

DRAW = """async (strokes) => {
  const canvas = document.querySelector('#drawing-pad');
  // Events that no pointer sent cannot be captured.
  canvas.setPointerCapture = () => {};
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const find = async (selector) => {
    for (let frames = 0; frames < 3000; frames++, await frame()) {
      const found = document.querySelector(selector);
      if (found) return found;
    }
    throw new Error(`There is no ${selector}.`);
  };
  document.querySelector('#drawing-clear').click();
  await find('#result .empty');
  const box = canvas.getBoundingClientRect();
  const send = (kind, [x, y]) =>
    canvas.dispatchEvent(
      new PointerEvent(kind, {
        button: 0,
        clientX: box.left + x * box.width,
        clientY: box.top + y * box.height,
      }),
    );
  for (const stroke of strokes) {
    send('pointerdown', stroke[0]);
    for (const point of stroke.slice(1)) send('pointermove', point);
    send('pointerup', stroke.at(-1));
  }
  // It comes with the answer to a drawing that is done.
  await find('#why-button');
  return document.querySelector('[data-testid=prediction]').dataset.className;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mnist", type=Path, required=True, help="mnist.npz, as Keras has it")
    parser.add_argument("--bundle", type=Path, default=Path("web/model"), help="exported digits")
    parser.add_argument("--figures", type=int, default=1000, help="first of the test (1000)")
    options = parser.parse_args()
    with np.load(options.mnist) as arrays:
        pictures = arrays["x_test"]
        truth = [str(label) for label in arrays["y_test"][: options.figures]]
    bundle = Bundle.open(options.bundle)
    with tempfile.TemporaryDirectory(prefix="kerasport-bench-") as folder:
        root = Path(folder)
        print(f"{count_own(pictures, root)} of the {len(pictures):,} are the recipe's own")
        shown = pictures[: options.figures]
        page = write_site(bundle, root / "site").parent / "index.html"
        drawn = [strokes_of(picture) for picture in shown]
        report("drawn on the pad", list(answers_on_pad(page, drawn)), truth)
        report("as files", answers_to_files(bundle, shown, root), truth)


def count_own(pictures: NDArray[np.uint8], root: Path) -> int:
    own = get_recipe("digits").prepare(None, root)
    known = {np.asarray(Image.open(path)).tobytes() for path in own.rglob("*.png")}
    return sum(picture.tobytes() in known for picture in pictures)


def answers_on_pad(page: Path, figures: Sequence[list[Stroke]]) -> Iterator[str]:
    with launched_chromium() as browser:
        tab: Any = browser.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_selector("#status[data-state=ready]")
        tab.click("#tab-drawing")
        for strokes in figures:
            yield tab.evaluate(DRAW, strokes)


def answers_to_files(bundle: Bundle, pictures: NDArray[np.uint8], root: Path) -> list[str]:
    paths = [root / f"{index}.png" for index in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)
    predictions, _ = predict(bundle, paths)
    return [prediction.top(1)[0][0] for prediction in predictions]


def report(how: str, answers: list[str], truth: list[str]) -> None:
    pairs = collections.Counter(
        f"{right} as {answer}"
        for right, answer in zip(truth, answers, strict=True)
        if right != answer
    )
    right = len(truth) - pairs.total()
    worst = ", ".join(f"{pair} ({count})" for pair, count in pairs.most_common(5))
    print(f"{how}: {right} of {len(truth)} are right; most often {worst or 'nothing'}")


if __name__ == "__main__":
    main()
