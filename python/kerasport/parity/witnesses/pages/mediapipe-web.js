/** A `model.tflite` in MediaPipe Tasks as it is published; asked by `runtime_page.py`. */

const folder = new URL('packages/@mediapipe/tasks-vision/', document.baseURI).href;
const { FilesetResolver, ImageClassifier } = await import(`${folder}vision_bundle.mjs`);
/** @type {any} */
let classifier;

/** @type {(image: ImageData | ImageBitmap) => Float32Array} */
function answerOf(image) {
  const [{ categories }] = classifier.classify(image).classifications;
  const answer = new Float32Array(categories.length);
  for (const { index, score } of categories) answer[index] = score;
  return answer;
}

serve({
  async load({ backend }) {
    const vision = await FilesetResolver.forVisionTasks(`${folder}wasm`);
    classifier = await ImageClassifier.createFromOptions(vision, {
      baseOptions: { modelAssetPath: new URL('model/model.tflite', document.baseURI).href },
      maxResults: -1,
    });
    return { header: { backend } };
  },

  async predict({ shape }, bytes) {
    return { header: {}, parts: images.imagesOf(bytes, shape).map((image) => answerOf(image)) };
  },

  async classify(task, bytes) {
    const parts = [];
    for (const file of filesOf(task, bytes)) {
      const bitmap = await createImageBitmap(file);
      parts.push(answerOf(bitmap));
      bitmap.close();
    }
    return { header: {}, parts };
  },
});

export {};
