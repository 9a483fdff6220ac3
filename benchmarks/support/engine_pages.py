"""Pages that each run a model on one engine, on WebAssembly and one thread.

A page has `engine` with `load(inPage)`, which returns what it runs on, `predict(pixels)`, and in
some `classifyFiles(files)`, from files of pictures to all answers. kerasport's page and its model
are opened from `file://`; the others, which cannot be, over http.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from kerasport.assets import web_asset

__all__ = ["ENGINES", "Engine", "install_peers", "needed"]

_WEB = Path(__file__).parents[2] / "web"
_STOCK = _WEB / "node_modules" / "@tensorflow"
_PEERS = ("@litertjs/core", "onnxruntime-web")

_CLIENT = """\
<!doctype html><meta charset="utf-8">
<script src="{script}"></script>
<script src="bundle/model.js"></script>
<script>
  let classifier;
  globalThis.engine = {{
    async load(inPage) {{
      const worker = inPage ? false : "auto";
      classifier = await kerasport.loadClassifier(undefined, {{
        backend: "wasm",
        binary: "{build}" || undefined,
        worker,
      }});
      return classifier.backend;
    }},
    predict: (pixels) => classifier.predict({{ data: pixels }}),
    async classifyFiles(files) {{
      const results = await classifier.classifyMany(files, {{ topK: 1 }});
      const best = results.map(({{ classification }}) => classification.predictions[0].index);
      return {{ best, workers: (await classifier.memory()).workers }};
    }},
  }};
</script>
"""

_LITERT = """\
<!doctype html><meta charset="utf-8">
<script type="importmap">
  {{ "imports": {{ "@litertjs/wasm-utils": "./litert/wasm-utils/dist/index.js" }} }}
</script>
<script type="module">
  import {{ loadLiteRt, loadAndCompile, Tensor }} from "./litert/core/dist/index.js";
  let model;
  const shape = {shape};
  globalThis.engine = {{
    async load() {{
      await loadLiteRt("litert/core/wasm/{build}");
      model = await loadAndCompile("model.tflite", {{
        accelerator: "wasm",
        cpuOptions: {{ numThreads: 1 }},
      }});
      const files = performance.getEntriesByType("resource").map(({{ name }}) => name);
      return files.find((name) => name.endsWith(".wasm")).split("/").at(-1);
    }},
    async predict(pixels) {{
      const input = new Tensor(Float32Array.from(pixels), shape);
      const outputs = await model.run(input);
      const values = outputs[0].toTypedArray().slice();
      input.delete();
      for (const output of outputs) output.delete();
      return values;
    }},
    async classifyFiles(files) {{
      const [, height, width, channels] = shape;
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d", {{ willReadFrequently: true }});
      const best = [];
      for (const file of files) {{
        const bitmap = await createImageBitmap(file);
        context.drawImage(bitmap, 0, 0, width, height);
        bitmap.close();
        const {{ data }} = context.getImageData(0, 0, width, height);
        const pixels = new Uint8Array(width * height * channels);
        for (let from = 0, to = 0; from < data.length; from += 4) {{
          for (let channel = 0; channel < channels; channel++) pixels[to++] = data[from + channel];
        }}
        const values = await this.predict(pixels);
        best.push(values.indexOf(Math.max(...values)));
      }}
      return {{ best, workers: 1 }};
    }},
  }};
</script>
"""

_ONNX = """\
<!doctype html><meta charset="utf-8">
<script src="ort/ort.wasm.min.js"></script>
<script>
  let session;
  const shape = {shape};
  globalThis.engine = {{
    async load() {{
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.wasmPaths = new URL("ort/", location.href).href;
      session = await ort.InferenceSession.create("model.onnx", {{ executionProviders: ["wasm"] }});
      return "wasm";
    }},
    async predict(pixels) {{
      const input = new ort.Tensor("float32", Float32Array.from(pixels), shape);
      const outputs = await session.run({{ [session.inputNames[0]]: input }});
      return outputs[session.outputNames[0]].data;
    }},
  }};
</script>
"""

_TFJS = """\
<!doctype html><meta charset="utf-8">
<script src="tfjs/tf.min.js"></script>
<script src="tfjs-wasm/tf-backend-wasm.min.js"></script>
<script>
  let model;
  const shape = {shape};
  globalThis.engine = {{
    async load() {{
      tf.wasm.setWasmPaths("tfjs-wasm/");
      await tf.setBackend("wasm");
      model = await tf.loadLayersModel("bundle/model.json");
      return tf.getBackend();
    }},
    async predict(pixels) {{
      const output = tf.tidy(() => model.predict(tf.tensor(Float32Array.from(pixels), shape)));
      const values = await output.data();
      output.dispose();
      return values;
    }},
  }};
</script>
"""


@dataclass(frozen=True)
class Engine:
    """How a page of an engine is made."""

    name: str
    template: str
    version: Callable[[Path], str]
    needs: str | None = None
    """The model's file without which it cannot run."""
    build: str = ""
    is_file: bool = False
    takes_files: bool = False
    script: Path | None = None

    def with_script(self, name: str, script: Path) -> Engine:
        """Return the same with another build of the client."""
        return replace(self, name=name, script=script)

    def write_page(self, model: Path, shape: list[int], *, is_served: bool = False) -> Path:
        """Write the page beside the model's files and return its path.

        A page that is served has the client's script beside it; other pages take it where it lies.
        """
        page = model / f"{self.name}.html"
        script = self.script or web_asset("kerasport.iife.js")
        address = script.absolute().as_uri()
        if is_served and self.is_file:
            address = shutil.copy(script, model / f"{self.name}.js").name
        page.write_text(
            self.template.format(shape=shape, build=self.build, script=address), encoding="utf-8"
        )
        return page


def _npm_version(name: str) -> Callable[[Path], str]:
    return lambda packages: _version(packages / "node_modules" / name)


def _version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_text(encoding="utf-8"))["version"])


_LITERT_VERSION = _npm_version("@litertjs/core")
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("kerasport", _CLIENT, lambda _: _version(_WEB), is_file=True, takes_files=True),
        Engine("kerasport-plain", _CLIENT, lambda _: _version(_WEB), build="plain", is_file=True),
        Engine("LiteRT.js", _LITERT, _LITERT_VERSION, "model.tflite", takes_files=True),
        Engine(
            "LiteRT.js-plain",
            _LITERT,
            _LITERT_VERSION,
            "model.tflite",
            build="litert_wasm_compat_internal.js",
        ),
        Engine("onnxruntime-web", _ONNX, _npm_version("onnxruntime-web"), "model.onnx"),
        Engine("TensorFlow.js", _TFJS, lambda _: _version(_STOCK / "tfjs")),
    )
}
"""LiteRT.js and kerasport take their build with relaxed SIMD where the browser has that."""


def needed(engines: Iterable[Engine]) -> set[str]:
    """Return the files of a model that some of the engines need."""
    return {each.needs for each in engines if each.needs is not None}


def install_peers(packages: Path, models: Path) -> None:
    """Install the peers with npm, unless they are there, and put them beside every model.

    Raises:
        RuntimeError: npm failed.
    """
    packages.mkdir(parents=True, exist_ok=True)
    if not all((packages / "node_modules" / peer).exists() for peer in _PEERS):
        command = [_WEB / "node.sh", "sh", "-c", 'cd "$0" && exec npm install "$@"', packages]
        quiet = ("--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error")
        done = subprocess.run(
            [*command, *quiet, *(f"{peer}@latest" for peer in _PEERS)],
            env={**os.environ, "CI": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"npm install: {done.stderr.strip()[-600:]}")
    models.mkdir(parents=True, exist_ok=True)
    installed = packages / "node_modules"
    for name, source in {
        "litert": installed / "@litertjs",
        "ort": installed / "onnxruntime-web" / "dist",
        "tfjs": _STOCK / "tfjs" / "dist",
        "tfjs-wasm": _STOCK / "tfjs-backend-wasm" / "dist",
    }.items():
        link = models / name
        if link.is_symlink() or not link.exists():
            link.unlink(missing_ok=True)
            try:
                link.symlink_to(source.absolute())
            except OSError:
                # Windows lets few people make links.
                shutil.copytree(source, link)
