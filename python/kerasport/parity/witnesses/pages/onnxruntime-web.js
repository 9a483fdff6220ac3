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

  // Tensor.fromImage does not scale: with other sides it cuts out the upper left corner. So this is
  // the canvas that pages use.
  async classify(task, bytes) {
    const parts = await images.answersToDrawn(filesOf(task, bytes), task.shape, answerOf);
    return { header: {}, parts };
  },
});

export {};
