/** A folder of transformers.js in that library as it is published; asked by `runtime_page.py`. */

const packages = new URL('packages/', document.baseURI).href;
const library = `${packages}@huggingface/transformers/dist/transformers.min.js`;
const { RawImage, env, pipeline } = await import(library);
/** @type {any} */
let classify;

/** @type {(image: unknown) => Promise<Float32Array>} */
async function answerOf(image) {
  const { label2id } = classify.model.config;
  const found = await classify(image, { top_k: null });
  const answer = new Float32Array(found.length);
  for (const { label, score } of found) answer[label2id[label]] = score;
  return answer;
}

serve({
  async load({ backend }) {
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    // A path: of a whole address it does not find the processor.
    env.localModelPath = location.pathname;
    env.useBrowserCache = false;
    env.useWasmCache = false;
    const wasm = `${packages}onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify`;
    env.backends.onnx.wasm.wasmPaths = { mjs: `${wasm}.mjs`, wasm: `${wasm}.wasm` };
    classify = await pipeline('image-classification', 'model', { device: backend });
    return { header: { backend, version: env.version } };
  },

  async predict({ shape }, bytes) {
    const [, height = 0, width = 0, channels = 0] = shape;
    const parts = [];
    for (const image of images.imagesOf(bytes, shape)) {
      const values = Uint8ClampedArray.from(images.valuesOf(image, channels));
      parts.push(await answerOf(new RawImage(values, width, height, channels)));
    }
    return { header: {}, parts };
  },

  async classify(task, bytes) {
    const parts = [];
    for (const file of filesOf(task, bytes)) parts.push(await answerOf(file));
    return { header: {}, parts };
  },
});

export {};
