"""Compare photos that sharp decodes in Node with Pillow's: pixels, and what a model makes of them.

    .venv/bin/python benchmarks/node_pictures.py --bundle web/model --photos path/to/photos

Every k-th photo of the folder, sorted, up to `--count`. In Node they go the way of
`web/examples/node`: sharp without colour profile, upright, raw pixels, then the npm package, which
`npm pack` makes of the checkout; sharp is installed into a temporary folder. In Python they are
read by Pillow, and answered by the bundle in numpy. Compared are the pixels at full size, the
model's input, and the probabilities.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from support.npm import Project, npm_package

from kerasport.bundle import Bundle
from kerasport.preprocess import preprocess, read_pixels
from kerasport.runtime import Runtime

PROGRAM = """\
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadClassifier } from 'kerasport';
import sharp from 'sharp';

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const classifier = await loadClassifier(process.argv[2]);
for (const file of JSON.parse(readFileSync('photos.json', 'utf8'))) {
  const { data, info } = await sharp(file, { ignoreIcc: true })
    .autoOrient()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const { input, probabilities } = await classifier.classify({ data, width, height, channels });
  const found = { pixels: hash(data), input: hash(input.data), probabilities: [...probabilities] };
  console.log(JSON.stringify(found));
}
"""


def main() -> None:
    """Print how many photos are the same, and how far the answers are apart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bundle", type=Path, required=True, help="folder of an exported model")
    parser.add_argument("--photos", type=Path, required=True, help="folder with JPEG files")
    parser.add_argument("--count", type=int, default=200, help="how many of them (default 200)")
    options = parser.parse_args()
    every = sorted(path.absolute() for path in options.photos.rglob("*.jpg"))
    photos = every[:: max(1, len(every) // options.count)][: options.count]
    in_node = read_in_node(options.bundle.absolute(), photos)
    bundle = Bundle.open(options.bundle)
    runtime = Runtime(bundle)
    pixels, inputs, differences = [], [], []
    for path, found in zip(photos, in_node, strict=True):
        own = preprocess(path, bundle.metadata.image_spec)
        pixels.append(hashed(read_pixels(path)) == found["pixels"])
        inputs.append(hashed(own) == found["input"])
        answer = runtime.predict(own[None])[0]
        differences.append(float(np.abs(answer - found["probabilities"]).max()))
    print(f"{len(photos)} photos of {len(every)}")
    print(f"identical pixels at full size: {np.mean(pixels):.1%}")
    print(f"identical input of the model:  {np.mean(inputs):.1%}")
    print(f"difference of a probability:   largest {max(differences):.1e}", end=", ")
    print(f"mean of the photos {np.mean(differences):.1e}")


def hashed(pixels: Any) -> str:
    """Return the SHA-256 of pixels."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def read_in_node(bundle: Path, photos: list[Path]) -> list[dict[str, Any]]:
    """Return hashes and probabilities of each photo, as a program in Node finds them."""
    with tempfile.TemporaryDirectory(prefix="kerasport-bench-") as temporary:
        root = Path(temporary)
        project = Project(root / "app", npm_package(root))
        manifest = project.folder / "package.json"
        manifest.write_text(json.dumps({"type": "module"}), encoding="utf-8")
        (project.folder / "photos.json").write_text(json.dumps([str(path) for path in photos]))
        (project.folder / "compare.mjs").write_text(PROGRAM, encoding="utf-8")
        project.install("sharp")
        lines = project.run("node", "compare.mjs", bundle).splitlines()
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
