/**
 * The answers to files through the client library, in their order; of one that is refused, why.
 * Every page that holds the library asks it in this way.
 *
 * @type {ClassifyFiles}
 */
globalThis.classifyFiles = async (classifier, files, answer) => {
  /** @type {(object | { error: string, isAnswered: boolean })[]} */
  const results = new Array(files.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < files.length; i = next++) {
      try {
        const file = /** @type {File} */ (files[i]);
        results[i] = await answer(await classifier.classify(file), i);
      } catch (error) {
        const isFailure = error instanceof Error;
        // The picture was read then; what came of it are no numbers.
        const isAnswered = isFailure && Reflect.get(error, 'kind') === 'not-finite';
        results[i] = { error: isFailure ? error.message : String(error), isAnswered };
      }
    }
  };
  // Four at a time: one is decoded while another one is in the model.
  await Promise.all([work(), work(), work(), work()]);
  return results;
};
