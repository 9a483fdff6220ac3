/** A `model.tflite` in LiteRT.js as it is published; asked by `runtime_page.py`. */

const folder = new URL('packages/@litertjs/core/', document.baseURI).href;
const { Tensor, loadAndCompile, loadLiteRt } = await import(`${folder}dist/index.js`);
/** @type {any} */
let model;

/** @type {(values: Float32Array, shape: number[]) => Promise<Float32Array>} */
async function answerOf(values, shape) {
  const input = new Tensor(values, shape);
  const [output] = await model.run(input);
  const answer = Float32Array.from(await output.data());
  input.delete();
  output.delete();
  return answer;
}

serve({
  async load({ backend }) {
    await loadLiteRt(`${folder}wasm/`);
    model = await loadAndCompile('model/model.tflite', { accelerator: backend });
    return { header: { backend } };
  },

  // The model takes one picture at a time.
  async predict({ shape }, bytes) {
    const [count = 0, ...sides] = shape;
    const size = bytes.length / count;
    const parts = [];
    for (let at = 0; at < count; at++) {
      const values = Float32Array.from(bytes.subarray(at * size, (at + 1) * size));
      parts.push(await answerOf(values, [1, ...sides]));
    }
    return { header: {}, parts };
  },

  // It has no way from a picture of its own: this is the canvas that pages use.
  async classify(task, bytes) {
    const parts = await images.answersToDrawn(filesOf(task, bytes), task.shape, answerOf);
    return { header: {}, parts };
  },
});

export {};
