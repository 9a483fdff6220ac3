/**
 * The answers to files through the client library, in their order; of one that is refused, why.
 * Every page that holds the library asks it in this way.
 *
 * @type {ClassifyFiles}
 */
globalThis.classifyFiles = async (classifier, files, answer) => {
  /** @type {(object | { error: string })[]} */
  const results = new Array(files.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < files.length; i = next++) {
      try {
        const file = /** @type {File} */ (files[i]);
        results[i] = await answer(await classifier.classify(file), i);
      } catch (error) {
        results[i] = { error: error instanceof Error ? error.message : String(error) };
      }
    }
  };
  // Four at a time: one is decoded while another one is in the model.
  await Promise.all([work(), work(), work(), work()]);
  return results;
};
