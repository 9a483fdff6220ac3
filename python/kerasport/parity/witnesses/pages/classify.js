/**
 * The answers to files through the client library, in their order; of one that is refused, why.
 * Every page that holds the library asks it in this way.
 *
 * @type {ClassifyFiles}
 */
globalThis.classifyFiles = async (classifier, files, answer) => {
  /** @type {(object | { error: string, isAnswered: boolean })[]} */
  const results = new Array(files.length);
  /** @type {(error: unknown) => { error: string, isAnswered: boolean }} */
  const failed = (error) => {
    const isFailure = error instanceof Error;
    // The picture was read then; what came of it are no numbers.
    const isAnswered = isFailure && Reflect.get(error, 'kind') === 'not-finite';
    return { error: isFailure ? error.message : String(error), isAnswered };
  };
  let next = 0;
  while (next < files.length) {
    try {
      await classifier.classifyMany(files.slice(next), {
        async onResult({ classification, error }) {
          const i = next++;
          if (classification) results[i] = await answer(classification, i);
          else results[i] = failed(error);
        },
      });
    } catch (error) {
      // It ended the batch: its own answer is not there, or it was not to be handed on.
      const i = next > 0 && !results[next - 1] ? next - 1 : next++;
      results[i] = failed(error);
    }
  }
  return results;
};

/**
 * The bits of the engine's answers to inputs of the model, on the binary whose answers are the same
 * everywhere.
 *
 * @type {PlainBits}
 */
globalThis.plainBits = async (inputs) => {
  const classifier = await kerasport.loadClassifier(undefined, {
    backend: 'wasm',
    binary: 'plain',
    kind: 'any',
    worker: false,
  });
  try {
    const bits = [];
    for (const data of inputs) {
      const answer = await classifier.predict({ data });
      bits.push(Array.from(new Uint32Array(answer.buffer, answer.byteOffset, answer.length)));
    }
    return bits;
  } finally {
    classifier.dispose();
  }
};
