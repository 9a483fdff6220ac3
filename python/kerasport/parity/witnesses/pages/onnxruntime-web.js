/** A `model.onnx` in onnxruntime-web as it is published; asked by `runtime_page.py`. */

const folder = new URL('packages/onnxruntime-web/dist/', document.baseURI).href;
const ort = await import(`${folder}ort.wasm.bundle.min.mjs`);
/** @type {any} */
let session;

/** @type {(values: Float32Array, shape: number[]) => Promise<Float32Array>} */
async function answerOf(values, shape) {
  const { probabilities } = await session.run({ pixels: new ort.Tensor(values, shape) });
  return probabilities.data;
}

serve({
  async load({ backend }) {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: `${folder}ort-wasm-simd-threaded.wasm` };
    session = await ort.InferenceSession.create('model/model.onnx', {
      executionProviders: [backend],
    });
    return { header: { backend, version: ort.env.versions.web } };
  },

  async predict({ shape }, bytes) {
    return { header: {}, parts: [await answerOf(Float32Array.from(bytes), shape)] };
  },

  // Its own way from a picture: Tensor.fromImage, which draws on a canvas, and gives three channels
  // one after the other.
  async classify(task, bytes) {
    const [, height = 0, width = 0] = task.shape;
    const parts = [];
    for (const file of filesOf(task, bytes)) {
      const bitmap = await createImageBitmap(file);
      const options = { resizedHeight: height, resizedWidth: width, norm: { mean: 1, bias: 0 } };
      const { data } = await ort.Tensor.fromImage(bitmap, options);
      bitmap.close();
      const values = new Float32Array(data.length);
      const size = height * width;
      for (let at = 0; at < data.length; at++) {
        values[(at % size) * 3 + Math.floor(at / size)] = data[at];
      }
      parts.push(await answerOf(values, [1, height, width, 3]));
    }
    return { header: {}, parts };
  },
});

export {};
